//! Catalogs from elsewhere: the product exports of other shops in, catalog types out.
//!
//! Decides what every format shares: what a reading of a file brings forth, and how it tells of what it could not
//! take. Leaves the columns of each format to its module, storing products to the store, and drawing their ids too.
//!
//! ```
//! use sellonce_import::{Found, Options, Untracked, shopify};
//!
//! let file = std::io::Cursor::new("Handle,Title,Variant Price\nmug,Mug,14.50\nbowl,Bowl,cheap\n");
//! let currency = sellonce_checkout::money::Currency::parse("USD")?;
//! let mut import = shopify::Import::open(file, Options { currency, untracked: Untracked::Quantity })?;
//! while let Some(found) = import.next() {
//!     match found? {
//!         Found::Product(found) => println!("{}: store it", found.product.details.handle),
//!         Found::Problem(finding) => println!("left out: {finding}"),
//!         Found::Warning(finding) => println!("changed: {finding}"),
//!     }
//!     println!("{} of {} rows", import.rows_read(), import.rows_total());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use sellonce_checkout::catalog::ImportedProduct;
use sellonce_checkout::money::Currency;

mod html;
pub mod shopify;

/// What the merchant decides before an import.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The shop's currency: what the file's prices are in.
    pub currency: Currency,
    /// What becomes of variants whose stock the other shop did not track.
    pub untracked: Untracked,
}

/// What becomes of variants whose stock the other shop did not track: there, they could be sold without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untracked {
    /// The file's quantity is taken as stock, and its policy is kept.
    Quantity,
    /// They can be sold without end here too: their policy is `Continue`, and the file says nothing of their stock.
    Continue,
}

/// One thing that a reading of a file brings forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A product that can be stored.
    Product(Box<Product>),
    /// Something that could not be taken and is left out.
    Problem(Finding),
    /// Something that was taken, but not as it stands in the file.
    Warning(Finding),
}

/// A product, and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The line of its first row.
    pub line: u64,
    /// The line of each of its variants, in their order.
    pub variant_lines: Vec<u64>,
    /// The product.
    pub product: ImportedProduct,
}

/// What is to be told about a line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line of the file, counted from 1, on which the row begins.
    pub line: u64,
    /// The handle of the row's product; empty if the row has none.
    pub handle: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// `line 12, ocean-blue-shirt: the reason`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.handle.is_empty() {
            write!(f, ", {}", self.handle)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// A whole file, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The rows of the file, without its header and empty rows.
    pub rows: u64,
    /// The products that can be stored.
    pub products: Vec<Product>,
    /// What is left out, by line.
    pub problems: Vec<Finding>,
    /// What was taken otherwise than it stands there, by line.
    pub warnings: Vec<Finding>,
}

/// Why a file is not read at all. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// There is nothing in it.
    #[error("the file is empty; export the products again and import that file unchanged")]
    Empty,
    /// Its first line lacks a column that no product can do without.
    #[error(
        "the first line has no column {column}: this is no product export with commas between its columns; \
         export the products again (plain CSV file) and import that file unchanged"
    )]
    NoColumn {
        /// The column, under each of its names.
        column: String,
    },
    /// It is not text, or text of another encoding.
    #[error("line {line} is not UTF-8 text; save the file as `CSV UTF-8 (comma delimited)` and import that")]
    NotUtf8 {
        /// The line of the row.
        line: u64,
    },
    /// It ends within a quoted field, so what is missing is unknown.
    #[error(
        "the row of line {line} opens a quote that is never closed, so the file may be cut off; \
         export the products again, or close the quote"
    )]
    OpenQuote {
        /// The line on which the row begins.
        line: u64,
    },
    /// A row is so long that a quote must have been left open.
    #[error("the row of line {line} is longer than {bytes_max} bytes; is a quote in it left open?")]
    RowTooLong {
        /// The line on which the row begins.
        line: u64,
        /// What a row may have.
        bytes_max: usize,
    },
    /// Its second reading found other rows than its first.
    #[error("the file was changed while it was read; import it again")]
    Changed,
    /// The system cannot read it.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}
