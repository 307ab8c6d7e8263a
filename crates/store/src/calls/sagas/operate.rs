//! What operators do about sagas that hang: see them, wake them, say how their payment stands.

use sellonce_checkout::id::{SagaId, Uuid};
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::money::Currency;
use sellonce_checkout::steps;
use sellonce_checkout::store::Page;
use sellonce_checkout::store::sagas::{ResolveRefusal, ResolveSaga, ResolvedSaga, RetryRefusal, Run, Stuck};

use crate::calls::sagas::take;
use crate::load;
use crate::sql::{Statements, values};
use crate::tables::{Held, Tables};
use crate::trouble::Trouble;

/// The sagas that wait for an operator.
pub(super) fn stuck(
    sql: &dyn Statements,
    currency: Currency,
    after: Option<SagaId>,
    limit: u32,
) -> Result<Page<Stuck>, Trouble> {
    let page = "SELECT id FROM sagas WHERE stuck_since IS NOT NULL AND (ended_at IS NULL OR late_check = 1) \
                AND id > ?1 ORDER BY id LIMIT ?2";
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let row = values![after.as_bytes(), i64::from(limit) + 1];
    let ids = sql.many(page, row, |columns| columns.uuid().map(SagaId))?;
    let stuck = |id| {
        let Held { run, schedule, .. } = load::named_saga(sql, currency, id)?;
        let since = schedule.stuck_since.unwrap_or(run.saga.created_at);
        Ok(Stuck { run, since, problem: schedule.problem, next_run_at: schedule.next_run_at })
    };
    Ok(Page::of(ids.into_iter().map(stuck).collect::<Result<_, Trouble>>()?, limit))
}

/// Has a saga run at once.
pub(super) fn retry(tables: &mut dyn Tables, id: SagaId) -> Result<Result<Run, RetryRefusal>, Trouble> {
    let Some(was) = tables.held(id)? else { return Ok(Err(RetryRefusal::NotFound)) };
    if !was.run.saga.has_work() {
        return Ok(Err(RetryRefusal::Ended(Box::new(was.run))));
    }
    wake(tables, &was)?;
    Ok(Ok(was.run))
}

/// Has a saga run at once, or right after whoever has it lets go of it.
pub(in crate::calls) fn wake(tables: &mut dyn Tables, was: &Held) -> Result<(), Trouble> {
    let mut is = was.clone();
    is.schedule.wake(&mut is.run.saga, tables.now());
    if is == *was { Ok(()) } else { tables.change_saga(was, &is) }
}

/// Notes what an operator said of a saga's payment, once per key, and takes the saga over.
pub(super) fn resolve(
    tables: &mut dyn Tables,
    call: &ResolveSaga,
) -> Result<Result<ResolvedSaga, ResolveRefusal>, Trouble> {
    let Some(was) = tables.held(call.saga)? else { return Ok(Err(ResolveRefusal::NotFound)) };
    if let Some(known) = tables.known_key(&call.claim)? {
        return Ok(match known.body == call.claim.body {
            true => Ok(ResolvedSaga { run: was.run, request_id: known.request_id, replayed: true }),
            false => Err(ResolveRefusal::KeyReused),
        });
    }
    let saga = match steps::resolve(call, &was.run, tables.now()) {
        Ok(saga) => saga,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut is = was.clone();
    is.run.saga = saga;
    let run = take(tables, &was, is, call.owner)?;
    tables.note_key(&call.claim, &WorkDone::Admin(format!("resolution {}", call.saga)))?;
    Ok(Ok(ResolvedSaga { run, request_id: call.claim.request_id.clone(), replayed: false }))
}
