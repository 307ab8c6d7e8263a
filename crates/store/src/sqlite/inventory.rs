//! Stock on SQLite, apart from checkouts: what merchants move and look at.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::book::{Cause, Movement};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::inventory::{Counters, Place, Policy, Stock};
use sellonce_checkout::store::inventory::{Inventory, MoveRefusal, MoveStock, Moved, StockView};
use sellonce_checkout::store::{Answer, Failure, Page, Shop};

use crate::rows::stock::{self, movement_columns, policy_name};
use crate::sqlite::SqliteStore;
use crate::sqlite::flush::Flush;
use crate::sqlite::flush::book::{sellable, stock_rows};
use crate::sqlite::keys::KnownKey;
use crate::sqlite::statements::{many, one};
use crate::trouble::Trouble;

#[async_trait]
impl Inventory for SqliteStore {
    async fn move_stock(&self, call: MoveStock) -> Answer<Moved, MoveRefusal> {
        self.write(move |flush| move_stock(flush, &call)).await
    }

    async fn stock(&self, sku: &Sku) -> Result<Option<StockView>, Failure> {
        let sku = sku.clone();
        self.read(move |connection, _| {
            let rows = stock_rows(connection, &sku)?;
            Ok((!rows.is_empty()).then_some(StockView { sku, rows }))
        })
        .await
    }

    async fn stocks(&self, after: Option<&Sku>, limit: u32) -> Result<Page<StockView>, Failure> {
        // Every SKU is behind the empty text.
        let after = after.map_or_else(String::new, |sku| sku.as_str().to_owned());
        self.read(move |connection, _| {
            let sql = "SELECT DISTINCT sku FROM inventory WHERE sku > ?1 ORDER BY sku LIMIT ?2";
            let skus = many(connection, sql, params![after, i64::from(limit) + 1], stock::sku)?;
            let view = |sku: Sku| Ok(StockView { rows: stock_rows(connection, &sku)?, sku });
            Ok(Page::of(skus.into_iter().map(view).collect::<Result<_, Trouble>>()?, limit))
        })
        .await
    }

    async fn movements(
        &self,
        sku: &Sku,
        after: Option<(Location, i64)>,
        limit: u32,
    ) -> Result<Page<Movement>, Failure> {
        let sku = sku.clone();
        self.read(move |connection, _| {
            let sql = concat!(
                "SELECT ",
                movement_columns!(),
                " FROM movements WHERE sku = ?1 AND (location, version) > (?2, ?3) \
                 ORDER BY location, version LIMIT ?4"
            );
            let (location, version) =
                after.as_ref().map_or(("", 0), |(location, version)| (location.as_str(), *version));
            let params = params![sku.as_str(), location, version, i64::from(limit) + 1];
            Ok(Page::of(many(connection, sql, params, stock::movement)?, limit))
        })
        .await
    }
}

/// The units of a SKU that can be sold now; `None` where more can be promised than is there.
pub(super) fn available(connection: &Connection, shop: &Shop, sku: &Sku) -> Result<Option<i64>, Trouble> {
    let rows = stock_rows(connection, sku)?;
    let sellable_rows = rows.into_iter().filter(|(location, _)| shop.locations.contains(location));
    Ok(sellable(sellable_rows.map(|(_, stock)| stock)))
}

/// Makes an empty stock row. The rows that were read no longer are all there are, so the book must be empty.
pub(super) fn insert_row(flush: &Flush, place: &Place, policy: Policy) -> Result<(), Trouble> {
    let sql = "INSERT INTO inventory (sku, location, policy, ever_continued) VALUES (?1, ?2, ?3, ?4)";
    let row = params![
        place.sku.as_str(),
        place.location.as_str(),
        policy_name(policy),
        i64::from(policy == Policy::Continue)
    ];
    flush.execute(sql, row)?;
    Ok(())
}

fn move_stock(flush: &mut Flush, call: &MoveStock) -> Result<Result<Moved, MoveRefusal>, Trouble> {
    if let Some(known) = flush.known_key(&call.claim)? {
        return replayed(flush, known, call);
    }
    flush.write_book()?;
    let mut rows = stock_rows(flush.connection(), &call.place.sku)?;
    let Some((_, first)) = rows.first() else { return Ok(Err(MoveRefusal::UnknownSku)) };
    let policy = first.policy;
    if !flush.shop.locations.contains(&call.place.location) {
        return Ok(Err(MoveRefusal::UnknownLocation));
    }
    let is_new = rows.iter().all(|(location, _)| *location != call.place.location);
    if is_new {
        let empty = Stock { counters: Counters::default(), version: 0, policy };
        rows.push((call.place.location.clone(), empty));
    }
    flush.book.put_stock(call.place.sku.clone(), rows);
    let cause = Cause::Merchant(call.cause);
    let moved = flush.book.change(&call.place, call.kind, call.quantity, cause, &call.reason, flush.now);
    let movement = match moved.cloned() {
        Ok(movement) => movement,
        Err(refused) => {
            // The row that was made up for the attempt is not in the database.
            flush.write_book()?;
            return Ok(Err(MoveRefusal::Refused(refused)));
        }
    };
    if is_new {
        insert_row(flush, &call.place, policy)?;
    }
    flush.write_book()?;
    let work = format!("movement {} {}", movement.version, movement.place.location);
    flush.note_key(&call.claim, &WorkDone::Admin(work))?;
    Ok(Ok(Moved { movement, request_id: call.claim.request_id.clone(), replayed: false }))
}

/// The movement that a key made: its row is that of the call, whose body is the same.
fn replayed(flush: &Flush, known: KnownKey, call: &MoveStock) -> Result<Result<Moved, MoveRefusal>, Trouble> {
    if known.body != call.claim.body {
        return Ok(Err(MoveRefusal::KeyReused));
    }
    let made = match &known.work {
        WorkDone::Admin(work) => work.strip_prefix("movement ").and_then(|work| work.split_once(' ')),
        WorkDone::Saga(_) => None,
    };
    let Some((version, location)) = made else { return Ok(Err(MoveRefusal::KeyReused)) };
    let version: i64 = version.parse().map_err(|_| Trouble::call("a key names no movement"))?;
    let sql = concat!(
        "SELECT ",
        movement_columns!(),
        " FROM movements WHERE sku = ?1 AND location = ?2 AND version = ?3"
    );
    let params = params![call.place.sku.as_str(), location, version];
    let movement = one(flush.connection(), sql, params, stock::movement)?;
    let movement = movement.ok_or_else(|| Trouble::call("the movement that a key made is gone"))?;
    Ok(Ok(Moved { movement, request_id: known.request_id, replayed: true }))
}
