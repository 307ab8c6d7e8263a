//! Refunds: beginning them, claiming those that are due, and how each try ended.

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{OwnerId, RefundId, Uuid};
use sellonce_checkout::money::Currency;
use sellonce_checkout::refund::{Outcome, Refund, State};
use sellonce_checkout::store::Page;
use sellonce_checkout::store::orders::DueRefund;

use crate::calls::orders::write_change;
use crate::load;
use crate::rows::refunds::{self, refund_columns};
use crate::rows::sagas::problem_column;
use crate::sql::{Dialect, Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

/// Inserts a refund that begins; those of its payment that were refused are settled by it.
pub(in crate::calls) fn begin(sql: &dyn Statements, refund: &Refund) -> Result<(), Trouble> {
    let saga = refund.saga.0.as_bytes();
    let settle = "UPDATE refunds SET stuck_since = NULL WHERE saga_id = ?1 AND state = 'refused'";
    sql.execute(settle, values![saga])?;
    let insert = "INSERT INTO refunds (id, saga_id, order_id, amount, reason, actor, state, tries, next_at, \
                  lease_until, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)";
    let order = refund.order.as_ref().map(|order| order.0.as_bytes());
    let (id, amount, state) = (refund.id.0.as_bytes(), refund.amount.minor(), refund.state.as_str());
    let (next_at, now) = (refund.next_at.millis(), refund.created_at.millis());
    let row =
        values![id, saga, order, amount, &refund.reason, &refund.actor, state, refund.tries, next_at, now];
    sql.execute(insert, row)?;
    Ok(())
}

/// Takes over refunds that are due and nobody's.
pub(super) fn claim(tables: &mut dyn Tables, owner: OwnerId, limit: u32) -> Result<Vec<DueRefund>, Trouble> {
    let (shop, now) = (tables.shop(), tables.now());
    let sql = tables.sql()?;
    let due = match sql.dialect() {
        Dialect::Sqlite => concat!(
            "SELECT ",
            refund_columns!(),
            " FROM refunds WHERE state = 'pending' AND next_at <= ?1 AND lease_until <= ?1 \
             ORDER BY next_at, id LIMIT ?2"
        ),
        Dialect::Postgres => concat!(
            "SELECT ",
            refund_columns!(),
            " FROM refunds WHERE state = 'pending' AND next_at <= ?1 AND lease_until <= ?1 \
             ORDER BY next_at, id LIMIT ?2 FOR UPDATE SKIP LOCKED"
        ),
    };
    let due =
        sql.many(due, values![now.millis(), limit], |columns| refunds::refund(columns, shop.currency))?;
    let lease_until = now.plus_ms(shop.times.lease_ms);
    let mut claimed = Vec::with_capacity(due.len());
    for refund in due {
        let update =
            "UPDATE refunds SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1 AND state = 'pending'";
        let row = values![refund.id.0.as_bytes(), owner.0.as_bytes(), lease_until.millis()];
        sql.execute_one("a refund", update, row)?;
        let attempt = load::attempt(sql, shop.currency, refund.saga)?;
        let attempt = attempt.ok_or_else(|| Trouble::call(format!("{} is of no payment", refund.id)))?;
        claimed.push(DueRefund { refund, attempt });
    }
    claimed.sort_by_key(|due| due.refund.id);
    Ok(claimed)
}

/// Writes how a try of a refund ended; `false` if the refund is over.
pub(super) fn finish(tables: &mut dyn Tables, id: RefundId, outcome: &Outcome) -> Result<bool, Trouble> {
    let (shop, now) = (tables.shop(), tables.now());
    let sql = tables.sql()?;
    let refund = load::refund(sql, shop.currency, id)?.filter(|refund| refund.state == State::Pending);
    let Some(refund) = refund else { return Ok(false) };
    let view = refund.order.map(|order| load::named_order(sql, shop.currency, order)).transpose()?;
    let attempt = load::attempt(sql, shop.currency, refund.saga)?;
    let finished = attempt.as_ref().and_then(|attempt| {
        let finished = refund.finish(outcome, attempt, view.as_ref(), now, &shop.times);
        finished.map(|finished| (attempt, finished))
    });
    let (attempt, finished) =
        finished.ok_or_else(|| Trouble::call(format!("{id} is more than was set aside")))?;
    write(sql, &finished.refund, now)?;
    match (&view, &finished.change, &finished.attempt) {
        (Some(view), Some(change), _) => write_change(tables, view, change, 0)?,
        (_, _, Some(is)) => tables.change_attempt(attempt, is, 0)?,
        (_, _, None) => {}
    }
    Ok(true)
}

/// Writes a refund that was pending, and lets go of its lease.
fn write(sql: &dyn Statements, refund: &Refund, now: Timestamp) -> Result<(), Trouble> {
    let update = "UPDATE refunds SET state = ?2, tries = ?3, next_at = ?4, problem = ?5, stuck_since = ?6, \
                  ended_at = ?7, lease_owner = NULL, lease_until = ?8 WHERE id = ?1 AND state = 'pending'";
    let (id, state, next_at) = (refund.id.0.as_bytes(), refund.state.as_str(), refund.next_at.millis());
    let stuck_since = refund.stuck_since.map(|at| at.millis());
    let ended_at = refund.ended_at.map(|at| at.millis());
    let problem = problem_column(&refund.problem);
    let row = values![id, state, refund.tries, next_at, problem, stuck_since, ended_at, now.millis()];
    sql.execute_one("a refund", update, row)
}

/// The refunds that wait for an operator.
pub(super) fn stuck(
    sql: &dyn Statements,
    currency: Currency,
    after: Option<RefundId>,
    limit: u32,
) -> Result<Page<Refund>, Trouble> {
    let page = concat!(
        "SELECT ",
        refund_columns!(),
        " FROM refunds WHERE stuck_since IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2"
    );
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let row = values![after.as_bytes(), i64::from(limit) + 1];
    let refunds = sql.many(page, row, |columns| refunds::refund(columns, currency))?;
    Ok(Page::of(refunds, limit))
}
