//! The book of a flush: reading stock and counter rows into it once, and writing what became of them.
//!
//! Decides when a row is read and under which condition it is written (I1, I10). Leaves granting and refusing to
//! `sellonce_checkout::book`.

use rusqlite::{Connection, params};
use sellonce_checkout::book::{LimitChange, LimitUse, Movement, StockChange};
use sellonce_checkout::catalog::{Location, Offer, Sku};
use sellonce_checkout::inventory::{Place, Policy, Stock};
use sellonce_checkout::money::Currency;
use sellonce_checkout::purchase_limit::{LimitKey, Uses};

use crate::rows::Columns;
use crate::rows::stock::stock_columns;
use crate::rows::{catalog, stock};
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{execute, many, one};
use crate::trouble::Trouble;

impl Flush {
    /// Puts the stock rows of SKUs into the book, those that are not there yet.
    pub(in crate::sqlite) fn read_stock<'a>(
        &mut self,
        skus: impl IntoIterator<Item = &'a Sku>,
    ) -> Result<(), Trouble> {
        for sku in skus {
            if !self.book.knows_stock(sku) {
                let rows = stock_rows(&self.connection, sku)?;
                self.book.put_stock(sku.clone(), rows);
            }
        }
        Ok(())
    }

    /// Puts counters into the book, those that are not there yet; what is not limited has none.
    pub(in crate::sqlite) fn read_limits(&mut self, limits: &[LimitUse]) -> Result<(), Trouble> {
        for LimitUse { key, .. } in limits {
            if self.book.knows_limit(key) {
                continue;
            }
            let uses = match key {
                LimitKey::Discount(code) => {
                    let sql = "SELECT held, used, uses_max FROM discounts WHERE code = ?1";
                    one(&self.connection, sql, [code.as_str()], uses)?
                }
                LimitKey::Purchase(sku, identity) => match self.purchase_max(sku)? {
                    None => None,
                    Some(max) => {
                        let sql =
                            "SELECT held, used, NULL FROM purchase_counters WHERE sku = ?1 AND identity = ?2";
                        let found = one(&self.connection, sql, params![sku.as_str(), identity.0], uses)?;
                        Some(Uses { max: Some(max), ..found.unwrap_or_default() })
                    }
                },
            };
            if let Some(uses) = uses {
                self.book.put_limit(key.clone(), uses);
            }
        }
        Ok(())
    }

    fn purchase_max(&mut self, sku: &Sku) -> Result<Option<i64>, Trouble> {
        if let Some(max) = self.purchase_max.get(sku) {
            return Ok(*max);
        }
        let sql = "SELECT quantity_max FROM purchase_limits WHERE sku = ?1";
        let max = one(&self.connection, sql, [sku.as_str()], |columns| columns.integer())?;
        self.purchase_max.insert(sku.clone(), max);
        Ok(max)
    }

    /// Today's offer of a SKU; `None` if there is no such SKU.
    pub(in crate::sqlite) fn offer(&mut self, sku: &Sku) -> Result<Option<Offer>, Trouble> {
        if let Some(offer) = self.offers.get(sku) {
            return Ok(offer.clone());
        }
        let offer = read_offer(&self.connection, self.shop.currency, sku)?;
        self.offers.insert(sku.clone(), offer.clone());
        Ok(offer)
    }

    /// The units of a SKU that can be sold as the calls so far have left it; `None` where more can be promised than is
    /// there.
    pub(in crate::sqlite) fn available(&mut self, sku: &Sku) -> Result<Option<i64>, Trouble> {
        self.read_stock([sku])?;
        let place = |location: &Location| Place { sku: sku.clone(), location: location.clone() };
        let locations = self.shop.locations.iter();
        Ok(sellable(locations.filter_map(|location| self.book.stock(&place(location)))))
    }

    /// Writes what the calls so far have made of the rows, and forgets all rows that were read.
    ///
    /// A flush does this at its end; a call that changes catalog, limits or locations does it before and after, so that
    /// no call sees rows from before that change.
    pub(in crate::sqlite) fn write_book(&mut self) -> Result<(), Trouble> {
        let changes = std::mem::take(&mut self.book).into_changes();
        self.forget();
        for change in &changes.stock {
            write_stock(&self.connection, change)?;
        }
        for change in &changes.limits {
            write_uses(&self.connection, change)?;
        }
        for movement in &changes.movements {
            append(&self.connection, movement)?;
        }
        Ok(())
    }
}

/// All rows of a SKU.
pub(in crate::sqlite) fn stock_rows(
    connection: &Connection,
    sku: &Sku,
) -> Result<Vec<(Location, Stock)>, Trouble> {
    let sql = concat!("SELECT ", stock_columns!(), " FROM inventory WHERE sku = ?1 ORDER BY location");
    many(connection, sql, [sku.as_str()], stock::stock)
}

/// What can be sold of rows at sellable locations; `None` where more can be promised than is there.
pub(in crate::sqlite) fn sellable(rows: impl IntoIterator<Item = Stock>) -> Option<i64> {
    let mut sum = 0_i64;
    for row in rows {
        if row.policy == Policy::Continue {
            return None;
        }
        sum = sum.saturating_add(row.counters.available);
    }
    Some(sum)
}

fn uses(columns: &mut dyn Columns) -> Result<Uses, Trouble> {
    Ok(Uses { held: columns.integer()?, used: columns.integer()?, max: columns.maybe_integer()? })
}

fn read_offer(connection: &Connection, currency: Currency, sku: &Sku) -> Result<Option<Offer>, Trouble> {
    let sql = "SELECT v.sku, p.title, p.listing, v.title, v.price, v.removed FROM variants v \
               JOIN products p ON p.id = v.product_id WHERE v.sku = ?1";
    one(connection, sql, [sku.as_str()], |columns| catalog::offer(columns, currency))
}

/// I1: the row is changed only if it is still the one that the plan was made from.
fn write_stock(connection: &Connection, change: &StockChange) -> Result<(), Trouble> {
    let sql = "UPDATE inventory \
               SET available = ?3, reserved = ?4, committed = ?5, backordered = ?6, version = ?7 \
               WHERE sku = ?1 AND location = ?2 \
               AND version = ?8 AND available = ?9 AND reserved = ?10 AND committed = ?11 AND backordered = ?12";
    let (place, read, after) = (&change.place, change.read, change.after);
    let params = params![
        place.sku.as_str(),
        place.location.as_str(),
        after.counters.available,
        after.counters.reserved,
        after.counters.committed,
        after.counters.backordered,
        after.version,
        read.version,
        read.counters.available,
        read.counters.reserved,
        read.counters.committed,
        read.counters.backordered,
    ];
    if execute(connection, sql, params)? == 1 { Ok(()) } else { Err(Trouble::Raced) }
}

/// I10: a counter is changed only if it is still as read; a buyer's first purchase makes the counter.
fn write_uses(connection: &Connection, change: &LimitChange) -> Result<(), Trouble> {
    let (read, after) = (change.read, change.after);
    let changed = match &change.key {
        LimitKey::Discount(code) => {
            let sql = "UPDATE discounts SET held = ?2, used = ?3 WHERE code = ?1 AND held = ?4 AND used = ?5";
            execute(connection, sql, params![code.as_str(), after.held, after.used, read.held, read.used])?
        }
        LimitKey::Purchase(sku, identity) => {
            let sql = "INSERT INTO purchase_counters (sku, identity, held, used) VALUES (?1, ?2, ?3, ?4) \
                       ON CONFLICT (sku, identity) DO UPDATE SET held = excluded.held, used = excluded.used \
                       WHERE held = ?5 AND used = ?6";
            let (sku, identity) = (sku.as_str(), identity.0);
            execute(connection, sql, params![sku, identity, after.held, after.used, read.held, read.used])?
        }
    };
    if changed == 1 { Ok(()) } else { Err(Trouble::Raced) }
}

/// I2: the journal's line, in the transaction of the change.
fn append(connection: &Connection, movement: &Movement) -> Result<(), Trouble> {
    let sql = "INSERT INTO movements (sku, location, version, kind, quantity, available, reserved, committed, \
               backordered, cause_kind, cause, reason, at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let (after, cause) = (movement.after, movement.cause.uuid());
    let params = params![
        movement.place.sku.as_str(),
        movement.place.location.as_str(),
        movement.version,
        movement.kind.as_str(),
        movement.quantity,
        after.available,
        after.reserved,
        after.committed,
        after.backordered,
        movement.cause.kind(),
        cause.as_bytes(),
        movement.reason,
        movement.at.millis(),
    ];
    execute(connection, sql, params)?;
    Ok(())
}
