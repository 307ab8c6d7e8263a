//! What a call asks of its transaction: rows by their keys, and writing them.
//!
//! Decides the contract between the calls, which are written once, and the two ways of running them: row by row
//! ([`crate::direct`]), or many calls at once with one statement per table (PostgreSQL's batches). Leaves the meaning of
//! the rows to `sellonce_checkout`.
//!
//! Every change names the row as it was read. A row that is no longer so is [`Trouble`], and the transaction leaves no
//! trace.

use std::sync::Arc;

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Book, LimitUse};
use sellonce_checkout::cart::Cart;
use sellonce_checkout::catalog::{Location, Offer, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode};
use sellonce_checkout::id::{CartId, CheckoutId, OwnerId, SagaId};
use sellonce_checkout::idempotency::{BodyHash, Claim, WorkDone};
use sellonce_checkout::inventory::{Place, Policy, Stock};
use sellonce_checkout::money::Money;
use sellonce_checkout::order::Order;
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::session::Checkout;
use sellonce_checkout::simulated_book::{BookEntry, Booking, PlannedCallback};
use sellonce_checkout::store::Shop;
use sellonce_checkout::store::sagas::Run;

use crate::sql::Statements;
use crate::trouble::Trouble;

/// A key that was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownKey {
    /// What its body hashed to.
    pub(crate) body: BodyHash,
    /// What it did.
    pub(crate) work: WorkDone,
    /// The id of the request that came first.
    pub(crate) request_id: String,
}

/// A saga with everything that its row and its reservation say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The saga and its attempt.
    pub(crate) run: Run,
    /// How each line of its reservation stands.
    pub(crate) reservation: Vec<Reserved>,
    /// When it runs.
    pub(crate) schedule: Schedule,
    /// Who has it, or had it last.
    pub(crate) owner: Option<OwnerId>,
}

impl Held {
    /// Whether its units are still held.
    pub(crate) fn is_open(&self) -> bool {
        self.reservation.contains(&Reserved::Open)
    }
}

/// The tables, as the transaction of a call sees them.
pub(crate) trait Tables {
    /// The instant of the call.
    fn now(&self) -> Timestamp;
    /// What the shop is.
    fn shop(&self) -> Arc<Shop>;
    /// The connection, for calls that run alone and not with others at once.
    fn sql(&self) -> Result<&dyn Statements, Trouble>;

    /// Notes that a checkout will be asked for, so that it can be read together with other rows. So do the others below.
    fn expect_checkout(&mut self, _: CheckoutId) {}
    /// Notes that offers will be asked for.
    fn expect_offers(&mut self, _: &mut dyn Iterator<Item = &Sku>) {}
    /// Notes that the stock of SKUs will be asked for.
    fn expect_stock(&mut self, _: &mut dyn Iterator<Item = &Sku>) {}

    /// The stock and counter rows that were read so far, and what the calls made of them.
    fn book(&mut self) -> &mut Book;
    /// Puts all stock rows of a SKU into the book, if they are not there yet.
    fn read_stock(&mut self, sku: &Sku) -> Result<(), Trouble>;
    /// Puts counters into the book, those that are not there yet; what is not limited has none.
    fn read_limits(&mut self, limits: &[LimitUse]) -> Result<(), Trouble>;
    /// Writes what the calls so far have made of the book, and forgets all rows that were read.
    ///
    /// A transaction does this at its end. A call that changes catalog, limits or locations does it before and after, so
    /// that no call sees rows from before that change; such a call runs alone.
    fn write_book(&mut self) -> Result<(), Trouble>;
    /// Makes an empty stock row. The rows that were read no longer are all there are, so the book must be empty.
    fn insert_stock(&mut self, place: &Place, policy: Policy) -> Result<(), Trouble>;
    /// Today's offer of a SKU; `None` if there is no such SKU.
    fn offer(&mut self, sku: &Sku) -> Result<Option<Offer>, Trouble>;
    /// A discount, without its counter.
    fn discount(&mut self, code: &DiscountCode) -> Result<Option<Discount>, Trouble>;

    /// What a key did before, if it did anything.
    fn known_key(&mut self, claim: &Claim) -> Result<Option<KnownKey>, Trouble>;
    /// Notes what a key did (I7).
    fn note_key(&mut self, claim: &Claim, work: &WorkDone) -> Result<(), Trouble>;

    /// A cart with its lines.
    fn cart(&mut self, id: CartId) -> Result<Option<Cart>, Trouble>;
    /// Inserts a cart.
    fn insert_cart(&mut self, cart: &Cart) -> Result<(), Trouble>;
    /// Writes a cart that was changed; one that was ordered is not.
    fn change_cart(&mut self, was: &Cart, is: &Cart) -> Result<(), Trouble>;
    /// Notes which checkout ordered a cart that none had ordered (I7).
    fn order_cart(&mut self, cart: CartId, checkout: CheckoutId) -> Result<(), Trouble>;
    /// Whether a saga of another checkout of the cart is unfinished.
    fn cart_in_progress(&mut self, cart: CartId, but: CheckoutId) -> Result<bool, Trouble>;

    /// A checkout with its locked lines.
    fn checkout(&mut self, id: CheckoutId) -> Result<Option<Checkout>, Trouble>;
    /// Inserts a checkout that was opened.
    fn insert_checkout(&mut self, checkout: &Checkout) -> Result<(), Trouble>;
    /// Writes status, order and confirmation of a checkout; a status that moved is noted in its history with the fence.
    fn change_checkout(&mut self, was: &Checkout, is: &Checkout, fence: i64) -> Result<(), Trouble>;

    /// A saga with its attempt and what it holds.
    fn held(&mut self, id: SagaId) -> Result<Option<Held>, Trouble>;
    /// Inserts a saga that began, with its attempt and its reservation.
    fn insert_run(&mut self, run: &Run, schedule: &Schedule, owner: OwnerId) -> Result<(), Trouble>;
    /// Writes a saga under the condition that it is in the state and has the fence that it had (I6, I14); a state that
    /// moved is noted in its history.
    fn change_saga(&mut self, was: &Held, is: &Held) -> Result<(), Trouble>;
    /// Writes a payment attempt; a status that moved is noted in its history with the fence.
    fn change_attempt(&mut self, was: &Attempt, is: &Attempt, fence: i64) -> Result<(), Trouble>;
    /// Ends the open lines of a reservation, all of them, once (I11).
    fn end_reservation(&mut self, run: &Run, to: Reserved) -> Result<(), Trouble>;

    /// Draws the number of an order.
    fn draw_order_number(&mut self) -> Result<i64, Trouble>;
    /// Inserts an order that was placed, with its lines, its events and their deliveries (I13).
    fn insert_order(&mut self, order: &Order) -> Result<(), Trouble>;

    /// A booking of the simulated provider.
    fn booking(&mut self, attempt_key: &str) -> Result<Option<Booking>, Trouble>;
    /// Inserts a booking that was not there.
    fn insert_booking(&mut self, entry: &BookEntry) -> Result<(), Trouble>;
    /// Counts an asking, and moves the booking if its status is another now.
    fn change_booking(&mut self, was: &Booking, is: &Booking) -> Result<(), Trouble>;
    /// Inserts what the simulated provider owes the shop for a change of a booking.
    fn owe_callbacks(&mut self, attempt_key: &str, callbacks: &[PlannedCallback]) -> Result<(), Trouble>;
    /// Whether a refund was booked under a key.
    fn is_refunded(&mut self, attempt_key: &str, refund_key: &str) -> Result<bool, Trouble>;
    /// Books a refund; no more than was captured ever goes back.
    fn book_refund(&mut self, was: &Booking, refund_key: &str, amount: Money) -> Result<(), Trouble>;
}

impl dyn Tables + '_ {
    /// A checkout that another row names, so that it must be there.
    pub(crate) fn named_checkout(&mut self, id: CheckoutId) -> Result<Checkout, Trouble> {
        self.checkout(id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
    }

    /// A saga that another row names, so that it must be there.
    pub(crate) fn named_saga(&mut self, id: SagaId) -> Result<Held, Trouble> {
        self.held(id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
    }

    /// Puts the stock rows of SKUs into the book.
    pub(crate) fn read_stock_of<'a>(
        &mut self,
        skus: impl IntoIterator<Item = &'a Sku> + Clone,
    ) -> Result<(), Trouble> {
        self.expect_stock(&mut skus.clone().into_iter());
        skus.into_iter().try_for_each(|sku| self.read_stock(sku))
    }

    /// The units of a SKU that can be sold as the calls so far have left it; `None` where more can be promised than is
    /// there.
    pub(crate) fn available(&mut self, sku: &Sku) -> Result<Option<i64>, Trouble> {
        self.read_stock(sku)?;
        let shop = self.shop();
        let place = |location: &Location| Place { sku: sku.clone(), location: location.clone() };
        let rows = shop.locations.iter().filter_map(|location| self.book().stock(&place(location)));
        Ok(sellable(rows))
    }
}

/// What can be sold of rows at sellable locations; `None` where more can be promised than is there.
pub(crate) fn sellable(rows: impl IntoIterator<Item = Stock>) -> Option<i64> {
    let mut sum = 0_i64;
    for row in rows {
        if row.policy == Policy::Continue {
            return None;
        }
        sum = sum.saturating_add(row.counters.available);
    }
    Some(sum)
}
