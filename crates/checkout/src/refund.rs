//! A refund: a small saga of its own. Its amount is set aside on the payment, the provider is asked under its key until
//! it knows, then it is booked or given back to the payment.
//!
//! Decides what may be set aside and what each answer writes. Leaves what it does to an order to `order::money`, and
//! asking to the coordinator.

use crate::clock::Timestamp;
use crate::id::{EventId, OrderId, RefundId, SagaId};
use crate::limits::Times;
use crate::money::Money;
use crate::order::change::Change;
use crate::order::money;
use crate::payment::{Attempt, Status};
use crate::saga;
use crate::store::orders::OrderView;

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is to be made, or its outcome to be learned.
    Pending,
    /// The money is back: the end.
    Refunded,
    /// The provider refused for good, and the money is the payment's again: the end.
    Refused,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Refunded, Self::Refused];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Refunded => "refunded",
            Self::Refused => "refused",
        }
    }

    /// Reads [`State::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id; its key at the provider.
    pub id: RefundId,
    /// The saga whose payment it is of.
    pub saga: SagaId,
    /// The order that it belongs to; `None` for a payment that was captured after its saga had ended without one.
    pub order: Option<OrderId>,
    /// How much is set aside for it.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Who asked for it: `engine` or an API key's id.
    pub actor: String,
    /// Where it stands.
    pub state: State,
    /// How often it had no answer.
    pub tries: u32,
    /// When it is tried next, if it is pending.
    pub next_at: Timestamp,
    /// What went wrong last, for the operator.
    pub problem: String,
    /// Since when it waits for an operator. A refused one does so until another refund of the payment begins.
    pub stuck_since: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How a try of a refund ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money is back; the order becomes refunded if that was the last of it, with this event.
    Refunded(EventId),
    /// The provider refuses for good, with its code.
    Refused(String),
    /// No answer: try again.
    Unknown(String),
}

/// What the end of a try writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The refund as it shall be.
    pub refund: Refund,
    /// The payment as it shall be, if it changed.
    pub attempt: Option<Attempt>,
    /// What changes of the order, the payment's change among it; `None` if nothing does, or there is no order.
    pub change: Option<Change>,
}

impl Refund {
    /// A refund that begins now; its amount has been set aside.
    pub fn begin(id: RefundId, attempt: &Attempt, amount: Money, now: Timestamp) -> Self {
        Self {
            id,
            saga: attempt.saga,
            order: None,
            amount,
            reason: String::new(),
            actor: "engine".to_owned(),
            state: State::Pending,
            tries: 0,
            next_at: now,
            problem: String::new(),
            stuck_since: None,
            created_at: now,
            ended_at: None,
        }
    }

    /// What the end of a try writes; `None` if more goes back than was set aside, which cannot be. `view` is its order.
    pub fn finish(
        &self,
        outcome: &Outcome,
        attempt: &Attempt,
        view: Option<&OrderView>,
        now: Timestamp,
        times: &Times,
    ) -> Option<Finished> {
        let mut refund = self.clone();
        let order = match outcome {
            Outcome::Unknown(problem) => {
                refund.try_again(problem.clone(), false, now, times);
                return Some(Finished { refund, attempt: None, change: None });
            }
            // Money without an order is nobody's: it goes back, however often the provider refuses.
            Outcome::Refused(code) if self.order.is_none() => {
                refund.try_again(format!("the provider refuses it: {code}"), true, now, times);
                return Some(Finished { refund, attempt: None, change: None });
            }
            Outcome::Refused(code) => {
                refund.problem = format!("the provider refused it: {code}");
                refund.stuck_since = Some(now);
                refund.end(State::Refused, now);
                money::refund_refused(view?, self.amount, now)
            }
            Outcome::Refunded(event) => {
                refund.stuck_since = None;
                refund.end(State::Refunded, now);
                if self.order.is_none() {
                    let attempt = Some(booked(attempt, self.amount)?);
                    return Some(Finished { refund, attempt, change: None });
                }
                money::refunded(view?, self.amount, *event, now)
            }
        };
        let change = order?;
        Some(Finished { refund, attempt: change.view.attempt.clone(), change: Some(change) })
    }

    fn try_again(&mut self, problem: String, refused: bool, now: Timestamp, times: &Times) {
        self.next_at = saga::retry_at(now, self.tries, times);
        self.tries = self.tries.saturating_add(1);
        self.problem = problem;
        if refused || now.ms_since(self.created_at) >= times.stuck_ms {
            self.stuck_since.get_or_insert(now);
        }
    }

    fn end(&mut self, state: State, now: Timestamp) {
        (self.state, self.ended_at) = (state, Some(now));
    }
}

/// What was captured and neither went back nor is on its way.
pub fn left(attempt: &Attempt) -> Money {
    let kept = attempt.captured.minus(attempt.refunded);
    let left = kept.and_then(|kept| kept.minus(attempt.refund_pending));
    left.unwrap_or(Money::zero(attempt.amount.currency()))
}

/// Sets an amount aside; `false`, and nothing changes, if less is left (I5).
pub fn set_aside(attempt: &mut Attempt, amount: Money) -> bool {
    let same = amount.currency() == attempt.amount.currency();
    if attempt.status != Status::Captured || !same || amount.minor() > left(attempt).minor() {
        return false;
    }
    let Ok(pending) = attempt.refund_pending.plus(amount) else { return false };
    attempt.refund_pending = pending;
    true
}

/// The payment after a refund was made; `None` if so much was not set aside.
pub fn booked(attempt: &Attempt, amount: Money) -> Option<Attempt> {
    let mut after = given_back(attempt, amount)?;
    after.refunded = after.refunded.plus(amount).ok()?;
    Some(after)
}

/// The payment after what was set aside is its own again; `None` if so much was not.
pub fn given_back(attempt: &Attempt, amount: Money) -> Option<Attempt> {
    let refund_pending = attempt.refund_pending.minus(amount).ok()?;
    Some(Attempt { refund_pending, ..attempt.clone() })
}
