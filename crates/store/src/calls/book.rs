//! The simulated provider's book: tables of its own, in a lane of its own, so that no transaction writes both it and the
//! shop.

use async_trait::async_trait;
use sellonce_checkout::money::Money;
use sellonce_checkout::simulated_book::{BookEntry, Booking, SimulatedBook};
use sellonce_checkout::store::Failure;

use crate::calls::{Database, DatabaseStore};
use crate::job::Manner;
use crate::load;
use crate::pipeline::Lane;
use crate::rows::orders::{self, booking_columns};
use crate::sql::values;
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

    async fn refund(
        &self,
        attempt_key: &str,
        refund_key: &str,
        amount: Money,
    ) -> Result<Option<Booking>, Failure> {
        let (attempt_key, refund_key) = (attempt_key.to_owned(), refund_key.to_owned());
        let run = move |tables: &mut dyn Tables| refund(tables, &attempt_key, &refund_key, amount);
        self.write_in(Lane::Book, Manner::ByKeys, run).await
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
}

fn book(tables: &mut dyn Tables, entry: &BookEntry) -> Result<Booking, Trouble> {
    let Some(was) = tables.booking(&entry.attempt_key)? else {
        tables.insert_booking(entry)?;
        return Ok(first(entry, tables.now()));
    };
    // The token and the amount stay those of the first asking.
    let mut is = Booking { asked: was.asked.saturating_add(1), ..was.clone() };
    if entry.only_from.contains(&was.status.as_str()) {
        is.status = entry.status.to_owned();
        is.decline_code = entry.decline_code.map(str::to_owned);
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

fn refund(
    tables: &mut dyn Tables,
    attempt_key: &str,
    refund_key: &str,
    amount: Money,
) -> Result<Option<Booking>, Trouble> {
    let Some(was) = tables.booking(attempt_key)? else { return Ok(None) };
    if tables.is_refunded(attempt_key, refund_key)? {
        return Ok(Some(was));
    }
    // Another currency cannot be added.
    let Ok(refunded) = was.refunded.plus(amount) else { return Ok(None) };
    if was.status != "captured" || refunded.minor() > was.amount.minor() {
        return Ok(None);
    }
    tables.book_refund(&was, refund_key, amount)?;
    Ok(Some(Booking { refunded, ..was }))
}
