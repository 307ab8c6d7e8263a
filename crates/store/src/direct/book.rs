//! Stock and counter rows: reading them into the book once, and writing what became of them.
//!
//! Decides when a row is read and under which condition it is written (I1, I10). Leaves granting and refusing to
//! `sellonce_checkout::book`.

use sellonce_checkout::book::{Changes, LimitChange, LimitUse, Movement, StockChange};
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::inventory::{Place, Policy};
use sellonce_checkout::purchase_limit::{LimitKey, Uses};

use crate::direct::Direct;
use crate::rows::Columns;
use crate::rows::stock::policy_name;
use crate::sql::{Dialect, Statements, values};
use crate::trouble::Trouble;

impl<S: Statements> Direct<S> {
    /// Puts counters into the book, those that are not there yet; what is not limited has none.
    pub(super) fn read_counters(&mut self, limits: &[LimitUse]) -> Result<(), Trouble> {
        for LimitUse { key, .. } in limits {
            if self.book.knows_limit(key) {
                continue;
            }
            let uses = match key {
                LimitKey::Discount(code) => {
                    let row = "SELECT held, used, uses_max FROM discounts WHERE code = ?1";
                    self.statements().one(row, values![code.as_str()], uses)?
                }
                LimitKey::Purchase(sku, identity) => match self.purchase_max(sku)? {
                    None => None,
                    Some(max) => {
                        let row = "SELECT held, used FROM purchase_counters WHERE sku = ?1 AND identity = ?2";
                        let found =
                            self.statements().one(row, values![sku.as_str(), &identity.0], |columns| {
                                Ok(Uses { held: columns.integer()?, used: columns.integer()?, max: None })
                            })?;
                        Some(Uses { max: Some(max), ..found.unwrap_or_default() })
                    }
                },
            };
            if let Some(uses) = uses {
                self.contended.limits.insert(key.clone());
                self.book.put_limit(key.clone(), uses);
            }
        }
        Ok(())
    }

    fn purchase_max(&mut self, sku: &Sku) -> Result<Option<i64>, Trouble> {
        if let Some(max) = self.purchase_max.get(sku) {
            return Ok(*max);
        }
        let row = "SELECT quantity_max FROM purchase_limits WHERE sku = ?1";
        let max = self.statements().one(row, values![sku.as_str()], |columns| columns.integer())?;
        self.purchase_max.insert(sku.clone(), max);
        Ok(max)
    }

    /// Numbers orders without a gap where there is one writer; beside other processes a sequence does, which none of
    /// them has to wait for.
    pub(super) fn next_number(&mut self) -> Result<i64, Trouble> {
        let gone = || Trouble::call("the row of the shop is gone");
        if self.sql.dialect() == Dialect::Postgres {
            let next = "SELECT nextval('order_numbers')";
            return self.statements().one(next, &[], |columns| columns.integer())?.ok_or_else(gone);
        }
        let number = match self.next_order_number {
            Some(number) => number,
            None => {
                let row = "SELECT next_order_number FROM shop WHERE id = 1";
                self.statements().one(row, &[], |columns| columns.integer())?.ok_or_else(gone)?
            }
        };
        self.next_order_number = Some(number.saturating_add(1));
        Ok(number)
    }

    pub(super) fn write_order_number(&mut self) -> Result<(), Trouble> {
        let Some(next) = self.next_order_number.take() else { return Ok(()) };
        let change = "UPDATE shop SET next_order_number = ?1 WHERE id = 1";
        self.statements().execute_one("the shop", change, values![next])
    }
}

fn uses(columns: &mut dyn Columns) -> Result<Uses, Trouble> {
    Ok(Uses { held: columns.integer()?, used: columns.integer()?, max: columns.maybe_integer()? })
}

/// Makes an empty stock row.
pub(super) fn insert_stock(sql: &dyn Statements, place: &Place, policy: Policy) -> Result<(), Trouble> {
    let insert = "INSERT INTO inventory (sku, location, policy, ever_continued) VALUES (?1, ?2, ?3, ?4)";
    let continued = i64::from(policy == Policy::Continue);
    sql.execute(
        insert,
        values![place.sku.as_str(), place.location.as_str(), policy_name(policy), continued],
    )?;
    Ok(())
}

/// Writes one change per row, in the order of their keys, and the journal.
pub(super) fn write(sql: &dyn Statements, changes: &Changes) -> Result<(), Trouble> {
    changes.stock.iter().try_for_each(|change| write_stock(sql, change))?;
    changes.limits.iter().try_for_each(|change| write_uses(sql, change))?;
    changes.movements.iter().try_for_each(|movement| append(sql, movement))
}

/// I1: the row is changed only if it is still the one that the plan was made from.
fn write_stock(sql: &dyn Statements, change: &StockChange) -> Result<(), Trouble> {
    let update = "UPDATE inventory \
                  SET available = ?3, reserved = ?4, committed = ?5, backordered = ?6, version = ?7 \
                  WHERE sku = ?1 AND location = ?2 \
                  AND version = ?8 AND available = ?9 AND reserved = ?10 AND committed = ?11 AND backordered = ?12";
    let (place, read, after) = (&change.place, change.read, change.after);
    let changed = sql.execute(
        update,
        values![
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
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Trouble::Raced) }
}

/// I10: a counter is changed only if it is still as read; a buyer's first purchase makes the counter.
fn write_uses(sql: &dyn Statements, change: &LimitChange) -> Result<(), Trouble> {
    let (read, after) = (change.read, change.after);
    let changed = match &change.key {
        LimitKey::Discount(code) => {
            let update =
                "UPDATE discounts SET held = ?2, used = ?3 WHERE code = ?1 AND held = ?4 AND used = ?5";
            sql.execute(update, values![code.as_str(), after.held, after.used, read.held, read.used])?
        }
        LimitKey::Purchase(sku, identity) => {
            let upsert = "INSERT INTO purchase_counters (sku, identity, held, used) VALUES (?1, ?2, ?3, ?4) \
                          ON CONFLICT (sku, identity) DO UPDATE SET held = excluded.held, used = excluded.used \
                          WHERE purchase_counters.held = ?5 AND purchase_counters.used = ?6";
            let (sku, identity) = (sku.as_str(), &identity.0);
            sql.execute(upsert, values![sku, identity, after.held, after.used, read.held, read.used])?
        }
    };
    if changed == 1 { Ok(()) } else { Err(Trouble::Raced) }
}

/// I2: the journal's line, in the transaction of the change.
fn append(sql: &dyn Statements, movement: &Movement) -> Result<(), Trouble> {
    let insert = "INSERT INTO movements (sku, location, version, kind, quantity, available, reserved, committed, \
                  backordered, cause_kind, cause, reason, at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let (after, cause) = (movement.after, movement.cause.uuid());
    sql.execute(
        insert,
        values![
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
            &movement.reason,
            movement.at.millis(),
        ],
    )?;
    Ok(())
}
