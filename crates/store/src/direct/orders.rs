//! Orders that are placed, and the simulated provider's bookings, row by row.

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::OrderId;
use sellonce_checkout::money::Money;
use sellonce_checkout::order::{HistoryEvent, Order};
use sellonce_checkout::outbox;
use sellonce_checkout::simulated_book::{BookEntry, Booking, PlannedCallback};

use crate::sql::{Statements, values};
use crate::trouble::Trouble;

pub(super) fn insert(sql: &dyn Statements, order: &Order) -> Result<(), Trouble> {
    let insert = "INSERT INTO orders (number, id, token, checkout_id, cart_id, saga_id, status, total, version, \
                  created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let id = order.id.0.as_bytes();
    sql.execute(
        insert,
        values![
            order.number,
            id,
            &order.token.0,
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
    let insert = "INSERT INTO order_lines (order_id, number, position, sku, location, quantity) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for (line, position) in order.lines.iter().zip(1_i64..) {
        let (sku, location) = (line.sku.as_str(), line.location.as_str());
        sql.execute(insert, values![id, line.number, position, sku, location, line.quantity])?;
    }
    order.events.iter().try_for_each(|event| append(sql, order.id, event))
}

/// Appends an event with its deliveries (I13).
pub(crate) fn append(sql: &dyn Statements, order: OrderId, event: &HistoryEvent) -> Result<(), Trouble> {
    let insert = "INSERT INTO order_events (order_id, sequence, id, from_status, to_status, actor, reason, at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    sql.execute(
        insert,
        values![
            order.0.as_bytes(),
            event.sequence,
            event.id.0.as_bytes(),
            event.from.map(|status| status.as_str()),
            event.to.as_str(),
            &event.actor,
            &event.reason,
            event.at.millis(),
        ],
    )?;
    let insert = "INSERT INTO deliveries (event_id, consumer, order_id, sequence, next_at, lease_until) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    for consumer in outbox::consumers(event.to) {
        let (event_id, order) = (event.id.0.as_bytes(), order.0.as_bytes());
        sql.execute(insert, values![event_id, *consumer, order, event.sequence, event.at.millis()])?;
    }
    Ok(())
}

pub(super) fn insert_booking(sql: &dyn Statements, entry: &BookEntry, now: Timestamp) -> Result<(), Trouble> {
    let insert = "INSERT INTO simulated_payments (attempt_key, token, amount, currency, status, decline_code, \
                  created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (amount, currency) = (entry.amount.minor(), entry.amount.currency().code());
    let (key, code) = (&entry.attempt_key, entry.decline_code);
    sql.execute(insert, values![key, &entry.token, amount, currency, entry.status, code, now.millis()])?;
    Ok(())
}

pub(super) fn change_booking(sql: &dyn Statements, was: &Booking, is: &Booking) -> Result<(), Trouble> {
    let update = "UPDATE simulated_payments SET asked = ?4, status = ?5, decline_code = ?6 \
                  WHERE attempt_key = ?1 AND status = ?2 AND asked = ?3";
    let (key, code) = (&is.attempt_key, is.decline_code.as_ref());
    sql.execute_one("a booking", update, values![key, &was.status, was.asked, is.asked, &is.status, code])
}

pub(super) fn owe_callbacks(
    sql: &dyn Statements,
    attempt_key: &str,
    callbacks: &[PlannedCallback],
    now: Timestamp,
) -> Result<(), Trouble> {
    let insert = "INSERT INTO simulated_callbacks (id, copy, attempt_key, event, forged, due_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for PlannedCallback { id, copy, event, delay_ms, forged } in callbacks {
        let due_at = now.plus_ms(*delay_ms).millis();
        sql.execute(insert, values![id, *copy, attempt_key, *event, i64::from(*forged), due_at])?;
    }
    Ok(())
}

pub(super) fn is_refunded(
    sql: &dyn Statements,
    attempt_key: &str,
    refund_key: &str,
) -> Result<bool, Trouble> {
    let row = "SELECT 1 FROM simulated_refunds WHERE attempt_key = ?1 AND refund_key = ?2";
    sql.any(row, values![attempt_key, refund_key])
}

pub(super) fn book_refund(
    sql: &dyn Statements,
    was: &Booking,
    refund_key: &str,
    amount: Money,
    now: Timestamp,
) -> Result<(), Trouble> {
    let update = "UPDATE simulated_payments SET refunded = refunded + ?2 \
                  WHERE attempt_key = ?1 AND status = 'captured' AND refunded = ?3 AND refunded + ?2 <= amount";
    let key = &was.attempt_key;
    sql.execute_one("a booking", update, values![key, amount.minor(), was.refunded.minor()])?;
    let insert = "INSERT INTO simulated_refunds (attempt_key, refund_key, amount, created_at) \
                  VALUES (?1, ?2, ?3, ?4)";
    sql.execute(insert, values![key, refund_key, amount.minor(), now.millis()])?;
    Ok(())
}
