//! Completing a checkout: the one call that moves stock and money.
//!
//! Decides how each end of the saga is answered. Leaves running the saga to the coordinator, in a task of its own, so
//! that a buyer who hangs up leaves nothing half-way.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use sellonce_checkout::coordinator;
use sellonce_checkout::id::{Capability, CheckoutId};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::limits;
use sellonce_checkout::saga::{Ending, State as SagaState};
use sellonce_checkout::session::Status;
use sellonce_checkout::store::checkouts::{Goods, OpenCheckout};
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{PaymentChoice, Run, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checkouts::capability;
use super::orders::Order;
use super::refusal;
use crate::answer::Answer;
use crate::app::App;
use crate::extract::{IdempotencyKey, JsonBody, Path, RequestId};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::Money;
use crate::shape::status::CheckoutStatus;

/// When it is worth asking again for a saga that goes on.
pub(super) const ASK_AGAIN_S: u32 = 1;

/// How a checkout is completed. No amount in it is ever charged: that is the locked total.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"payment": {"provider": "simulated", "token": "tok_ok"}}))]
pub(crate) struct Completion {
    /// What the buyer pays with; needed unless the total is 0.
    payment: Option<Payment>,
    /// The total that the buyer expects to pay; another one is refused as `price_changed`.
    expected_total: Option<Money>,
}

read_as_object!(Completion);

/// What the buyer pays with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(crate) struct Payment {
    /// The name of a payment provider that is switched on.
    provider: String,
    /// The provider's token; no card data.
    #[schema(min_length = 1, max_length = 255)]
    token: String,
}

read_as_object!(Payment);

/// A checkout that goes on: ask again with the same key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnderWay {
    /// `processing`, or `requires_action`: then the buyer has to do what `next_action` says.
    status: CheckoutStatus,
    /// What the buyer has to do; null while there is nothing.
    #[schema(required)]
    next_action: Option<NextAction>,
    /// The checkout that this request opened. Told once: a repetition with the same key needs no id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    checkout_id: Option<String>,
}

/// What the buyer has to do before the payment goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextAction {
    /// Always `redirect`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where the buyer is sent.
    url: String,
}

/// What makes a request to complete idempotent.
pub(crate) struct Asked {
    pub(crate) key: Key,
    pub(crate) body: BodyHash,
    pub(crate) request_id: String,
}

/// A request to complete that was not refused.
pub(crate) enum Completed {
    /// The order was placed by this request or by the one it repeats, or had been placed before.
    Order(Box<Answer<Order>>),
    /// The saga goes on.
    UnderWay(Answer<UnderWay>),
}

impl IntoResponse for Completed {
    fn into_response(self) -> Response {
        match self {
            Self::Order(answer) => answer.into_response(),
            Self::UnderWay(answer) => answer.into_response(),
        }
    }
}

/// Complete a checkout.
///
/// Holds its stock, charges its locked total, places its order. Waits at most 10 seconds for the end. Whatever happens to the connection, the same request with the same key finds
/// out how it ended, and does nothing twice.
#[utoipa::path(
    post, path = "/v1/checkouts/{id}/complete", tag = "Checkouts", request_body = Completion,
    params(
        ("id" = String, Path, description = "The checkout's id."),
        ("Idempotency-Key" = String, Header, description = "One random key for each attempt."),
    ),
    responses(
        (status = 201, description = "The order was placed, by this request or by the one that it repeats (then with `Idempotent-Replayed: true`).", body = Order),
        (status = 200, description = "The order that the checkout had become under another key.", body = Order),
        (status = 202, description = "It goes on; `Retry-After` says when to ask again.", body = UnderWay),
    ),
    extensions(("x-problems" = json!([
        "payment_declined", "out_of_stock", "price_changed", "checkout_expired", "cart_already_ordered",
        "completion_in_progress", "purchase_limit_reached", "discount_exhausted", "unknown_provider",
        "payment_missing", "wrong_currency"
    ]))),
)]
pub(crate) async fn complete_checkout(
    State(app): State<App>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    RequestId(request_id): RequestId,
    JsonBody { value: completion, hash }: JsonBody<Completion>,
) -> Result<Completed, Problem> {
    let capability = capability(&id)?;
    let id = CheckoutId(capability.uuid);
    let target = Target::Open { id, secret: capability.hash() };
    let asked = Asked { key, body: hash, request_id };
    let call = completion.call(&app, target, Scope::checkout(id), asked)?;
    tell(run(&app, call).await?, None)
}

/// Opens a checkout and begins to complete it in one transaction: if it cannot be completed, it is not opened.
pub(crate) async fn open_and_complete(
    app: &App,
    open: OpenCheckout,
    capability: &Capability,
    completion: &Completion,
    asked: Asked,
) -> Result<Completed, Problem> {
    let scope = match &open.goods {
        Goods::Cart { id, .. } => Scope::cart(*id),
        Goods::Lines(_) => Scope::buyer(&open.buyer.email),
    };
    let call = completion.call(app, Target::New(Box::new(open)), scope, asked)?;
    tell(run(app, call).await?, Some(capability))
}

impl Completion {
    fn call(
        &self,
        app: &App,
        target: Target,
        scope: Scope,
        asked: Asked,
    ) -> Result<coordinator::Complete, Problem> {
        let expected_total = self.expected_total.as_ref();
        let expected_total =
            expected_total.map(|total| total.parse(app.currency(), "/expected_total")).transpose()?;
        let Asked { key, body, request_id } = asked;
        Ok(coordinator::Complete {
            claim: Claim { scope, key, body, request_id },
            target,
            expected_total,
            payment: self.payment.as_ref().map(|payment| payment.parse(app)).transpose()?,
        })
    }
}

impl Payment {
    fn parse(&self, app: &App) -> Result<PaymentChoice, Problem> {
        let mut faults = Faults::default();
        let visible = self.token.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || !(1..=limits::PAYMENT_TOKEN_BYTES_MAX).contains(&self.token.len()) {
            let message =
                format!("must have 1 to {} visible ASCII characters", limits::PAYMENT_TOKEN_BYTES_MAX);
            faults.add("/payment/token", message);
        }
        faults.none()?;
        if !app.coordinator.provider_names().any(|name| name == self.provider) {
            let names: Vec<&str> = app.coordinator.provider_names().collect();
            return Err(Problem::new(
                Code::UnknownProvider,
                format!("The payment providers of this shop are: {}.", names.join(", ")),
            ));
        }
        Ok(PaymentChoice { provider: self.provider.clone(), token: self.token.clone() })
    }
}

/// Runs the call to its end, whether or not its client still listens.
async fn run(app: &App, call: coordinator::Complete) -> Result<coordinator::Completed, Problem> {
    let coordinator = Arc::clone(&app.coordinator);
    let work = app.tasks.run_to_end(async move { coordinator.complete(call).await });
    Ok(work.await.map_err(|_| Problem::internal())???)
}

/// Tells what came of it. `opened` is the checkout that this request has opened, or would have.
fn tell(completed: coordinator::Completed, opened: Option<&Capability>) -> Result<Completed, Problem> {
    match completed {
        coordinator::Completed::Placed { view, replay_of } => {
            let answer = Answer::created(()).replayed(replay_of.is_some());
            Ok(Completed::Order(Box::new(with_order(answer, *view))))
        }
        coordinator::Completed::AlreadyPlaced(view) => {
            Ok(Completed::Order(Box::new(with_order(Answer::ok(()), *view))))
        }
        coordinator::Completed::UnderWay(run) => {
            Ok(Completed::UnderWay(Answer::accepted(under_way(*run, opened)).retry_after_s(ASK_AGAIN_S)))
        }
        coordinator::Completed::Ended { ending, replay_of } => Err(ended(ending).replay_of(replay_of)),
        coordinator::Completed::InProgress => Err(refusal::in_progress()),
        coordinator::Completed::KeyReused => Err(refusal::key_reused()),
    }
}

fn with_order(answer: Answer<()>, view: OrderView) -> Answer<Order> {
    let location = format!("/v1/orders/{}", view.order.id);
    answer.version(view.order.version).location(&location).map(|()| Order::from(view))
}

fn under_way(run: Run, opened: Option<&Capability>) -> UnderWay {
    let saga = run.saga;
    let status = match saga.state {
        SagaState::AwaitingBuyer => Status::RequiresAction,
        SagaState::Reserved
        | SagaState::Cancelling
        | SagaState::Ordered
        | SagaState::Refunding
        | SagaState::Voiding
        | SagaState::Placed
        | SagaState::Released => Status::Processing,
    };
    let waits_for_buyer = status == Status::RequiresAction;
    let url = saga.action_url.filter(|_| waits_for_buyer);
    let checkout_id = opened
        .filter(|capability| capability.uuid == saga.checkout.0)
        .map(|capability| capability.reveal(CheckoutId::PREFIX));
    UnderWay {
        status: CheckoutStatus(status),
        next_action: url.map(|url| NextAction { kind: "redirect", url }),
        checkout_id,
    }
}

/// A saga that ended without an order.
fn ended(ending: Ending) -> Problem {
    let declined = |detail: &str, code: &str| {
        Problem::new(Code::PaymentDeclined, detail).with(|facts| facts.decline_code = Some(code.to_owned()))
    };
    match ending {
        Ending::Declined(code) => declined("The payment was declined; nothing was charged.", &code),
        Ending::NeverOrder => declined(
            "The order could not be created, so the payment was given back; nothing is charged.",
            "order_not_created",
        ),
        Ending::Expired => Problem::new(Code::CheckoutExpired, "The time of this checkout has run out."),
        Ending::Cancelled => Problem::new(Code::CheckoutExpired, "This checkout was cancelled."),
    }
}
