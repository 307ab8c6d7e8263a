//! Sagas: claiming and postponing them. T1 stands in `reserve`, the moves in `moves`, what operators do in `operate`.

mod moves;
mod operate;
mod reserve;

use async_trait::async_trait;
use sellonce_checkout::callback;
use sellonce_checkout::id::{CheckoutId, OwnerId, SagaId};
use sellonce_checkout::money::Currency;
#[cfg(feature = "sabotage")]
use sellonce_checkout::sabotage::{self, Sabotage};
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{
    Advance, Begun, CallOffOrder, From, LateCheck, Leased, Moved, PayOrder, PlaceOrder, Postpone, Release,
    Reserve, ReserveRefusal, ResolveRefusal, ResolveSaga, ResolvedSaga, RetryRefusal, Run, Sagas, Stuck,
    TakeOver,
};
use sellonce_checkout::store::{Answer, Failure, Page};

use crate::calls::{Database, DatabaseStore, orders};
use crate::load;
use crate::sql::{Dialect, Statements, values};
use crate::tables::{Held, Tables};
use crate::trouble::Trouble;

pub(super) use operate::wake;
#[cfg(feature = "sabotage")]
pub(super) use {moves::place_order, reserve::reserve};

#[async_trait]
impl<D: Database> Sagas for DatabaseStore<D> {
    async fn reserve(&self, call: Reserve) -> Answer<Begun, ReserveRefusal> {
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::KeyAfterEffect) {
            return self.reserve_then_note(call).await;
        }
        self.write_by_keys(move |tables| reserve::reserve(tables, &call)).await
    }

    async fn place_order(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::OutboxOutsideTransaction) {
            return self.place_then_tell(call).await;
        }
        self.write_by_keys(move |tables| moves::place_order(tables, &call)).await?
    }

    async fn pay_order(&self, call: PayOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        self.write(move |tables| moves::pay_order(tables, &call)).await?
    }

    async fn call_off_order(&self, call: CallOffOrder) -> Result<Moved<Box<Run>>, Failure> {
        self.write(move |tables| moves::call_off_order(tables, &call)).await?
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

    async fn finish_late_check(&self, call: LateCheck) -> Result<Moved<()>, Failure> {
        self.write_aside(move |tables| finish_late_check(tables, &call)).await
    }

    async fn take_over(&self, call: TakeOver) -> Result<Moved<Box<Run>>, Failure> {
        self.write_by_keys(move |tables| take_over(tables, call)).await
    }

    async fn unfinished_saga(&self, checkout: CheckoutId) -> Result<Option<Run>, Failure> {
        self.read(move |sql, shop| unfinished(sql, shop.currency, checkout)).await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<Run>, Failure> {
        self.read(move |sql, shop| Ok(load::held(sql, shop.currency, id)?.map(|held| held.run))).await
    }

    async fn stuck_sagas(&self, after: Option<SagaId>, limit: u32) -> Result<Page<Stuck>, Failure> {
        self.read(move |sql, shop| operate::stuck(sql, shop.currency, after, limit)).await
    }

    async fn retry_saga(&self, id: SagaId) -> Answer<Run, RetryRefusal> {
        self.write_by_keys(move |tables| operate::retry(tables, id)).await
    }

    async fn resolve_saga(&self, call: ResolveSaga) -> Answer<ResolvedSaga, ResolveRefusal> {
        self.write_by_keys(move |tables| operate::resolve(tables, &call)).await
    }

    async fn end_leases(&self) -> Result<(), Failure> {
        self.write_aside(|tables| {
            let (sql, now) = (tables.sql()?, values![tables.now().millis()]);
            let update = "UPDATE sagas SET lease_until = ?1, next_run_at = ?1, lease_owner = NULL \
                          WHERE ended_at IS NULL OR late_check = 1";
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
    #[cfg(feature = "sabotage")]
    if sabotage::is(Sabotage::NoFenceCheck) {
        return Ok(held);
    }
    Ok(held.filter(|held| held.run.saga.state == from.state && held.run.saga.fence == from.fence))
}

fn postpone(tables: &mut dyn Tables, call: &Postpone) -> Result<Moved<()>, Trouble> {
    let Some(was) = held(tables, call.from)? else { return Ok(Moved::Lost) };
    let (now, times) = (tables.now(), tables.shop().times);
    let mut is = was.clone();
    is.schedule.let_go(&mut is.run, call, now, &times);
    is.owner = None;
    #[cfg(feature = "sabotage")]
    if sabotage::is(Sabotage::NoFenceCheck) {
        is.run.saga.fence = call.from.fence;
    }
    if let (Some(before), Some(attempt)) = (&was.run.attempt, &is.run.attempt)
        && before != attempt
    {
        tables.change_attempt(before, attempt, was.run.saga.fence)?;
    }
    tables.change_saga(&was, &is)?;
    Ok(Moved::Done(()))
}

fn finish_late_check(tables: &mut dyn Tables, call: &LateCheck) -> Result<Moved<()>, Trouble> {
    let was = held(tables, call.from)?.filter(|was| was.run.saga.late_check);
    let Some(was) = was else { return Ok(Moved::Lost) };
    let now = tables.now();
    let mut is = was.clone();
    if let (Some(before), Some((attempt, refund))) =
        (&was.run.attempt, callback::late_checked(call, &was.run, now))
    {
        if *before != attempt {
            tables.change_attempt(before, &attempt, was.run.saga.fence)?;
        }
        if let Some(refund) = refund {
            orders::begin_refund(tables.sql()?, &refund)?;
        }
    }
    is.schedule.checked(&mut is.run.saga, now);
    is.owner = None;
    tables.change_saga(&was, &is)?;
    Ok(Moved::Done(()))
}

/// Gives a saga to an owner, with a new fence (I14); `is` is the saga as it shall be besides.
fn take(tables: &mut dyn Tables, was: &Held, mut is: Held, owner: OwnerId) -> Result<Run, Trouble> {
    let (now, times) = (tables.now(), tables.shop().times);
    is.schedule.take(&mut is.run.saga, now, &times);
    is.owner = Some(owner);
    tables.change_saga(was, &is)?;
    Ok(is.run)
}

/// The question for sagas that are due, of those for which a condition holds. Each condition has an index of its own.
macro_rules! due {
    ($condition:literal, $lock:literal) => {
        concat!(
            "SELECT id FROM sagas WHERE ",
            $condition,
            " AND next_run_at <= ?1 AND lease_until <= ?1 ORDER BY next_run_at, id LIMIT ?2",
            $lock
        )
    };
}

fn claim(tables: &mut dyn Tables, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Trouble> {
    let questions = match tables.sql()?.dialect() {
        Dialect::Sqlite => [due!("ended_at IS NULL", ""), due!("late_check = 1", "")],
        Dialect::Postgres => [
            due!("ended_at IS NULL", " FOR UPDATE SKIP LOCKED"),
            due!("late_check = 1", " FOR UPDATE SKIP LOCKED"),
        ],
    };
    let now = tables.now();
    #[cfg(feature = "sabotage")]
    let now = if sabotage::is(Sabotage::LeaseByLocalClock) { sabotage::local_clock(now) } else { now };
    let mut due = Vec::new();
    for question in questions {
        let left = limit.saturating_sub(u32::try_from(due.len()).unwrap_or(limit));
        let row = values![now.millis(), left];
        due.extend(tables.sql()?.many(question, row, |columns| columns.uuid().map(SagaId))?);
    }
    due.sort_unstable();
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let was = tables.named_saga(id)?;
        claimed.push(take(tables, &was, was.clone(), owner)?);
    }
    Ok(claimed)
}

fn take_over(tables: &mut dyn Tables, call: TakeOver) -> Result<Moved<Box<Run>>, Trouble> {
    let now = tables.now();
    let was = tables.held(call.saga)?.filter(|was| was.run.saga.state == call.state);
    let free = |was: &Held| call.leased == Leased::Take || !was.schedule.is_leased(now);
    let Some(was) = was.filter(|was| !call.state.is_end() && free(was)) else { return Ok(Moved::Lost) };
    Ok(Moved::Done(Box::new(take(tables, &was, was.clone(), call.owner)?)))
}

fn unfinished(
    sql: &dyn Statements,
    currency: Currency,
    checkout: CheckoutId,
) -> Result<Option<Run>, Trouble> {
    let row = "SELECT id FROM sagas WHERE checkout_id = ?1 AND ended_at IS NULL";
    let id = sql.one(row, values![checkout.0.as_bytes()], |columns| columns.uuid().map(SagaId))?;
    id.map(|id| Ok(load::named_saga(sql, currency, id)?.run)).transpose()
}
