//! Orders, as merchants see them.
//!
//! Decides what of an order a merchant is shown. Leaves changing it to `admin_order_changes`.

use axum::extract::State;
use sellonce_checkout::id::OrderId;
use sellonce_checkout::order::{
    self, HistoryEvent, Units, available_transitions, circumstances, fulfillment_status, payment_status,
};
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::store::orders::OrderView;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{self, Part};
use super::orders::{self, OrderLine};
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::AdminReader;
use crate::extract::{Path, Query};
use crate::problem::Problem;
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
    /// What left the house, in its order.
    shipments: Vec<OrderShipment>,
    /// What came back, in its order.
    returns: Vec<OrderReturn>,
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

/// Units of a line that left or came back together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderUnits {
    /// The line's number in the order.
    id: u32,
    /// From which location, or back to which.
    location: String,
    /// How many units.
    quantity: i64,
}

/// What left the house together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderShipment {
    /// Its number in the order, from 1.
    number: i64,
    /// What it took with it.
    lines: Vec<OrderUnits>,
    /// The carrier's tracking reference, or `none`.
    tracking: String,
    /// Who sent it: an API key's id.
    actor: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// What came back together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderReturn {
    /// Its number in the order, from 1.
    number: i64,
    /// What came back.
    lines: Vec<OrderUnits>,
    /// Whether it can be sold again.
    restocked: bool,
    /// Why it came back.
    reason: String,
    /// Who took it back: an API key's id.
    actor: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl From<&Units> for OrderUnits {
    fn from(units: &Units) -> Self {
        Self { id: units.line, location: units.location.to_string(), quantity: units.quantity }
    }
}

impl From<&order::Shipment> for OrderShipment {
    fn from(shipment: &order::Shipment) -> Self {
        Self {
            number: shipment.number,
            lines: shipment.units.iter().map(OrderUnits::from).collect(),
            tracking: shipment.tracking.clone(),
            actor: shipment.actor.clone(),
            at: shape::time(shipment.at),
        }
    }
}

impl From<&order::Return> for OrderReturn {
    fn from(returned: &order::Return) -> Self {
        Self {
            number: returned.number,
            lines: returned.units.iter().map(OrderUnits::from).collect(),
            restocked: returned.restocked,
            reason: returned.reason.clone(),
            actor: returned.actor.clone(),
            at: shape::time(returned.at),
        }
    }
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
        let available = available_transitions(order.status, circumstances(order, attempt.as_ref()));
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
            shipments: order.shipments.iter().map(OrderShipment::from).collect(),
            returns: order.returns.iter().map(OrderReturn::from).collect(),
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
