//! Sagas: claiming and postponing them. T1 stands in `reserve`, the moves in `moves`.

mod moves;
mod reserve;

use async_trait::async_trait;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{OwnerId, SagaId};
use sellonce_checkout::money::Currency;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{
    Advance, Begun, From, Moved, PlaceOrder, Postpone, Release, Reserve, ReserveRefusal, Run, Sagas, Stuck,
};
use sellonce_checkout::store::{Answer, Failure};

use crate::calls::{Database, DatabaseStore};
use crate::load;
use crate::sql::{Dialect, Statements, values};
use crate::tables::{Held, Schedule, Tables};
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Sagas for DatabaseStore<D> {
    async fn reserve(&self, call: Reserve) -> Answer<Begun, ReserveRefusal> {
        self.write_by_keys(move |tables| reserve::reserve(tables, &call)).await
    }

    async fn place_order(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        self.write_by_keys(move |tables| moves::place_order(tables, &call)).await?
    }

    async fn release(&self, call: Release) -> Result<Moved<Box<Run>>, Failure> {
        self.write_by_keys(move |tables| moves::release(tables, &call)).await
    }

    async fn advance(&self, call: Advance) -> Result<Moved<Box<Run>>, Failure> {
        self.write_by_keys(move |tables| moves::advance(tables, &call)).await
    }

    async fn postpone(&self, call: Postpone) -> Result<Moved<()>, Failure> {
        self.write_by_keys(move |tables| postpone(tables, &call)).await
    }

    async fn claim_sagas(&self, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Failure> {
        self.write_aside(move |tables| claim(tables, owner, limit)).await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<Run>, Failure> {
        self.read(move |sql, shop| Ok(load::held(sql, shop.currency, id)?.map(|held| held.run))).await
    }

    async fn stuck_sagas(&self, limit: u32) -> Result<Vec<Stuck>, Failure> {
        self.read(move |sql, shop| stuck(sql, shop.currency, limit)).await
    }

    async fn end_leases(&self) -> Result<(), Failure> {
        self.write_aside(|tables| {
            let (sql, now) = (tables.sql()?, values![tables.now().millis()]);
            let update = "UPDATE sagas SET lease_until = ?1, next_run_at = ?1, lease_owner = NULL \
                          WHERE ended_at IS NULL";
            sql.execute(update, now)?;
            // Their next try keeps its time: it waits for others, not for a process that died.
            let update = "UPDATE deliveries SET lease_until = ?1, lease_owner = NULL \
                          WHERE done_at IS NULL AND dead_at IS NULL AND lease_until > ?1";
            sql.execute(update, now)?;
            let update = "UPDATE refunds SET lease_until = ?1, lease_owner = NULL \
                          WHERE state = 'pending' AND lease_until > ?1";
            sql.execute(update, now)?;
            Ok(())
        })
        .await
    }
}

/// The saga, if it is still where the caller left it and nobody has taken it over (I14).
fn held(tables: &mut dyn Tables, from: From) -> Result<Option<Held>, Trouble> {
    let held = tables.held(from.saga)?;
    Ok(held.filter(|held| held.run.saga.state == from.state && held.run.saga.fence == from.fence))
}

fn postpone(tables: &mut dyn Tables, call: &Postpone) -> Result<Moved<()>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Moved::Lost) };
    let (now, times) = (tables.now(), tables.shop().times);
    let mut is = was.clone();
    let mut waits_since = was.run.saga.created_at.plus_ms(times.hold_ms);
    if let (true, Some(before), Some(attempt)) = (call.unknown, &was.run.attempt, &mut is.run.attempt) {
        let unknown_since = before.unknown_since.unwrap_or(now);
        waits_since = waits_since.min(unknown_since);
        attempt.unknown_since = Some(unknown_since);
        tables.change_attempt(before, attempt, was.run.saga.fence)?;
    }
    let is_stuck = now.ms_since(waits_since) >= times.stuck_ms;
    is.run.saga.tries = was.run.saga.tries.saturating_add(u32::from(call.unknown));
    is.schedule = Schedule {
        lease_owner: None,
        lease_until: now,
        next_run_at: call.next_run_at,
        problem: Some(call.problem.clone()),
        stuck_since: was.schedule.stuck_since.or(is_stuck.then_some(now)),
    };
    tables.change_saga(&was, &is)?;
    Ok(Moved::Done(()))
}

fn claim(tables: &mut dyn Tables, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Trouble> {
    let now = tables.now();
    let due = match tables.sql()?.dialect() {
        Dialect::Sqlite => {
            "SELECT id FROM sagas WHERE ended_at IS NULL AND next_run_at <= ?1 AND lease_until <= ?1 \
             ORDER BY next_run_at, id LIMIT ?2"
        }
        Dialect::Postgres => {
            "SELECT id FROM sagas WHERE ended_at IS NULL AND next_run_at <= ?1 AND lease_until <= ?1 \
             ORDER BY next_run_at, id LIMIT ?2 FOR UPDATE SKIP LOCKED"
        }
    };
    let mut due =
        tables.sql()?.many(due, values![now.millis(), limit], |columns| columns.uuid().map(SagaId))?;
    due.sort_unstable();
    let lease_until = now.plus_ms(tables.shop().times.lease_ms);
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let was = tables.named_saga(id)?;
        let mut is = was.clone();
        is.run.saga.fence = was.run.saga.fence.saturating_add(1);
        is.schedule.lease_owner = Some(owner);
        is.schedule.lease_until = lease_until;
        is.schedule.next_run_at = lease_until;
        tables.change_saga(&was, &is)?;
        claimed.push(is.run);
    }
    Ok(claimed)
}

fn stuck(sql: &dyn Statements, currency: Currency, limit: u32) -> Result<Vec<Stuck>, Trouble> {
    let page = "SELECT id FROM sagas WHERE ended_at IS NULL AND stuck_since IS NOT NULL \
                ORDER BY stuck_since, id LIMIT ?1";
    let ids = sql.many(page, values![limit], |columns| columns.uuid().map(SagaId))?;
    let stuck = |id| {
        let Held { run, schedule, .. } = load::named_saga(sql, currency, id)?;
        let since: Timestamp = schedule.stuck_since.unwrap_or(run.saga.created_at);
        Ok(Stuck { run, since, problem: schedule.problem.unwrap_or_default() })
    };
    ids.into_iter().map(stuck).collect()
}
