//! What money that goes back writes of its order: the amount set aside, and in the end the order refunded.
//!
//! Decides when an order becomes refunded: with the last of its money, never before. Leaves the refund itself to
//! `refund`, and goods that come back to `order::goods`.

use crate::clock::Timestamp;
use crate::id::{EventId, RefundId};
use crate::money::Money;
use crate::order::change::{Change, engine, expect_possible, expect_version};
use crate::order::{self, Event, Status};
use crate::refund::{self, Refund};
use crate::store::orders::{ChangeOrderRefusal, OrderView, RefundOrder};

/// Decides a refund of an amount that a merchant names.
pub fn refund(call: &RefundOrder, view: &OrderView, now: Timestamp) -> Result<Change, ChangeOrderRefusal> {
    expect_version(view, call.expected_version)?;
    expect_possible(view, Status::Refunded)?;
    let mut change = Change::of(view);
    let attempt = change.view.attempt.as_mut().ok_or(ChangeOrderRefusal::BadAmount)?;
    if call.amount.is_zero() || call.amount.currency() != attempt.amount.currency() {
        return Err(ChangeOrderRefusal::BadAmount);
    }
    if !refund::set_aside(attempt, call.amount) {
        return Err(ChangeOrderRefusal::RefundExceeds { left: refund::left(attempt) });
    }
    let (order, actor, reason) = (Some(call.id), call.actor.clone(), call.reason.clone());
    let begun = Refund::begin(call.refund, attempt, call.amount, now);
    change.refund = Some(Refund { order, actor, reason, ..begun });
    Ok(change.done(now))
}

/// Sets aside what was captured and neither went back nor is on its way; the refund of it, if there is anything.
pub(super) fn set_rest_aside(
    view: &mut OrderView,
    id: RefundId,
    actor: &str,
    reason: &str,
    now: Timestamp,
) -> Option<Refund> {
    let attempt = view.attempt.as_mut()?;
    let rest = refund::left(attempt);
    if rest.is_zero() || !refund::set_aside(attempt, rest) {
        return None;
    }
    let (order, actor, reason) = (Some(view.order.id), actor.to_owned(), reason.to_owned());
    Some(Refund { order, actor, reason, ..Refund::begin(id, attempt, rest, now) })
}

/// What a refund that is done writes: booked on the payment, and the order refunded if that was the last of it.
pub fn refunded(view: &OrderView, amount: Money, event: EventId, now: Timestamp) -> Option<Change> {
    let mut change = Change::of(view);
    let attempt = refund::booked(view.attempt.as_ref()?, amount)?;
    let circumstances = order::circumstances(&view.order, Some(&attempt));
    change.view.attempt = Some(attempt);
    if let Ok((to, _)) = order::transition(view.order.status, Event::Refund, circumstances) {
        change.append(&engine(event), to, now);
    }
    Some(change.done(now))
}

/// What a refund that the provider refused writes: what was set aside is the payment's again.
pub fn refund_refused(view: &OrderView, amount: Money, now: Timestamp) -> Option<Change> {
    let mut change = Change::of(view);
    change.view.attempt = Some(refund::given_back(view.attempt.as_ref()?, amount)?);
    Some(change.done(now))
}
