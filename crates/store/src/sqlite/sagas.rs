//! Sagas on SQLite: loading, claiming and postponing them. T1 stands in `reserve`, the moves in `moves`.

mod moves;
mod reserve;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::audit::Reserved;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{OwnerId, SagaId};
use sellonce_checkout::money::Currency;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{
    Advance, Begun, From, Moved, PlaceOrder, Postpone, Release, Reserve, ReserveRefusal, Run, Sagas, Stuck,
};
use sellonce_checkout::store::{Answer, Failure};

use crate::rows::sagas::{self, allocation_columns, run_columns};
use crate::sqlite::SqliteStore;
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::trouble::Trouble;

#[async_trait]
impl Sagas for SqliteStore {
    async fn reserve(&self, call: Reserve) -> Answer<Begun, ReserveRefusal> {
        self.write(move |flush| reserve::reserve(flush, &call)).await
    }

    async fn place_order(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        self.write(move |flush| moves::place_order(flush, &call)).await?
    }

    async fn release(&self, call: Release) -> Result<Moved<Box<Run>>, Failure> {
        self.write(move |flush| moves::release(flush, &call)).await
    }

    async fn advance(&self, call: Advance) -> Result<Moved<Box<Run>>, Failure> {
        self.write(move |flush| moves::advance(flush, &call)).await
    }

    async fn postpone(&self, call: Postpone) -> Result<Moved<()>, Failure> {
        self.write(move |flush| postpone(flush, &call)).await
    }

    async fn claim_sagas(&self, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Failure> {
        self.write(move |flush| claim(flush, owner, limit)).await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<Run>, Failure> {
        self.read(move |connection, shop| Ok(load(connection, shop.currency, id)?.map(|held| held.run))).await
    }

    async fn stuck_sagas(&self, limit: u32) -> Result<Vec<Stuck>, Failure> {
        self.read(move |connection, shop| stuck(connection, shop.currency, limit)).await
    }

    async fn end_leases(&self) -> Result<(), Failure> {
        self.write(|flush| {
            let now = [flush.now.millis()];
            flush.execute(
                "UPDATE sagas SET lease_until = ?1, next_run_at = ?1, lease_owner = NULL WHERE ended_at IS NULL",
                now,
            )?;
            // Their next try keeps its time: it waits for others, not for a process that died.
            let sql = "UPDATE deliveries SET lease_until = ?1, lease_owner = NULL \
                       WHERE done_at IS NULL AND dead_at IS NULL AND lease_until > ?1";
            flush.execute(sql, now)?;
            let sql = "UPDATE refunds SET lease_until = ?1, lease_owner = NULL \
                       WHERE state = 'pending' AND lease_until > ?1";
            flush.execute(sql, now)?;
            Ok(())
        })
        .await
    }
}

/// A saga with how its reservation stands.
pub(super) struct Held {
    /// The saga and its attempt.
    pub(super) run: Run,
    /// How each line of its reservation stands.
    pub(super) reservation: Vec<Reserved>,
}

impl Held {
    /// Whether its units are still held.
    fn is_open(&self) -> bool {
        self.reservation.contains(&Reserved::Open)
    }
}

/// A saga with its attempt and what it holds.
pub(super) fn load(connection: &Connection, currency: Currency, id: SagaId) -> Result<Option<Held>, Trouble> {
    let sql = concat!(
        "SELECT ",
        run_columns!(),
        " FROM sagas s LEFT JOIN payments p ON p.saga_id = s.id WHERE s.id = ?1"
    );
    let found = one(connection, sql, [id.0.as_bytes()], |columns| sagas::run(columns, currency))?;
    found.map(|run| with_hold(connection, run)).transpose()
}

/// Adds to a saga the units that it holds.
pub(super) fn with_hold(connection: &Connection, mut run: Run) -> Result<Held, Trouble> {
    let sql =
        concat!("SELECT ", allocation_columns!(), " FROM reservations WHERE saga_id = ?1 ORDER BY number");
    let lines = many(connection, sql, [run.saga.id.0.as_bytes()], sagas::allocation)?;
    let (allocations, reservation) = lines.into_iter().unzip();
    run.saga.hold.allocations = allocations;
    Ok(Held { run, reservation })
}

fn load_named(connection: &Connection, currency: Currency, id: SagaId) -> Result<Held, Trouble> {
    load(connection, currency, id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}

/// The saga, if it is still where the caller left it and nobody has taken it over (I14).
fn held(flush: &Flush, from: From) -> Result<Option<Held>, Trouble> {
    let held = load(flush.connection(), flush.currency(), from.saga)?;
    Ok(held.filter(|held| held.run.saga.state == from.state && held.run.saga.fence == from.fence))
}

fn postpone(flush: &mut Flush, call: &Postpone) -> Result<Moved<()>, Trouble> {
    let Some(Held { run, .. }) = held(flush, call.from)? else { return Ok(Moved::Lost) };
    let (now, times) = (flush.now, flush.shop.times);
    let mut waits_since = run.saga.created_at.plus_ms(times.hold_ms);
    if let Some(attempt) = run.attempt.as_ref().filter(|_| call.unknown) {
        let unknown_since = attempt.unknown_since.unwrap_or(now);
        waits_since = waits_since.min(unknown_since);
        let sql = "UPDATE payments SET unknown_since = ?2 WHERE saga_id = ?1";
        flush.execute_one("a payment", sql, params![attempt.saga.0.as_bytes(), unknown_since.millis()])?;
    }
    let stuck_since: Option<Timestamp> = (now.ms_since(waits_since) >= times.stuck_ms).then_some(now);
    let sql = "UPDATE sagas SET lease_owner = NULL, lease_until = ?4, next_run_at = ?5, problem = ?6, \
               tries = tries + ?7, stuck_since = coalesce(stuck_since, ?8) \
               WHERE id = ?1 AND state = ?2 AND fence = ?3";
    let From { saga, state, fence } = call.from;
    flush.execute_one(
        "a saga",
        sql,
        params![
            saga.0.as_bytes(),
            state.as_str(),
            fence,
            now.millis(),
            call.next_run_at.millis(),
            call.problem,
            i64::from(call.unknown),
            stuck_since.map(Timestamp::millis),
        ],
    )?;
    Ok(Moved::Done(()))
}

fn claim(flush: &mut Flush, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Trouble> {
    let sql = "SELECT id FROM sagas WHERE ended_at IS NULL AND next_run_at <= ?1 AND lease_until <= ?1 \
               ORDER BY next_run_at, id LIMIT ?2";
    let now = flush.now.millis();
    let mut due = many(flush.connection(), sql, params![now, limit], |columns| columns.uuid().map(SagaId))?;
    due.sort_unstable();
    let lease_until = flush.now.plus_ms(flush.shop.times.lease_ms).millis();
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let sql = "UPDATE sagas SET lease_owner = ?2, lease_until = ?3, next_run_at = ?3, fence = fence + 1 \
                   WHERE id = ?1 AND ended_at IS NULL AND lease_until <= ?4";
        flush.execute_one("a saga", sql, params![id.0.as_bytes(), owner.0.as_bytes(), lease_until, now])?;
        claimed.push(load_named(flush.connection(), flush.currency(), id)?.run);
    }
    Ok(claimed)
}

fn stuck(connection: &Connection, currency: Currency, limit: u32) -> Result<Vec<Stuck>, Trouble> {
    let sql = "SELECT id, stuck_since, problem FROM sagas \
               WHERE ended_at IS NULL AND stuck_since IS NOT NULL ORDER BY stuck_since, id LIMIT ?1";
    let found = many(connection, sql, [limit], |columns| {
        Ok((SagaId(columns.uuid()?), columns.time()?, columns.maybe_string()?.unwrap_or_default()))
    })?;
    let with_run =
        |(id, since, problem)| Ok(Stuck { run: load_named(connection, currency, id)?.run, since, problem });
    found.into_iter().map(with_run).collect()
}
