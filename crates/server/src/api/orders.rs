//! Orders as their buyers see them.
//!
//! Decides what of an order is shown to whom has its token. Leaves the merchant's view to `admin_orders`.

use axum::extract::State;
use axum::http::HeaderMap;
use sellonce_checkout::id::{OrderId, OrderToken};
use sellonce_checkout::order::{fulfillment_status, payment_status};
use sellonce_checkout::store::orders::OrderView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::bearer;
use crate::extract::{Path, Query};
use crate::problem::{Code, Problem};
use crate::shape::status::OrderStatus;
use crate::shape::{self, Address, Money, Totals};

/// An order, as its buyer sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Order {
    /// Its id.
    #[schema(example = "ord_01ja2b3c4d5e6f7g8h9j0k1m2n")]
    id: String,
    /// Its number for people.
    number: i64,
    /// What shows it to its buyer: the bearer token of `GET /v1/orders/{id}`.
    token: String,
    /// Where it stands.
    status: OrderStatus,
    /// How its money stands.
    payment_status: &'static str,
    /// How its goods stand.
    fulfillment_status: &'static str,
    /// Its lines, at the prices that were locked.
    lines: Vec<OrderLine>,
    /// Its amounts.
    totals: Totals,
    /// Where its buyer could move it: nowhere.
    #[schema(max_items = 0)]
    available_transitions: Vec<OrderStatus>,
    /// What happened to it, oldest first.
    events: Vec<OrderEvent>,
    /// The buyer's e-mail address.
    email: String,
    /// Where the goods go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipping_address: Option<Address>,
    /// When it was placed.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLine {
    /// Its number in the order, from 1.
    id: u32,
    /// What was sold.
    sku: String,
    /// Its title when it was sold.
    title: String,
    /// How many units.
    quantity: u32,
    /// What one unit cost.
    unit_price: Money,
    /// The line's part of the discount.
    discount: Money,
    /// The line's tax, added or contained.
    tax: Money,
    /// How many units were cancelled.
    cancelled: i64,
    /// How many units have shipped.
    shipped: i64,
    /// How many units came back.
    returned: i64,
}

/// What happened to an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderEvent {
    /// The status since then.
    status: OrderStatus,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl From<OrderView> for Order {
    fn from(view: OrderView) -> Self {
        let OrderView { order, checkout, attempt } = &view;
        let event = |event: &sellonce_checkout::order::HistoryEvent| OrderEvent {
            status: OrderStatus(event.to),
            at: shape::time(event.at),
        };
        Self {
            id: order.id.to_string(),
            number: order.number,
            token: order.token.reveal(),
            status: OrderStatus(order.status),
            payment_status: payment_status(order.status, attempt.as_ref()),
            fulfillment_status: fulfillment_status(order.status, &order.lines),
            lines: lines(&view),
            totals: checkout.lock.totals.into(),
            available_transitions: Vec::new(),
            events: order.events.iter().map(event).collect(),
            email: checkout.buyer.email.to_string(),
            shipping_address: checkout.buyer.address.as_ref().map(Address::from),
            created_at: shape::time(order.created_at),
        }
    }
}

/// The lines of an order: one per line of the checkout, whatever locations it was taken from.
pub(crate) fn lines(view: &OrderView) -> Vec<OrderLine> {
    let numbered = view.checkout.lock.lines.iter().zip(1_u32..);
    numbered
        .filter_map(|(line, number)| {
            let unit_price = line.unit_price?;
            let parts = || view.order.lines.iter().filter(move |part| part.number == number);
            Some(OrderLine {
                id: number,
                sku: line.sku.to_string(),
                title: line.title.clone(),
                quantity: line.quantity,
                unit_price: unit_price.into(),
                discount: line.discount.into(),
                tax: line.tax.into(),
                cancelled: parts().map(|part| part.cancelled).sum(),
                shipped: parts().map(|part| part.shipped).sum(),
                returned: parts().map(|part| part.returned).sum(),
            })
        })
        .collect()
}

/// The token of a link in a mail.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenInQuery {
    /// The order's token, for links; programs send it as `Authorization: Bearer`.
    token: Option<String>,
}

/// Read an order with its token.
#[utoipa::path(
    get, path = "/v1/orders/{id}", tag = "Orders", security(("order_token" = []), ()),
    params(("id" = String, Path, description = "The order's id."), TokenInQuery),
    responses((status = 200, description = "The order; its `ETag` is its version.", body = Order)),
    extensions(("x-problems" = json!(["unauthorized"]))),
)]
pub(crate) async fn read_order(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<TokenInQuery>,
    headers: HeaderMap,
) -> Reply<Order> {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let token = bearer(&headers).or(query.token.as_deref()).ok_or_else(|| {
        Problem::new(
            Code::Unauthorized,
            "An order is shown to who has its token: send `Authorization: Bearer`.",
        )
    })?;
    let token = OrderToken::parse(token).ok_or_else(Problem::not_found)?;
    let view = app.store.order(id).await?;
    let view = view.filter(|view| view.order.token.matches(&token)).ok_or_else(Problem::not_found)?;
    let version = view.order.version;
    Ok(Answer::ok(Order::from(view)).version(version))
}
