//! The simulated provider's book on SQLite: tables of its own, in the pipeline's other lane, so that no transaction
//! writes both it and the shop.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::money::Money;
use sellonce_checkout::simulated_book::{BookEntry, Booking, SimulatedBook};
use sellonce_checkout::store::Failure;

use crate::pipeline::Lane;
use crate::rows::orders::{self, booking_columns};
use crate::sqlite::SqliteStore;
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::trouble::Trouble;

#[async_trait]
impl SimulatedBook for SqliteStore {
    async fn book(&self, entry: BookEntry) -> Result<Booking, Failure> {
        self.write_in(Lane::Book, move |flush| book(flush, &entry)).await
    }

    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        let attempt_key = attempt_key.to_owned();
        self.read(move |connection, _| load(connection, &attempt_key)).await
    }

    async fn refund(
        &self,
        attempt_key: &str,
        refund_key: &str,
        amount: Money,
    ) -> Result<Option<Booking>, Failure> {
        let (attempt_key, refund_key) = (attempt_key.to_owned(), refund_key.to_owned());
        self.write_in(Lane::Book, move |flush| refund(flush, &attempt_key, &refund_key, amount)).await
    }

    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure> {
        let after = after.unwrap_or_default().to_owned();
        self.read(move |connection, _| {
            let sql = concat!(
                "SELECT ",
                booking_columns!(),
                " FROM simulated_payments WHERE attempt_key > ?1 ORDER BY attempt_key LIMIT ?2"
            );
            many(connection, sql, params![after, limit], orders::booking)
        })
        .await
    }
}

fn load(connection: &Connection, attempt_key: &str) -> Result<Option<Booking>, Trouble> {
    let sql = concat!("SELECT ", booking_columns!(), " FROM simulated_payments WHERE attempt_key = ?1");
    one(connection, sql, [attempt_key], orders::booking)
}

fn there(connection: &Connection, attempt_key: &str) -> Result<Booking, Trouble> {
    load(connection, attempt_key)?.ok_or_else(|| Trouble::call(format!("the booking {attempt_key} is gone")))
}

fn book(flush: &mut Flush, entry: &BookEntry) -> Result<Booking, Trouble> {
    let sql = "INSERT INTO simulated_payments (attempt_key, token, amount, currency, status, decline_code, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (attempt_key) DO NOTHING";
    let (amount, currency) = (entry.amount.minor(), entry.amount.currency().code());
    let (key, code, now) = (&entry.attempt_key, entry.decline_code, flush.now.millis());
    let row = params![key, entry.token, amount, currency, entry.status, code, now];
    if flush.execute(sql, row)? == 0 {
        // The token and the amount stay those of the first asking.
        let booked = there(flush.connection(), key)?;
        let moves = entry.only_from.contains(&booked.status.as_str());
        let (status, code) = match moves {
            true => (entry.status, code),
            false => (booked.status.as_str(), booked.decline_code.as_deref()),
        };
        let sql = "UPDATE simulated_payments SET asked = asked + 1, status = ?2, decline_code = ?3 \
                   WHERE attempt_key = ?1 AND status = ?4";
        flush.execute_one("a booking", sql, params![key, status, code, booked.status])?;
    }
    there(flush.connection(), key)
}

fn refund(
    flush: &mut Flush,
    attempt_key: &str,
    refund_key: &str,
    amount: Money,
) -> Result<Option<Booking>, Trouble> {
    let Some(booking) = load(flush.connection(), attempt_key)? else { return Ok(None) };
    let sql = "SELECT 1 FROM simulated_refunds WHERE attempt_key = ?1 AND refund_key = ?2";
    if one(flush.connection(), sql, [attempt_key, refund_key], |_| Ok(()))?.is_some() {
        return Ok(Some(booking));
    }
    if booking.amount.currency() != amount.currency() {
        return Ok(None);
    }
    let sql = "UPDATE simulated_payments SET refunded = refunded + ?2 \
               WHERE attempt_key = ?1 AND status = 'captured' AND refunded + ?2 <= amount";
    if flush.execute(sql, params![attempt_key, amount.minor()])? == 0 {
        return Ok(None);
    }
    let sql =
        "INSERT INTO simulated_refunds (attempt_key, refund_key, amount, created_at) VALUES (?1, ?2, ?3, ?4)";
    flush.execute(sql, params![attempt_key, refund_key, amount.minor(), flush.now.millis()])?;
    there(flush.connection(), attempt_key).map(Some)
}
