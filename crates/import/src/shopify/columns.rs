//! The columns of Shopify's product export, under the names of each of its generations.
//!
//! Decides which column of a file is which. Leaves reading values to `product` and `variant`.

use crate::FileProblem;
use crate::shopify::rows::Row;

/// A column of the file.
#[derive(Debug)]
pub(super) struct Column {
    /// Where it stands; `None` if the file lacks it.
    pub(super) index: Option<usize>,
    /// How the file names it; what it would be named if it lacks it.
    pub(super) name: String,
}

/// The columns that matter here; others are passed over.
#[derive(Debug)]
pub(super) struct Columns {
    /// How many columns the file has.
    pub(super) count: usize,
    pub(super) handle: Column,
    pub(super) title: Column,
    pub(super) body: Column,
    pub(super) vendor: Column,
    pub(super) product_type: Column,
    pub(super) tags: Column,
    pub(super) published: Column,
    pub(super) status: Column,
    pub(super) gift_card: Column,
    pub(super) option_names: [Column; 3],
    pub(super) option_values: [Column; 3],
    pub(super) sku: Column,
    pub(super) grams: Column,
    pub(super) tracker: Column,
    pub(super) quantity: Column,
    pub(super) policy: Column,
    pub(super) price: Column,
    pub(super) compare_at: Column,
    pub(super) barcode: Column,
    pub(super) variant_image: Column,
    pub(super) image_src: Column,
    pub(super) image_position: Column,
    pub(super) image_alt: Column,
}

impl Columns {
    /// Finds the columns in the first row; refuses a file that lacks one that no product can do without.
    pub(super) fn find(header: &Row) -> Result<Self, FileProblem> {
        let find = |names: &[&str]| find(header, names);
        let need = |names: &[&str]| {
            let column = find(names);
            let missing = || FileProblem::NoColumn { column: format!("`{}`", names.join("` or `")) };
            if column.index.is_some() { Ok(column) } else { Err(missing()) }
        };
        Ok(Self {
            count: header.width(),
            handle: need(&["Handle", "URL handle"])?,
            title: need(&["Title"])?,
            body: find(&["Body (HTML)", "Description"]),
            vendor: find(&["Vendor"]),
            product_type: find(&["Type"]),
            tags: find(&["Tags"]),
            published: find(&["Published", "Published on online store"]),
            status: find(&["Status"]),
            gift_card: find(&["Gift Card"]),
            option_names: [1, 2, 3].map(|number| find(&[&format!("Option{number} Name")])),
            option_values: [1, 2, 3].map(|number| find(&[&format!("Option{number} Value")])),
            sku: find(&["Variant SKU", "SKU"]),
            grams: find(&["Variant Grams", "Weight value (grams)"]),
            tracker: find(&["Variant Inventory Tracker", "Inventory tracker"]),
            quantity: find(&["Variant Inventory Qty", "Inventory quantity"]),
            policy: find(&["Variant Inventory Policy", "Continue selling when out of stock"]),
            price: need(&["Variant Price", "Price"])?,
            compare_at: find(&["Variant Compare At Price", "Compare-at price"]),
            barcode: find(&["Variant Barcode", "Barcode", "Barcodes"]),
            variant_image: find(&["Variant Image", "Variant image URL"]),
            image_src: find(&["Image Src", "Product image URL"]),
            image_position: find(&["Image Position"]),
            image_alt: find(&["Image Alt Text"]),
        })
    }
}

/// The first of the names that the header has, in letters of either case.
fn find(header: &Row, names: &[&str]) -> Column {
    let title = |field: &str| field.trim_start_matches('\u{feff}').trim().to_owned();
    let index_of = |name: &str| header.fields().position(|field| title(field).eq_ignore_ascii_case(name));
    let index = names.iter().find_map(|name| index_of(name));
    let in_file = index.and_then(|index| header.fields().nth(index)).map(title);
    let name = in_file.unwrap_or_else(|| names.first().copied().unwrap_or_default().to_owned());
    Column { index, name }
}
