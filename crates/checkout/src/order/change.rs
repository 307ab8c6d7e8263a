//! What a change of an order after it was placed writes: stock, money set aside, history.
//!
//! Decides all consequences of one change at once, so that a store writes them in one transaction. Leaves the table of
//! edges to `order`, and the refund itself to its own small saga.

use crate::book::{Book, Cause};
use crate::clock::Timestamp;
use crate::id::EventId;
use crate::inventory::{Kind, Place, Refused};
use crate::money::Money;
use crate::order::{self, Effect, Event, HistoryEvent, Illegal, Status};
use crate::payment::{self, Attempt};
use crate::store::orders::{OrderView, TransitionOrder, TransitionRefusal};

/// What is to be written; the order and the attempt are as they shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The order, its payment and its checkout as they shall be.
    pub view: OrderView,
    /// The event that was appended, if the status moved.
    pub event: Option<HistoryEvent>,
    /// What is set aside to be refunded, if anything.
    pub refund: Option<Money>,
}

/// Decides a transition; if it is refused, the book is as before. The book has the rows of the order's lines.
pub fn decide(
    call: &TransitionOrder,
    view: &OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Change, TransitionRefusal> {
    book.all_or_nothing(|book| decide_with(call, view, book, now))
}

fn decide_with(
    call: &TransitionOrder,
    view: &OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Change, TransitionRefusal> {
    let order = &view.order;
    if call.expected_version.is_some_and(|expected| expected != order.version) {
        return Err(TransitionRefusal::Changed);
    }
    let circumstances = order::circumstances(&order.lines, view.attempt.as_ref());
    let illegal = |why| TransitionRefusal::Illegal {
        why,
        from: order.status,
        allowed: order::available_transitions(order.status, circumstances),
    };
    if (order.status, call.to) == (Status::Pending, Status::Cancelled) {
        return Err(illegal(Illegal::PaymentUnderWay));
    }
    let no_edge = illegal(Illegal::NoEdge { from: order.status, to: call.to });
    if !order::available_transitions(order.status, circumstances).contains(&call.to) {
        let event = Event::leading_to(call.to).ok_or_else(|| no_edge.clone())?;
        let why = order::transition(order.status, event, circumstances).err();
        return Err(why.map_or(no_edge, illegal));
    }
    let mut change = Change { view: view.clone(), event: None, refund: None };
    if call.to == Status::Refunded {
        // The order gets there when the money is back; until then only money is set aside.
        change.refund = set_rest_aside(change.view.attempt.as_mut());
        touch(&mut change.view, now);
        return Ok(change);
    }
    let event = Event::leading_to(call.to).ok_or(no_edge)?;
    let (to, effects) = order::transition(order.status, event, circumstances).map_err(illegal)?;
    for effect in effects {
        match effect {
            Effect::CancelStock => cancel_stock(&mut change.view, call.restock, book, now)?,
            Effect::ShipStock => ship_stock(&mut change.view, book, now)?,
            Effect::RefundRest => change.refund = set_rest_aside(change.view.attempt.as_mut()),
            Effect::AppendEvent => {
                let hand = Hand { event: call.event, actor: &call.actor, reason: &call.reason };
                change.event = Some(append(&mut change.view, &hand, to, now));
            }
            // The deliveries of the event are written by the store, one per consumer of `outbox`.
            Effect::Tell => {}
        }
    }
    touch(&mut change.view, now);
    Ok(change)
}

fn touch(view: &mut OrderView, now: Timestamp) {
    view.order.version = view.order.version.saturating_add(1);
    view.order.updated_at = now;
}

/// Who moves an order, and why.
struct Hand<'a> {
    event: EventId,
    actor: &'a str,
    reason: &'a str,
}

fn append(view: &mut OrderView, hand: &Hand<'_>, to: Status, now: Timestamp) -> HistoryEvent {
    let sequence = view.order.events.last().map_or(1, |last| last.sequence.saturating_add(1));
    let event = HistoryEvent {
        id: hand.event,
        sequence,
        from: Some(view.order.status),
        to,
        actor: hand.actor.to_owned(),
        reason: hand.reason.to_owned(),
        at: now,
    };
    view.order.events.push(event.clone());
    view.order.status = to;
    event
}

fn cancel_stock(
    view: &mut OrderView,
    restock: bool,
    book: &mut Book,
    now: Timestamp,
) -> Result<(), TransitionRefusal> {
    let cause = Cause::Order(view.order.id);
    for line in &mut view.order.lines {
        let units = line.outstanding();
        if units == 0 {
            continue;
        }
        let place = Place { sku: line.sku.clone(), location: line.location.clone() };
        stock_moves(book.change(&place, Kind::Cancel, units, cause, "", now))?;
        if !restock {
            // What came back as a paid backorder was never there, so only what is available can be taken out.
            let available = book.stock(&place).map_or(0, |stock| stock.counters.available).min(units);
            if available > 0 {
                let out = available.saturating_neg();
                stock_moves(book.change(&place, Kind::Adjust, out, cause, "cancelled, not restocked", now))?;
            }
        }
        line.cancelled = line.cancelled.saturating_add(units);
    }
    Ok(())
}

fn ship_stock(view: &mut OrderView, book: &mut Book, now: Timestamp) -> Result<(), TransitionRefusal> {
    let cause = Cause::Order(view.order.id);
    for line in &mut view.order.lines {
        let units = line.outstanding();
        if units == 0 {
            continue;
        }
        let place = Place { sku: line.sku.clone(), location: line.location.clone() };
        stock_moves(book.change(&place, Kind::Ship, units, cause, "", now))?;
        line.shipped = line.shipped.saturating_add(units);
    }
    Ok(())
}

/// A movement of units that the order has is refused only for backorders that have not arrived.
fn stock_moves<T>(moved: Result<T, Refused>) -> Result<(), TransitionRefusal> {
    moved.map(|_| ()).map_err(|_| TransitionRefusal::NotOnHand)
}

/// Sets aside what was captured and neither went back nor is on its way.
fn set_rest_aside(attempt: Option<&mut Attempt>) -> Option<Money> {
    let attempt = attempt.filter(|attempt| attempt.status == payment::Status::Captured)?;
    let rest = attempt.captured.minus(attempt.refunded).ok()?.minus(attempt.refund_pending).ok()?;
    attempt.refund_pending = attempt.refund_pending.plus(rest).ok()?;
    (!rest.is_zero()).then_some(rest)
}

/// T3: what the capture of a pending order's payment writes; the attempt is as it is after it. `None` if the order is
/// not pending, which is nobody else's doing than its saga's.
pub fn paid(view: &OrderView, event: EventId, now: Timestamp) -> Option<Change> {
    let captured = view.attempt.as_ref().map(|attempt| attempt.captured);
    assert_eq!(captured, Some(view.order.total), "I3: {} becomes paid by its whole total", view.order.id);
    let mut change = Change { view: view.clone(), event: None, refund: None };
    let circumstances = order::circumstances(&view.order.lines, view.attempt.as_ref());
    let (to, _) = order::transition(view.order.status, Event::Pay, circumstances).ok()?;
    change.event = Some(append(&mut change.view, &engine(event), to, now));
    touch(&mut change.view, now);
    Some(change)
}

/// T3': what it writes that a pending order's payment cannot be captured. `None` as for [`paid`]. The book has the rows
/// of the order's lines.
pub fn called_off(view: &OrderView, event: EventId, book: &mut Book, now: Timestamp) -> Option<Change> {
    if view.order.status != Status::Pending {
        return None;
    }
    let mut change = Change { view: view.clone(), event: None, refund: None };
    let cancelled = book.all_or_nothing(|book| cancel_stock(&mut change.view, true, book, now));
    assert!(cancelled.is_ok(), "I1: what a pending order has is committed");
    change.event = Some(append(&mut change.view, &engine(event), Status::Cancelled, now));
    touch(&mut change.view, now);
    Some(change)
}

fn engine(event: EventId) -> Hand<'static> {
    Hand { event, actor: "engine", reason: "" }
}

/// What a refund that is done writes: booked on the payment, and the order refunded if that was the last of it.
pub fn refunded(view: &OrderView, amount: Money, event: EventId, now: Timestamp) -> Option<Change> {
    let mut change = Change { view: view.clone(), event: None, refund: None };
    let attempt = change.view.attempt.as_mut()?;
    attempt.refund_pending = attempt.refund_pending.minus(amount).ok()?;
    attempt.refunded = attempt.refunded.plus(amount).ok()?;
    let circumstances = order::circumstances(&view.order.lines, Some(&*attempt));
    if let Ok((to, _)) = order::transition(view.order.status, Event::Refund, circumstances) {
        change.event = Some(append(&mut change.view, &engine(event), to, now));
    }
    touch(&mut change.view, now);
    Some(change)
}

/// What a refund that the provider refused writes: what was set aside is the payment's again.
pub fn refund_refused(view: &OrderView, amount: Money, now: Timestamp) -> Option<Change> {
    let mut change = Change { view: view.clone(), event: None, refund: None };
    let attempt = change.view.attempt.as_mut()?;
    attempt.refund_pending = attempt.refund_pending.minus(amount).ok()?;
    touch(&mut change.view, now);
    Some(change)
}
