//! Orders, as merchants see and move them.
//!
//! Decides what a transition needs to be asked for. Leaves the table of transitions to checkout.

use axum::extract::State;
use sellonce_checkout::address::typed_text;
use sellonce_checkout::id::{CauseId, EventId, OrderId, RefundId};
use sellonce_checkout::order::{
    self, HistoryEvent, Status, available_transitions, circumstances, fulfillment_status, payment_status,
};
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::store::orders::{OrderView, TransitionOrder, TransitionRefusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{self, Part};
use super::orders::{self, OrderLine};
use super::refusal;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::{AdminMove, AdminReader};
use crate::extract::{self, IfMatch, JsonBody, Path, Query};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::status::{OrderStatus, PaymentStatus};
use crate::shape::{self, Address, Money, Page, Totals};

/// An order, as merchants see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminOrder {
    /// Its id.
    id: String,
    /// Its number for people.
    number: i64,
    /// Where it stands.
    status: OrderStatus,
    /// How its money stands.
    payment_status: &'static str,
    /// How its goods stand.
    fulfillment_status: &'static str,
    /// Its lines, at the prices that were locked.
    lines: Vec<OrderLine>,
    /// Where the units of each line are taken from.
    allocations: Vec<OrderAllocation>,
    /// Its amounts.
    totals: Totals,
    /// Where it could be moved now.
    available_transitions: Vec<OrderStatus>,
    /// What happened to it, oldest first.
    events: Vec<AdminOrderEvent>,
    /// The payment; null if there was nothing to pay.
    #[schema(required)]
    payment: Option<OrderPayment>,
    /// The checkout that placed it, without its secret.
    checkout_id: String,
    /// The buyer's e-mail address.
    email: String,
    /// The merchant's own name of the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer_ref: Option<String>,
    /// Where the goods go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipping_address: Option<Address>,
    /// The code of the shipping method.
    shipping_method: String,
    /// When it was placed.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Units of a line at one location.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderAllocation {
    /// The line's number.
    line: u32,
    /// The location.
    location: String,
    /// How many units.
    quantity: i64,
    /// How many of them were cancelled.
    cancelled: i64,
    /// How many of them have shipped.
    shipped: i64,
    /// How many of them came back.
    returned: i64,
}

/// What happened to an order, with who did it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminOrderEvent {
    /// Its id.
    id: String,
    /// Its number in the order, from 1.
    sequence: i64,
    /// The status before; null for the first.
    #[schema(required)]
    from: Option<OrderStatus>,
    /// The status after.
    to: OrderStatus,
    /// Who did it: `buyer`, `engine` or an API key's id.
    actor: String,
    /// Why; the tracking reference for `shipped`.
    reason: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// The payment of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderPayment {
    /// Its key at the provider.
    id: String,
    /// The provider.
    provider: String,
    /// The provider's own name of it, once known.
    #[schema(required)]
    provider_reference: Option<String>,
    /// Where it stands.
    status: PaymentStatus,
    /// The locked total.
    amount: Money,
    /// What was captured.
    captured: Money,
    /// What went back.
    refunded: Money,
    /// What is on its way back.
    refund_pending: Money,
}

impl From<&Attempt> for OrderPayment {
    fn from(attempt: &Attempt) -> Self {
        Self {
            id: attempt.saga.attempt_key(),
            provider: attempt.provider.clone(),
            provider_reference: attempt.provider_reference.clone(),
            status: PaymentStatus(attempt.status),
            amount: attempt.amount.into(),
            captured: attempt.captured.into(),
            refunded: attempt.refunded.into(),
            refund_pending: attempt.refund_pending.into(),
        }
    }
}

impl From<OrderView> for AdminOrder {
    fn from(view: OrderView) -> Self {
        let OrderView { order, checkout, attempt } = &view;
        let allocation = |line: &order::Line| OrderAllocation {
            line: line.number,
            location: line.location.to_string(),
            quantity: line.quantity,
            cancelled: line.cancelled,
            shipped: line.shipped,
            returned: line.returned,
        };
        let event = |event: &HistoryEvent| AdminOrderEvent {
            id: event.id.to_string(),
            sequence: event.sequence,
            from: event.from.map(OrderStatus),
            to: OrderStatus(event.to),
            actor: event.actor.clone(),
            reason: event.reason.clone(),
            at: shape::time(event.at),
        };
        let available = available_transitions(order.status, circumstances(&order.lines, attempt.as_ref()));
        Self {
            id: order.id.to_string(),
            number: order.number,
            status: OrderStatus(order.status),
            payment_status: payment_status(order.status, attempt.as_ref()),
            fulfillment_status: fulfillment_status(order.status, &order.lines),
            lines: orders::lines(&view),
            allocations: order.lines.iter().map(allocation).collect(),
            totals: checkout.lock.totals.into(),
            available_transitions: available.into_iter().map(OrderStatus).collect(),
            events: order.events.iter().map(event).collect(),
            payment: attempt.as_ref().map(OrderPayment::from),
            checkout_id: order.checkout.to_string(),
            email: checkout.buyer.email.to_string(),
            customer_ref: checkout.buyer.customer_reference.clone(),
            shipping_address: checkout.buyer.address.as_ref().map(Address::from),
            shipping_method: checkout.lock.shipping_method.clone(),
            created_at: shape::time(order.created_at),
            updated_at: shape::time(order.updated_at),
        }
    }
}

/// List orders, newest first.
#[utoipa::path(
    get, path = "/v1/admin/orders", tag = "Admin orders", security(("api_key" = [])), params(Part),
    responses((status = 200, description = "One page of orders.", body = Page<AdminOrder>)),
)]
pub(crate) async fn list_orders(
    State(app): State<App>,
    _: AdminReader,
    Query(part): Query<Part>,
) -> Reply<Page<AdminOrder>> {
    let (after, limit) = part.parse(OrderId::parse)?;
    let page = app.store.orders(after, limit).await?;
    Ok(Answer::ok(Page::of(page, |view| list::cursor(&view.order.id.to_string()), AdminOrder::from)))
}

/// Read an order.
#[utoipa::path(
    get, path = "/v1/admin/orders/{id}", tag = "Admin orders", security(("api_key" = [])),
    params(("id" = String, Path, description = "The order's id.")),
    responses((status = 200, description = "The order; its `ETag` is its version.", body = AdminOrder)),
)]
pub(crate) async fn read_admin_order(
    State(app): State<App>,
    _: AdminReader,
    Path(id): Path<String>,
) -> Reply<AdminOrder> {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let view = app.store.order(id).await?.ok_or_else(Problem::not_found)?;
    let version = view.order.version;
    Ok(Answer::ok(AdminOrder::from(view)).version(version))
}

/// Where an order shall go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"to": "shipped", "tracking": "1Z999AA10123456784"}))]
pub(crate) struct Transition {
    /// The status it shall have: `processing`, `shipped`, `delivered`, `cancelled` or `refunded`.
    to: String,
    /// For `shipped`, and needed there: the carrier's tracking reference, or `none`.
    #[schema(max_length = 255)]
    tracking: Option<String>,
    /// Why; not for `shipped`, whose history shows the tracking reference.
    #[schema(max_length = 255)]
    reason: Option<String>,
    /// For `cancelled`: whether the units can be sold again, which they can if it is not said.
    restock: Option<bool>,
}

read_as_object!(Transition);

/// What a transition needs, read.
struct Wanted {
    to: Status,
    reason: String,
    restock: bool,
}

impl Transition {
    fn parse(&self) -> Result<Wanted, Problem> {
        let mut faults = Faults::default();
        let names = || Status::ALL.map(Status::as_str).join(", ");
        let to = Status::parse(&self.to).ok_or_else(|| format!("must be one of: {}", names()));
        let to = faults.keep("/to".to_owned(), to);
        if let Some(to) = to {
            self.check_fields(to, &mut faults);
        }
        let tracking = self.tracking.as_deref().map(|text| typed_text("tracking reference", text));
        let tracking = faults.keep_some("/tracking", tracking);
        let reason = self.reason.as_deref().map(|text| typed_text("reason", text));
        let reason = faults.keep_some("/reason", reason);
        let to = faults.end(to)?;
        let reason = if to == Status::Shipped { tracking } else { reason };
        Ok(Wanted { to, reason: reason.unwrap_or_default(), restock: self.restock.unwrap_or(true) })
    }

    fn check_fields(&self, to: Status, faults: &mut Faults) {
        let ships = to == Status::Shipped;
        if ships && self.tracking.is_none() {
            faults.missing("/tracking", "give the carrier's tracking reference, or `none`");
        }
        if ships && self.reason.is_some() {
            faults.add("/reason", "is not for `shipped`: its history shows the tracking reference");
        }
        if !ships && self.tracking.is_some() {
            faults.add("/tracking", "is only for `shipped`");
        }
        if to != Status::Cancelled && self.restock.is_some() {
            faults.add("/restock", "is only for `cancelled`");
        }
    }
}

/// Move an order along its table.
///
/// `refunded` gives back the rest of the money and is answered 202 while it is on its way; `cancelled` also starts that
/// refund, and gives the stock back.
#[utoipa::path(
    post, path = "/v1/admin/orders/{id}/transitions", tag = "Admin orders", security(("api_key" = [])),
    request_body = Transition,
    params(
        ("id" = String, Path, description = "The order's id."),
        ("Idempotency-Key" = String, Header, description = "One random key for each transition."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses(
        (status = 200, description = "The order as it is now.", body = AdminOrder),
        (status = 202, description = "The order; the money is on its way back.", body = AdminOrder),
    ),
    extensions(("x-problems" = json!(["illegal_transition", "not_on_hand", "idempotency_key_reused"]))),
)]
pub(crate) async fn transition_order(
    State(app): State<App>,
    call: AdminMove,
    Path(id): Path<String>,
    if_match: IfMatch,
    JsonBody { value: wanted, hash }: JsonBody<Transition>,
) -> Reply<AdminOrder> {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let wanted = wanted.parse()?;
    let call = TransitionOrder {
        id,
        to: wanted.to,
        reason: wanted.reason,
        actor: call.by.to_string(),
        claim: call.claim(hash),
        expected_version: if_match.0,
        event: EventId(app.ids.uuid()),
        refund: RefundId(app.ids.uuid()),
        cause: CauseId(app.ids.uuid()),
        restock: wanted.restock,
    };
    let done = app.store.transition_order(call).await?.map_err(|refusal| refused(refusal, wanted.to))?;
    let waits = wanted.to == Status::Refunded && done.refund_under_way;
    let answer = if waits { Answer::accepted(()) } else { Answer::ok(()) };
    let answer = answer.version(done.view.order.version).replayed(done.replayed);
    Ok(answer.map(|()| AdminOrder::from(done.view)))
}

fn refused(refusal: TransitionRefusal, to: Status) -> Problem {
    match refusal {
        TransitionRefusal::NotFound => Problem::not_found(),
        TransitionRefusal::Changed => extract::changed(),
        TransitionRefusal::KeyReused => refusal::key_reused(),
        TransitionRefusal::NotOnHand => {
            Problem::new(Code::NotOnHand, "Units of this order have not arrived yet.")
        }
        TransitionRefusal::Illegal { why, from, allowed } => {
            Problem::new(Code::IllegalTransition, refusal::sentence(&why.to_string())).with(|facts| {
                facts.from = Some(OrderStatus(from));
                facts.to = Some(OrderStatus(to));
                facts.allowed = Some(allowed.into_iter().map(OrderStatus).collect());
            })
        }
    }
}
