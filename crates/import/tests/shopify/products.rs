//! What products, variants and pictures become.

use std::io::Cursor;

use sellonce_checkout::catalog::Listing;
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits;
use sellonce_checkout::money::Currency;
use sellonce_import::{Found, Options, shopify};

use crate::{fixture, options, product, read, skus, texts, variant};

#[test]
fn rows_of_a_handle_become_one_product_with_its_variants_in_order() {
    let catalog = read(fixture("export.csv"));
    assert_eq!(texts(&catalog.problems), [""; 0]);
    assert_eq!((catalog.rows, catalog.products.len()), (10, 6));
    let coat = product(&catalog, "harbour-coat");
    assert_eq!(coat.details.title, "Harbour Coat");
    assert_eq!((coat.details.vendor.as_str(), coat.details.product_type.as_str()), ("Tidewater", "Coats"));
    assert_eq!(coat.details.tags, ["coats", "rain"]);
    assert_eq!(coat.details.options, ["Size", "Colour", "Lining"]);
    let titles: Vec<_> = coat.variants.iter().map(|found| found.variant.title.as_str()).collect();
    assert_eq!(titles, ["S / Navy / Wool", "S / Moss / Wool", "M / Navy / Wool"]);
    assert_eq!(coat.variants[2].variant.option_values, ["M", "Navy", "Wool"]);
    let first = &coat.variants[0].variant;
    assert_eq!((first.price.minor(), first.compare_at.map(|money| money.minor())), (18_900, Some(22_000)));
    assert_eq!(first.barcode, "4006381333931");
    assert_eq!(first.image_src.as_deref(), Some("https://images.example/coat-navy.jpg"));
}

#[test]
fn lines_are_those_of_the_file_even_behind_fields_of_several_lines() {
    let catalog = read(fixture("export.csv"));
    let lines: Vec<_> = catalog.products.iter().map(|found| found.line).collect();
    assert_eq!(lines, [2, 11, 12, 13, 14, 15]);
    assert_eq!(catalog.products[0].variant_lines, [2, 7, 8]);
}

#[test]
fn a_product_of_the_option_default_title_has_one_variant_without_options() {
    let catalog = read(fixture("export.csv"));
    let tin = product(&catalog, "tea-tin");
    assert!(tin.details.options.is_empty());
    assert_eq!(tin.variants.len(), 1);
    assert!(tin.variants[0].variant.option_values.is_empty());
    assert_eq!(tin.variants[0].variant.title, "");
}

#[test]
fn an_option_named_title_with_other_values_is_an_option() {
    let catalog =
        read("Handle,Title,Option1 Name,Option1 Value,Variant Price\nart,Art,Title,Dusk,1\nart,,,Dawn,1\n");
    assert_eq!(product(&catalog, "art").details.options, ["Title"]);
    assert_eq!(product(&catalog, "art").variants.len(), 2);
}

#[test]
fn pictures_come_from_all_rows_in_the_order_of_their_positions() {
    let catalog = read(fixture("export.csv"));
    let images = &product(&catalog, "harbour-coat").details.images;
    let names: Vec<_> = images.iter().filter_map(|image| image.src.rsplit('/').next()).collect();
    assert_eq!(names, ["coat-front.jpg", "coat-back.jpg", "coat-hood.jpg", "coat-label.jpg"]);
    assert_eq!(images[0].alt, "The coat, worn");
}

#[test]
fn descriptions_keep_their_text_and_lose_what_runs_or_leads_astray() {
    let catalog = read(fixture("export.csv"));
    assert!(
        product(&catalog, "harbour-coat").details.body_html.contains("<li>Two pockets, \"deep\" ones</li>\n")
    );
    let body = &product(&catalog, "tea-tin").details.body_html;
    assert!(body.starts_with("<p>Keeps <b>tea</b> dry.</p>"), "{body}");
    assert!(
        body.contains(r#"<a href="https://tea.example/care" rel="noopener noreferrer nofollow">care</a>"#),
        "{body}"
    );
    assert!(body.contains(r#"<img src="https://images.example/tin.jpg">"#), "{body}");
    for bad in ["script", "style", "iframe", "alert", "onclick", "/pages/"] {
        assert!(!body.contains(bad), "{bad} in {body}");
    }
}

#[test]
fn drafts_archived_and_unpublished_products_and_gift_cards_are_kept_but_hidden() {
    let catalog = read(fixture("export.csv"));
    let listing = |handle| product(&catalog, handle).details.listing;
    assert_eq!(listing("harbour-coat"), Listing::Published);
    for handle in ["night-lamp", "old-lamp", "quiet-lamp", "voucher"] {
        assert_eq!(listing(handle), Listing::Hidden, "{handle}");
    }
    let about_voucher: Vec<_> =
        catalog.warnings.iter().filter(|warning| warning.handle == "voucher").collect();
    assert_eq!(
        about_voucher[0].to_string(),
        "line 15, voucher: gift cards are not sold here; the product is hidden"
    );
}

#[test]
fn a_status_that_nobody_knows_hides_the_product_and_says_so() {
    let header = "Handle,Title,Variant Price,Status,Published\n";
    for (cells, column) in [("unlisted,true", "Status"), ("active,perhaps", "Published")] {
        let catalog = read(format!("{header}pen,Pen,2,{cells}\n"));
        assert_eq!(product(&catalog, "pen").details.listing, Listing::Hidden);
        assert!(texts(&catalog.warnings)[0].starts_with(&format!("line 2, pen: `{column}`")), "{catalog:?}");
    }
}

#[test]
fn the_newer_names_of_columns_are_understood() {
    let catalog = read(fixture("newer-names.csv"));
    assert_eq!((texts(&catalog.problems), texts(&catalog.warnings)), (vec![], vec![]));
    assert_eq!(skus(&catalog), ["TB-STEEL", "TB-BLACK", "TS-1"]);
    let bottle = product(&catalog, "trail-bottle");
    assert_eq!(bottle.details.body_html, "<p>Half a litre.</p>");
    assert_eq!(bottle.details.listing, Listing::Published);
    assert_eq!(bottle.details.images.len(), 2);
    let steel = variant(&catalog, "TB-STEEL");
    assert_eq!((steel.variant.grams, steel.quantity, steel.variant.policy), (310, Some(30), Policy::Deny));
    assert_eq!(steel.variant.compare_at.map(|money| money.minor()), Some(2_990));
    assert_eq!(steel.variant.barcode, "5012345678900");
    assert_eq!(variant(&catalog, "TB-BLACK").variant.policy, Policy::Continue);
    assert_eq!(product(&catalog, "trail-strap").details.listing, Listing::Hidden);
}

#[test]
fn rows_of_a_product_may_stand_apart() {
    let catalog = read(fixture("apart.csv"));
    let handles: Vec<_> =
        catalog.products.iter().map(|found| found.product.details.handle.as_str()).collect();
    assert_eq!(handles, ["hat", "glove", "sock"], "a product comes as soon as its last row is read");
    let sock = product(&catalog, "sock");
    assert_eq!((sock.details.title.as_str(), sock.details.vendor.as_str()), ("Sock", "Loop"));
    assert_eq!(catalog.products[2].variant_lines, [2, 4, 7]);
    assert_eq!(sock.details.images[0].src, "https://images.example/sock-1.jpg");
    assert_eq!(
        texts(&catalog.warnings),
        ["line 7, sock: `Other Sock` is passed over: the title of this handle is `Sock`"]
    );
}

#[test]
fn a_file_is_read_product_by_product_and_tells_how_far_it_is() {
    let mut import = shopify::Import::open(Cursor::new(fixture("export.csv")), options()).expect("readable");
    assert_eq!((import.rows_read(), import.rows_total()), (0, 10));
    for found in import.by_ref() {
        if let Found::Product(product) = found.expect("readable") {
            assert_eq!(product.product.details.handle.as_str(), "harbour-coat");
            break;
        }
    }
    assert_eq!(import.rows_read(), 5, "no row of the next product was needed");
    assert_eq!(import.filter(|found| matches!(found, Ok(Found::Product(_)))).count(), 5);
}

#[test]
fn prices_follow_the_currency_of_the_shop() {
    let price = |code: &str, text: &str| {
        let options = Options { currency: Currency::parse(code).expect("a currency"), ..options() };
        let file = format!("Handle,Title,Variant Price\npen,Pen,{text}\n");
        let catalog = shopify::read(Cursor::new(file), options).expect("readable");
        catalog.products.first().map(|found| found.product.variants[0].variant.price.minor())
    };
    assert_eq!(price("USD", "50"), Some(5_000));
    assert_eq!(price("USD", "49.95"), Some(4_995));
    assert_eq!(price("USD", " 49.9500 "), Some(4_995));
    assert_eq!(price("USD", "0"), Some(0));
    assert_eq!(price("USD", "49.955"), None);
    assert_eq!(price("JPY", "500.00"), Some(500));
    assert_eq!(price("JPY", "500.50"), None);
    assert_eq!(price("KWD", "1.25"), Some(1_250));
}

#[test]
fn weights_are_rounded_to_whole_grams() {
    let catalog = read(fixture("export.csv"));
    let grams = |sku| variant(&catalog, sku).variant.grams;
    assert_eq!([grams("HC-S-NAVY"), grams("HC-S-MOSS"), grams("HC-M-NAVY")], [1_250, 1_251, 1_300]);
}

#[test]
fn a_compared_price_that_is_not_higher_is_none() {
    let catalog = read(fixture("export.csv"));
    assert_eq!(variant(&catalog, "HC-M-NAVY").variant.compare_at, None);
}

#[test]
fn what_is_too_long_is_cut_or_left_out_and_told() {
    let letters = "x".repeat(limits::TITLE_CHARS_MAX + 1);
    let body = "y".repeat(limits::BODY_BYTES_MAX + 1);
    let catalog = read(format!("Handle,Title,Body (HTML),Variant Price\npen,{letters},{body},2\n"));
    let details = &product(&catalog, "pen").details;
    assert_eq!((details.title.len(), details.body_html.len()), (limits::TITLE_CHARS_MAX, 0));
    assert_eq!(
        texts(&catalog.warnings),
        [
            "line 2, pen: `Title` is cut after 255 characters",
            "line 2, pen: `Body (HTML)` is too long for a description; it is left out",
        ]
    );
}

#[test]
fn variants_and_pictures_beyond_the_limits_are_left_out_and_told() {
    let mut file = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n".to_owned();
    for number in 0..limits::VARIANTS_MAX + 2 {
        let title = if number == 0 { "Pen,Tip" } else { "," };
        file.push_str(&format!("pen,{title},{number},2,https://images.example/{number}.jpg\n"));
    }
    let catalog = read(file);
    let pen = product(&catalog, "pen");
    assert_eq!((pen.variants.len(), pen.details.images.len()), (limits::VARIANTS_MAX, limits::IMAGES_MAX));
    assert_eq!(
        texts(&catalog.problems),
        ["line 2050, pen: a product has at most 2048 variants; the rest is left out"]
    );
    assert_eq!(
        texts(&catalog.warnings),
        ["line 252, pen: a product has at most 250 pictures; this one and later ones are left out"]
    );
}
