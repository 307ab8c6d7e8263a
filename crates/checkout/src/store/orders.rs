//! The part of the store that keeps orders after they were placed.

use async_trait::async_trait;

use crate::id::{CauseId, EventId, OrderId, OwnerId, RefundId};
use crate::idempotency::Claim;
use crate::money::Money;
use crate::order::{Illegal, Order, Status};
use crate::payment::{Attempt, Capture};
use crate::session::Checkout;
use crate::store::{Answer, Failure, Page};

/// An order with the prices it was locked at and the payment that paid it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// Its checkout: lines, prices, totals, buyer.
    pub checkout: Checkout,
    /// Its payment; `None` if there was nothing to pay.
    pub attempt: Option<Attempt>,
}

impl OrderView {
    /// The order as its buyer was first told of it, which is when it was paid: what a replay of that answer is rendered
    /// from.
    #[must_use]
    pub fn as_first_told(mut self) -> Self {
        let order = &mut self.order;
        order.events.retain(|event| matches!(event.to, Status::Pending | Status::Paid));
        let two_steps = self.attempt.as_ref().is_some_and(|attempt| attempt.capture == Capture::Manual);
        order.version = if two_steps { 2 } else { 1 };
        if let Some(last) = order.events.last() {
            (order.status, order.updated_at) = (last.to, last.at);
        }
        for line in &mut order.lines {
            (line.cancelled, line.shipped, line.returned) = (0, 0, 0);
        }
        if let Some(attempt) = &mut self.attempt {
            let zero = Money::zero(attempt.amount.currency());
            (attempt.refunded, attempt.refund_pending) = (zero, zero);
        }
        self
    }
}

/// A transition that a merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitionOrder {
    /// The request's key.
    pub claim: Claim,
    /// Which order.
    pub id: OrderId,
    /// Where it shall go.
    pub to: Status,
    /// Why; the tracking reference for `shipped`.
    pub reason: String,
    /// Who asks.
    pub actor: String,
    /// The version that the client saw, if it said (`If-Match`).
    pub expected_version: Option<i64>,
    /// The id of the event that it appends.
    pub event: EventId,
    /// The id of the refund that it starts, if it does.
    pub refund: RefundId,
    /// What a restocking `adjust` names as its cause.
    pub cause: CauseId,
    /// Whether what is cancelled can be sold again.
    pub restock: bool,
}

/// What a transition did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transitioned {
    /// The order as it stands.
    pub view: OrderView,
    /// Whether money is still on its way back.
    pub refund_under_way: bool,
    /// The id of the request that made it.
    pub request_id: String,
    /// Whether an earlier request with the same key made it.
    pub replayed: bool,
}

/// Why a transition was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransitionRefusal {
    /// There is no such order.
    NotFound,
    /// It changed since the client saw it.
    Changed,
    /// The key came with another body before.
    KeyReused,
    /// The table forbids it.
    Illegal {
        /// Why.
        why: Illegal,
        /// Where it stands.
        from: Status,
        /// Where it could go.
        allowed: Vec<Status>,
    },
    /// Units that were promised but have not arrived cannot be shipped.
    NotOnHand,
}

/// A refund that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id; its key at the provider.
    pub id: RefundId,
    /// The order.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// How often it had no answer.
    pub tries: u32,
    /// The payment that it is of.
    pub attempt: Attempt,
}

/// How a try of a refund ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundResult {
    /// The money is back: booked; the order becomes refunded if that was the last of it, with this event.
    Refunded(EventId),
    /// The provider refused for good: the amount set aside is given back to the payment.
    Refused(String),
    /// No answer: try again.
    Unknown(String),
}

/// The part of the store that keeps orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// An order as it stands.
    async fn order(&self, id: OrderId) -> Result<Option<OrderView>, Failure>;
    /// Orders, newest first, behind one.
    async fn orders(&self, after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure>;
    /// Moves an order along its table, with everything that follows from it.
    async fn transition_order(&self, call: TransitionOrder) -> Answer<Transitioned, TransitionRefusal>;
    /// Takes over refunds that are due and nobody's.
    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<Refund>, Failure>;
    /// Notes how a try of a refund ended; `false` if it had ended before.
    async fn finish_refund(&self, id: RefundId, result: RefundResult) -> Result<bool, Failure>;
}
