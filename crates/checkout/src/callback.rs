//! A provider's callback: a hint that something happened to a payment, never a fact.
//!
//! Decides whom a hint wakes, which sagas owe a late check, and what becomes of a payment that turns out captured after its
//! saga ended. Leaves telling true callbacks from forged ones to the payments crate, and asking the provider to the
//! coordinator.

use crate::clock::Timestamp;
use crate::id::{RefundId, SagaId};
use crate::payment::{Attempt, Outcome, Report, Status, is_edge};
use crate::refund::{self, Refund};
#[cfg(feature = "sabotage")]
use crate::sabotage::{self, Sabotage};
use crate::saga::{Resolution, State};
use crate::store::sagas::{LateCheck, Run};

/// A callback that is truly its provider's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The provider's name.
    pub provider: String,
    /// Its id; a callback that comes again carries the same.
    pub id: String,
    /// The attempt that it names; `None` if it names nothing of ours.
    pub attempt: Option<SagaId>,
}

/// What a callback found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It names no payment of that provider.
    UnknownReference,
    /// It came before.
    Duplicate,
    /// The saga was woken: it runs at once, or right after whoever has it lets go of it. One that has ended owes a late
    /// check.
    Woken,
    /// The saga has ended, and placed an order or has its payment in the books as captured.
    Settled,
}

/// Decides what a callback finds; after `Woken` the store wakes the saga ([`crate::schedule::Schedule::wake`]). `run` is the
/// saga that it names, if there is one.
pub fn hear(callback: &Callback, is_new: bool, run: Option<&Run>) -> Heard {
    let of_provider =
        |run: &&Run| run.attempt.as_ref().is_some_and(|attempt| attempt.provider == callback.provider);
    match run.filter(of_provider) {
        None => Heard::UnknownReference,
        Some(_) if !is_new => Heard::Duplicate,
        Some(run) if run.saga.state.is_end() && !may_be_late(run) => Heard::Settled,
        Some(_) => Heard::Woken,
    }
}

/// What is to be done about a payment whose saga has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Nothing: the books have it as it is, or no money of ours moved.
    Nothing,
    /// The provider still holds something for us, or waits for the buyer: it is asked to cancel.
    Cancel,
    /// The money was taken: it goes back, always, because the buyer may have paid another way since.
    Refund,
}

/// Whether there is anything to ask the provider about a payment whose saga has ended: it placed no order, and the books do
/// not have the money.
pub fn may_be_late(run: &Run) -> bool {
    let missing = run.attempt.as_ref().is_some_and(|attempt| attempt.status != Status::Captured);
    missing && run.saga.state == State::Released
}

/// Whether a saga that is released now owes a late check, although the provider was asked before: a hint came since it was
/// asked last (`woken`), or an operator's word ended it, and not the provider's.
pub fn owes_late_check(payment: Status, woken: bool, said: Option<Resolution>) -> bool {
    payment != Status::Captured && (woken || said.is_some())
}

/// Judges a provider's report of a payment whose saga has ended, and that its books do not have as captured.
pub fn judge_late(report: &Report) -> Late {
    #[cfg(feature = "sabotage")]
    if sabotage::is(Sabotage::LateSuccessIgnored) {
        return Late::Nothing;
    }
    match report.outcome {
        Outcome::Captured => Late::Refund,
        Outcome::Authorized | Outcome::RequiresAction(_) => Late::Cancel,
        Outcome::Declined(_) | Outcome::Cancelled | Outcome::Voided | Outcome::Refunded => Late::Nothing,
    }
}

/// A payment that turned out captured after its saga had ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateCapture {
    /// The provider's own name of the payment.
    pub reference: String,
    /// The id of the refund that it starts.
    pub refund: RefundId,
}

/// What an answered late check writes of a payment: that it is known, or what [`late_capture`] makes of it with the refund
/// of it. `None` if there is no payment.
pub fn late_checked(call: &LateCheck, run: &Run, now: Timestamp) -> Option<(Attempt, Option<Refund>)> {
    let captured = call.captured.as_ref().and_then(|captured| late_capture(captured, run, now));
    let (attempt, refund) = match captured {
        Some((attempt, refund)) => (attempt, Some(refund)),
        None => (run.attempt.clone()?, None),
    };
    Some((Attempt { unknown_since: None, ..attempt }, refund))
}

/// What a late capture writes: the payment captured with all of it set aside, and the refund of it. `None` if the saga
/// goes on, or the books have the payment as captured: an order has it, or an earlier check was quicker.
pub fn late_capture(call: &LateCapture, run: &Run, now: Timestamp) -> Option<(Attempt, Refund)> {
    let mut attempt = run.attempt.clone()?;
    if !run.saga.state.is_end() || attempt.status == Status::Captured {
        return None;
    }
    assert!(is_edge(attempt.status, Status::Captured), "I6: a payment that ended can turn out captured");
    attempt.status = Status::Captured;
    attempt.captured = attempt.amount;
    attempt.provider_reference = Some(call.reference.clone());
    let amount = attempt.amount;
    let set_aside = refund::set_aside(&mut attempt, amount);
    assert!(set_aside, "I4: all of a late capture goes back");
    let refund = Refund::begin(call.refund, &attempt, amount, now);
    let reason = "captured after its checkout had ended".to_owned();
    Some((attempt, Refund { reason, ..refund }))
}
