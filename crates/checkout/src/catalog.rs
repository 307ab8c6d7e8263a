//! The catalog: products, their variants, and what a SKU, a handle and a title may be.
//!
//! Decides what can be offered and at which price. Leaves stock to `inventory` and the text formats of imports to
//! the import crate.

use std::fmt;

use crate::clock::Timestamp;
use crate::id::ProductId;
use crate::inventory::Policy;
use crate::limits;
use crate::money::Money;

/// Why a text is not the thing it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {problem}")]
pub struct Malformed {
    /// The thing, as `SKU`.
    pub what: &'static str,
    /// What is wrong and what would be right.
    pub problem: String,
}

fn text_of(what: &'static str, text: &str, bytes_max: usize) -> Result<Box<str>, Malformed> {
    let problem = if text.is_empty() {
        "is empty".to_owned()
    } else if text.len() > bytes_max {
        format!("is longer than {bytes_max} bytes")
    } else if text.trim() != text {
        "begins or ends with a space".to_owned()
    } else if text.chars().any(char::is_control) {
        "contains a control character".to_owned()
    } else {
        return Ok(text.into());
    };
    Err(Malformed { what, problem })
}

macro_rules! name {
    ($($(#[$meta:meta])* $name:ident, $what:literal, $bytes_max:expr;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads the text; refuses what is empty, too long, padded with spaces or has control characters.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                text_of($what, text, $bytes_max).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

name! {
    /// The merchant's name of one sellable variant; compared byte by byte.
    Sku, "SKU", limits::SKU_BYTES_MAX;
    /// A product's name in addresses, as `ocean-blue-shirt`.
    Handle, "handle", limits::HANDLE_BYTES_MAX;
    /// A place that holds stock, as `main`.
    Location, "location", limits::LOCATION_BYTES_MAX;
}

impl Location {
    /// The one location of a shop that names none.
    pub fn main() -> Self {
        Self("main".into())
    }
}

/// Whether a product can be seen and bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// On sale: listed, and its variants can be bought.
    Published,
    /// Kept but not sold: a draft, an archived or an unpublished product.
    Hidden,
}

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where it is: an `https` address, or a path of this server.
    pub src: String,
    /// What it shows, for who cannot see it.
    pub alt: String,
}

/// A product with everything that a page or a list shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// What a merchant gives.
    pub details: Details,
    /// Its variants in the merchant's order, with prices.
    pub variants: Vec<Variant>,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a merchant says of a product, apart from its variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Its name in addresses; unique in the shop.
    pub handle: Handle,
    /// Its name for people.
    pub title: String,
    /// Its description: clean HTML, safe to show as it is.
    pub body_html: String,
    /// Who makes it; empty if unknown.
    pub vendor: String,
    /// What kind of thing it is; empty if unknown.
    pub product_type: String,
    /// Words it is found by.
    pub tags: Vec<String>,
    /// Whether it is on sale.
    pub listing: Listing,
    /// The names of its options, as `Size`; empty for a product of one variant.
    pub options: Vec<String>,
    /// Its pictures in order.
    pub images: Vec<Image>,
}

/// One sellable variant of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its SKU; unique in the shop.
    pub sku: Sku,
    /// Its name beside the product's, as `Small / Red`; empty for a product of one variant.
    pub title: String,
    /// The value of each of the product's options.
    pub option_values: Vec<String>,
    /// What one unit costs now.
    pub price: Money,
    /// The higher price it is compared with, if any.
    pub compare_at: Option<Money>,
    /// Its own picture, if it has one.
    pub image_src: Option<String>,
    /// Its weight; 0 if unknown.
    pub grams: u32,
    /// Its barcode; empty if unknown.
    pub barcode: String,
    /// Whether a buyer can be promised more than is there.
    pub policy: Policy,
}

/// What an offer of a SKU is at one instant: the input of carts and of the price lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The SKU.
    pub sku: Sku,
    /// The product's and the variant's title, as an order line shows them.
    pub title: String,
    /// What one unit costs now.
    pub price: Money,
    /// Whether it is on sale.
    pub listing: Listing,
}

/// A product as an import brings it: details, and variants with the stock that the source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedProduct {
    /// What the source says of it.
    pub details: Details,
    /// Its variants in the source's order.
    pub variants: Vec<ImportedVariant>,
}

/// A variant as an import brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedVariant {
    /// The variant.
    pub variant: Variant,
    /// The units that the source says are there; `None` if it says nothing.
    pub quantity: Option<i64>,
}
