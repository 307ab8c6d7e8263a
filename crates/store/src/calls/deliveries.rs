//! The outbox.

use async_trait::async_trait;
use sellonce_checkout::id::{EventId, OrderId, OwnerId};
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, Due};

use crate::calls::{Database, DatabaseStore};
use crate::load;
use crate::sql::{Dialect, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Deliveries for DatabaseStore<D> {
    async fn claim_deliveries(
        &self,
        consumer: &str,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Due>, Failure> {
        let consumer = consumer.to_owned();
        self.write_aside(move |tables| claim(tables, &consumer, owner, limit)).await
    }

    async fn finish_delivery(
        &self,
        event: EventId,
        consumer: &str,
        result: DeliveryResult,
    ) -> Result<(), Failure> {
        let consumer = consumer.to_owned();
        self.write_aside(move |tables| finish(tables, event, &consumer, &result)).await
    }
}

/// Due is what is neither over nor leased, and has nothing of its order before it that is not over.
macro_rules! due {
    () => {
        "SELECT d.order_id, d.sequence, d.event_id, d.tries FROM deliveries d \
         WHERE d.consumer = ?1 AND d.done_at IS NULL AND d.dead_at IS NULL \
         AND d.next_at <= ?2 AND d.lease_until <= ?2 \
         AND NOT EXISTS ( \
             SELECT 1 FROM order_events e JOIN deliveries b ON b.event_id = e.id AND b.consumer = d.consumer \
             WHERE e.order_id = d.order_id AND e.sequence < d.sequence \
             AND b.done_at IS NULL AND b.dead_at IS NULL \
         ) \
         ORDER BY d.next_at, d.event_id LIMIT ?3"
    };
}

fn claim(tables: &mut dyn Tables, consumer: &str, owner: OwnerId, limit: u32) -> Result<Vec<Due>, Trouble> {
    let sql = tables.sql()?;
    let due = match sql.dialect() {
        Dialect::Sqlite => due!(),
        Dialect::Postgres => concat!(due!(), " FOR UPDATE OF d SKIP LOCKED"),
    };
    let (now, shop) = (tables.now(), tables.shop());
    let mut due = sql.many(due, values![consumer, now.millis(), limit], |columns| {
        Ok((OrderId(columns.uuid()?), columns.integer()?, EventId(columns.uuid()?), columns.count::<u32>()?))
    })?;
    due.sort_unstable();
    let lease_until = now.plus_ms(shop.times.lease_ms);
    let mut claimed = Vec::with_capacity(due.len());
    for (order, sequence, event_id, tries) in due {
        let update = "UPDATE deliveries SET lease_owner = ?3, lease_until = ?4 \
                      WHERE event_id = ?1 AND consumer = ?2 AND lease_until <= ?5";
        let (event_id, owner) = (event_id.0.as_bytes(), owner.0.as_bytes());
        let row = values![event_id, consumer, owner, lease_until.millis(), now.millis()];
        sql.execute_one("a delivery", update, row)?;
        let view = load::named_order(sql, shop.currency, order)?;
        let event = view.order.events.iter().find(|event| event.sequence == sequence).cloned();
        let event = event.ok_or_else(|| Trouble::call(format!("{order} has no event {sequence}")))?;
        claimed.push(Due { consumer: consumer.to_owned(), event, view, tries });
    }
    Ok(claimed)
}

fn finish(
    tables: &mut dyn Tables,
    event: EventId,
    consumer: &str,
    result: &DeliveryResult,
) -> Result<(), Trouble> {
    let now = tables.now().millis();
    let (done_at, dead_at, next_at, problem) = match result {
        DeliveryResult::Delivered => (Some(now), None, None, None),
        DeliveryResult::Retry { at, problem } => (None, None, Some(at.millis()), Some(problem)),
        DeliveryResult::Dead { problem } => (None, Some(now), None, Some(problem)),
    };
    let update = "UPDATE deliveries \
                  SET done_at = ?3, dead_at = ?4, next_at = coalesce(?5, next_at), problem = ?6, tries = tries + 1, \
                  lease_owner = NULL, lease_until = ?7 \
                  WHERE event_id = ?1 AND consumer = ?2 AND done_at IS NULL AND dead_at IS NULL";
    let row = values![event.0.as_bytes(), consumer, done_at, dead_at, next_at, problem, now];
    tables.sql()?.execute(update, row)?;
    Ok(())
}
