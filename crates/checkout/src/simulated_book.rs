//! The simulated provider's book: the port under which it remembers what it charged.
//!
//! Decides what the book must remember and what is atomic. Leaves the behaviour of test tokens, and when the shop is called
//! back, to the payments crate. The book is as far from the shop's own books as a real provider's is: tables of its own,
//! transactions of its own. It also keeps what is owed to the shop in callbacks, so that none is lost with a process.

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
    /// What the shop is owed if the booking takes this status by this entry, and only then.
    pub callbacks: Vec<PlannedCallback>,
}

/// Money that shall go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundEntry {
    /// The payment's key.
    pub attempt_key: String,
    /// The refund's own key.
    pub refund_key: String,
    /// How much.
    pub amount: Money,
    /// What the shop is owed if this entry books the refund, and only then.
    pub callbacks: Vec<PlannedCallback>,
}

/// One sending of a callback to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCallback {
    /// The callback's id; a callback that is sent more than once carries the same.
    pub id: String,
    /// Which of its sendings, from 1.
    pub copy: u32,
    /// What it tells of, as `payment.captured`.
    pub event: &'static str,
    /// How long after its booking it is due.
    pub delay_ms: i64,
    /// Whether it only pretends to come from the provider.
    pub forged: bool,
}

/// A sending that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCallback {
    /// The callback's id.
    pub id: String,
    /// Which of its sendings.
    pub copy: u32,
    /// What it tells of.
    pub event: String,
    /// The payment that it tells of.
    pub attempt_key: String,
    /// Whether it only pretends to come from the provider.
    pub forged: bool,
    /// How often it was claimed, this time among them.
    pub tries: u32,
}

/// The book. Every call is one transaction of its own and durable when it returns.
#[async_trait]
pub trait SimulatedBook: Send + Sync {
    /// Books an entry unless the booking that is there forbids it; counts the asking either way; returns the booking
    /// as it stands afterwards. The entry's callbacks are written with the change, or not at all.
    async fn book(&self, entry: BookEntry) -> Result<Booking, Failure>;
    /// The booking under a key.
    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure>;
    /// Books a refund once per refund key, with its callbacks; returns the booking, or `None` if it would exceed what was
    /// captured.
    async fn refund(&self, entry: RefundEntry) -> Result<Option<Booking>, Failure>;
    /// Bookings in order of their keys, after a key.
    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure>;
    /// Takes sendings that are due, those due first first, each for one server. Each is due again after `again_ms`, unless
    /// it is finished or put off before: a server that dies with it does not lose it.
    async fn claim_callbacks(&self, limit: u32, again_ms: i64) -> Result<Vec<OwedCallback>, Failure>;
    /// Strikes a sending out: it was made, or is given up.
    async fn finish_callback(&self, id: &str, copy: u32) -> Result<(), Failure>;
    /// Has a sending come again after a pause from now on; nothing, if it was struck out meanwhile.
    async fn put_off_callback(&self, id: &str, copy: u32, pause_ms: i64) -> Result<(), Failure>;
}
