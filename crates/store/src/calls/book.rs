//! The simulated provider's book: tables of its own, in a lane of its own, so that no transaction writes both it and the
//! shop.

use async_trait::async_trait;
use sellonce_checkout::money::Money;
use sellonce_checkout::simulated_book::{BookEntry, Booking, OwedCallback, RefundEntry, SimulatedBook};
use sellonce_checkout::store::Failure;

use crate::calls::{Database, DatabaseStore};
use crate::job::Manner;
use crate::load;
use crate::pipeline::Lane;
use crate::rows::orders::{self, booking_columns};
use crate::sql::{Dialect, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> SimulatedBook for DatabaseStore<D> {
    async fn book(&self, entry: BookEntry) -> Result<Booking, Failure> {
        self.write_in(Lane::Book, Manner::ByKeys, move |tables| book(tables, &entry)).await
    }

    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        let attempt_key = attempt_key.to_owned();
        self.read(move |sql, _| load::booking(sql, &attempt_key)).await
    }

    async fn refund(&self, entry: RefundEntry) -> Result<Option<Booking>, Failure> {
        self.write_in(Lane::Book, Manner::ByKeys, move |tables| refund(tables, &entry)).await
    }

    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure> {
        let after = after.unwrap_or_default().to_owned();
        self.read(move |sql, _| {
            let page = concat!(
                "SELECT ",
                booking_columns!(),
                " FROM simulated_payments WHERE attempt_key > ?1 ORDER BY attempt_key LIMIT ?2"
            );
            sql.many(page, values![&after, limit], orders::booking)
        })
        .await
    }

    async fn claim_callbacks(&self, limit: u32, again_ms: i64) -> Result<Vec<OwedCallback>, Failure> {
        self.write_in(Lane::Book, Manner::Alone, move |tables| claim_callbacks(tables, limit, again_ms)).await
    }

    async fn finish_callback(&self, id: &str, copy: u32) -> Result<(), Failure> {
        let id = id.to_owned();
        self.write_in(Lane::Book, Manner::Alone, move |tables| {
            let delete = "DELETE FROM simulated_callbacks WHERE id = ?1 AND copy = ?2";
            tables.sql()?.execute(delete, values![&id, copy])?;
            Ok(())
        })
        .await
    }

    async fn put_off_callback(&self, id: &str, copy: u32, pause_ms: i64) -> Result<(), Failure> {
        let id = id.to_owned();
        self.write_in(Lane::Book, Manner::Alone, move |tables| {
            let due_at = tables.now().plus_ms(pause_ms).millis();
            let update = "UPDATE simulated_callbacks SET due_at = ?3 WHERE id = ?1 AND copy = ?2";
            tables.sql()?.execute(update, values![&id, copy, due_at])?;
            Ok(())
        })
        .await
    }
}

fn book(tables: &mut dyn Tables, entry: &BookEntry) -> Result<Booking, Trouble> {
    let Some(was) = tables.booking(&entry.attempt_key)? else {
        tables.insert_booking(entry)?;
        tables.owe_callbacks(&entry.attempt_key, &entry.callbacks)?;
        return Ok(first(entry, tables.now()));
    };
    // The token and the amount stay those of the first asking.
    let mut is = Booking { asked: was.asked.saturating_add(1), ..was.clone() };
    if entry.only_from.contains(&was.status.as_str()) {
        is.status = entry.status.to_owned();
        is.decline_code = entry.decline_code.map(str::to_owned);
        tables.owe_callbacks(&entry.attempt_key, &entry.callbacks)?;
    }
    tables.change_booking(&was, &is)?;
    Ok(is)
}

/// The booking that a first asking makes.
fn first(entry: &BookEntry, now: sellonce_checkout::clock::Timestamp) -> Booking {
    Booking {
        attempt_key: entry.attempt_key.clone(),
        token: entry.token.clone(),
        amount: entry.amount,
        status: entry.status.to_owned(),
        decline_code: entry.decline_code.map(str::to_owned),
        refunded: Money::zero(entry.amount.currency()),
        asked: 1,
        created_at: now,
    }
}

fn refund(tables: &mut dyn Tables, entry: &RefundEntry) -> Result<Option<Booking>, Trouble> {
    let RefundEntry { attempt_key, refund_key, amount, callbacks } = entry;
    let Some(was) = tables.booking(attempt_key)? else { return Ok(None) };
    if tables.is_refunded(attempt_key, refund_key)? {
        return Ok(Some(was));
    }
    // Another currency cannot be added.
    let Ok(refunded) = was.refunded.plus(*amount) else { return Ok(None) };
    if was.status != "captured" || refunded.minor() > was.amount.minor() {
        return Ok(None);
    }
    tables.book_refund(&was, refund_key, *amount)?;
    tables.owe_callbacks(attempt_key, callbacks)?;
    Ok(Some(Booking { refunded, ..was }))
}

fn claim_callbacks(tables: &mut dyn Tables, limit: u32, again_ms: i64) -> Result<Vec<OwedCallback>, Trouble> {
    let now = tables.now();
    let sql = tables.sql()?;
    let due = match sql.dialect() {
        Dialect::Sqlite => {
            "SELECT id, copy, event, attempt_key, forged, tries FROM simulated_callbacks WHERE due_at <= ?1 \
             ORDER BY due_at, id, copy LIMIT ?2"
        }
        Dialect::Postgres => {
            "SELECT id, copy, event, attempt_key, forged, tries FROM simulated_callbacks WHERE due_at <= ?1 \
             ORDER BY due_at, id, copy LIMIT ?2 FOR UPDATE SKIP LOCKED"
        }
    };
    let due = sql.many(due, values![now.millis(), limit], |columns| {
        Ok(OwedCallback {
            id: columns.string()?,
            copy: columns.count()?,
            event: columns.string()?,
            attempt_key: columns.string()?,
            forged: columns.flag()?,
            tries: columns.count::<u32>()?.saturating_add(1),
        })
    })?;
    let update = "UPDATE simulated_callbacks SET due_at = ?3, tries = ?4 WHERE id = ?1 AND copy = ?2";
    for OwedCallback { id, copy, tries, .. } in &due {
        let row = values![id, *copy, now.plus_ms(again_ms).millis(), *tries];
        sql.execute_one("a callback that is owed", update, row)?;
    }
    Ok(due)
}
