//! The form of a target file: what is written in it, and on which line.
//!
//! Decides names and defaults. Whether what is written makes sense is `check`'s business, what it does the dialect's and
//! the keeper's.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

/// A text of the file, with its place there.
pub(super) type Text = Spanned<String>;

/// A target file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// How the shop is called in the verdict.
    pub(super) name: String,
    /// Where it is: `http://host:port`, with a path if every request begins with one.
    pub(super) url: String,
    /// Three letters of ISO 4217: of every amount.
    pub(super) currency: String,
    /// Whether the shop writes amounts in minor units (4999) or major ones (49.99).
    #[serde(default)]
    pub(super) amounts: Amounts,
    /// How long a shop that does not tell what is under way is left alone before its books are read.
    #[serde(default = "rest_s")]
    pub(super) rest_s: u64,
    /// Values for `{{name}}` in the requests; `env:NAME` is read from the environment.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Text>,
    /// The shop's word for each way to pay, by the names of surge: `tok_ok`, `tok_declined` and so on.
    pub(super) cards: BTreeMap<String, Text>,
    /// Requests that are made once, before anything else: logging in and the like.
    #[serde(default)]
    pub(super) before: Vec<Call>,
    /// Requests that put each SKU on sale with its stock and price.
    pub(super) sell: Vec<Call>,
    /// Requests that change the price of a SKU in the middle of the run.
    #[serde(default)]
    pub(super) reprice: Vec<Call>,
    /// What a buyer asks for, in this order; the last one pays.
    #[serde(rename = "step")]
    pub(super) steps: Vec<StepFile>,
    /// How the stock is read back.
    pub(super) stock: StockFile,
    /// How orders are counted.
    pub(super) orders: Option<OrdersFile>,
    /// The payment provider's book.
    pub(super) payments: Option<PaymentsFile>,
    /// The stock's ledger.
    pub(super) ledger: Option<LedgerFile>,
}

fn rest_s() -> u64 {
    3
}

/// How a shop writes amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Amounts {
    /// As 4999.
    #[default]
    Minor,
    /// As 49.99.
    Major,
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    #[serde(default = "get")]
    pub(super) method: String,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Text>,
    #[serde(default)]
    pub(super) body: Option<Text>,
    /// What is kept of the answer, by name: JSON pointers.
    #[serde(default)]
    pub(super) extract: BTreeMap<String, Text>,
    /// The same for headers of the answer.
    #[serde(default)]
    pub(super) extract_header: BTreeMap<String, Text>,
}

fn get() -> String {
    "GET".to_owned()
}

/// A step of a buyer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepFile {
    pub(super) name: String,
    #[serde(default = "post")]
    pub(super) method: String,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Text>,
    #[serde(default)]
    pub(super) body: Option<Text>,
    /// What `{{lines}}` is made of, for a cart of several SKUs: a template for each, with commas between.
    #[serde(default)]
    pub(super) line: Option<Text>,
    #[serde(default)]
    pub(super) extract: BTreeMap<String, Text>,
    #[serde(default)]
    pub(super) extract_header: BTreeMap<String, Text>,
    /// The answer that is a success; any 2xx if it is not said.
    #[serde(default)]
    pub(super) success: Vec<When>,
    #[serde(default)]
    pub(super) sold_out: Vec<When>,
    #[serde(default)]
    pub(super) declined: Vec<When>,
    /// It goes on: the same request is sent again.
    #[serde(default)]
    pub(super) wait: Vec<When>,
    /// Refused for a reason that a buyer can act on.
    #[serde(default)]
    pub(super) refused: Vec<When>,
    /// Pointer to the order's id: on the paying step.
    #[serde(default)]
    pub(super) order: Option<Text>,
    /// Pointer to what is to be paid (before paying), or was (on the paying step).
    #[serde(default)]
    pub(super) total: Option<Text>,
    /// Pointers into a sold-out answer that says how much is left, and at which version of the ledger.
    #[serde(default)]
    pub(super) short: Option<ShortFile>,
}

fn post() -> String {
    "POST".to_owned()
}

/// What an answer must look like. All that is named must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// One of these statuses.
    #[serde(default)]
    pub(super) status: Vec<u16>,
    /// A JSON pointer: something other than null is there.
    #[serde(default)]
    pub(super) at: Option<Text>,
    /// What is there is one of these texts.
    #[serde(default)]
    pub(super) is: Vec<String>,
    /// What is there contains one of these texts; the whole body, if `at` is not named.
    #[serde(default)]
    pub(super) contains: Vec<String>,
}

/// Where a sold-out answer names what is short.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShortFile {
    pub(super) list: Text,
    pub(super) sku: Text,
    pub(super) requested: Text,
    pub(super) available: Option<Text>,
    pub(super) version: Option<Text>,
}

/// How the stock of a SKU is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StockFile {
    pub(super) request: Call,
    /// Units that can still be sold.
    pub(super) available: Option<Text>,
    /// Or all units in the house: then those that are held or sold are taken off.
    pub(super) on_hand: Option<Text>,
    pub(super) reserved: Option<Text>,
    /// Units sold and not shipped.
    pub(super) committed: Option<Text>,
    pub(super) version: Option<Text>,
}

/// The orders: pointers from a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrdersFile {
    /// May have `{{cursor}}` (empty at first, then what `next` points to) or `{{offset}}` (rows read so far).
    pub(super) request: Call,
    /// Pointer to the rows.
    pub(super) list: Text,
    /// Pointer to the next cursor; null or missing on the last page.
    pub(super) next: Option<Text>,
    pub(super) id: Text,
    pub(super) email: Text,
    pub(super) status: Option<Text>,
    pub(super) total: Option<Text>,
    /// The key of its payment at the provider.
    pub(super) payment: Option<Text>,
    pub(super) checkout: Option<Text>,
    /// The lines of an order, and pointers from a line.
    pub(super) lines: Text,
    pub(super) sku: Text,
    pub(super) quantity: Text,
}

/// The provider's book: pointers from a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentsFile {
    /// May have `{{cursor}}` (empty at first, then what `next` points to) or `{{offset}}` (rows read so far).
    pub(super) request: Call,
    /// Pointer to the rows.
    pub(super) list: Text,
    /// Pointer to the next cursor; null or missing on the last page.
    pub(super) next: Option<Text>,
    /// The key that an order names.
    pub(super) id: Text,
    /// `captured` and so on; every row is a captured one if it is not named.
    pub(super) status: Option<Text>,
    pub(super) amount: Text,
    pub(super) refunded: Option<Text>,
}

/// The ledger of a SKU: pointers from a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerFile {
    /// May have `{{cursor}}` (empty at first, then what `next` points to) or `{{offset}}` (rows read so far).
    pub(super) request: Call,
    /// Pointer to the rows.
    pub(super) list: Text,
    /// Pointer to the next cursor; null or missing on the last page.
    pub(super) next: Option<Text>,
    pub(super) location: Text,
    pub(super) version: Text,
    pub(super) kind: Text,
    pub(super) quantity: Text,
    pub(super) available: Text,
    pub(super) reserved: Text,
    pub(super) committed: Text,
    pub(super) backordered: Text,
    pub(super) cause: Text,
}

/// The line of a place in the file, from 1.
pub(super) fn line_of(source: &str, span: &Range<usize>) -> usize {
    source.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
}
