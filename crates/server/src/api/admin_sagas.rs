//! Sagas that wait for an operator: the stuck list, and what can be done about them.
//!
//! Decides how they are shown and what an operator has to say. Leaves what follows from it to the coordinator.

use std::sync::Arc;

use axum::extract::State;
use sellonce_checkout::address::typed_text;
use sellonce_checkout::coordinator::Resolve;
use sellonce_checkout::id::{RefundId, SagaId, Uuid};
use sellonce_checkout::refund::Refund;
use sellonce_checkout::saga;
use sellonce_checkout::store::sagas::{ResolveRefusal, RetryRefusal, Run, Stuck};
use sellonce_checkout::store::{self, Failure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{self, Part};
use super::refusal;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::{AdminMove, AdminReader, AdminWriter};
use crate::extract::{JsonBody, Path, Query};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::status::{PaymentStatus, SagaState};
use crate::shape::{self, Money, Page};

/// A saga that waits for an operator: of a checkout, or a refund, which is a small saga of its own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StuckSaga {
    /// Its id: `sag_...`, or `ref_...` of a refund.
    id: String,
    /// `checkout` or `refund`.
    kind: &'static str,
    /// Where it stands. `released`: the checkout is over, and the provider is asked whether money came after its end.
    state: &'static str,
    /// What went wrong last.
    problem: String,
    /// How often its present step had no answer.
    tries: u32,
    /// The payment's key at the provider; null if there is nothing to pay.
    #[schema(required)]
    payment_id: Option<String>,
    /// How much is to be paid or given back; null if there is nothing to pay.
    #[schema(required)]
    amount: Option<Money>,
    /// The order, if there is one.
    #[schema(required)]
    order_id: Option<String>,
    /// Since when it waits for an operator.
    #[schema(format = DateTime)]
    stuck_since: String,
    /// When it is tried next; null if it is not tried any more.
    #[schema(required, format = DateTime)]
    next_run_at: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Stuck> for StuckSaga {
    fn from(stuck: Stuck) -> Self {
        let Run { saga, attempt } = stuck.run;
        Self {
            id: saga.id.to_string(),
            kind: "checkout",
            state: saga.state.as_str(),
            problem: stuck.problem,
            tries: saga.tries,
            payment_id: attempt.as_ref().map(|attempt| attempt.saga.attempt_key()),
            amount: attempt.map(|attempt| attempt.amount.into()),
            order_id: saga.order.map(|id| id.to_string()),
            stuck_since: shape::time(stuck.since),
            next_run_at: Some(shape::time(stuck.next_run_at)),
            created_at: shape::time(saga.created_at),
        }
    }
}

impl From<Refund> for StuckSaga {
    fn from(refund: Refund) -> Self {
        let goes_on = refund.ended_at.is_none();
        Self {
            id: refund.id.to_string(),
            kind: "refund",
            state: refund.state.as_str(),
            problem: refund.problem,
            tries: refund.tries,
            payment_id: Some(refund.saga.attempt_key()),
            amount: Some(refund.amount.into()),
            order_id: refund.order.map(|id| id.to_string()),
            stuck_since: shape::time(refund.stuck_since.unwrap_or(refund.created_at)),
            next_run_at: goes_on.then(|| shape::time(refund.next_at)),
            created_at: shape::time(refund.created_at),
        }
    }
}

/// A saga of either kind, by its id.
struct Row {
    id: Uuid,
    shape: StuckSaga,
}

/// List the sagas that wait for an operator, in the order in which they began.
#[utoipa::path(
    get, path = "/v1/admin/sagas", tag = "Sagas", security(("api_key" = [])), params(Part),
    responses((status = 200, description = "One page of the stuck list.", body = Page<StuckSaga>)),
)]
pub(crate) async fn list_stuck_sagas(
    State(app): State<App>,
    _: AdminReader,
    Query(part): Query<Part>,
) -> Reply<Page<StuckSaga>> {
    let either = |text: &str| SagaId::parse(text).map(|id| id.0).or(RefundId::parse(text).map(|id| id.0));
    let (after, limit) = part.parse(either)?;
    let sagas = app.store.stuck_sagas(after.map(SagaId), limit).await?;
    let refunds = app.store.stuck_refunds(after.map(RefundId), limit).await?;
    let (more_sagas, more_refunds) = (sagas.has_more, refunds.has_more);
    let sagas = sagas.rows.into_iter().map(|stuck| Row { id: stuck.run.saga.id.0, shape: stuck.into() });
    let refunds = refunds.rows.into_iter().map(|refund| Row { id: refund.id.0, shape: refund.into() });
    let mut rows: Vec<Row> = sagas.chain(refunds).collect();
    rows.sort_by_key(|row| row.id);
    let mut page = store::Page::of(rows, limit);
    page.has_more |= more_sagas || more_refunds;
    Ok(Answer::ok(Page::of(page, |row| list::cursor(&row.shape.id), |row| row.shape)))
}

/// A saga of a checkout.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Saga {
    /// Its id.
    id: String,
    /// Where it stands.
    state: SagaState,
    /// Where its payment stands; null if there is nothing to pay.
    #[schema(required)]
    payment_status: Option<PaymentStatus>,
    /// The order, if it has placed one.
    #[schema(required)]
    order_id: Option<String>,
    /// When it ended; null while it goes on.
    #[schema(required, format = DateTime)]
    ended_at: Option<String>,
}

impl From<Run> for Saga {
    fn from(run: Run) -> Self {
        let Run { saga, attempt } = run;
        Self {
            id: saga.id.to_string(),
            state: SagaState(saga.state),
            payment_status: attempt.map(|attempt| PaymentStatus(attempt.status)),
            order_id: saga.order.map(|id| id.to_string()),
            ended_at: saga.ended_at.map(shape::time),
        }
    }
}

/// Have a saga tried at once.
///
/// Sagas are tried again by themselves, after pauses that grow; this is for who knows that the reason is gone.
#[utoipa::path(
    post, path = "/v1/admin/sagas/{id}/retry", tag = "Sagas", security(("api_key" = [])),
    params(("id" = String, Path, description = "The saga's id.")),
    responses((status = 202, description = "It is tried within a second or so.", body = Saga)),
    extensions(("x-problems" = json!(["saga_ended"]))),
)]
pub(crate) async fn retry_saga(
    State(app): State<App>,
    _: AdminWriter,
    Path(id): Path<String>,
) -> Reply<Saga> {
    let id = SagaId::parse(&id).ok_or_else(Problem::not_found)?;
    match app.coordinator.retry(id).await? {
        Ok(run) => Ok(Answer::accepted(run.into())),
        Err(RetryRefusal::NotFound) => Err(Problem::not_found()),
        Err(RetryRefusal::Ended(run)) => Err(ended(&run)),
    }
}

/// What an operator knows of a payment whose outcome stays unknown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"resolution": "captured", "reason": "the bank's statement shows it"}))]
pub(crate) struct Resolution {
    /// `captured`: the money was taken, so the order is placed. `not_charged`: it was not and will not be, so what is held
    /// goes back. `give_up`: there shall be no order, whatever the payment turns out to be.
    resolution: String,
    /// How that is known.
    #[schema(min_length = 1, max_length = 255)]
    reason: String,
}

read_as_object!(Resolution);

/// Say how an unknown payment stands.
#[utoipa::path(
    post, path = "/v1/admin/sagas/{id}/resolve", tag = "Sagas", security(("api_key" = [])),
    request_body = Resolution,
    params(
        ("id" = String, Path, description = "The saga's id."),
        ("Idempotency-Key" = String, Header, description = "One random key for each resolution."),
    ),
    responses((status = 200, description = "The saga as it stands now.", body = Saga)),
    extensions(("x-problems" = json!(["saga_ended", "payment_not_unknown", "idempotency_key_reused"]))),
)]
pub(crate) async fn resolve_saga(
    State(app): State<App>,
    call: AdminMove,
    Path(id): Path<String>,
    JsonBody { value: said, hash }: JsonBody<Resolution>,
) -> Reply<Saga> {
    let id = SagaId::parse(&id).ok_or_else(Problem::not_found)?;
    let mut faults = Faults::default();
    let names = || saga::Resolution::ALL.map(saga::Resolution::as_str).join(", ");
    let resolution = saga::Resolution::parse(&said.resolution);
    let resolution = resolution.ok_or_else(|| format!("must be one of: {}", names()));
    let resolution = faults.keep("/resolution".to_owned(), resolution);
    let reason = faults.keep("/reason".to_owned(), typed_text("reason", &said.reason));
    let (resolution, reason) = faults.end(resolution.zip(reason))?;
    let actor = call.by.to_string();
    let call = Resolve { claim: call.claim(hash), saga: id, resolution, actor, reason };
    let coordinator = Arc::clone(&app.coordinator);
    // What follows from the word is done even if the operator does not wait for it.
    let work = app.tasks.run_to_end(async move { coordinator.resolve(call).await });
    let resolved = work.await.map_err(|_| Problem::internal())??.map_err(not_resolved)?;
    let run = app.store.saga(id).await?.ok_or_else(|| Failure::Broken(format!("{id} is gone")))?;
    Ok(Answer::ok(Saga::from(run)).replayed(resolved.replayed))
}

fn not_resolved(why: ResolveRefusal) -> Problem {
    match why {
        ResolveRefusal::NotFound => Problem::not_found(),
        ResolveRefusal::KeyReused => refusal::key_reused(),
        ResolveRefusal::Ended(run) => ended(&run),
        ResolveRefusal::NotUnknown(_) => {
            Problem::new(Code::PaymentNotUnknown, "The provider's answer on this payment is known.")
        }
    }
}

fn ended(run: &Run) -> Problem {
    let more = if run.saga.late_check { " Only `not_charged` can still be said of its payment." } else { "" };
    Problem::new(Code::SagaEnded, format!("This saga has ended as {}.{more}", run.saga.state.as_str()))
}
