//! Stock apart from checkouts: what merchants move and look at.

use async_trait::async_trait;
use sellonce_checkout::book::{Cause, Movement};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::idempotency::WorkDone;
use sellonce_checkout::inventory::{Counters, Stock};
use sellonce_checkout::store::inventory::{Inventory, MoveRefusal, MoveStock, Moved, StockView};
use sellonce_checkout::store::{Answer, Failure, Page, Shop};

use crate::calls::{Database, DatabaseStore};
use crate::load;
use crate::rows::stock::{self, movement_columns};
use crate::sql::{Statements, values};
use crate::tables::{KnownKey, Tables, sellable};
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Inventory for DatabaseStore<D> {
    async fn move_stock(&self, call: MoveStock) -> Answer<Moved, MoveRefusal> {
        self.write(move |tables| move_stock(tables, &call)).await
    }

    async fn stock(&self, sku: &Sku) -> Result<Option<StockView>, Failure> {
        let sku = sku.clone();
        self.read(move |sql, _| {
            let rows = load::stock_rows(sql, &sku)?;
            Ok((!rows.is_empty()).then_some(StockView { sku, rows }))
        })
        .await
    }

    async fn stocks(&self, after: Option<&Sku>, limit: u32) -> Result<Page<StockView>, Failure> {
        // Every SKU is behind the empty text.
        let after = after.map_or_else(String::new, |sku| sku.as_str().to_owned());
        self.read(move |sql, _| {
            let page = "SELECT DISTINCT sku FROM inventory WHERE sku > ?1 ORDER BY sku LIMIT ?2";
            let skus = sql.many(page, values![&after, i64::from(limit) + 1], stock::sku)?;
            let view = |sku: Sku| Ok(StockView { rows: load::stock_rows(sql, &sku)?, sku });
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
        self.read(move |sql, _| {
            let page = concat!(
                "SELECT ",
                movement_columns!(),
                " FROM movements WHERE sku = ?1 AND (location, version) > (?2, ?3) \
                 ORDER BY location, version LIMIT ?4"
            );
            let (location, version) =
                after.as_ref().map_or(("", 0), |(location, version)| (location.as_str(), *version));
            let row = values![sku.as_str(), location, version, i64::from(limit) + 1];
            Ok(Page::of(sql.many(page, row, stock::movement)?, limit))
        })
        .await
    }
}

/// The units of a SKU that can be sold now; `None` where more can be promised than is there.
pub(super) fn available(sql: &dyn Statements, shop: &Shop, sku: &Sku) -> Result<Option<i64>, Trouble> {
    let rows = load::stock_rows(sql, sku)?;
    let sellable_rows = rows.into_iter().filter(|(location, _)| shop.locations.contains(location));
    Ok(sellable(sellable_rows.map(|(_, stock)| stock)))
}

fn move_stock(tables: &mut dyn Tables, call: &MoveStock) -> Result<Result<Moved, MoveRefusal>, Trouble> {
    if let Some(known) = tables.known_key(&call.claim)? {
        return replayed(tables.sql()?, known, call);
    }
    tables.write_book()?;
    let mut rows = load::stock_rows(tables.sql()?, &call.place.sku)?;
    let Some((_, first)) = rows.first() else { return Ok(Err(MoveRefusal::UnknownSku)) };
    let policy = first.policy;
    if !tables.shop().locations.contains(&call.place.location) {
        return Ok(Err(MoveRefusal::UnknownLocation));
    }
    let is_new = rows.iter().all(|(location, _)| *location != call.place.location);
    if is_new {
        let empty = Stock { counters: Counters::default(), version: 0, policy };
        rows.push((call.place.location.clone(), empty));
    }
    let (now, cause) = (tables.now(), Cause::Merchant(call.cause));
    let book = tables.book();
    book.put_stock(call.place.sku.clone(), rows);
    let moved = book.change(&call.place, call.kind, call.quantity, cause, &call.reason, now).cloned();
    let movement = match moved {
        Ok(movement) => movement,
        Err(refused) => {
            // The row that was made up for the attempt is not in the database.
            tables.write_book()?;
            return Ok(Err(MoveRefusal::Refused(refused)));
        }
    };
    if is_new {
        tables.insert_stock(&call.place, policy)?;
    }
    tables.write_book()?;
    let work = format!("movement {} {}", movement.version, movement.place.location);
    tables.note_key(&call.claim, &WorkDone::Admin(work))?;
    Ok(Ok(Moved { movement, request_id: call.claim.request_id.clone(), replayed: false }))
}

/// The movement that a key made: its row is that of the call, whose body is the same.
fn replayed(
    sql: &dyn Statements,
    known: KnownKey,
    call: &MoveStock,
) -> Result<Result<Moved, MoveRefusal>, Trouble> {
    if known.body != call.claim.body {
        return Ok(Err(MoveRefusal::KeyReused));
    }
    let made = match &known.work {
        WorkDone::Admin(work) => work.strip_prefix("movement ").and_then(|work| work.split_once(' ')),
        WorkDone::Saga(_) => None,
    };
    let Some((version, location)) = made else { return Ok(Err(MoveRefusal::KeyReused)) };
    let version: i64 = version.parse().map_err(|_| Trouble::call("a key names no movement"))?;
    let row = concat!(
        "SELECT ",
        movement_columns!(),
        " FROM movements WHERE sku = ?1 AND location = ?2 AND version = ?3"
    );
    let movement = sql.one(row, values![call.place.sku.as_str(), location, version], stock::movement)?;
    let movement = movement.ok_or_else(|| Trouble::call("the movement that a key made is gone"))?;
    Ok(Ok(Moved { movement, request_id: known.request_id, replayed: true }))
}
