//! Rows that cannot be taken: each is told with its line, its column and what would be right; good rows are kept.

use crate::{fixture, product, read, skus, texts};

#[test]
fn every_bad_row_is_told_with_its_line_and_reason() {
    let catalog = read(fixture("bad-rows.csv"));
    assert_eq!(
        texts(&catalog.problems),
        [
            "line 2, mug: `Variant Price`: `abc` is not an amount: write digits, with at most 2 after a point",
            "line 6, mug: `Variant Price`: `-5` is not an amount: write digits, with at most 2 after a point",
            "line 7, mug: `Variant Price`: `1,000.00` is not an amount: write digits, with at most 2 after a point",
            "line 8, mug: `Variant Price` is empty; write an amount, such as 0.00 for what is free",
            "line 10, mug: `Variant Price`: `14.999` is not an amount: write digits, with at most 2 after a point",
            "line 10, mug: `Variant Compare At Price`: `cheap` is not an amount: write digits, with at most 2 after a point",
            "line 10, mug: `Variant Inventory Policy` is `perhaps`; write deny or continue",
            "line 10, mug: `Variant Inventory Qty` is `five`; write a whole number of units",
            "line 12, mug: the variant of line 5 has the same option values",
            "line 13, mug: `Variant SKU`: `MUG-RED` stands in line 5 already; a SKU names one variant",
            "line 14, mug: `Option1 Value` is empty; write the variant's `Glaze`",
            "line 15: `Handle`: the handle is empty",
            "line 16, plate: no row of the product has a `Title`; it is left out",
            "line 17, bowl: `Variant Price` is empty; write an amount, such as 0.00 for what is free",
            "line 17, bowl: no row of the product is a good variant; it is left out",
            "line 18, short: the row has 5 columns, the first line 14; is a quote or a comma wrong?",
            "line 20, Remark: prices without tax: no row of the product has a `Title`; it is left out",
        ]
    );
    assert_eq!(
        texts(&catalog.warnings),
        [
            "line 11, mug: `Variant Grams` is `heavy`, not a weight; it is left out",
            "line 11, mug: `Image Src` is `ftp://images.example/mug.jpg`, not an https address; the picture is left out",
        ]
    );
}

#[test]
fn good_rows_are_kept_and_a_bad_first_row_still_names_its_product() {
    let catalog = read(fixture("bad-rows.csv"));
    assert_eq!(skus(&catalog), ["MUG-RED", "MUG-GOLD", "JUG"]);
    let mug = product(&catalog, "mug");
    assert_eq!(
        (mug.details.title.as_str(), mug.details.body_html.as_str()),
        ("Mug", "<p>One\ntwo\nthree</p>")
    );
    assert_eq!(mug.details.images.len(), 1);
}

#[test]
fn a_value_without_the_name_of_its_option_is_told() {
    let catalog = read(
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\npen,Pen,Tip,Fine,,Blue,2\n",
    );
    assert_eq!(
        texts(&catalog.problems)[0],
        "line 2, pen: `Option2 Value` is `Blue`, but no row of the product has a `Option2 Name`"
    );
}

#[test]
fn two_variants_without_options_are_one_too_many() {
    let catalog = read("Handle,Title,Variant SKU,Variant Price\npen,Pen,PEN,2\npen,,PEN-2,2\n");
    assert_eq!(skus(&catalog), ["PEN"]);
    assert_eq!(texts(&catalog.problems), ["line 3, pen: the variant of line 2 has the same option values"]);
}

#[test]
fn a_row_of_nothing_but_its_handle_is_told() {
    let catalog = read("Handle,Title,Variant Grams,Variant Price\npen,Pen,1,2\npen,,1,\n");
    assert_eq!(
        texts(&catalog.warnings),
        ["line 3, pen: the row has neither a variant nor a picture; it is passed over"]
    );
}

#[test]
fn a_wrong_value_is_repeated_only_in_part() {
    let catalog =
        read(format!("Handle,Title,Variant Price,Variant Inventory Qty\npen,Pen,2,{}\n", "9x".repeat(500)));
    let told = &texts(&catalog.problems)[0];
    assert!(told.len() < 150 && told.contains("9x9x...`"), "{told}");
}
