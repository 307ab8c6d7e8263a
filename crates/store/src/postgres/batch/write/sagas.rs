//! Keys, sagas, payment attempts and reservations of a batch, on their way out.

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::saga::Ending;

use crate::postgres::batch::bulk::Bulk;
use crate::postgres::batch::write::{Change, NewRun, Writes};
use crate::rows::sagas;
use crate::sql::values;

/// I7: a key that another process has noted in the meantime refuses all of it.
pub(super) fn keys<'a>(writes: &'a Writes, now: i64, bulks: &mut Vec<Bulk<'a>>) {
    let mut keys = Bulk::new(
        "INSERT INTO idempotency_keys (scope, key, body, saga_id, work, request_id, created_at) \
         SELECT * FROM unnest(?1::bytea[], ?2::text[], ?3::bytea[], ?4::uuid[], ?5::text[], ?6::text[], \
         ?7::timestamptz[])",
    );
    for (claim, work) in &writes.keys {
        let (saga, admin) = match work {
            WorkDone::Saga(id) => (Some(id.0.as_bytes()), None),
            WorkDone::Admin(text) => (None, Some(text)),
        };
        let (scope, key, body) = (&claim.scope.0, claim.key.as_str(), &claim.body.0);
        keys.push(values![scope, key, body, saga, admin, &claim.request_id, now]);
    }
    bulks.push(keys);
}

/// Sagas that begin, with their attempts and reservations.
pub(super) fn runs<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    // A cart that another process orders between the look at it and this one is found here: its row is locked until the
    // end, and a row that was changed since the snapshot refuses all of it.
    let mut carts =
        Bulk::question("SELECT 1 FROM carts WHERE id = ANY(?1::uuid[]) AND ordered_by IS NULL FOR SHARE");
    let mut sagas = Bulk::new(
        "INSERT INTO sagas (id, checkout_id, cart_id, state, fence, lease_owner, lease_until, next_run_at, hold_until, \
         limits, history, created_at) SELECT * FROM unnest(?1::uuid[], ?2::uuid[], ?3::uuid[], ?4::text[], ?5::bigint[], \
         ?6::uuid[], ?7::timestamptz[], ?8::timestamptz[], ?9::timestamptz[], ?10::text[], ?11::text[], \
         ?12::timestamptz[])",
    );
    let mut attempts = Bulk::new(
        "INSERT INTO payments (saga_id, provider, token, amount, capture, status, captured, refunded, refund_pending, \
         history) SELECT * FROM unnest(?1::uuid[], ?2::text[], ?3::text[], ?4::bigint[], ?5::text[], ?6::text[], \
         ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::text[])",
    );
    let mut lines = Bulk::new(
        "INSERT INTO reservations (saga_id, number, sku, location, quantity, state) \
         SELECT * FROM unnest(?1::uuid[], ?2::bigint[], ?3::text[], ?4::text[], ?5::bigint[], ?6::text[])",
    );
    for NewRun { run, schedule, owner, limits, history, attempt_history } in &writes.runs {
        let saga = &run.saga;
        let id = saga.id.0.as_bytes();
        if let Some(cart) = &saga.cart {
            carts.push(values![cart.0.as_bytes()]);
        }
        sagas.push(values![
            id,
            saga.checkout.0.as_bytes(),
            saga.cart.as_ref().map(|id| id.0.as_bytes()),
            saga.state.as_str(),
            saga.fence,
            owner.0.as_bytes(),
            schedule.lease_until.millis(),
            schedule.next_run_at.millis(),
            saga.hold_until.millis(),
            limits.as_ref(),
            history,
            saga.created_at.millis(),
        ]);
        if let Some(attempt) = &run.attempt {
            attempts.push(values![
                id,
                &attempt.provider,
                &attempt.token,
                attempt.amount.minor(),
                attempt.capture.as_str(),
                attempt.status.as_str(),
                attempt.captured.minor(),
                attempt.refunded.minor(),
                attempt.refund_pending.minor(),
                attempt_history,
            ]);
        }
        for (allocation, number) in saga.hold.allocations.iter().zip(1_i64..) {
            let (sku, location) = (allocation.place.sku.as_str(), allocation.place.location.as_str());
            lines.push(values![id, number, sku, location, allocation.quantity, Reserved::Open.as_str()]);
        }
    }
    bulks.extend([carts, sagas, attempts, lines]);
}

/// Sagas that move (I6, I14).
pub(super) fn moves<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut moved = Bulk::new(
        "UPDATE sagas s SET state = w.state, fence = w.fence, tries = w.tries, lease_owner = w.lease_owner, \
         lease_until = w.lease_until, next_run_at = w.next_run_at, problem = w.problem, stuck_since = w.stuck_since, \
         ended_at = w.ended_at, order_id = w.order_id, action_url = w.action_url, ending = w.ending, \
         ending_code = w.ending_code, woken = w.woken, resolution = w.resolution, resolved_by = w.resolved_by, \
         resolved_reason = w.resolved_reason, resolved_at = w.resolved_at, late_check = w.late_check, \
         history = s.history || w.step \
         FROM unnest(?1::uuid[], ?2::text[], ?3::bigint[], ?4::text[], ?5::bigint[], ?6::bigint[], ?7::uuid[], \
         ?8::timestamptz[], ?9::timestamptz[], ?10::text[], ?11::timestamptz[], ?12::timestamptz[], ?13::uuid[], \
         ?14::text[], ?15::text[], ?16::text[], ?17::bigint[], ?18::text[], ?19::text[], ?20::text[], \
         ?21::timestamptz[], ?22::bigint[], ?23::text[]) \
         AS w (id, state_was, fence_was, state, fence, tries, lease_owner, lease_until, next_run_at, problem, \
         stuck_since, ended_at, order_id, action_url, ending, ending_code, woken, resolution, resolved_by, \
         resolved_reason, resolved_at, late_check, step) WHERE s.id = w.id AND s.state = w.state_was AND s.fence = w.fence_was",
    );
    for Change { was, is, step } in &writes.sagas {
        let (before, after, schedule) = (&was.run.saga, &is.run.saga, &is.schedule);
        let resolved = after.resolved.as_ref();
        moved.push(values![
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
            after.ending.as_ref().map(Ending::as_str),
            sagas::ending_code(after.ending.as_ref()),
            i64::from(schedule.woken),
            resolved.map(|said| said.resolution.as_str()),
            resolved.map(|said| &said.actor),
            resolved.map(|said| &said.reason),
            resolved.map(|said| said.at.millis()),
            i64::from(after.late_check),
            step,
        ]);
    }
    bulks.push(moved);
}

/// What was learned of payments, each under the condition that it stands where it stood.
pub(super) fn attempts<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut attempts = Bulk::new(
        "UPDATE payments p SET status = w.status, captured = w.captured, refunded = w.refunded, \
         refund_pending = w.refund_pending, provider_reference = w.reference, unknown_since = w.unknown_since, \
         history = p.history || w.step \
         FROM unnest(?1::uuid[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::text[], ?6::bigint[], ?7::bigint[], \
         ?8::bigint[], ?9::text[], ?10::timestamptz[], ?11::text[]) \
         AS w (id, status_was, refunded_was, pending_was, status, captured, refunded, refund_pending, reference, \
         unknown_since, step) \
         WHERE p.saga_id = w.id AND p.status = w.status_was AND p.refunded = w.refunded_was \
         AND p.refund_pending = w.pending_was",
    );
    for Change { was, is, step } in &writes.attempts {
        attempts.push(values![
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
            step,
        ]);
    }
    bulks.push(attempts);
}

/// Reservations that end, all lines of a saga at once (I11).
pub(super) fn reservations<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut reservations = Bulk::new(
        "UPDATE reservations r SET state = w.state FROM unnest(?1::uuid[], ?2::text[]) AS w (saga_id, state) \
         WHERE r.saga_id = w.saga_id AND r.state = 'open'",
    );
    for (saga, to, lines) in &writes.reservations {
        reservations.push_for(values![saga.0.as_bytes(), to.as_str()], *lines);
    }
    bulks.push(reservations);
}
