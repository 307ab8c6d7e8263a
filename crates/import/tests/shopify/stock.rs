//! Stock: quantities, backorders, and variants that Shopify did not count.

use std::io::Cursor;

use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits;
use sellonce_import::{Catalog, Options, Untracked, shopify};

use crate::{fixture, options, product, read, texts, variant};

const HEADER: &str =
    "Handle,Title,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n";

fn read_with(untracked: Untracked, rows: &str) -> Catalog {
    let options = Options { untracked, ..options() };
    shopify::read(Cursor::new(format!("{HEADER}{rows}")), options).expect("readable")
}

#[test]
fn quantities_and_policies_are_taken_and_debts_become_zero() {
    let catalog = read(fixture("export.csv"));
    let stock = |sku| (variant(&catalog, sku).quantity, variant(&catalog, sku).variant.policy);
    assert_eq!(stock("HC-S-NAVY"), (Some(4), Policy::Deny));
    assert_eq!(stock("HC-S-MOSS"), (Some(0), Policy::Continue));
    assert_eq!(stock("HC-M-NAVY"), (Some(0), Policy::Deny));
    assert_eq!(
        texts(&catalog.warnings)[0],
        "line 8, harbour-coat: `Variant Inventory Qty` is -3: more is sold than is there; 0 is taken"
    );
}

#[test]
fn what_the_file_does_not_say_is_not_made_up() {
    let catalog = read("Handle,Title,Variant Price\npen,Pen,2\n");
    assert_eq!(product(&catalog, "pen").variants[0].quantity, None);
    assert_eq!(texts(&catalog.warnings), [""; 0], "without its column nothing is known of tracking either");
    let catalog = read_with(Untracked::Quantity, "pen,Pen,shopify,,,2\n");
    assert_eq!(product(&catalog, "pen").variants[0].quantity, None);
    assert_eq!(product(&catalog, "pen").variants[0].variant.policy, Policy::Deny);
}

#[test]
fn quantities_beyond_what_can_be_booked_are_refused() {
    let most = limits::MOVEMENT_QUANTITY_MAX;
    let catalog = read_with(
        Untracked::Quantity,
        &format!("pen,Pen,shopify,{most},,2\nink,Ink,shopify,{},,2\n", most + 1),
    );
    assert_eq!(product(&catalog, "pen").variants[0].quantity, Some(most));
    assert_eq!(
        texts(&catalog.problems)[0],
        "line 3, ink: `Variant Inventory Qty` is `1000000001`; at most 1000000000 can be taken"
    );
}

const UNTRACKED: &str = "ink,Ink,shopify,5,deny,2\npen,Pen,,3,deny,2\nnib,Nib,,0,deny,2\n";

#[test]
fn untracked_variants_keep_their_quantity_and_one_warning_tells_of_all() {
    let catalog = read_with(Untracked::Quantity, UNTRACKED);
    assert_eq!(product(&catalog, "pen").variants[0].quantity, Some(3));
    assert_eq!(product(&catalog, "nib").variants[0].variant.policy, Policy::Deny);
    assert_eq!(
        texts(&catalog.warnings),
        [
            "line 3, pen: Shopify does not count the stock of 2 of the variants (empty `Variant Inventory Tracker`): \
          the file's quantity was taken as their stock (`--untracked continue` sells them without end)"
        ]
    );
}

#[test]
fn untracked_variants_can_be_sold_without_end_if_the_merchant_says_so() {
    let catalog = read_with(Untracked::Continue, UNTRACKED);
    let stock = |handle| {
        let first = &product(&catalog, handle).variants[0];
        (first.quantity, first.variant.policy)
    };
    assert_eq!(stock("ink"), (Some(5), Policy::Deny));
    assert_eq!(stock("pen"), (None, Policy::Continue));
    assert_eq!(stock("nib"), (None, Policy::Continue));
    assert_eq!(catalog.warnings.len(), 1);
    assert!(catalog.warnings[0].reason.ends_with("they are sold without end"), "{:?}", catalog.warnings);
}
