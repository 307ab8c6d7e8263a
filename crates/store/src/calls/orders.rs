//! Orders after they were placed, and their refunds.

use async_trait::async_trait;
use sellonce_checkout::id::{OrderId, OwnerId, RefundId, Uuid};
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::money::Money;
use sellonce_checkout::order::change::{self, Change};
use sellonce_checkout::saga;
use sellonce_checkout::store::orders::{
    OrderView, Orders, Refund, RefundResult, TransitionOrder, TransitionRefusal, Transitioned,
};
use sellonce_checkout::store::{Answer, Failure, Page};

use crate::calls::{Database, DatabaseStore};
use crate::direct;
use crate::load;
use crate::sql::{Dialect, Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Orders for DatabaseStore<D> {
    async fn order(&self, id: OrderId) -> Result<Option<OrderView>, Failure> {
        self.read(move |sql, shop| load::order(sql, shop.currency, id)).await
    }

    async fn orders(&self, after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure> {
        self.read(move |sql, shop| {
            let page = "SELECT id FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            // No UUID is as large as all ones.
            let after = after.map_or(Uuid::max(), |id| id.0);
            let row = values![after.as_bytes(), i64::from(limit) + 1];
            let ids = sql.many(page, row, |columns| columns.uuid().map(OrderId))?;
            let views = ids.into_iter().map(|id| load::named_order(sql, shop.currency, id));
            Ok(Page::of(views.collect::<Result<_, Trouble>>()?, limit))
        })
        .await
    }

    async fn transition_order(&self, call: TransitionOrder) -> Answer<Transitioned, TransitionRefusal> {
        self.write(move |tables| transition(tables, &call)).await
    }

    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<Refund>, Failure> {
        self.write_aside(move |tables| claim_refunds(tables, owner, limit)).await
    }

    async fn finish_refund(&self, id: RefundId, result: RefundResult) -> Result<bool, Failure> {
        self.write(move |tables| finish_refund(tables, id, &result)).await
    }
}

fn transition(
    tables: &mut dyn Tables,
    call: &TransitionOrder,
) -> Result<Result<Transitioned, TransitionRefusal>, Trouble> {
    let currency = tables.shop().currency;
    let Some(view) = load::order(tables.sql()?, currency, call.id)? else {
        return Ok(Err(TransitionRefusal::NotFound));
    };
    if let Some(known) = tables.known_key(&call.claim)? {
        return Ok(match known.body == call.claim.body {
            true => Ok(transitioned(view, known.request_id, true)),
            false => Err(TransitionRefusal::KeyReused),
        });
    }
    tables.read_stock_of(view.order.lines.iter().map(|line| &line.sku))?;
    let now = tables.now();
    let change = match change::decide(call, &view, tables.book(), now) {
        Ok(change) => change,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(amount) = change.refund {
        let insert = "INSERT INTO refunds (id, order_id, saga_id, amount, state, next_at, lease_until, created_at) \
                      VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5, ?5)";
        let (id, order, saga) = (call.refund.0, call.id.0, view.order.saga.0);
        let row = values![id.as_bytes(), order.as_bytes(), saga.as_bytes(), amount.minor(), now.millis()];
        tables.sql()?.execute(insert, row)?;
    }
    write_change(tables, &view, &change)?;
    tables.note_key(&call.claim, &WorkDone::Admin(format!("transition {}", call.id)))?;
    Ok(Ok(transitioned(change.view, call.claim.request_id.clone(), false)))
}

fn transitioned(view: OrderView, request_id: String, replayed: bool) -> Transitioned {
    let refund_under_way = view.attempt.as_ref().is_some_and(|attempt| !attempt.refund_pending.is_zero());
    Transitioned { view, refund_under_way, request_id, replayed }
}

/// Writes what was decided of an order, under the condition that it still is as it was decided from (I6).
fn write_change(tables: &mut dyn Tables, from: &OrderView, change: &Change) -> Result<(), Trouble> {
    let to = &change.view;
    let id = to.order.id.0.as_bytes();
    let update = "UPDATE orders SET status = ?4, version = ?5, updated_at = ?6 \
                  WHERE id = ?1 AND status = ?2 AND version = ?3";
    let (was, is) = (from.order.status.as_str(), to.order.status.as_str());
    let row = values![id, was, from.order.version, is, to.order.version, to.order.updated_at.millis()];
    tables.sql()?.execute_one("an order", update, row)?;
    for (before, line) in from.order.lines.iter().zip(&to.order.lines) {
        if line != before {
            let update = "UPDATE order_lines SET cancelled = ?4, shipped = ?5, returned = ?6 \
                          WHERE order_id = ?1 AND number = ?2 AND location = ?3";
            let location = line.location.as_str();
            let row = values![id, line.number, location, line.cancelled, line.shipped, line.returned];
            tables.sql()?.execute_one("a line of an order", update, row)?;
        }
    }
    if let (Some(before), Some(attempt)) = (&from.attempt, &to.attempt)
        && before != attempt
    {
        tables.change_attempt(before, attempt, 0)?;
    }
    match &change.event {
        Some(event) => direct::append_event(tables.sql()?, to.order.id, event),
        None => Ok(()),
    }
}

fn claim_refunds(tables: &mut dyn Tables, owner: OwnerId, limit: u32) -> Result<Vec<Refund>, Trouble> {
    let sql = tables.sql()?;
    let due = match sql.dialect() {
        Dialect::Sqlite => {
            "SELECT id, order_id, amount, tries FROM refunds \
             WHERE state = 'pending' AND next_at <= ?1 AND lease_until <= ?1 ORDER BY next_at, id LIMIT ?2"
        }
        Dialect::Postgres => {
            "SELECT id, order_id, amount, tries FROM refunds \
             WHERE state = 'pending' AND next_at <= ?1 AND lease_until <= ?1 ORDER BY next_at, id LIMIT ?2 \
             FOR UPDATE SKIP LOCKED"
        }
    };
    let currency = tables.shop().currency;
    let due = sql.many(due, values![tables.now().millis(), limit], |columns| {
        let (id, order) = (RefundId(columns.uuid()?), OrderId(columns.uuid()?));
        let amount = columns.money(currency)?;
        let tries = columns.count()?;
        Ok((id, order, amount, tries))
    })?;
    let lease_until = tables.now().plus_ms(tables.shop().times.lease_ms);
    let mut claimed = Vec::with_capacity(due.len());
    for (id, order, amount, tries) in due {
        let update =
            "UPDATE refunds SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1 AND state = 'pending'";
        let row = values![id.0.as_bytes(), owner.0.as_bytes(), lease_until.millis()];
        sql.execute_one("a refund", update, row)?;
        let view = load::named_order(sql, currency, order)?;
        let attempt =
            view.attempt.ok_or_else(|| Trouble::call(format!("{id} is of an order without payment")))?;
        claimed.push(Refund { id, order, amount, tries, attempt });
    }
    claimed.sort_by_key(|refund| refund.id);
    Ok(claimed)
}

fn finish_refund(tables: &mut dyn Tables, id: RefundId, result: &RefundResult) -> Result<bool, Trouble> {
    let (shop, now) = (tables.shop(), tables.now());
    let sql: &dyn Statements = tables.sql()?;
    let row = "SELECT order_id, amount, tries FROM refunds WHERE id = ?1 AND state = 'pending'";
    let found = sql.one(row, values![id.0.as_bytes()], |columns| {
        Ok((OrderId(columns.uuid()?), columns.money(shop.currency)?, columns.count::<u32>()?))
    })?;
    let Some((order, amount, tries)) = found else { return Ok(false) };
    let view = load::named_order(sql, shop.currency, order)?;
    let (state, problem, change) = match result {
        RefundResult::Unknown(problem) => {
            let next_at = saga::retry_at(now, tries, &shop.times);
            let update = "UPDATE refunds SET next_at = ?2, tries = tries + 1, problem = ?3, lease_owner = NULL, \
                          lease_until = ?4 WHERE id = ?1 AND state = 'pending'";
            let row = values![id.0.as_bytes(), next_at.millis(), problem, now.millis()];
            sql.execute_one("a refund", update, row)?;
            return Ok(true);
        }
        RefundResult::Refunded(event) => ("refunded", None, change::refunded(&view, amount, *event, now)),
        RefundResult::Refused(code) => ("refused", Some(code), change::refund_refused(&view, amount, now)),
    };
    let change = change.ok_or_else(|| exceeds(id, amount))?;
    let update = "UPDATE refunds SET state = ?2, ended_at = ?3, problem = ?4, lease_owner = NULL, lease_until = ?3 \
                  WHERE id = ?1 AND state = 'pending'";
    sql.execute_one("a refund", update, values![id.0.as_bytes(), state, now.millis(), problem])?;
    write_change(tables, &view, &change)?;
    Ok(true)
}

fn exceeds(id: RefundId, amount: Money) -> Trouble {
    Trouble::call(format!("{id} of {amount} is more than was set aside"))
}
