//! What the planted defects of this crate do; each is called from the line that it breaks.
//!
//! Decides how each is made of what is here. Leaves which defects there are to `sellonce_checkout::sabotage`.

use sellonce_checkout::book::Cause;
use sellonce_checkout::callback::Callback;
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::inventory::Kind;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Status};
use sellonce_checkout::session::Checkout;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{Begun, Moved, PlaceOrder, Reserve, ReserveRefusal, Run};
use sellonce_checkout::store::{Answer, Failure};

use crate::calls::sagas::{place_order, reserve};
use crate::calls::{Database, DatabaseStore};
use crate::sql::values;
use crate::tables::{Held, Tables};
use crate::trouble::Trouble;

/// How late a row is that is written outside the transaction that it belongs to.
const LATE_MS: i64 = 100;

#[expect(private_bounds, reason = "the databases are those of this crate")]
impl<D: Database> DatabaseStore<D> {
    /// T1 without the key, and then the key.
    pub(super) async fn reserve_then_note(&self, call: Reserve) -> Answer<Begun, ReserveRefusal> {
        let claim = call.claim.clone();
        let begun = self.write(move |tables| {
            let begun = reserve(tables, &call)?;
            if matches!(begun, Ok(Begun::New(_))) {
                let delete = "DELETE FROM idempotency_keys WHERE scope = ?1 AND key = ?2";
                let (scope, key) = (&call.claim.scope.0, call.claim.key.as_str());
                tables.sql()?.execute(delete, values![scope, key])?;
            }
            Ok(begun)
        });
        let begun = begun.await?;
        if let Ok(Begun::New(run)) = &begun {
            let work = WorkDone::Saga(run.saga.id);
            self.clock.sleep_ms(LATE_MS).await;
            // One that somebody else has written meanwhile stays.
            drop(self.write_aside(move |tables| tables.note_key(&claim, &work)).await);
        }
        Ok(begun)
    }

    /// T2 without its deliveries, and then the deliveries.
    pub(super) async fn place_then_tell(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        let order = call.order;
        let placed = self.write(move |tables| {
            let placed = place_order(tables, &call)?;
            let delete = "DELETE FROM deliveries WHERE order_id = ?1";
            tables.sql()?.execute(delete, values![order.0.as_bytes()])?;
            Ok(placed)
        });
        let placed = placed.await??;
        self.clock.sleep_ms(LATE_MS).await;
        let told = self.write_aside(move |tables| {
            let insert = "INSERT INTO deliveries (event_id, consumer, order_id, sequence, next_at, lease_until) \
                          SELECT id, 'mail', order_id, sequence, at, at FROM order_events \
                          WHERE order_id = ?1 AND to_status = 'paid'";
            tables.sql()?.execute(insert, values![order.0.as_bytes()])
        });
        drop(told.await);
        Ok(placed)
    }
}

/// A saga that charges what its checkout costs today.
pub(super) fn priced_today(
    tables: &mut dyn Tables,
    mut run: Run,
    checkout: &Checkout,
) -> Result<Run, Trouble> {
    let Some(attempt) = run.attempt.as_mut() else { return Ok(run) };
    let mut minor = attempt.amount.minor();
    for (line, locked) in checkout.lock.sold() {
        if let Some(offer) = tables.offer(&line.sku)? {
            minor += i64::from(line.quantity) * (offer.price.minor() - locked.minor());
        }
    }
    attempt.amount = Money::new(minor, attempt.amount.currency()).unwrap_or(attempt.amount);
    Ok(run)
}

/// Takes the units of a saga from what is available.
pub(super) fn take_units(tables: &mut dyn Tables, held: &Held) -> Result<(), Trouble> {
    let saga = &held.run.saga;
    tables.read_stock_of(saga.hold.allocations.iter().map(|allocation| &allocation.place.sku))?;
    let now = tables.now();
    for allocation in &saga.hold.allocations {
        let cause = Cause::Saga(saga.id);
        // There may be none left to take.
        let _ = tables.book().change(&allocation.place, Kind::Reserve, allocation.quantity, cause, "", now);
    }
    Ok(())
}

/// Sets a payment to the status that a callback tells of: the simulated provider's ids end with it.
pub(super) fn believe(tables: &mut dyn Tables, callback: &Callback, held: &Held) -> Result<(), Trouble> {
    let Some(was) = &held.run.attempt else { return Ok(()) };
    let told = callback.id.strip_prefix(&was.saga.attempt_key()).and_then(|rest| rest.strip_prefix('_'));
    match told.and_then(Status::parse) {
        Some(status) if status != was.status => {
            tables.change_attempt(was, &Attempt { status, ..was.clone() }, held.run.saga.fence)
        }
        Some(_) | None => Ok(()),
    }
}
