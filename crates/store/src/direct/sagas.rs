//! Sagas, their attempts and reservations, and the keys that began them, row by row.

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{OwnerId, SagaId};
use sellonce_checkout::idempotency::{Claim, WorkDone};
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::saga::Ending;
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::store::sagas::Run;

use crate::rows::{history, sagas, stock};
use crate::sql::{Statements, values};
use crate::tables::{Held, KnownKey};
use crate::trouble::Trouble;

pub(super) fn known_key(sql: &dyn Statements, claim: &Claim) -> Result<Option<KnownKey>, Trouble> {
    let row = "SELECT body, saga_id, work, request_id FROM idempotency_keys WHERE scope = ?1 AND key = ?2";
    sql.one(row, values![&claim.scope.0, claim.key.as_str()], sagas::known_key)
}

pub(super) fn note_key(
    sql: &dyn Statements,
    claim: &Claim,
    work: &WorkDone,
    now: Timestamp,
) -> Result<(), Trouble> {
    let insert = "INSERT INTO idempotency_keys (scope, key, body, saga_id, work, request_id, created_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (saga, admin) = match work {
        WorkDone::Saga(id) => (Some(id.0.as_bytes()), None),
        WorkDone::Admin(text) => (None, Some(text)),
    };
    let (scope, key, body) = (&claim.scope.0, claim.key.as_str(), &claim.body.0);
    sql.execute(insert, values![scope, key, body, saga, admin, &claim.request_id, now.millis()])?;
    Ok(())
}

/// Inserts the saga, leased to who began it, with its attempt and its reservation.
pub(super) fn insert_run(
    sql: &dyn Statements,
    run: &Run,
    schedule: &Schedule,
    owner: OwnerId,
    now: Timestamp,
) -> Result<(), Trouble> {
    let insert = "INSERT INTO sagas (id, checkout_id, cart_id, state, fence, lease_owner, lease_until, next_run_at, \
                  hold_until, limits, history, created_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let saga = &run.saga;
    let limits = stock::limits_text(&saga.hold.limits);
    let history = history::begun(saga.state.as_str(), saga.fence, now);
    sql.execute(
        insert,
        values![
            saga.id.0.as_bytes(),
            saga.checkout.0.as_bytes(),
            saga.cart.as_ref().map(|id| id.0.as_bytes()),
            saga.state.as_str(),
            saga.fence,
            owner.0.as_bytes(),
            schedule.lease_until.millis(),
            schedule.next_run_at.millis(),
            saga.hold_until.millis(),
            limits.as_ref(),
            &history,
            saga.created_at.millis(),
        ],
    )?;
    if let Some(attempt) = &run.attempt {
        insert_attempt(sql, attempt, saga.fence, now)?;
    }
    let insert = "INSERT INTO reservations (saga_id, number, sku, location, quantity, state) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for (allocation, number) in saga.hold.allocations.iter().zip(1_i64..) {
        let (sku, location) = (allocation.place.sku.as_str(), allocation.place.location.as_str());
        let (id, open) = (saga.id.0.as_bytes(), Reserved::Open.as_str());
        sql.execute(insert, values![id, number, sku, location, allocation.quantity, open])?;
    }
    Ok(())
}

fn insert_attempt(
    sql: &dyn Statements,
    attempt: &Attempt,
    fence: i64,
    now: Timestamp,
) -> Result<(), Trouble> {
    let insert = "INSERT INTO payments (saga_id, provider, token, amount, capture, status, captured, refunded, \
                  refund_pending, history) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let history = history::begun(attempt.status.as_str(), fence, now);
    sql.execute(
        insert,
        values![
            attempt.saga.0.as_bytes(),
            &attempt.provider,
            &attempt.token,
            attempt.amount.minor(),
            attempt.capture.as_str(),
            attempt.status.as_str(),
            attempt.captured.minor(),
            attempt.refunded.minor(),
            attempt.refund_pending.minor(),
            &history,
        ],
    )?;
    Ok(())
}

/// Moves a saga, as a compare-and-set (I6, I14).
pub(super) fn change_saga(
    sql: &dyn Statements,
    was: &Held,
    is: &Held,
    now: Timestamp,
) -> Result<(), Trouble> {
    let update = "UPDATE sagas SET state = ?4, fence = ?5, tries = ?6, lease_owner = ?7, lease_until = ?8, \
                  next_run_at = ?9, problem = ?10, stuck_since = ?11, ended_at = ?12, order_id = ?13, \
                  action_url = ?14, ending = ?15, ending_code = ?16, woken = ?17, resolution = ?18, \
                  resolved_by = ?19, resolved_reason = ?20, resolved_at = ?21, late_check = ?22, \
                  history = history || ?23 \
                  WHERE id = ?1 AND state = ?2 AND fence = ?3";
    let (before, after, schedule) = (&was.run.saga, &is.run.saga, &is.schedule);
    let step = history::step_between(before.state.as_str(), after.state.as_str(), after.fence, now);
    let (ending, resolved) = (after.ending.as_ref(), after.resolved.as_ref());
    sql.execute_one(
        "a saga",
        update,
        values![
            before.id.0.as_bytes(),
            before.state.as_str(),
            before.fence,
            after.state.as_str(),
            after.fence,
            after.tries,
            is.owner.as_ref().map(|id| id.0.as_bytes()),
            schedule.lease_until.millis(),
            schedule.next_run_at.millis(),
            sagas::problem_column(&schedule.problem),
            schedule.stuck_since.map(Timestamp::millis),
            after.ended_at.map(Timestamp::millis),
            after.order.as_ref().map(|id| id.0.as_bytes()),
            after.action_url.as_ref(),
            ending.map(Ending::as_str),
            sagas::ending_code(ending),
            i64::from(schedule.woken),
            resolved.map(|said| said.resolution.as_str()),
            resolved.map(|said| &said.actor),
            resolved.map(|said| &said.reason),
            resolved.map(|said| said.at.millis()),
            i64::from(after.late_check),
            &step,
        ],
    )
}

/// Writes what was learned of a payment, under the condition that it stands where it stood.
pub(super) fn change_attempt(
    sql: &dyn Statements,
    was: &Attempt,
    is: &Attempt,
    fence: i64,
    now: Timestamp,
) -> Result<(), Trouble> {
    let update = "UPDATE payments SET status = ?5, captured = ?6, refunded = ?7, refund_pending = ?8, \
                  provider_reference = ?9, unknown_since = ?10, history = history || ?11 \
                  WHERE saga_id = ?1 AND status = ?2 AND refunded = ?3 AND refund_pending = ?4";
    let step = history::step_between(was.status.as_str(), is.status.as_str(), fence, now);
    sql.execute_one(
        "a payment",
        update,
        values![
            is.saga.0.as_bytes(),
            was.status.as_str(),
            was.refunded.minor(),
            was.refund_pending.minor(),
            is.status.as_str(),
            is.captured.minor(),
            is.refunded.minor(),
            is.refund_pending.minor(),
            is.provider_reference.as_ref(),
            is.unknown_since.map(Timestamp::millis),
            &step,
        ],
    )
}

/// Ends what a saga holds, once (I11).
pub(super) fn end_reservation(sql: &dyn Statements, run: &Run, to: Reserved) -> Result<(), Trouble> {
    let update = "UPDATE reservations SET state = ?2 WHERE saga_id = ?1 AND state = 'open'";
    let SagaId(id) = run.saga.id;
    let ended = sql.execute(update, values![id.as_bytes(), to.as_str()])?;
    let lines = run.saga.hold.allocations.len();
    if usize::try_from(ended) == Ok(lines) {
        Ok(())
    } else {
        Err(Trouble::call(format!("I11: {ended} of {lines} lines were open")))
    }
}
