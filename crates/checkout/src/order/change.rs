//! What a change of an order after it was placed writes: stock, money set aside, history.
//!
//! Decides all consequences of one change at once, so that a store writes them in one transaction. Leaves the table of
//! edges to `order`, what moves goods alone to `order::goods`, and money alone to `order::money`.

use crate::book::{Book, Cause};
use crate::clock::Timestamp;
use crate::id::EventId;
use crate::inventory::{Kind, Place, Refused};
use crate::order::goods;
use crate::order::money;
use crate::order::{self, Effect, Event, HistoryEvent, Illegal, Return, Shipment, Status};
use crate::refund::Refund;
use crate::store::orders::{ChangeOrderRefusal, OrderView, TransitionOrder};
use crate::store::sagas::Saga;

/// What is to be written; the order and the attempt are as they shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The order, its payment and its checkout as they shall be.
    pub view: OrderView,
    /// The events that were appended, in their order; none if the status stayed.
    pub events: Vec<HistoryEvent>,
    /// The shipment that was appended.
    pub shipment: Option<Shipment>,
    /// The return that was appended.
    pub returned: Option<Return>,
    /// The refund that begins, for what was set aside. Those of the same payment that were refused are settled by it,
    /// and leave the stuck list.
    pub refund: Option<Refund>,
}

impl Change {
    /// One that changes nothing yet.
    pub(super) fn of(view: &OrderView) -> Self {
        Self { view: view.clone(), events: Vec::new(), shipment: None, returned: None, refund: None }
    }

    /// Moves the order along an edge, with a line of its history.
    pub(super) fn append(&mut self, hand: &Hand<'_>, to: Status, now: Timestamp) {
        let order = &mut self.view.order;
        let event = HistoryEvent {
            id: hand.event,
            sequence: order.events.last().map_or(1, |last| last.sequence.saturating_add(1)),
            from: Some(order.status),
            to,
            actor: hand.actor.to_owned(),
            reason: hand.reason.to_owned(),
            at: now,
        };
        order.events.push(event.clone());
        order.status = to;
        self.events.push(event);
    }

    /// Counts the change.
    pub(super) fn done(mut self, now: Timestamp) -> Self {
        self.view.order.version = self.view.order.version.saturating_add(1);
        self.view.order.updated_at = now;
        self
    }
}

/// Who moves an order, and why.
pub(super) struct Hand<'a> {
    pub(super) event: EventId,
    pub(super) actor: &'a str,
    pub(super) reason: &'a str,
}

/// The engine, which needs no reason.
pub(super) fn engine(event: EventId) -> Hand<'static> {
    Hand { event, actor: "engine", reason: "" }
}

/// Decides a transition; if it is refused, the book is as before. The book has the rows of the order's lines.
pub fn decide(
    call: &TransitionOrder,
    view: &OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Change, ChangeOrderRefusal> {
    book.all_or_nothing(|book| decide_with(call, view, book, now))
}

fn decide_with(
    call: &TransitionOrder,
    view: &OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Change, ChangeOrderRefusal> {
    expect_version(view, call.expected_version)?;
    expect_possible(view, call.to)?;
    let mut change = Change::of(view);
    if call.to == Status::Refunded {
        // The order gets there when the money is back; until then only money is set aside.
        change.refund = money::set_rest_aside(&mut change.view, call.refund, &call.actor, &call.reason, now);
        return Ok(change.done(now));
    }
    let circumstances = order::circumstances(&view.order, view.attempt.as_ref());
    let event = Event::leading_to(call.to).ok_or_else(|| no_edge(view, call.to))?;
    let (to, effects) =
        order::transition(view.order.status, event, circumstances).map_err(|why| illegal(view, why))?;
    for effect in effects {
        match effect {
            Effect::CancelStock => cancel_stock(&mut change.view, call.restock, book, now)?,
            Effect::ShipStock => {
                change.shipment = Some(goods::ship_rest(call, &mut change.view, book, now)?);
            }
            Effect::RefundRest => {
                change.refund =
                    money::set_rest_aside(&mut change.view, call.refund, &call.actor, &call.reason, now);
            }
            Effect::AppendEvent => {
                let hand = Hand { event: call.event, actor: &call.actor, reason: &call.reason };
                change.append(&hand, to, now);
            }
            // The deliveries of the event are written by the store, one per consumer of `outbox`.
            Effect::Tell => {}
        }
    }
    Ok(change.done(now))
}

/// Refuses a change of an order that is no longer as the client saw it.
pub(super) fn expect_version(view: &OrderView, expected: Option<i64>) -> Result<(), ChangeOrderRefusal> {
    match expected {
        Some(version) if version != view.order.version => Err(ChangeOrderRefusal::Changed),
        Some(_) | None => Ok(()),
    }
}

/// Refuses what could not be asked of the order as it stands.
pub(super) fn expect_possible(view: &OrderView, to: Status) -> Result<(), ChangeOrderRefusal> {
    let status = view.order.status;
    let circumstances = order::circumstances(&view.order, view.attempt.as_ref());
    if order::available_transitions(status, circumstances).contains(&to) {
        return Ok(());
    }
    if (status, to) == (Status::Pending, Status::Cancelled) {
        return Err(illegal(view, Illegal::PaymentUnderWay));
    }
    let why = Event::leading_to(to).and_then(|event| order::transition(status, event, circumstances).err());
    Err(why.map_or_else(|| no_edge(view, to), |why| illegal(view, why)))
}

/// The refusal of an edge that the table does not have.
pub(super) fn no_edge(view: &OrderView, to: Status) -> ChangeOrderRefusal {
    illegal(view, Illegal::NoEdge { from: view.order.status, to })
}

fn illegal(view: &OrderView, why: Illegal) -> ChangeOrderRefusal {
    let from = view.order.status;
    let circumstances = order::circumstances(&view.order, view.attempt.as_ref());
    ChangeOrderRefusal::Illegal { why, from, allowed: order::available_transitions(from, circumstances) }
}

fn cancel_stock(
    view: &mut OrderView,
    restock: bool,
    book: &mut Book,
    now: Timestamp,
) -> Result<(), ChangeOrderRefusal> {
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

/// A movement of units that the order has is refused only for backorders that have not arrived.
pub(super) fn stock_moves<T>(moved: Result<T, Refused>) -> Result<(), ChangeOrderRefusal> {
    moved.map(|_| ()).map_err(|_| ChangeOrderRefusal::NotOnHand)
}

/// T3: what the capture of a pending order's payment writes; the attempt is as it is after it. `None` if the order is
/// not pending, which is nobody else's doing than its saga's.
pub fn paid(view: &OrderView, saga: &Saga, event: EventId, now: Timestamp) -> Option<Change> {
    let captured = view.attempt.as_ref().map(|attempt| attempt.captured);
    assert_eq!(captured, Some(view.order.total), "I3: {} becomes paid by its whole total", view.order.id);
    let circumstances = order::circumstances(&view.order, view.attempt.as_ref());
    let (to, _) = order::transition(view.order.status, Event::Pay, circumstances).ok()?;
    let mut change = Change::of(view);
    let (actor, reason) = saga.hand();
    change.append(&Hand { event, actor, reason }, to, now);
    Some(change.done(now))
}

/// T3': what it writes that a pending order's payment cannot be captured. `None` as for [`paid`]. The book has the rows
/// of the order's lines.
pub fn called_off(
    view: &OrderView,
    saga: &Saga,
    event: EventId,
    book: &mut Book,
    now: Timestamp,
) -> Option<Change> {
    if view.order.status != Status::Pending {
        return None;
    }
    let mut change = Change::of(view);
    let cancelled = book.all_or_nothing(|book| cancel_stock(&mut change.view, true, book, now));
    assert!(cancelled.is_ok(), "I1: what a pending order has is committed");
    let (actor, reason) = saga.hand();
    change.append(&Hand { event, actor, reason }, Status::Cancelled, now);
    Some(change.done(now))
}
