//! Orders and their refunds on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::id::{OrderId, OwnerId, RefundId, Uuid};
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::order::change::{self, Change};
use sellonce_checkout::order::{HistoryEvent, Order};
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::saga;
use sellonce_checkout::store::orders::{
    OrderView, Orders, Refund, RefundResult, TransitionOrder, TransitionRefusal, Transitioned,
};
use sellonce_checkout::store::{Answer, Failure, Page};

use crate::rows::orders::{self, event_columns, order_columns, order_line_columns};
use crate::rows::sagas::{self, attempt_columns};
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::sqlite::{SqliteStore, checkouts, deliveries};
use crate::trouble::Trouble;

#[async_trait]
impl Orders for SqliteStore {
    async fn order(&self, id: OrderId) -> Result<Option<OrderView>, Failure> {
        self.read(move |connection, shop| load(connection, shop.currency, id)).await
    }

    async fn orders(&self, after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure> {
        self.read(move |connection, shop| {
            let sql = "SELECT id FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            // No UUID is as large as all ones.
            let after = after.map_or(Uuid::max(), |id| id.0);
            let params = params![after.as_bytes(), i64::from(limit) + 1];
            let ids = many(connection, sql, params, |columns| columns.uuid().map(OrderId))?;
            let views = ids.into_iter().map(|id| load_named(connection, shop.currency, id));
            Ok(Page::of(views.collect::<Result<_, Trouble>>()?, limit))
        })
        .await
    }

    async fn transition_order(&self, call: TransitionOrder) -> Answer<Transitioned, TransitionRefusal> {
        self.write(move |flush| transition(flush, &call)).await
    }

    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<Refund>, Failure> {
        self.write(move |flush| claim_refunds(flush, owner, limit)).await
    }

    async fn finish_refund(&self, id: RefundId, result: RefundResult) -> Result<bool, Failure> {
        self.write(move |flush| finish_refund(flush, id, &result)).await
    }
}

/// An order with everything that is shown of it.
pub(super) fn load(
    connection: &Connection,
    currency: Currency,
    id: OrderId,
) -> Result<Option<OrderView>, Trouble> {
    let sql = concat!("SELECT ", order_columns!(), " FROM orders WHERE id = ?1");
    let found = one(connection, sql, [id.0.as_bytes()], |columns| orders::order(columns, currency))?;
    let Some(mut order) = found else { return Ok(None) };
    let sql = concat!(
        "SELECT ",
        order_line_columns!(),
        " FROM order_lines WHERE order_id = ?1 ORDER BY number, position"
    );
    order.lines = many(connection, sql, [id.0.as_bytes()], orders::line)?;
    let sql =
        concat!("SELECT ", event_columns!(), " FROM order_events WHERE order_id = ?1 ORDER BY sequence");
    order.events = many(connection, sql, [id.0.as_bytes()], orders::event)?;
    let checkout = checkouts::load_named(connection, currency, order.checkout)?;
    let sql = concat!("SELECT ", attempt_columns!(), " FROM payments WHERE saga_id = ?1");
    let attempt = one(connection, sql, [order.saga.0.as_bytes()], |columns| {
        sagas::attempt(columns, order.saga, currency)
    })?;
    Ok(Some(OrderView { order, checkout, attempt: attempt.flatten() }))
}

/// An order that another row names, so that it must be there.
pub(super) fn load_named(
    connection: &Connection,
    currency: Currency,
    id: OrderId,
) -> Result<OrderView, Trouble> {
    load(connection, currency, id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}

/// Inserts an order that was placed, with its lines, its events and their deliveries.
pub(super) fn insert(flush: &Flush, order: &Order) -> Result<(), Trouble> {
    let sql = "INSERT INTO orders (number, id, token, checkout_id, cart_id, saga_id, status, total, version, \
               created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let id = order.id.0.as_bytes();
    flush.execute(
        sql,
        params![
            order.number,
            id,
            order.token.0,
            order.checkout.0.as_bytes(),
            order.cart.as_ref().map(|cart| cart.0.as_bytes()),
            order.saga.0.as_bytes(),
            order.status.as_str(),
            order.total.minor(),
            order.version,
            order.created_at.millis(),
            order.updated_at.millis(),
        ],
    )?;
    let sql = "INSERT INTO order_lines (order_id, number, position, sku, location, quantity) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for (line, position) in order.lines.iter().zip(1_i64..) {
        let (sku, location) = (line.sku.as_str(), line.location.as_str());
        flush.execute(sql, params![id, line.number, position, sku, location, line.quantity])?;
    }
    for event in &order.events {
        append(flush, order.id, event)?;
    }
    Ok(())
}

/// Appends an event with its deliveries (I13).
fn append(flush: &Flush, order: OrderId, event: &HistoryEvent) -> Result<(), Trouble> {
    let sql = "INSERT INTO order_events (order_id, sequence, id, from_status, to_status, actor, reason, at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    flush.execute(
        sql,
        params![
            order.0.as_bytes(),
            event.sequence,
            event.id.0.as_bytes(),
            event.from.map(|status| status.as_str()),
            event.to.as_str(),
            event.actor,
            event.reason,
            event.at.millis(),
        ],
    )?;
    deliveries::tell(flush, order, event)
}

fn transition(
    flush: &mut Flush,
    call: &TransitionOrder,
) -> Result<Result<Transitioned, TransitionRefusal>, Trouble> {
    let Some(view) = load(flush.connection(), flush.currency(), call.id)? else {
        return Ok(Err(TransitionRefusal::NotFound));
    };
    if let Some(known) = flush.known_key(&call.claim)? {
        return Ok(match known.body == call.claim.body {
            true => Ok(transitioned(view, known.request_id, true)),
            false => Err(TransitionRefusal::KeyReused),
        });
    }
    flush.read_stock(view.order.lines.iter().map(|line| &line.sku))?;
    let change = match change::decide(call, &view, &mut flush.book, flush.now) {
        Ok(change) => change,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(amount) = change.refund {
        let sql = "INSERT INTO refunds (id, order_id, saga_id, amount, state, next_at, created_at) \
                   VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5)";
        let (id, order, saga) = (call.refund.0, call.id.0, view.order.saga.0);
        let now = flush.now.millis();
        flush.execute(sql, params![id.as_bytes(), order.as_bytes(), saga.as_bytes(), amount.minor(), now])?;
    }
    write_change(flush, &view, &change)?;
    flush.note_key(&call.claim, &WorkDone::Admin(format!("transition {}", call.id)))?;
    Ok(Ok(transitioned(change.view, call.claim.request_id.clone(), false)))
}

fn transitioned(view: OrderView, request_id: String, replayed: bool) -> Transitioned {
    let refund_under_way = view.attempt.as_ref().is_some_and(|attempt| !attempt.refund_pending.is_zero());
    Transitioned { view, refund_under_way, request_id, replayed }
}

/// Writes what was decided of an order, under the condition that it still is as it was decided from (I6).
fn write_change(flush: &Flush, from: &OrderView, change: &Change) -> Result<(), Trouble> {
    let to = &change.view;
    let id = to.order.id.0.as_bytes();
    let sql = "UPDATE orders SET status = ?4, version = ?5, updated_at = ?6 \
               WHERE id = ?1 AND status = ?2 AND version = ?3";
    let (was, is) = (from.order.status.as_str(), to.order.status.as_str());
    let row = params![id, was, from.order.version, is, to.order.version, to.order.updated_at.millis()];
    flush.execute_one("an order", sql, row)?;
    for (before, line) in from.order.lines.iter().zip(&to.order.lines) {
        if line != before {
            let sql = "UPDATE order_lines SET cancelled = ?4, shipped = ?5, returned = ?6 \
                       WHERE order_id = ?1 AND number = ?2 AND location = ?3";
            let location = line.location.as_str();
            let row = params![id, line.number, location, line.cancelled, line.shipped, line.returned];
            flush.execute_one("a line of an order", sql, row)?;
        }
    }
    if let (Some(before), Some(attempt)) = (&from.attempt, &to.attempt)
        && before != attempt
    {
        write_refunds(flush, before, attempt)?;
    }
    match &change.event {
        Some(event) => append(flush, to.order.id, event),
        None => Ok(()),
    }
}

fn write_refunds(flush: &Flush, before: &Attempt, attempt: &Attempt) -> Result<(), Trouble> {
    let sql = "UPDATE payments SET refunded = ?4, refund_pending = ?5 \
               WHERE saga_id = ?1 AND refunded = ?2 AND refund_pending = ?3";
    let (refunded, pending) = (before.refunded.minor(), before.refund_pending.minor());
    let (refunded_after, pending_after) = (attempt.refunded.minor(), attempt.refund_pending.minor());
    let row = params![attempt.saga.0.as_bytes(), refunded, pending, refunded_after, pending_after];
    flush.execute_one("a payment", sql, row)
}

fn claim_refunds(flush: &mut Flush, owner: OwnerId, limit: u32) -> Result<Vec<Refund>, Trouble> {
    let sql = "SELECT id, order_id, amount, tries FROM refunds \
               WHERE state = 'pending' AND next_at <= ?1 AND lease_until <= ?1 ORDER BY next_at, id LIMIT ?2";
    let (now, currency) = (flush.now.millis(), flush.currency());
    let due = many(flush.connection(), sql, params![now, limit], |columns| {
        let (id, order) = (RefundId(columns.uuid()?), OrderId(columns.uuid()?));
        let amount = columns.money(currency)?;
        let tries = columns.count()?;
        Ok((id, order, amount, tries))
    })?;
    let lease_until = flush.now.plus_ms(flush.shop.times.lease_ms);
    let mut claimed = Vec::with_capacity(due.len());
    for (id, order, amount, tries) in due {
        let sql = "UPDATE refunds SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1 AND state = 'pending'";
        let row = params![id.0.as_bytes(), owner.0.as_bytes(), lease_until.millis()];
        flush.execute_one("a refund", sql, row)?;
        let view = load_named(flush.connection(), currency, order)?;
        let attempt =
            view.attempt.ok_or_else(|| Trouble::call(format!("{id} is of an order without payment")))?;
        claimed.push(Refund { id, order, amount, tries, attempt });
    }
    claimed.sort_by_key(|refund| refund.id);
    Ok(claimed)
}

fn finish_refund(flush: &mut Flush, id: RefundId, result: &RefundResult) -> Result<bool, Trouble> {
    let currency = flush.currency();
    let sql = "SELECT order_id, amount, tries FROM refunds WHERE id = ?1 AND state = 'pending'";
    let found = one(flush.connection(), sql, [id.0.as_bytes()], |columns| {
        Ok((OrderId(columns.uuid()?), columns.money(currency)?, columns.count::<u32>()?))
    })?;
    let Some((order, amount, tries)) = found else { return Ok(false) };
    let view = load_named(flush.connection(), currency, order)?;
    let (state, problem, change) = match result {
        RefundResult::Unknown(problem) => {
            let next_at = saga::retry_at(flush.now, tries, &flush.shop.times);
            let sql = "UPDATE refunds SET next_at = ?2, tries = tries + 1, problem = ?3, lease_owner = NULL, \
                       lease_until = ?4 WHERE id = ?1 AND state = 'pending'";
            let row = params![id.0.as_bytes(), next_at.millis(), problem, flush.now.millis()];
            flush.execute_one("a refund", sql, row)?;
            return Ok(true);
        }
        RefundResult::Refunded(event) => {
            ("refunded", None, change::refunded(&view, amount, *event, flush.now))
        }
        RefundResult::Refused(code) => {
            ("refused", Some(code), change::refund_refused(&view, amount, flush.now))
        }
    };
    let change = change.ok_or_else(|| exceeds(id, amount))?;
    let sql = "UPDATE refunds SET state = ?2, ended_at = ?3, problem = ?4, lease_owner = NULL, lease_until = ?3 \
               WHERE id = ?1 AND state = 'pending'";
    flush.execute_one("a refund", sql, params![id.0.as_bytes(), state, flush.now.millis(), problem])?;
    write_change(flush, &view, &change)?;
    Ok(true)
}

fn exceeds(id: RefundId, amount: Money) -> Trouble {
    Trouble::call(format!("{id} of {amount} is more than was set aside"))
}
