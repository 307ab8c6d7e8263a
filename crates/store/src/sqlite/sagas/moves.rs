//! The moves of a saga on SQLite: T2 `place_order`, T2' `release`, and `advance`.
//!
//! Each is a compare-and-set on state and fence, in the transaction that also writes its consequences (I6, I14): the
//! saga that is no longer where the caller left it is `Lost`, and nothing is written.

use rusqlite::params;
use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Cause, Settlement};
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::saga::{self, State};
use sellonce_checkout::session::Status;
use sellonce_checkout::steps;
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{Advance, From, Moved, PaymentNews, PlaceOrder, Release, Run, Saga};

use crate::rows::{history, sagas};
use crate::sqlite::flush::Flush;
use crate::sqlite::sagas::reserve::ordered_by;
use crate::sqlite::sagas::{Held, held};
use crate::sqlite::{checkouts, orders};
use crate::trouble::Trouble;

/// T2. The inner failure is one of this call alone, found before anything was written.
pub(super) fn place_order(
    flush: &mut Flush,
    call: &PlaceOrder,
) -> Result<Result<Moved<Box<OrderView>>, Failure>, Trouble> {
    let Some(mut held) = held(flush, call.from)? else { return Ok(Ok(Moved::Lost)) };
    let saga = held.run.saga.id;
    if !held.is_open() || held.run.saga.order.is_some() {
        return Ok(Err(Failure::Broken(format!("{saga} has placed its order, or given back what it held"))));
    }
    let mut checkout = checkouts::load_named(flush.connection(), flush.currency(), held.run.saga.checkout)?;
    if let Some(cart) = checkout.cart
        && let Some(other) = ordered_by(flush, cart)?
    {
        return Ok(Err(Failure::Broken(format!("{cart} of {saga} was ordered by {other}"))));
    }
    note_payment(flush, &mut held.run, &call.payment)?;
    assert_paid_for(&held.run);
    let number = flush.draw_order_number()?;
    let order = steps::place(call, &held.run, &checkout, number, flush.now);
    settle(flush, &held, Settlement::Commit)?;
    let to = if order.status == order::Status::Pending { State::Ordered } else { State::Placed };
    held.run.saga.order = Some(order.id);
    shift(flush, &mut held.run, call.from, to)?;
    orders::insert(flush, &order)?;
    checkout.order = Some(order.id);
    checkouts::shift(flush, &mut checkout, Status::Completed, call.from.fence)?;
    if let Some(cart) = checkout.cart {
        let sql = "UPDATE carts SET ordered_by = ?2 WHERE id = ?1 AND ordered_by IS NULL";
        flush.execute_one("a cart", sql, params![cart.0.as_bytes(), checkout.id.0.as_bytes()])?;
    }
    Ok(Ok(Moved::Done(Box::new(OrderView { order, checkout, attempt: held.run.attempt }))))
}

/// I3: no order without its money, taken or set aside; a caller that asks for one is defective.
fn assert_paid_for(run: &Run) {
    let Some(attempt) = &run.attempt else { return };
    let status = attempt.status;
    let secured = matches!(status, payment::Status::Captured | payment::Status::Authorized);
    assert!(secured, "I3: {} would place an order whose payment is {}", run.saga.id, status.as_str());
}

/// T2': gives back what is still held; a compensation that ends has given it back before.
pub(super) fn release(flush: &mut Flush, call: &Release) -> Result<Moved<Box<Run>>, Trouble> {
    let Some(mut held) = held(flush, call.from)? else { return Ok(Moved::Lost) };
    if held.is_open() {
        settle(flush, &held, Settlement::Release)?;
    }
    let run = &mut held.run;
    if call.to == State::Released && run.saga.order.is_none() {
        let mut checkout = checkouts::load_named(flush.connection(), flush.currency(), run.saga.checkout)?;
        let after = steps::checkout_after(&call.ending, &checkout, flush.now);
        checkouts::shift(flush, &mut checkout, after, call.from.fence)?;
    }
    note_payment(flush, run, &call.payment)?;
    run.saga.ending = Some(call.ending.clone());
    shift(flush, run, call.from, call.to)?;
    Ok(Moved::Done(Box::new(held.run)))
}

/// A move that neither places an order nor gives anything back; the same state is news of the payment alone.
pub(super) fn advance(flush: &mut Flush, call: &Advance) -> Result<Moved<Box<Run>>, Trouble> {
    let Some(Held { mut run, .. }) = held(flush, call.from)? else { return Ok(Moved::Lost) };
    note_payment(flush, &mut run, &call.payment)?;
    run.saga.action_url.clone_from(&call.action_url);
    if call.ending.is_some() {
        run.saga.ending.clone_from(&call.ending);
    }
    if call.to == call.from.state {
        let sql = "UPDATE sagas SET action_url = ?4, ending = ?5, ending_code = ?6 \
                   WHERE id = ?1 AND state = ?2 AND fence = ?3";
        let From { saga, state, fence } = call.from;
        let (ending, code) = ending_columns(&run.saga);
        let row = params![saga.0.as_bytes(), state.as_str(), fence, run.saga.action_url, ending, code];
        flush.execute_one("a saga", sql, row)?;
    } else {
        shift(flush, &mut run, call.from, call.to)?;
    }
    let mut checkout = checkouts::load_named(flush.connection(), flush.currency(), run.saga.checkout)?;
    checkouts::shift(flush, &mut checkout, steps::checkout_during(call.to), call.from.fence)?;
    Ok(Moved::Done(Box::new(run)))
}

/// Ends what a saga holds, once (I11).
fn settle(flush: &mut Flush, held: &Held, settlement: Settlement) -> Result<(), Trouble> {
    let saga = &held.run.saga;
    flush.read_stock(saga.hold.allocations.iter().map(|allocation| &allocation.place.sku))?;
    flush.read_limits(&saga.hold.limits)?;
    let settled = flush.book.settle(&saga.hold, settlement, Cause::Saga(saga.id), flush.now);
    settled.map_err(|refused| {
        Trouble::call(format!("I11: what {} holds cannot be ended: {refused}", saga.id))
    })?;
    let state = match settlement {
        Settlement::Commit => Reserved::Committed,
        Settlement::Release => Reserved::Released,
    };
    let sql = "UPDATE reservations SET state = ?2 WHERE saga_id = ?1 AND state = 'open'";
    let ended = flush.execute(sql, params![saga.id.0.as_bytes(), state.as_str()])?;
    let lines = saga.hold.allocations.len();
    if ended == lines {
        Ok(())
    } else {
        Err(Trouble::call(format!("I11: {ended} of {lines} lines were open")))
    }
}

/// Moves a saga, as a compare-and-set (I6, I14). It stays its owner's unless it is over or has placed its order.
fn shift(flush: &Flush, run: &mut Run, from: From, to: State) -> Result<(), Trouble> {
    let saga = &mut run.saga;
    let now = flush.now;
    assert!(saga::is_edge(from.state, to), "I6: a saga goes from {} to {}", from.state.as_str(), to.as_str());
    saga.state = to;
    saga.tries = 0;
    saga.ended_at = to.is_end().then_some(now);
    let rests = to.is_end() || to == State::Ordered;
    let lease_until = if rests { now } else { now.plus_ms(flush.shop.times.lease_ms) };
    let sql = "UPDATE sagas SET state = ?4, tries = 0, lease_until = ?5, next_run_at = ?5, ended_at = ?6, \
               order_id = ?7, action_url = ?8, ending = ?9, ending_code = ?10, history = history || ?11 \
               WHERE id = ?1 AND state = ?2 AND fence = ?3";
    let (ending, code) = ending_columns(saga);
    flush.execute_one(
        "a saga",
        sql,
        params![
            from.saga.0.as_bytes(),
            from.state.as_str(),
            from.fence,
            to.as_str(),
            lease_until.millis(),
            saga.ended_at.map(|at| at.millis()),
            saga.order.as_ref().map(|id| id.0.as_bytes()),
            saga.action_url,
            ending,
            code,
            history::step(to.as_str(), from.fence, now),
        ],
    )
}

fn ending_columns(saga: &Saga) -> (Option<&'static str>, Option<&str>) {
    let ending = saga.ending.as_ref();
    (ending.map(saga::Ending::as_str), sagas::ending_code(ending))
}

/// Writes what was learned of a payment, under the condition that it stands where it stood.
fn note_payment(flush: &Flush, run: &mut Run, news: &PaymentNews) -> Result<(), Trouble> {
    let fence = run.saga.fence;
    let Some(attempt) = run.attempt.as_mut() else { return Ok(()) };
    if *news == PaymentNews::default() {
        return Ok(());
    }
    let was: payment::Status = attempt.status;
    steps::note_payment(attempt, news);
    let step = match attempt.status == was {
        true => String::new(),
        false => history::step(attempt.status.as_str(), fence, flush.now),
    };
    let sql = "UPDATE payments SET status = ?3, captured = ?4, refunded = ?5, provider_reference = ?6, \
               unknown_since = ?7, history = history || ?8 WHERE saga_id = ?1 AND status = ?2";
    flush.execute_one(
        "a payment",
        sql,
        params![
            attempt.saga.0.as_bytes(),
            was.as_str(),
            attempt.status.as_str(),
            attempt.captured.minor(),
            attempt.refunded.minor(),
            attempt.provider_reference,
            attempt.unknown_since.map(|at| at.millis()),
            step,
        ],
    )
}
