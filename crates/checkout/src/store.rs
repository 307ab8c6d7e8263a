//! The store port: what the shop remembers, as calls named for what they do for the shop.
//!
//! Decides the contract that every store keeps; the memory store is its model. Leaves SQL to the store crate.
//!
//! - One call is one transaction. Its answer means durable: whatever was answered survives a power failure.
//! - The result equals running the calls one by one in some order that agrees with their answers; within one process
//!   that is the order of arrival.
//! - A refusal changes nothing. `Failure` means that nothing was promised: the call may be repeated.
//! - Expiries and leases are compared with the store's clock.
//! - No transaction leaves the store, so nobody can hold one while waiting for the network.

pub mod accounts;
pub mod callbacks;
pub mod carts;
pub mod catalog;
pub mod checkouts;
pub mod deliveries;
pub mod discounts;
pub mod inventory;
pub mod memory;
pub mod orders;
pub mod sagas;

use async_trait::async_trait;

use crate::audit::Report;
use crate::catalog::Location;
use crate::clock::Timestamp;
use crate::limits::Times;
use crate::money::Currency;
use crate::payment::Capture;

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Too many calls wait; nothing was done. Come back after so many milliseconds.
    #[error("the store is overloaded; retry after {retry_after_ms} ms")]
    Overloaded {
        /// When it is worth coming back.
        retry_after_ms: i64,
    },
    /// The database cannot be reached, is read-only or full; nothing was done.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// What was found contradicts what must hold: a defect of ours or a foreign hand. Nothing was done.
    #[error("the database holds something that cannot be: {0}")]
    Broken(String),
}

/// The answer of a call that can be refused.
pub type Answer<T, R> = Result<Result<T, R>, Failure>;

/// What a shop is, as far as its store has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// Its one currency.
    pub currency: Currency,
    /// The sellable locations in the order in which stock is taken from them.
    pub locations: Vec<Location>,
    /// When the money of a checkout that begins to be completed now is taken.
    pub capture: Capture,
    /// Its times.
    pub times: Times,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are more behind them.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// Makes a page of `limit` rows from what a query for one row more has found.
    pub fn of(mut rows: Vec<T>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, has_more }
    }
}

/// What concerns the store as a whole.
#[async_trait]
pub trait Books: Send + Sync {
    /// What the shop is.
    fn shop(&self) -> &Shop;
    /// The store's clock.
    fn now(&self) -> Timestamp;
    /// Whether the database answers.
    async fn ping(&self) -> Result<(), Failure>;
    /// Judges the invariants in one snapshot.
    async fn audit(&self) -> Result<Report, Failure>;
}

/// Everything that a shop remembers.
pub trait Store:
    Books
    + accounts::Accounts
    + callbacks::Callbacks
    + carts::Carts
    + catalog::Catalog
    + checkouts::Checkouts
    + deliveries::Deliveries
    + discounts::Discounts
    + inventory::Inventory
    + orders::Orders
    + sagas::Sagas
{
}

impl<T> Store for T where
    T: Books
        + accounts::Accounts
        + callbacks::Callbacks
        + carts::Carts
        + catalog::Catalog
        + checkouts::Checkouts
        + deliveries::Deliveries
        + discounts::Discounts
        + inventory::Inventory
        + orders::Orders
        + sagas::Sagas
{
}
