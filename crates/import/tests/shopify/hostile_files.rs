//! Files of any bytes: they are refused or read, twice the same, and what is read keeps the catalog's promises.

use std::collections::HashSet;

use proptest::prelude::*;
use sellonce_checkout::limits;
use sellonce_import::Catalog;

use crate::{fixture, try_read};

const HEADER: &str = "Handle,Title,Body (HTML),Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
    Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,\
    Image Src,Image Position,Status\n";

/// Cells that are often right, and now and then anything.
fn row() -> impl Strategy<Value = String> {
    let cell = |usual: &'static str| prop_oneof![8 => usual, 1 => "[ -~\n\r\u{0}\u{a0}äß日]{0,6}", 1 => Just(String::new())];
    let details =
        (cell("[abc]"), cell("[AB]"), cell("<b>[a-z]{0,3}<script>"), cell("[a-c, ]{0,5}"), cell("true"));
    let options = (cell("Size"), cell("[SML]"), cell("|Colour"), cell("|[RGB]"));
    let variant = (
        cell("|[XY][0-3]"),
        cell("[0-9]{1,3}"),
        cell("|shopify"),
        cell("-?[0-9]{1,2}"),
        cell("|deny|continue"),
    );
    let rest = (
        cell("[0-9]{1,3}(\\.[0-9]{1,2})?"),
        cell("https://e.example/[a-c]"),
        cell("[0-9]"),
        cell("active|draft"),
    );
    (details, options, variant, rest).prop_map(
        |((a, b, c, d, e), (f, g, h, i), (j, k, l, m, n), (o, p, q, r))| {
            let cells = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r];
            let quoted = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            quoted.join(",")
        },
    )
}

fn assert_promises(catalog: &Catalog) {
    let mut skus = HashSet::new();
    let mut handles = HashSet::new();
    for found in &catalog.products {
        let details = &found.product.details;
        assert!(handles.insert(&details.handle), "{} comes once", details.handle);
        assert!(!details.title.is_empty() && details.title.chars().count() <= limits::TITLE_CHARS_MAX);
        assert!(!details.body_html.contains("<script") && !details.body_html.contains('\0'));
        assert!(details.images.iter().all(|image| image.src.starts_with("http")));
        assert_eq!(found.variant_lines.len(), found.product.variants.len());
        assert!(!found.product.variants.is_empty());
        for found in &found.product.variants {
            assert!(skus.insert(&found.variant.sku), "{} names one variant", found.variant.sku);
            assert_eq!(found.variant.option_values.len(), details.options.len());
            assert!(found.quantity.is_none_or(|quantity| quantity >= 0));
            assert!(!found.variant.title.chars().any(char::is_control));
        }
    }
}

/// Reads the bytes twice; says whether they are a readable file.
fn check(file: &[u8]) -> bool {
    match (try_read(file), try_read(file)) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first, second);
            assert_promises(&first);
            true
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            false
        }
        (first, second) => panic!("once {first:?}, once {second:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read_the_same_twice(file in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&file);
    }

    #[test]
    fn any_bytes_behind_a_header_are_refused_or_read_the_same_twice(text in "[abc,\"\n\r 1-9é]{0,200}") {
        check(format!("Handle,Title,Variant Price\n{text}").as_bytes());
    }

    #[test]
    fn any_rows_of_an_export_keep_the_promises_of_the_catalog(rows in proptest::collection::vec(row(), 0..12)) {
        let file = [HEADER, &rows.join("\n")].concat();
        prop_assert!(check(file.as_bytes()));
    }

    #[test]
    fn an_export_with_one_byte_changed_or_cut_off_there_does_no_harm(at in 0_usize..4_000, byte in any::<u8>()) {
        let mut file = fixture("export.csv").into_bytes();
        let at = at % file.len();
        check(&file[..at]);
        file[at] = byte;
        check(&file);
    }
}
