//! The part of the store that keeps orders after they were placed.

use async_trait::async_trait;

use crate::id::{CauseId, EventId, OrderId, OwnerId, RefundId};
use crate::idempotency::Claim;
use crate::money::Money;
use crate::order::{Illegal, Order, Status};
use crate::payment::{Attempt, Capture};
use crate::refund::{self, Refund};
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
        order.shipments.clear();
        order.returns.clear();
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

/// A refund that a merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// The request's key.
    pub claim: Claim,
    /// Which order.
    pub id: OrderId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub actor: String,
    /// The version that the client saw, if it said (`If-Match`).
    pub expected_version: Option<i64>,
    /// The id of the refund that it starts.
    pub refund: RefundId,
}

/// Some units of a line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineUnits {
    /// Which line of the checkout, from 1.
    pub line: u32,
    /// How many units.
    pub quantity: i64,
}

/// A shipment that a merchant sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipOrder {
    /// The request's key.
    pub claim: Claim,
    /// Which order.
    pub id: OrderId,
    /// What is sent; a line may stand there more than once.
    pub lines: Vec<LineUnits>,
    /// Under which its carrier knows it; `none`, said explicitly, if nobody does.
    pub tracking: String,
    /// Who asks.
    pub actor: String,
    /// The version that the client saw, if it said (`If-Match`).
    pub expected_version: Option<i64>,
    /// The ids of the events that it may append: processing, shipped.
    pub events: [EventId; 2],
}

/// Units that came back to a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnOrder {
    /// The request's key.
    pub claim: Claim,
    /// Which order.
    pub id: OrderId,
    /// What came back; a line may stand there more than once.
    pub lines: Vec<LineUnits>,
    /// Whether it can be sold again.
    pub restock: bool,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub actor: String,
    /// The version that the client saw, if it said (`If-Match`).
    pub expected_version: Option<i64>,
}

/// What a change of an order did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedOrder {
    /// The order as it stands.
    pub view: OrderView,
    /// Whether money is still on its way back.
    pub refund_under_way: bool,
    /// The id of the request that made it.
    pub request_id: String,
    /// Whether an earlier request with the same key made it.
    pub replayed: bool,
}

impl ChangedOrder {
    /// What is told of a change, by who made it or by a later request with its key.
    pub fn of(view: OrderView, request_id: String, replayed: bool) -> Self {
        let attempt = view.attempt.as_ref();
        let refund_under_way = attempt.is_some_and(|attempt| !attempt.refund_pending.is_zero());
        Self { view, refund_under_way, request_id, replayed }
    }
}

/// Why a change of an order was not made. Nothing has changed, and the key may be used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOrderRefusal {
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
    /// A shipment needs a tracking reference, or an explicit `none`.
    TrackingMissing,
    /// No units were named, or a quantity is not positive.
    NoUnits,
    /// The order has no line of this number.
    UnknownLine(u32),
    /// More units were named than the line has left to ship, or has out to come back.
    TooMany {
        /// Which line.
        line: u32,
        /// How many it has.
        left: i64,
    },
    /// The amount is zero or in another currency, or there was nothing to pay.
    BadAmount,
    /// Less was captured than would go back, with what went back or is on its way already.
    RefundExceeds {
        /// What can still go back.
        left: Money,
    },
}

/// A refund that is due, with the payment that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRefund {
    /// The refund.
    pub refund: Refund,
    /// The payment.
    pub attempt: Attempt,
}

/// The part of the store that keeps orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// An order as it stands.
    async fn order(&self, id: OrderId) -> Result<Option<OrderView>, Failure>;
    /// Orders, newest first, behind one.
    async fn orders(&self, after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure>;
    /// Moves an order along its table, with everything that follows from it: [`crate::order::change::decide`].
    ///
    /// This and the three calls below it each do all that their pure decision says in one transaction: the order under
    /// the condition that status and version are as read, its lines, what is set aside on its payment, events with their
    /// deliveries (I13), the record of a shipment or return, a refund that begins, stock with its movements, and the
    /// key. A known key with the same body answers with the order as it stands and changes nothing.
    async fn transition_order(&self, call: TransitionOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    /// Starts a refund of an amount: [`crate::order::money::refund`].
    async fn refund_order(&self, call: RefundOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    /// Ships some units: [`crate::order::goods::ship`].
    async fn ship_order(&self, call: ShipOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    /// Takes some units back: [`crate::order::goods::take_back`].
    async fn return_order(&self, call: ReturnOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    /// Takes over refunds that are due and nobody's, those without an order among them.
    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<DueRefund>, Failure>;
    /// Notes how a try of a refund ended; `false` if it had ended before. Lets go of its lease.
    ///
    /// What it writes of the refund, the payment and the order is decided by [`Refund::finish`].
    async fn finish_refund(&self, id: RefundId, outcome: refund::Outcome) -> Result<bool, Failure>;
    /// The refunds that wait for an operator (`stuck_since` is set), in the order in which they began, behind one: those
    /// that have had no answer for too long, and those that were refused for good.
    async fn stuck_refunds(&self, after: Option<RefundId>, limit: u32) -> Result<Page<Refund>, Failure>;
}
