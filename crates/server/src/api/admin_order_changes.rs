//! What merchants change of orders: transitions, shipments, refunds, returns.
//!
//! Decides what each needs to be asked for. Leaves what it brings with it to checkout.

use axum::extract::State;
use sellonce_checkout::address::typed_text;
use sellonce_checkout::id::{CauseId, EventId, OrderId, RefundId};
use sellonce_checkout::limits;
use sellonce_checkout::order::Status;
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, ChangedOrder, LineUnits, RefundOrder, ReturnOrder, ShipOrder, TransitionOrder,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::admin_orders::AdminOrder;
use super::refusal;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::AdminMove;
use crate::extract::{self, IfMatch, JsonBody, Path};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape;
use crate::shape::status::OrderStatus;

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
    // What a cancellation gives back is no part of what was asked for; the answer does not wait for it.
    Ok(changed(done, wanted.to == Status::Refunded))
}

/// Units of a line of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(crate) struct Units {
    /// The line's number in the order.
    id: u32,
    /// How many units.
    #[schema(minimum = 1)]
    quantity: i64,
}

read_as_object!(Units);

/// Reads units of lines; every wrong one is a fault.
fn parse_units(units: &[Units], faults: &mut Faults) -> Vec<LineUnits> {
    if units.is_empty() || units.len() > limits::LINES_MAX {
        faults.add("/lines", format!("must name 1 to {} lines", limits::LINES_MAX));
    }
    for (index, Units { quantity, .. }) in units.iter().enumerate() {
        if *quantity < 1 {
            faults.add(format!("/lines/{index}/quantity"), "must be at least 1");
        }
    }
    units.iter().map(|units| LineUnits { line: units.id, quantity: units.quantity }).collect()
}

/// Units that leave the house together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"lines": [{"id": 1, "quantity": 2}], "tracking": "1Z999AA10123456784"}))]
pub(crate) struct Shipment {
    /// What is sent.
    lines: Vec<Units>,
    /// The carrier's tracking reference, or `none`.
    #[schema(max_length = 255)]
    tracking: String,
}

read_as_object!(Shipment);

/// Ship some units of an order.
///
/// The first shipment makes a paid order `processing`, and the last unit makes it `shipped`.
#[utoipa::path(
    post, path = "/v1/admin/orders/{id}/shipments", tag = "Admin orders", security(("api_key" = [])),
    request_body = Shipment,
    params(
        ("id" = String, Path, description = "The order's id."),
        ("Idempotency-Key" = String, Header, description = "One random key for each shipment."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses((status = 200, description = "The order as it is now.", body = AdminOrder)),
    extensions(("x-problems" = json!([
        "illegal_transition", "not_on_hand", "too_many_units", "idempotency_key_reused"
    ]))),
)]
pub(crate) async fn ship_order(
    State(app): State<App>,
    call: AdminMove,
    Path(id): Path<String>,
    if_match: IfMatch,
    JsonBody { value: shipment, hash }: JsonBody<Shipment>,
) -> Reply<AdminOrder> {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let mut faults = Faults::default();
    let lines = parse_units(&shipment.lines, &mut faults);
    let tracking = typed_text("tracking reference", &shipment.tracking);
    let tracking = faults.keep("/tracking".to_owned(), tracking);
    let tracking = faults.end(tracking)?;
    let call = ShipOrder {
        id,
        lines,
        tracking,
        actor: call.by.to_string(),
        claim: call.claim(hash),
        expected_version: if_match.0,
        events: [EventId(app.ids.uuid()), EventId(app.ids.uuid())],
    };
    let done = app.store.ship_order(call).await?.map_err(|refusal| refused(refusal, Status::Shipped))?;
    Ok(changed(done, false))
}

/// Money that goes back to a buyer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"amount": 1999, "currency": "USD", "reason": "one mug was chipped"}))]
pub(crate) struct Refund {
    /// Minor units of the shop's currency.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    amount: i64,
    /// The shop's currency; another one is refused.
    currency: Option<String>,
    /// Why.
    #[schema(max_length = 255)]
    reason: Option<String>,
}

read_as_object!(Refund);

/// Give a part of an order's money back.
///
/// Answered 202 while the money is on its way. Stock is moved by returns, not by refunds.
#[utoipa::path(
    post, path = "/v1/admin/orders/{id}/refunds", tag = "Admin orders", security(("api_key" = [])),
    request_body = Refund,
    params(
        ("id" = String, Path, description = "The order's id."),
        ("Idempotency-Key" = String, Header, description = "One random key for each refund."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses(
        (status = 200, description = "The order as it is now, when the money is back.", body = AdminOrder),
        (status = 202, description = "The order; the money is on its way back.", body = AdminOrder),
    ),
    extensions(("x-problems" = json!([
        "illegal_transition", "refund_exceeds_captured", "wrong_currency", "idempotency_key_reused"
    ]))),
)]
pub(crate) async fn refund_order(
    State(app): State<App>,
    call: AdminMove,
    Path(id): Path<String>,
    if_match: IfMatch,
    JsonBody { value: refund, hash }: JsonBody<Refund>,
) -> Reply<AdminOrder> {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let amount = shape::amount(refund.amount, refund.currency.as_deref(), app.currency(), "")?;
    let reason = reason(refund.reason.as_deref())?;
    let call = RefundOrder {
        id,
        amount,
        reason,
        actor: call.by.to_string(),
        claim: call.claim(hash),
        expected_version: if_match.0,
        refund: RefundId(app.ids.uuid()),
    };
    let done = app.store.refund_order(call).await?.map_err(|refusal| refused(refusal, Status::Refunded))?;
    Ok(changed(done, true))
}

/// Units that came back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"lines": [{"id": 1, "quantity": 1}], "restock": true, "reason": "too small"}))]
pub(crate) struct Return {
    /// What came back.
    lines: Vec<Units>,
    /// Whether it can be sold again, which it can if it is not said.
    restock: Option<bool>,
    /// Why.
    #[schema(max_length = 255)]
    reason: Option<String>,
}

read_as_object!(Return);

/// Take some units of an order back.
///
/// Goods bring no money with them: a refund is asked for apart.
#[utoipa::path(
    post, path = "/v1/admin/orders/{id}/returns", tag = "Admin orders", security(("api_key" = [])),
    request_body = Return,
    params(
        ("id" = String, Path, description = "The order's id."),
        ("Idempotency-Key" = String, Header, description = "One random key for each return."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses((status = 200, description = "The order as it is now.", body = AdminOrder)),
    extensions(("x-problems" = json!(["too_many_units", "idempotency_key_reused"]))),
)]
pub(crate) async fn return_order(
    State(app): State<App>,
    call: AdminMove,
    Path(id): Path<String>,
    if_match: IfMatch,
    JsonBody { value: returned, hash }: JsonBody<Return>,
) -> Reply<AdminOrder> {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let mut faults = Faults::default();
    let lines = parse_units(&returned.lines, &mut faults);
    faults.none()?;
    let reason = reason(returned.reason.as_deref())?;
    let call = ReturnOrder {
        id,
        lines,
        restock: returned.restock.unwrap_or(true),
        reason,
        actor: call.by.to_string(),
        claim: call.claim(hash),
        expected_version: if_match.0,
    };
    let done = app.store.return_order(call).await?.map_err(|refusal| refused(refusal, Status::Delivered))?;
    Ok(changed(done, false))
}

fn reason(text: Option<&str>) -> Result<String, Problem> {
    let mut faults = Faults::default();
    let reason = faults.keep_some("/reason", text.map(|text| typed_text("reason", text)));
    faults.none()?;
    Ok(reason.unwrap_or_default())
}

/// The order as it is now; accepted only, while money that was asked for is on its way.
fn changed(done: ChangedOrder, is_about_money: bool) -> Answer<AdminOrder> {
    let waits = is_about_money && done.refund_under_way;
    let answer = if waits { Answer::accepted(()) } else { Answer::ok(()) };
    let answer = answer.version(done.view.order.version).replayed(done.replayed);
    answer.map(|()| AdminOrder::from(done.view))
}

fn refused(refusal: ChangeOrderRefusal, to: Status) -> Problem {
    let wrong = |pointer: &str, message: String| {
        let mut faults = Faults::default();
        faults.add(pointer, message);
        faults.into_problem()
    };
    match refusal {
        ChangeOrderRefusal::NotFound => Problem::not_found(),
        ChangeOrderRefusal::Changed => extract::changed(),
        ChangeOrderRefusal::KeyReused => refusal::key_reused(),
        ChangeOrderRefusal::NotOnHand => {
            Problem::new(Code::NotOnHand, "Units of this order have not arrived yet.")
        }
        ChangeOrderRefusal::TrackingMissing => {
            wrong("/tracking", "give the carrier's tracking reference, or `none`".to_owned())
        }
        ChangeOrderRefusal::NoUnits => wrong("/lines", "must name at least one unit".to_owned()),
        ChangeOrderRefusal::UnknownLine(line) => wrong("/lines", format!("the order has no line {line}")),
        ChangeOrderRefusal::TooMany { line, left } => {
            Problem::new(Code::TooManyUnits, format!("Of line {line}, {left} units are left for this."))
        }
        ChangeOrderRefusal::BadAmount => {
            wrong("/amount", "must be more than 0 and of a paid order".to_owned())
        }
        ChangeOrderRefusal::RefundExceeds { left } => {
            Problem::new(Code::RefundExceedsCaptured, format!("{left} can still go back."))
        }
        ChangeOrderRefusal::Illegal { why, from, allowed } => {
            Problem::new(Code::IllegalTransition, refusal::sentence(&why.to_string())).with(|facts| {
                facts.from = Some(OrderStatus(from));
                facts.to = Some(OrderStatus(to));
                facts.allowed = Some(allowed.into_iter().map(OrderStatus).collect());
            })
        }
    }
}
