//! The simulated provider's book: the port under which it remembers what it charged.
//!
//! Decides what the book must remember and what is atomic. Leaves the behaviour of test tokens to the payments crate.
//! The book is as far from the shop's own books as a real provider's is: tables of its own, transactions of its own.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::money::Money;
use crate::store::Failure;

/// A payment as the simulated provider has booked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The key it was asked under: the attempt's.
    pub attempt_key: String,
    /// The test token it was made with.
    pub token: String,
    /// How much.
    pub amount: Money,
    /// How it stands: `lost` (asked, answered with silence, nothing charged), `requires_action`, `authorized`,
    /// `captured`, `declined`, `cancelled` or `voided`.
    pub status: String,
    /// The decline code, if declined.
    pub decline_code: Option<String>,
    /// What was given back.
    pub refunded: Money,
    /// How often it was asked under this key.
    pub asked: i64,
    /// When it was first booked.
    pub created_at: Timestamp,
}

/// What a call wants the book to say: applied only if the booking is absent or in one of the named statuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// The key.
    pub attempt_key: String,
    /// The test token.
    pub token: String,
    /// How much.
    pub amount: Money,
    /// The status it shall have.
    pub status: &'static str,
    /// The decline code, if declined.
    pub decline_code: Option<&'static str>,
    /// The statuses that it may change from; a booking in another one stays as it is.
    pub only_from: &'static [&'static str],
}

/// The book. Every call is one transaction of its own and durable when it returns.
#[async_trait]
pub trait SimulatedBook: Send + Sync {
    /// Books an entry unless the booking that is there forbids it; counts the asking either way; returns the booking
    /// as it stands afterwards.
    async fn book(&self, entry: BookEntry) -> Result<Booking, Failure>;
    /// The booking under a key.
    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure>;
    /// Books a refund once per refund key; returns the booking, or `None` if it would exceed what was captured.
    async fn refund(
        &self,
        attempt_key: &str,
        refund_key: &str,
        amount: Money,
    ) -> Result<Option<Booking>, Failure>;
    /// Bookings in order of their keys, after a key.
    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure>;
}
