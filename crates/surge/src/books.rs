//! The books at the end of a run: what the shop says of itself, and what the payment provider says.
//!
//! Decides their form alone: reading them is `read_books`, comparing them the auditor's.

use serde::{Deserialize, Serialize};

use crate::history::{Line, Money};

/// A book, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Book<T> {
    /// It was read whole.
    Read(T),
    /// This shop has none.
    Missing {
        /// Why, for a reader of the verdict.
        reason: String,
    },
    /// This shop has it, and it could not be read: a run is not proved by what nobody could look at.
    Unreadable {
        /// Why, for a reader of the verdict.
        reason: String,
    },
}

impl<T> Book<T> {
    /// The book, or the reason why there is none.
    ///
    /// # Errors
    /// The reason.
    pub fn get(&self) -> Result<&T, &str> {
        match self {
            Self::Read(book) => Ok(book),
            Self::Missing { reason } | Self::Unreadable { reason } => Err(reason),
        }
    }
}

/// Everything that can be read at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Books {
    /// All orders of the run's product.
    pub orders: Book<Vec<Order>>,
    /// The stock of each SKU of the run.
    pub stock: Book<Vec<Stock>>,
    /// The ledger of each SKU of the run, all of it, by SKU and version.
    pub movements: Book<Vec<Movement>>,
    /// All payments of the run, as the provider has booked them.
    pub payments: Book<Vec<Payment>>,
    /// What the shop's own audit says.
    pub audit: Book<Vec<Judged>>,
    /// Confirmations that were sent to buyers of the run.
    pub mails: Book<Vec<Mail>>,
    /// Checkouts that are not over: their stuck list. Empty if there are none.
    pub unfinished: Book<Vec<Unfinished>>,
}

impl Books {
    /// What could not be read of that which is there: the book's name, and why.
    pub fn unreadable(&self) -> Vec<(&'static str, &str)> {
        fn why<T>(book: &Book<T>) -> Option<&str> {
            match book {
                Book::Unreadable { reason } => Some(reason),
                Book::Read(_) | Book::Missing { .. } => None,
            }
        }
        let books = [
            ("orders", why(&self.orders)),
            ("stock", why(&self.stock)),
            ("ledger", why(&self.movements)),
            ("payments", why(&self.payments)),
            ("audit", why(&self.audit)),
            ("mails", why(&self.mails)),
            ("stuck list", why(&self.unfinished)),
        ];
        books.into_iter().filter_map(|(name, reason)| Some((name, reason?))).collect()
    }
}

/// An order, as the shop has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id, as buyers are told it.
    pub id: String,
    /// Its number for people.
    pub number: Option<i64>,
    /// The buyer's address; `history::purchase_of` reads it.
    pub email: String,
    /// Its status, as `paid`.
    pub status: String,
    /// What was bought, at which unit prices.
    pub lines: Vec<Line>,
    /// What has left the house of it; empty where a shop does not say.
    #[serde(default)]
    pub shipped: Vec<Line>,
    /// What it costs, and of what that is made.
    pub totals: Option<Totals>,
    /// The checkout that became it, without its secret.
    pub checkout: Option<String>,
    /// Its payment.
    pub payment: Option<OrderPayment>,
    /// The statuses that it walked through, oldest first.
    pub statuses: Vec<String>,
}

/// The amounts of an order, minor units: total = subtotal - discount + shipping + tax_added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: i64,
    /// What a discount takes off.
    pub discount: i64,
    /// What shipping costs.
    pub shipping: i64,
    /// The tax that is added.
    pub tax_added: i64,
    /// What is charged.
    pub total: i64,
    /// The currency of all of them.
    pub currency: String,
}

/// The payment of an order, as the shop has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPayment {
    /// Its key at the provider: [`Payment::id`].
    pub id: String,
    /// As the shop calls it, `captured`.
    pub status: String,
    /// Minor units captured.
    pub captured: i64,
    /// Minor units given back.
    pub refunded: i64,
    /// Minor units on their way back.
    pub refund_pending: i64,
}

/// The stock of a SKU, as the shop has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// The SKU.
    pub sku: String,
    /// Units that can still be sold.
    pub available: i64,
    /// Units held for checkouts under way; 0 where a shop has no such thing.
    pub reserved: i64,
    /// Units sold and not yet shipped; `None` where a shop does not count them.
    pub committed: Option<i64>,
    /// Units promised beyond what is there.
    pub backordered: i64,
    /// How many movements it has seen, if there is a ledger.
    pub version: Option<i64>,
}

/// A line of the stock's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Its number in its SKU and location, from 1.
    pub version: i64,
    /// `receive`, `return`, `adjust`, `reserve`, `release`, `commit`, `cancel` or `ship`.
    pub kind: String,
    /// How many units; only `adjust` may be negative.
    pub quantity: i64,
    /// Units that can be sold after it.
    pub available: i64,
    /// Units held after it.
    pub reserved: i64,
    /// Units sold and not shipped after it.
    pub committed: i64,
    /// Units promised beyond what is there after it.
    pub backordered: i64,
    /// What it was made for: `mov_`, `sag_` or `ord_` and an id. A saga's id behind `sag_` equals its payment's behind
    /// the prefix of [`Payment::id`].
    pub cause: String,
}

/// A payment, as the provider has booked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The key that it was asked under.
    pub id: String,
    /// `lost`, `requires_action`, `authorized`, `captured`, `declined`, `cancelled` or `voided`.
    pub status: String,
    /// How much.
    pub amount: Money,
    /// Minor units that were given back.
    pub refunded: i64,
    /// How often the provider was asked under this key.
    pub asked: i64,
    /// The test token that it was made with, if the book says so.
    #[serde(default)]
    pub token: Option<String>,
}

/// An invariant, as the shop judges itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// `I1` to `I14`.
    pub id: String,
    /// Whether it was judged and holds.
    pub ok: bool,
    /// How many things were judged.
    pub checked: u64,
    /// How many of them violate it.
    pub violated: u64,
    /// The first of them.
    pub violations: Vec<crate::verdict::Violation>,
    /// Why it was not judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skipped: Option<String>,
}

/// A confirmation that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its id: the event that it tells of. Equal ids must carry equal content.
    pub id: String,
    /// Whom it was sent to; `history::purchase_of` reads it.
    pub to: String,
    /// The order that it tells of, if it can be read from it.
    pub order: Option<String>,
    /// Of its whole text.
    pub body_hash: u64,
}

/// A checkout under way that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Its saga.
    pub id: String,
    /// Where it stands.
    pub state: String,
    /// What went wrong last.
    pub problem: String,
}
