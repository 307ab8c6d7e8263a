//! Stock in memory.

use async_trait::async_trait;

use super::{KeyRow, MemoryStore, State, StockRow};
use crate::book::{Cause, Movement};
use crate::catalog::{Location, Sku};
use crate::clock::Timestamp;
use crate::idempotency::WorkDone;
use crate::inventory::Place;
use crate::store::inventory::{Inventory, MoveRefusal, MoveStock, Moved, StockView};
use crate::store::{Answer, Books, Failure, Page, Shop};

#[async_trait]
impl Inventory for MemoryStore {
    async fn move_stock(&self, call: MoveStock) -> Answer<Moved, MoveRefusal> {
        let now = self.now();
        let mut state = self.state();
        Ok(state.move_stock(call, &self.shop, now))
    }

    async fn stock(&self, sku: &Sku) -> Result<Option<StockView>, Failure> {
        Ok(self.state().stock_view(sku))
    }

    async fn stocks(&self, after: Option<&Sku>, limit: u32) -> Result<Page<StockView>, Failure> {
        let state = self.state();
        let skus = state.stock.keys().filter(|sku| after.is_none_or(|after| *sku > after));
        let rows = skus.filter_map(|sku| state.stock_view(sku));
        Ok(Page::of(rows.collect(), limit))
    }

    async fn movements(
        &self,
        sku: &Sku,
        after: Option<(Location, i64)>,
        limit: u32,
    ) -> Result<Page<Movement>, Failure> {
        let state = self.state();
        let mut rows: Vec<Movement> =
            state.movements.iter().filter(|movement| movement.place.sku == *sku).cloned().collect();
        let position = |movement: &Movement| (movement.place.location.clone(), movement.version);
        rows.sort_by_key(position);
        rows.retain(|movement| after.as_ref().is_none_or(|after| position(movement) > *after));
        Ok(Page::of(rows, limit))
    }
}

impl State {
    fn stock_view(&self, sku: &Sku) -> Option<StockView> {
        let rows = self.stock.get(sku)?;
        let rows = rows.iter().map(|(location, row)| (location.clone(), row.stock)).collect();
        Some(StockView { sku: sku.clone(), rows })
    }

    fn move_stock(&mut self, call: MoveStock, shop: &Shop, now: Timestamp) -> Result<Moved, MoveRefusal> {
        let key = (call.claim.scope.clone(), call.claim.key.clone());
        if let Some(row) = self.keys.get(&key) {
            return self.replayed_movement(row, &call);
        }
        let rows = self.stock.get_mut(&call.place.sku).ok_or(MoveRefusal::UnknownSku)?;
        if !shop.locations.contains(&call.place.location) {
            return Err(MoveRefusal::UnknownLocation);
        }
        let policy = rows.values().next().map_or(crate::inventory::Policy::Deny, |row| row.stock.policy);
        let continued = policy == crate::inventory::Policy::Continue;
        let is_new = !rows.contains_key(&call.place.location);
        rows.entry(call.place.location.clone()).or_insert(StockRow {
            stock: crate::inventory::Stock {
                counters: crate::inventory::Counters::default(),
                version: 0,
                policy,
            },
            ever_continued: continued,
        });
        let mut book = self.book([&call.place.sku], &[]);
        let cause = Cause::Merchant(call.cause);
        let moved = book.change(&call.place, call.kind, call.quantity, cause, &call.reason, now).cloned();
        let movement = match moved {
            Ok(movement) => movement,
            Err(refused) => {
                if is_new {
                    self.stock.get_mut(&call.place.sku).map(|rows| rows.remove(&call.place.location));
                }
                return Err(MoveRefusal::Refused(refused));
            }
        };
        self.write(book);
        let work = WorkDone::Admin(work_of(&movement.place, movement.version));
        let request_id = call.claim.request_id;
        self.keys.insert(key, KeyRow { body: call.claim.body, work, request_id: request_id.clone() });
        Ok(Moved { movement, request_id, replayed: false })
    }

    fn replayed_movement(&self, row: &KeyRow, call: &MoveStock) -> Result<Moved, MoveRefusal> {
        if row.body != call.claim.body {
            return Err(MoveRefusal::KeyReused);
        }
        let made = self
            .movements
            .iter()
            .find(|movement| row.work == WorkDone::Admin(work_of(&movement.place, movement.version)));
        let movement = made.cloned().ok_or(MoveRefusal::KeyReused)?;
        Ok(Moved { movement, request_id: row.request_id.clone(), replayed: true })
    }
}

fn work_of(place: &Place, version: i64) -> String {
    format!("movement {version} {} {}", place.location, place.sku)
}
