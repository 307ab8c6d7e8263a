//! What the calls of a batch have written, and writing it with one statement per table.
//!
//! Decides the order of the statements and under which condition each row is changed: that it is as it was read. Rows
//! that other processes may want as well are locked in the order of their keys first, so that two processes wait for
//! each other in one direction only.

mod orders;
mod sagas;
mod shopping;

use std::collections::HashMap;

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Cause, Changes, LimitChange};
use sellonce_checkout::cart::Cart;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{CartId, CheckoutId, OwnerId, SagaId};
use sellonce_checkout::idempotency::{Claim, WorkDone};
use sellonce_checkout::money::Money;
use sellonce_checkout::order::Order;
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::purchase_limit::{Identity, LimitKey, Uses};
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::session::Checkout;
use sellonce_checkout::simulated_book::{BookEntry, Booking, PlannedCallback};
use sellonce_checkout::store::sagas::Run;

use crate::postgres::batch::Batch;
use crate::postgres::batch::bulk::{Bulk, execute};
use crate::postgres::link::Link;
use crate::rows::{history, stock};
use crate::sql::values;
use crate::tables::Held;
use crate::trouble::Trouble;

/// What the calls of a batch have written.
#[derive(Default)]
pub(super) struct Writes {
    pub(super) keys: Vec<(Claim, WorkDone)>,
    pub(super) carts_new: Vec<Cart>,
    /// Carts as they shall be, with the version that they had.
    pub(super) carts: Vec<(i64, Cart)>,
    pub(super) carts_ordered: Vec<(CartId, CheckoutId)>,
    checkouts_new: Vec<NewCheckout>,
    checkouts: Vec<Change<Checkout>>,
    runs: Vec<NewRun>,
    sagas: Vec<Change<Held>>,
    attempts: Vec<Change<Attempt>>,
    /// Whose lines end how, and how many there are.
    pub(super) reservations: Vec<(SagaId, Reserved, usize)>,
    pub(super) orders: Vec<Order>,
    pub(super) bookings_new: Vec<BookEntry>,
    pub(super) bookings: Vec<(Booking, Booking)>,
    pub(super) refunds: Vec<(Booking, String, Money)>,
    /// Callbacks that are owed, with the payment that they tell of.
    pub(super) callbacks: Vec<(String, PlannedCallback)>,
}

/// A checkout that is inserted, as the call that opened it has left it.
struct NewCheckout {
    checkout: Checkout,
    history: String,
}

/// A saga that begins, with its texts.
struct NewRun {
    run: Run,
    schedule: Schedule,
    owner: OwnerId,
    limits: Option<String>,
    history: String,
    attempt_history: String,
}

/// A row as it was and as it shall be, with what is appended to its history.
struct Change<T> {
    was: T,
    is: T,
    step: String,
}

impl Writes {
    pub(super) fn insert_checkout(&mut self, checkout: &Checkout) {
        let history = history::begun(checkout.status.as_str(), 0, checkout.created_at);
        self.checkouts_new.push(NewCheckout { checkout: checkout.clone(), history });
    }

    /// A checkout that the same call has opened is inserted as it is in the end; one that it has changed before is
    /// changed once.
    pub(super) fn change_checkout(&mut self, was: &Checkout, is: &Checkout, fence: i64, now: Timestamp) {
        let step = history::step_between(was.status.as_str(), is.status.as_str(), fence, now);
        // Only the present call can have written it, so it is the last one.
        if let Some(new) = self.checkouts_new.last_mut().filter(|new| new.checkout.id == is.id) {
            new.checkout = is.clone();
            new.history += &step;
        } else if let Some(change) = self.checkouts.last_mut().filter(|change| change.is.id == is.id) {
            change.is = is.clone();
            change.step += &step;
        } else {
            self.checkouts.push(Change { was: was.clone(), is: is.clone(), step });
        }
    }

    pub(super) fn insert_run(&mut self, run: &Run, schedule: &Schedule, owner: OwnerId, now: Timestamp) {
        let fence = run.saga.fence;
        let status = run.attempt.as_ref().map_or("", |attempt| attempt.status.as_str());
        self.runs.push(NewRun {
            run: run.clone(),
            schedule: schedule.clone(),
            owner,
            limits: stock::limits_text(&run.saga.hold.limits),
            history: history::begun(run.saga.state.as_str(), fence, now),
            attempt_history: history::begun(status, fence, now),
        });
    }

    pub(super) fn change_saga(&mut self, was: &Held, is: &Held, now: Timestamp) {
        let (before, after) = (&was.run.saga, &is.run.saga);
        let step = history::step_between(before.state.as_str(), after.state.as_str(), after.fence, now);
        self.sagas.push(Change { was: was.clone(), is: is.clone(), step });
    }

    /// Notes what was learned of a payment.
    pub(super) fn change_attempt(&mut self, was: &Attempt, is: &Attempt, fence: i64, now: Timestamp) {
        let step = history::step_between(was.status.as_str(), is.status.as_str(), fence, now);
        self.attempts.push(Change { was: was.clone(), is: is.clone(), step });
    }
}

impl Batch {
    /// Writes everything that the calls have left in memory.
    pub(super) fn write(&mut self, link: &Link) -> Result<(), Trouble> {
        let changes = std::mem::take(&mut self.book).into_changes();
        let writes = std::mem::take(&mut self.writes);
        let now = self.now.millis();
        let mut bulks = Vec::new();
        shared_rows(&changes, &self.rows.purchases, &mut bulks);
        shopping::carts(&writes, &mut bulks);
        shopping::checkouts_opened(&writes, &mut bulks);
        shopping::checkouts_changed(&writes, &mut bulks);
        sagas::keys(&writes, now, &mut bulks);
        sagas::runs(&writes, &mut bulks);
        sagas::moves(&writes, &mut bulks);
        sagas::attempts(&writes, &mut bulks);
        sagas::reservations(&writes, &mut bulks);
        orders::orders(&writes, &mut bulks);
        orders::bookings(&writes, now, &mut bulks);
        orders::callbacks(&writes, self.now, &mut bulks);
        execute(link, &bulks)
    }
}

/// Stock and counters, which other processes may want as well, and the journal (I1, I2, I10).
fn shared_rows<'a>(
    changes: &'a Changes,
    purchases: &HashMap<(Sku, Identity), Option<Uses>>,
    bulks: &mut Vec<Bulk<'a>>,
) {
    let mut locks = Bulk::question(
        "SELECT 1 FROM inventory i JOIN unnest(?1::text[], ?2::text[]) AS w (sku, location) \
         ON i.sku = w.sku AND i.location = w.location ORDER BY i.sku, i.location FOR UPDATE OF i",
    );
    let mut stock = Bulk::new(
        "UPDATE inventory i SET available = w.available, reserved = w.reserved, committed = w.committed, \
         backordered = w.backordered, version = w.version \
         FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[], ?7::bigint[], \
         ?8::bigint[], ?9::bigint[], ?10::bigint[], ?11::bigint[], ?12::bigint[]) \
         AS w (sku, location, available, reserved, committed, backordered, version, \
         version_was, available_was, reserved_was, committed_was, backordered_was) \
         WHERE i.sku = w.sku AND i.location = w.location AND i.version = w.version_was \
         AND i.available = w.available_was AND i.reserved = w.reserved_was \
         AND i.committed = w.committed_was AND i.backordered = w.backordered_was",
    );
    for change in &changes.stock {
        let (sku, location) = (change.place.sku.as_str(), change.place.location.as_str());
        let (after, read) = (change.after, change.read);
        // One row cannot be waited for in two orders.
        if changes.stock.len() > 1 {
            locks.push(values![sku, location]);
        }
        stock.push(values![
            sku,
            location,
            after.counters.available,
            after.counters.reserved,
            after.counters.committed,
            after.counters.backordered,
            after.version,
            read.version,
            read.counters.available,
            read.counters.reserved,
            read.counters.committed,
            read.counters.backordered,
        ]);
    }
    bulks.extend([locks, stock]);
    counters(changes, purchases, bulks);
    let mut movements = Bulk::new(
        "INSERT INTO movements (sku, location, version, kind, quantity, available, reserved, committed, backordered, \
         cause_kind, cause, reason, at) SELECT * FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::text[], \
         ?5::bigint[], ?6::bigint[], ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::text[], ?11::uuid[], ?12::text[], \
         ?13::timestamptz[])",
    );
    for movement in &changes.movements {
        let after = movement.after;
        movements.push(values![
            movement.place.sku.as_str(),
            movement.place.location.as_str(),
            movement.version,
            movement.kind.as_str(),
            movement.quantity,
            after.available,
            after.reserved,
            after.committed,
            after.backordered,
            movement.cause.kind(),
            cause(&movement.cause),
            &movement.reason,
            movement.at.millis(),
        ]);
    }
    bulks.push(movements);
}

fn cause(cause: &Cause) -> &[u8; 16] {
    match cause {
        Cause::Saga(id) => id.0.as_bytes(),
        Cause::Order(id) => id.0.as_bytes(),
        Cause::Merchant(id) => id.0.as_bytes(),
    }
}

/// I10: a counter is changed only if it is still as read; a buyer's first purchase makes the counter.
fn counters<'a>(
    changes: &'a Changes,
    purchases: &HashMap<(Sku, Identity), Option<Uses>>,
    bulks: &mut Vec<Bulk<'a>>,
) {
    let mut discounts = Bulk::new(
        "UPDATE discounts d SET held = w.held, used = w.used \
         FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[]) \
         AS w (code, held, used, held_was, used_was) \
         WHERE d.code = w.code AND d.held = w.held_was AND d.used = w.used_was",
    );
    let mut known = Bulk::new(
        "UPDATE purchase_counters c SET held = w.held, used = w.used \
         FROM unnest(?1::text[], ?2::bytea[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[]) \
         AS w (sku, identity, held, used, held_was, used_was) \
         WHERE c.sku = w.sku AND c.identity = w.identity AND c.held = w.held_was AND c.used = w.used_was",
    );
    let mut first = Bulk::new(
        "INSERT INTO purchase_counters (sku, identity, held, used) \
         SELECT * FROM unnest(?1::text[], ?2::bytea[], ?3::bigint[], ?4::bigint[])",
    );
    for LimitChange { key, read, after } in &changes.limits {
        match key {
            LimitKey::Discount(code) => {
                discounts.push(values![code.as_str(), after.held, after.used, read.held, read.used]);
            }
            LimitKey::Purchase(sku, identity) => {
                let is_known = purchases.get(&(sku.clone(), *identity)).is_some_and(Option::is_some);
                let (sku, identity) = (sku.as_str(), &identity.0);
                if is_known {
                    known.push(values![sku, identity, after.held, after.used, read.held, read.used]);
                } else {
                    first.push(values![sku, identity, after.held, after.used]);
                }
            }
        }
    }
    bulks.extend([discounts, known, first]);
}
