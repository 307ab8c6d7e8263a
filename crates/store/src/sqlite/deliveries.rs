//! The outbox on SQLite.

use async_trait::async_trait;
use rusqlite::params;
use sellonce_checkout::id::{EventId, OrderId, OwnerId};
use sellonce_checkout::order::HistoryEvent;
use sellonce_checkout::outbox;
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, Due};

use crate::sqlite::flush::Flush;
use crate::sqlite::statements::many;
use crate::sqlite::{SqliteStore, orders};
use crate::trouble::Trouble;

#[async_trait]
impl Deliveries for SqliteStore {
    async fn claim_deliveries(
        &self,
        consumer: &str,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Due>, Failure> {
        let consumer = consumer.to_owned();
        self.write(move |flush| claim(flush, &consumer, owner, limit)).await
    }

    async fn finish_delivery(
        &self,
        event: EventId,
        consumer: &str,
        result: DeliveryResult,
    ) -> Result<(), Failure> {
        let consumer = consumer.to_owned();
        self.write(move |flush| finish(flush, event, &consumer, &result)).await
    }
}

/// Writes the deliveries of an event, in the transaction of the event (I13).
pub(super) fn tell(flush: &Flush, order: OrderId, event: &HistoryEvent) -> Result<(), Trouble> {
    let sql = "INSERT INTO deliveries (event_id, consumer, order_id, sequence, next_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    for consumer in outbox::consumers(event.to) {
        let (event_id, order) = (event.id.0.as_bytes(), order.0.as_bytes());
        flush.execute(sql, params![event_id, consumer, order, event.sequence, event.at.millis()])?;
    }
    Ok(())
}

/// Due is what is neither over nor leased, and has nothing of its order before it that is not over.
fn claim(flush: &mut Flush, consumer: &str, owner: OwnerId, limit: u32) -> Result<Vec<Due>, Trouble> {
    let sql = "SELECT d.order_id, d.sequence, d.event_id, d.tries FROM deliveries d \
               WHERE d.consumer = ?1 AND d.done_at IS NULL AND d.dead_at IS NULL \
               AND d.next_at <= ?2 AND d.lease_until <= ?2 \
               AND NOT EXISTS ( \
                   SELECT 1 FROM order_events e JOIN deliveries b ON b.event_id = e.id AND b.consumer = d.consumer \
                   WHERE e.order_id = d.order_id AND e.sequence < d.sequence \
                   AND b.done_at IS NULL AND b.dead_at IS NULL \
               ) \
               ORDER BY d.next_at, d.event_id LIMIT ?3";
    let params = params![consumer, flush.now.millis(), limit];
    let mut due = many(flush.connection(), sql, params, |columns| {
        Ok((OrderId(columns.uuid()?), columns.integer()?, EventId(columns.uuid()?), columns.count::<u32>()?))
    })?;
    due.sort_unstable();
    let lease_until = flush.now.plus_ms(flush.shop.times.lease_ms);
    let mut claimed = Vec::with_capacity(due.len());
    for (order, sequence, event_id, tries) in due {
        let sql = "UPDATE deliveries SET lease_owner = ?3, lease_until = ?4 \
                   WHERE event_id = ?1 AND consumer = ?2 AND lease_until <= ?5";
        let (event_id, owner) = (event_id.0.as_bytes(), owner.0.as_bytes());
        let row = params![event_id, consumer, owner, lease_until.millis(), flush.now.millis()];
        flush.execute_one("a delivery", sql, row)?;
        let view = orders::load_named(flush.connection(), flush.currency(), order)?;
        let event = view.order.events.iter().find(|event| event.sequence == sequence).cloned();
        let event = event.ok_or_else(|| Trouble::call(format!("{order} has no event {sequence}")))?;
        claimed.push(Due { consumer: consumer.to_owned(), event, view, tries });
    }
    Ok(claimed)
}

fn finish(flush: &mut Flush, event: EventId, consumer: &str, result: &DeliveryResult) -> Result<(), Trouble> {
    let now = flush.now.millis();
    let (done_at, dead_at, next_at, problem) = match result {
        DeliveryResult::Delivered => (Some(now), None, None, None),
        DeliveryResult::Retry { at, problem } => (None, None, Some(at.millis()), Some(problem)),
        DeliveryResult::Dead { problem } => (None, Some(now), None, Some(problem)),
    };
    let sql = "UPDATE deliveries \
               SET done_at = ?3, dead_at = ?4, next_at = coalesce(?5, next_at), problem = ?6, tries = tries + 1, \
               lease_owner = NULL, lease_until = ?7 \
               WHERE event_id = ?1 AND consumer = ?2 AND done_at IS NULL AND dead_at IS NULL";
    flush.execute(sql, params![event.0.as_bytes(), consumer, done_at, dead_at, next_at, problem, now])?;
    Ok(())
}
