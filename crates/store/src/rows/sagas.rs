//! Sagas with their payment attempts and what they hold.

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Allocation, Hold};
use sellonce_checkout::id::{CartId, CheckoutId, OrderId, OwnerId, SagaId};
use sellonce_checkout::idempotency::{BodyHash, WorkDone};
use sellonce_checkout::inventory::Place;
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::{self, Attempt, Capture};
use sellonce_checkout::saga::{Ending, Resolution, State};
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::store::sagas::{Resolved, Run, Saga};

use crate::rows::{Columns, stock};
use crate::tables::KnownKey;
use crate::trouble::Trouble;

/// The columns of [`run`], of sagas `s` with their payments `p`, where they have one. They are the last of their row:
/// those of a payment that is not there are not read.
macro_rules! run_columns {
    () => {
        "s.id, s.checkout_id, s.cart_id, s.state, s.fence, s.tries, s.hold_until, s.limits, s.ending, s.ending_code, \
         s.order_id, s.action_url, s.resolution, s.resolved_by, s.resolved_reason, s.resolved_at, \
         s.late_check, s.created_at, s.ended_at, p.provider, p.token, p.amount, p.capture, p.status, p.captured, p.refunded, p.refund_pending, \
         p.provider_reference, p.unknown_since"
    };
}

/// The columns of [`schedule`], of sagas `s`.
macro_rules! schedule_columns {
    () => {
        "s.lease_owner, s.lease_until, s.next_run_at, s.woken, s.problem, s.stuck_since"
    };
}

/// The columns of [`attempt`].
macro_rules! attempt_columns {
    () => {
        "provider, token, amount, capture, status, captured, refunded, refund_pending, provider_reference, \
         unknown_since"
    };
}

/// The columns of [`allocation`].
macro_rules! allocation_columns {
    () => {
        "sku, location, quantity, state"
    };
}

pub(crate) use {allocation_columns, attempt_columns, run_columns, schedule_columns};

/// A saga with its attempt, still without the units that it holds.
pub(crate) fn run(columns: &mut dyn Columns, currency: Currency) -> Result<Run, Trouble> {
    let saga = Saga {
        id: SagaId(columns.uuid()?),
        checkout: CheckoutId(columns.uuid()?),
        cart: columns.maybe_uuid()?.map(CartId),
        state: columns.value(State::parse)?,
        fence: columns.integer()?,
        tries: columns.count()?,
        hold_until: columns.time()?,
        hold: Hold { allocations: Vec::new(), limits: stock::limits(columns.maybe_text()?)? },
        ending: ending(columns)?,
        order: columns.maybe_uuid()?.map(OrderId),
        action_url: columns.maybe_string()?,
        resolved: resolved(columns)?,
        late_check: columns.flag()?,
        created_at: columns.time()?,
        ended_at: columns.maybe_time()?,
    };
    let attempt = attempt(columns, saga.id, currency)?;
    Ok(Run { saga, attempt })
}

/// Who has a saga, or had it last, and when it runs.
pub(crate) fn schedule(columns: &mut dyn Columns) -> Result<(Option<OwnerId>, Schedule), Trouble> {
    let owner = columns.maybe_uuid()?.map(OwnerId);
    let schedule = Schedule {
        lease_until: columns.time()?,
        next_run_at: columns.time()?,
        woken: columns.flag()?,
        problem: columns.maybe_string()?.unwrap_or_default(),
        stuck_since: columns.maybe_time()?,
    };
    Ok((owner, schedule))
}

/// What went wrong last, as its column has it.
pub(crate) fn problem_column(problem: &str) -> Option<&str> {
    (!problem.is_empty()).then_some(problem)
}

fn resolved(columns: &mut dyn Columns) -> Result<Option<Resolved>, Trouble> {
    let resolution = columns.maybe_string()?;
    let (actor, reason) = (columns.maybe_string()?, columns.maybe_string()?);
    let at = columns.maybe_time()?;
    let Some(text) = resolution else { return Ok(None) };
    let resolution = Resolution::parse(&text);
    let resolution = resolution.ok_or_else(|| Trouble::call(format!("`{text}` resolves no saga")))?;
    let (actor, reason) = (actor.unwrap_or_default(), reason.unwrap_or_default());
    Ok(at.map(|at| Resolved { resolution, actor, reason, at }))
}

/// What a key did, from `body, saga_id, work, request_id`.
pub(crate) fn known_key(columns: &mut dyn Columns) -> Result<KnownKey, Trouble> {
    let body = BodyHash(columns.bytes()?);
    let saga = columns.maybe_uuid()?.map(|uuid| WorkDone::Saga(SagaId(uuid)));
    let admin = columns.maybe_string()?.map(WorkDone::Admin);
    let work = saga.or(admin).ok_or_else(|| Trouble::call("a key did nothing"))?;
    Ok(KnownKey { body, work, request_id: columns.string()? })
}

fn ending(columns: &mut dyn Columns) -> Result<Option<Ending>, Trouble> {
    let name = columns.maybe_string()?;
    let code = columns.maybe_string()?.unwrap_or_default();
    let Some(name) = name else { return Ok(None) };
    [Ending::Declined(code), Ending::Expired, Ending::Cancelled, Ending::NeverOrder]
        .into_iter()
        .find(|ending| ending.as_str() == name)
        .map(Some)
        .ok_or_else(|| Trouble::call(format!("no saga ends as `{name}`")))
}

/// The code that goes with an ending.
pub(crate) fn ending_code(ending: Option<&Ending>) -> Option<&str> {
    match ending {
        Some(Ending::Declined(code)) => Some(code),
        Some(Ending::Expired | Ending::Cancelled | Ending::NeverOrder) | None => None,
    }
}

/// The payment attempt of a saga; `None` if there was nothing to pay.
pub(crate) fn attempt(
    columns: &mut dyn Columns,
    saga: SagaId,
    currency: Currency,
) -> Result<Option<Attempt>, Trouble> {
    let Some(provider) = columns.maybe_string()? else { return Ok(None) };
    Ok(Some(Attempt {
        saga,
        provider,
        token: columns.string()?,
        amount: columns.money(currency)?,
        capture: columns.value(Capture::parse)?,
        status: columns.value(payment::Status::parse)?,
        captured: columns.money(currency)?,
        refunded: columns.money(currency)?,
        refund_pending: columns.money(currency)?,
        provider_reference: columns.maybe_string()?,
        unknown_since: columns.maybe_time()?,
    }))
}

/// A reservation line and how it stands.
pub(crate) fn allocation(columns: &mut dyn Columns) -> Result<(Allocation, Reserved), Trouble> {
    let place = Place { sku: stock::sku(columns)?, location: stock::location(columns)? };
    let allocation = Allocation { place, quantity: columns.integer()? };
    Ok((allocation, columns.value(Reserved::parse)?))
}
