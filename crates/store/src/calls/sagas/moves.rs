//! The moves of a saga: T2 `place_order`, T2' `release`, T3 `pay_order`, T3' `call_off_order`, and `advance`.
//!
//! Each is a compare-and-set on state and fence, in the transaction that also writes its consequences (I6, I14): the
//! saga that is no longer where the caller left it is `Lost`, and nothing is written.

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Cause, Settlement};
use sellonce_checkout::id::OrderId;
use sellonce_checkout::order;
use sellonce_checkout::order::change;
use sellonce_checkout::payment;
#[cfg(feature = "sabotage")]
use sellonce_checkout::sabotage::{self, Sabotage};
#[cfg(feature = "sabotage")]
use sellonce_checkout::saga::Ending;
use sellonce_checkout::saga::State;
use sellonce_checkout::session::{Checkout, Status};
use sellonce_checkout::steps;
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{
    Advance, CallOffOrder, Moved, PayOrder, PaymentNews, PlaceOrder, Release, Run,
};

use crate::calls::sagas::held;
use crate::calls::{checkouts, orders};
use crate::load;
use crate::tables::{Held, Tables};
use crate::trouble::Trouble;

/// T2. The inner failure is one of this call alone, found before anything was written.
pub(in crate::calls) fn place_order(
    tables: &mut dyn Tables,
    call: &PlaceOrder,
) -> Result<Result<Moved<Box<OrderView>>, Failure>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Ok(Moved::Lost)) };
    let saga = was.run.saga.id;
    if !was.is_open() || was.run.saga.order.is_some() {
        return Ok(Err(Failure::Broken(format!("{saga} has placed its order, or given back what it held"))));
    }
    let mut checkout = tables.named_checkout(was.run.saga.checkout)?;
    if let Some(id) = checkout.cart
        && let Some(other) = tables.cart(id)?.and_then(|cart| cart.ordered_by)
    {
        return Ok(Err(Failure::Broken(format!("{id} of {saga} was ordered by {other}"))));
    }
    let mut is = was.clone();
    note_payment(tables, &mut is.run, &call.payment)?;
    assert_paid_for(&is.run);
    let number = tables.draw_order_number()?;
    let order = steps::place(call, &is.run, &checkout, number, tables.now());
    settle(tables, &was, Settlement::Commit)?;
    let to = if order.status == order::Status::Pending { State::Ordered } else { State::Placed };
    is.run.saga.order = Some(order.id);
    shift(tables, &was, &mut is, to)?;
    tables.insert_order(&order)?;
    checkout = complete(tables, &checkout, order.id, call.from.fence)?;
    if let Some(cart) = checkout.cart {
        tables.order_cart(cart, checkout.id)?;
    }
    Ok(Ok(Moved::Done(Box::new(OrderView { order, checkout, attempt: is.run.attempt }))))
}

/// The checkout that became an order.
fn complete(
    tables: &mut dyn Tables,
    was: &Checkout,
    order: OrderId,
    fence: i64,
) -> Result<Checkout, Trouble> {
    let mut is = was.clone();
    is.order = Some(order);
    checkouts::shift(tables, &mut is, Status::Completed, fence)?;
    Ok(is)
}

/// I3: no order without its money, taken or set aside; a caller that asks for one is defective.
fn assert_paid_for(run: &Run) {
    let Some(attempt) = &run.attempt else { return };
    let status = attempt.status;
    let secured = matches!(status, payment::Status::Captured | payment::Status::Authorized);
    assert!(secured, "I3: {} would place an order whose payment is {}", run.saga.id, status.as_str());
}

/// T3. The inner failure is one of this call alone, found before anything was written.
pub(super) fn pay_order(
    tables: &mut dyn Tables,
    call: &PayOrder,
) -> Result<Result<Moved<Box<OrderView>>, Failure>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Ok(Moved::Lost)) };
    let Some(before) = ordered(tables, &was)? else { return Ok(Err(no_order(&was))) };
    let view = as_reported(&before, &call.payment);
    let Some(change) = change::paid(&view, &was.run.saga, call.event, tables.now()) else {
        return Ok(Err(not_pending(&view)));
    };
    orders::write_change(tables, &before, &change, call.from.fence)?;
    let mut is = was.clone();
    shift(tables, &was, &mut is, State::Placed)?;
    Ok(Ok(Moved::Done(Box::new(change.view))))
}

/// T3'. The inner failure is one of this call alone, found before anything was written.
pub(super) fn call_off_order(
    tables: &mut dyn Tables,
    call: &CallOffOrder,
) -> Result<Result<Moved<Box<Run>>, Failure>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Ok(Moved::Lost)) };
    let Some(before) = ordered(tables, &was)? else { return Ok(Err(no_order(&was))) };
    let view = as_reported(&before, &call.payment);
    tables.read_stock_of(view.order.lines.iter().map(|line| &line.sku))?;
    let now = tables.now();
    let Some(change) = change::called_off(&view, &was.run.saga, call.event, tables.book(), now) else {
        return Ok(Err(not_pending(&view)));
    };
    orders::write_change(tables, &before, &change, call.from.fence)?;
    let mut is = was.clone();
    is.run.attempt.clone_from(&change.view.attempt);
    is.run.saga.ending = Some(call.ending.clone());
    shift(tables, &was, &mut is, call.to)?;
    Ok(Ok(Moved::Done(Box::new(is.run))))
}

/// The order that a saga placed.
fn ordered(tables: &mut dyn Tables, held: &Held) -> Result<Option<OrderView>, Trouble> {
    let currency = tables.shop().currency;
    let Some(id) = held.run.saga.order else { return Ok(None) };
    load::order(tables.sql()?, currency, id)
}

/// An order with its payment as a report has it.
fn as_reported(view: &OrderView, news: &PaymentNews) -> OrderView {
    let mut view = view.clone();
    if let Some(attempt) = view.attempt.as_mut() {
        steps::note_payment(attempt, news);
    }
    view
}

fn no_order(held: &Held) -> Failure {
    Failure::Broken(format!("{} has no order", held.run.saga.id))
}

fn not_pending(view: &OrderView) -> Failure {
    let order = &view.order;
    Failure::Broken(format!("{} is {} while its payment is captured", order.id, order.status.as_str()))
}

/// T2': gives back what is still held; a compensation that ends has given it back before.
pub(super) fn release(tables: &mut dyn Tables, call: &Release) -> Result<Moved<Box<Run>>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Moved::Lost) };
    if was.is_open() {
        settle(tables, &was, Settlement::Release)?;
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::ReleaseTwiceOnExpiry) && call.ending == Ending::Expired {
            let (saga, now) = (&was.run.saga, tables.now());
            let _ = tables.book().settle(&saga.hold, Settlement::Release, Cause::Saga(saga.id), now);
        }
    }
    if call.to == State::Released && was.run.saga.order.is_none() {
        let mut checkout = tables.named_checkout(was.run.saga.checkout)?;
        let after = steps::checkout_after(&call.ending, &checkout, tables.now());
        checkouts::shift(tables, &mut checkout, after, call.from.fence)?;
    }
    let mut is = was.clone();
    note_payment(tables, &mut is.run, &call.payment)?;
    is.run.saga.ending = Some(call.ending.clone());
    shift(tables, &was, &mut is, call.to)?;
    Ok(Moved::Done(Box::new(is.run)))
}

/// A move that neither places an order nor gives anything back; the same state is news of the payment alone.
pub(super) fn advance(tables: &mut dyn Tables, call: &Advance) -> Result<Moved<Box<Run>>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Moved::Lost) };
    let mut is = was.clone();
    note_payment(tables, &mut is.run, &call.payment)?;
    is.run.saga.action_url.clone_from(&call.action_url);
    if call.ending.is_some() {
        is.run.saga.ending.clone_from(&call.ending);
    }
    if call.to == call.from.state {
        tables.change_saga(&was, &is)?;
    } else {
        shift(tables, &was, &mut is, call.to)?;
    }
    let mut checkout = tables.named_checkout(is.run.saga.checkout)?;
    checkouts::shift(tables, &mut checkout, steps::checkout_during(call.to), call.from.fence)?;
    Ok(Moved::Done(Box::new(is.run)))
}

/// Ends what a saga holds, once (I11).
fn settle(tables: &mut dyn Tables, held: &Held, settlement: Settlement) -> Result<(), Trouble> {
    let saga = &held.run.saga;
    tables.read_stock_of(saga.hold.allocations.iter().map(|allocation| &allocation.place.sku))?;
    tables.read_limits(&saga.hold.limits)?;
    let now = tables.now();
    let settled = tables.book().settle(&saga.hold, settlement, Cause::Saga(saga.id), now);
    settled.map_err(|refused| {
        Trouble::call(format!("I11: what {} holds cannot be ended: {refused}", saga.id))
    })?;
    let to = match settlement {
        Settlement::Commit => Reserved::Committed,
        Settlement::Release => Reserved::Released,
    };
    tables.end_reservation(&held.run, to)
}

/// Moves a saga along an edge (I6). It stays its owner's until it is over.
fn shift(tables: &mut dyn Tables, was: &Held, is: &mut Held, to: State) -> Result<(), Trouble> {
    let (now, times) = (tables.now(), tables.shop().times);
    is.schedule.move_to(&mut is.run, to, now, &times);
    tables.change_saga(was, is)
}

/// Writes what was learned of a payment.
fn note_payment(tables: &mut dyn Tables, run: &mut Run, news: &PaymentNews) -> Result<(), Trouble> {
    let fence = run.saga.fence;
    let Some(attempt) = run.attempt.as_mut() else { return Ok(()) };
    if *news == PaymentNews::default() {
        return Ok(());
    }
    let was = attempt.clone();
    steps::note_payment(attempt, news);
    tables.change_attempt(&was, attempt, fence)
}
