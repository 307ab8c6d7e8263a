//! The book of one transaction: stock and counter rows as read, and what the calls of the transaction make of them.
//!
//! Decides, call by call in order of arrival, what is granted and what is refused, each call whole; and sums the
//! grants to one change per row. Leaves reading the rows, and writing the changes under the condition that the rows
//! are still as read, to the store.

use std::collections::BTreeMap;

use crate::catalog::{Location, Sku};
use crate::clock::Timestamp;
use crate::id::{CauseId, OrderId, SagaId, Uuid};
use crate::inventory::{self, Counters, Kind, Place, Refused, Stock};
use crate::purchase_limit::{LimitKey, Uses};
#[cfg(feature = "sabotage")]
use crate::sabotage::{self, Sabotage};

/// What a movement was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A checkout's saga.
    Saga(SagaId),
    /// A change of an order after it was placed.
    Order(OrderId),
    /// A merchant: a call of the admin surface or an import.
    Merchant(CauseId),
}

impl Cause {
    /// The name of the kind of cause in tables and JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Saga(_) => "saga",
            Self::Order(_) => "order",
            Self::Merchant(_) => "merchant",
        }
    }

    /// The UUID of what caused it.
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::Saga(id) => id.0,
            Self::Order(id) => id.0,
            Self::Merchant(id) => id.0,
        }
    }

    /// Reads [`Cause::kind`] and [`Cause::uuid`] back.
    pub fn from_parts(kind: &str, uuid: Uuid) -> Option<Self> {
        match kind {
            "saga" => Some(Self::Saga(SagaId(uuid))),
            "order" => Some(Self::Order(OrderId(uuid))),
            "merchant" => Some(Self::Merchant(CauseId(uuid))),
            _ => None,
        }
    }
}

/// One line of the inventory journal (I2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The row it changed.
    pub place: Place,
    /// Its number in that row, from 1.
    pub version: i64,
    /// What kind of change it was.
    pub kind: Kind,
    /// How many units it moved; only `adjust` may be negative.
    pub quantity: i64,
    /// The counters after it.
    pub after: Counters,
    /// What it was made for.
    pub cause: Cause,
    /// Why, in the merchant's words; empty for the engine's own movements.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Units of one SKU held at one location for one saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Where.
    pub place: Place,
    /// How many.
    pub quantity: i64,
}

/// Uses of a counter that something holds or wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitUse {
    /// Which counter.
    pub key: LimitKey,
    /// How many uses.
    pub quantity: i64,
}

/// What a reservation holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// Units, by row; a line may be split over locations.
    pub allocations: Vec<Allocation>,
    /// Uses of discounts and purchase limits; only what is limited is counted.
    pub limits: Vec<LimitUse>,
}

/// A SKU of which there is less than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depleted {
    /// The SKU.
    pub sku: Sku,
    /// How many units were asked for.
    pub requested: i64,
    /// How many were available at the sellable locations.
    pub available: i64,
    /// The sum of those rows' versions when this was true.
    pub stock_version: i64,
}

/// Why nothing was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Some SKUs are short; all of them are named.
    OutOfStock(Vec<Depleted>),
    /// A counter has too few uses left.
    LimitReached(LimitKey),
}

/// Whether held units become sold or go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Sold: `commit`.
    Commit,
    /// Given back: `release`.
    Release,
}

/// A stock row's change over the whole transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockChange {
    /// The row.
    pub place: Place,
    /// As it was read: the condition of the write.
    pub read: Stock,
    /// As it shall be.
    pub after: Stock,
}

/// A counter row's change over the whole transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitChange {
    /// The row.
    pub key: LimitKey,
    /// As it was read: the condition of the write.
    pub read: Uses,
    /// As it shall be.
    pub after: Uses,
}

/// Everything the transaction has to write for its book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// One change per stock row, in key order.
    pub stock: Vec<StockChange>,
    /// One change per counter row, in key order.
    pub limits: Vec<LimitChange>,
    /// The journal's new lines, in order of arrival.
    pub movements: Vec<Movement>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    read: T,
    now: T,
}

/// The rows that one transaction works on.
#[derive(Clone, Debug, Default)]
pub struct Book {
    stock: BTreeMap<Sku, BTreeMap<Location, Entry<Stock>>>,
    limits: BTreeMap<LimitKey, Entry<Uses>>,
    movements: Vec<Movement>,
    /// The rows as they were before each change, so that a call that is refused half-way leaves nothing.
    undo: Vec<Undo>,
}

#[derive(Clone, Debug)]
enum Undo {
    Stock(Place, Stock),
    Uses(LimitKey, Uses),
}

impl Book {
    /// Runs one call: if it is refused, the book is as it was before.
    pub fn all_or_nothing<T, E>(&mut self, call: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let (movements, undo) = (self.movements.len(), self.undo.len());
        let outcome = call(self);
        if outcome.is_err() {
            self.movements.truncate(movements);
            for step in self.undo.drain(undo..).rev() {
                match step {
                    Undo::Stock(place, stock) => {
                        let rows = self.stock.get_mut(&place.sku);
                        if let Some(entry) = rows.and_then(|rows| rows.get_mut(&place.location)) {
                            entry.now = stock;
                        }
                    }
                    Undo::Uses(key, uses) => {
                        if let Some(entry) = self.limits.get_mut(&key) {
                            entry.now = uses;
                        }
                    }
                }
            }
        }
        outcome
    }

    /// Whether the rows of a SKU were put in already.
    pub fn knows_stock(&self, sku: &Sku) -> bool {
        self.stock.contains_key(sku)
    }

    /// Puts in all rows of a SKU as the database has them. Once per transaction.
    pub fn put_stock(&mut self, sku: Sku, rows: impl IntoIterator<Item = (Location, Stock)>) {
        let rows = rows.into_iter().map(|(location, stock)| (location, Entry { read: stock, now: stock }));
        self.stock.entry(sku).or_insert_with(|| rows.collect());
    }

    /// Whether a counter was put in already.
    pub fn knows_limit(&self, key: &LimitKey) -> bool {
        self.limits.contains_key(key)
    }

    /// Puts in a counter as the database has it. Once per transaction.
    pub fn put_limit(&mut self, key: LimitKey, uses: Uses) {
        self.limits.entry(key).or_insert(Entry { read: uses, now: uses });
    }

    /// The row as the calls so far have left it.
    pub fn stock(&self, place: &Place) -> Option<Stock> {
        Some(self.stock.get(&place.sku)?.get(&place.location)?.now)
    }

    /// Holds all of the wanted units and uses, or nothing.
    ///
    /// Equal SKUs are summed first. Units are taken from the locations in their order; what policy `continue`
    /// promises beyond what is there is owed by the first location of that policy.
    pub fn reserve(
        &mut self,
        cause: Cause,
        at: Timestamp,
        wanted: &[(Sku, i64)],
        limits: &[LimitUse],
        locations: &[Location],
    ) -> Result<Hold, Shortage> {
        let mut sums: BTreeMap<&Sku, i64> = BTreeMap::new();
        for (sku, quantity) in wanted {
            let sum = sums.entry(sku).or_default();
            *sum = sum.saturating_add(*quantity);
        }
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::ReadThenWriteStock) {
            self.take_as_available(wanted, |_, entry| entry.read.counters.available);
        }
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::ReplicaRead) {
            self.take_as_available(wanted, |place, entry| {
                sabotage::replica(place, entry.now.counters.available)
            });
        }
        let mut allocations = Vec::with_capacity(sums.len());
        let mut depleted = Vec::new();
        for (sku, quantity) in sums {
            match self.allocate(sku, quantity, locations) {
                Ok(found) => allocations.extend(found),
                Err(short) => depleted.push(short),
            }
        }
        if !depleted.is_empty() {
            return Err(Shortage::OutOfStock(depleted));
        }
        let counted = self.counted(limits)?;
        // Nothing was changed up to here; from here on nothing is refused.
        for limit in &counted {
            self.change_uses(limit, |uses, quantity| uses.held = uses.held.saturating_add(quantity));
        }
        for allocation in &allocations {
            let moved = self.change(&allocation.place, Kind::Reserve, allocation.quantity, cause, "", at);
            assert!(moved.is_ok(), "I1: an allocation that was planned is granted");
        }
        Ok(Hold { allocations, limits: counted })
    }

    /// Ends a hold, once: its units are sold or given back, its uses used or given back.
    pub fn settle(
        &mut self,
        hold: &Hold,
        settlement: Settlement,
        cause: Cause,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let kind = match settlement {
            Settlement::Commit => Kind::Commit,
            Settlement::Release => Kind::Release,
        };
        self.all_or_nothing(|book| {
            for allocation in &hold.allocations {
                book.change(&allocation.place, kind, allocation.quantity, cause, "", at)?;
            }
            Ok(())
        })?;
        for limit in &hold.limits {
            self.change_uses(limit, |uses, quantity| {
                uses.held = uses.held.saturating_sub(quantity);
                if settlement == Settlement::Commit {
                    uses.used = uses.used.saturating_add(quantity);
                }
            });
        }
        Ok(())
    }

    /// One movement of one row; the journal line it wrote is returned.
    pub fn change(
        &mut self,
        place: &Place,
        kind: Kind,
        quantity: i64,
        cause: Cause,
        reason: &str,
        at: Timestamp,
    ) -> Result<&Movement, Refused> {
        let entry = self
            .stock
            .get_mut(&place.sku)
            .and_then(|rows| rows.get_mut(&place.location))
            .ok_or(Refused::NotAvailable)?;
        let after = inventory::apply(kind, quantity, &entry.now)?;
        self.undo.push(Undo::Stock(place.clone(), entry.now));
        entry.now.counters = after;
        entry.now.version = entry.now.version.saturating_add(1);
        let version = entry.now.version;
        let reason = reason.to_owned();
        self.movements.push(Movement {
            place: place.clone(),
            version,
            kind,
            quantity,
            after,
            cause,
            reason,
            at,
        });
        Ok(self.movements.last().expect("a movement was just pushed"))
    }

    /// What has to be written: one change per row that changed, and the journal.
    pub fn into_changes(self) -> Changes {
        let mut changes = Changes { movements: self.movements, ..Changes::default() };
        for (sku, rows) in self.stock {
            for (location, entry) in rows {
                if entry.now != entry.read {
                    let place = Place { sku: sku.clone(), location };
                    changes.stock.push(StockChange { place, read: entry.read, after: entry.now });
                }
            }
        }
        for (key, entry) in self.limits {
            if entry.now != entry.read {
                changes.limits.push(LimitChange { key, read: entry.read, after: entry.now });
            }
        }
        changes
    }

    /// Sets what is available of the wanted SKUs to what somebody thinks it is.
    #[cfg(feature = "sabotage")]
    fn take_as_available(&mut self, wanted: &[(Sku, i64)], seen: impl Fn(&Place, &Entry<Stock>) -> i64) {
        for (sku, _) in wanted {
            for (location, entry) in self.stock.get_mut(sku).into_iter().flatten() {
                let place = Place { sku: sku.clone(), location: location.clone() };
                entry.now.counters.available = seen(&place, entry);
            }
        }
    }

    fn allocate(
        &self,
        sku: &Sku,
        quantity: i64,
        locations: &[Location],
    ) -> Result<Vec<Allocation>, Depleted> {
        let rows = self.stock.get(sku);
        let sellable: Vec<(&Location, &Stock)> =
            locations.iter().filter_map(|location| Some((location, &rows?.get(location)?.now))).collect();
        let mut allocations = Vec::new();
        let mut missing = quantity;
        for (location, stock) in &sellable {
            let taken = stock.counters.available.min(missing);
            if taken > 0 {
                missing = missing.saturating_sub(taken);
                let place = Place { sku: sku.clone(), location: (*location).clone() };
                allocations.push(Allocation { place, quantity: taken });
            }
        }
        if missing == 0 {
            return Ok(allocations);
        }
        let owing = sellable.iter().find(|(_, stock)| stock.policy.owed(missing).is_some());
        let Some((location, _)) = owing else {
            let sum = |of: fn(&Stock) -> i64| {
                sellable.iter().map(|(_, stock)| of(stock)).fold(0_i64, i64::saturating_add)
            };
            return Err(Depleted {
                sku: sku.clone(),
                requested: quantity,
                available: sum(|stock| stock.counters.available),
                stock_version: sum(|stock| stock.version),
            });
        };
        match allocations.iter_mut().find(|allocation| allocation.place.location == **location) {
            Some(allocation) => allocation.quantity = allocation.quantity.saturating_add(missing),
            None => {
                let place = Place { sku: sku.clone(), location: (*location).clone() };
                allocations.push(Allocation { place, quantity: missing });
            }
        }
        Ok(allocations)
    }

    /// Those of the wanted uses that are limited, summed by counter; refuses the first that has too few left (I10).
    fn counted(&self, wanted: &[LimitUse]) -> Result<Vec<LimitUse>, Shortage> {
        let mut sums: BTreeMap<&LimitKey, i64> = BTreeMap::new();
        for limit in wanted {
            let sum = sums.entry(&limit.key).or_default();
            *sum = sum.saturating_add(limit.quantity);
        }
        let mut counted = Vec::new();
        for (key, quantity) in sums {
            let Some(entry) = self.limits.get(key) else { continue };
            let Some(max) = entry.now.max else { continue };
            if entry.now.held.saturating_add(entry.now.used).saturating_add(quantity) > max {
                return Err(Shortage::LimitReached(key.clone()));
            }
            counted.push(LimitUse { key: key.clone(), quantity });
        }
        Ok(counted)
    }

    fn change_uses(&mut self, limit: &LimitUse, change: impl Fn(&mut Uses, i64)) {
        if let Some(entry) = self.limits.get_mut(&limit.key) {
            self.undo.push(Undo::Uses(limit.key.clone(), entry.now));
            change(&mut entry.now, limit.quantity);
        }
    }
}
