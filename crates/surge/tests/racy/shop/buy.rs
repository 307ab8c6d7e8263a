//! Buying: how a correct little shop does it, and where each sin leaves that way.
//!
//! Decides what is asked of the database in which order. A correct purchase is three steps: its key, its cart and its
//! units are taken in one transaction; the provider is asked under that key; the order is written in a second one.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use crate::sins::{Sin, Sins};

/// How long a connection waits for another one that writes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A request to buy a cart.
#[derive(Clone)]
pub(crate) struct Purchase {
    pub(crate) cart: i64,
    pub(crate) key: String,
    pub(crate) card: String,
    /// The number of the order, should there be one: drawn before anything is decided.
    pub(crate) number: i64,
}

/// How a purchase ended.
pub(crate) enum Bought {
    /// There is an order: its number and its sum.
    Sold {
        number: i64,
        sum: i64,
    },
    Gone {
        left: i64,
    },
    Declined,
    /// The first request with this key, or for this cart, is still at work.
    UnderWay,
    Unknown,
}

/// What is in a cart.
pub(crate) struct Cart {
    sku: String,
    units: i64,
    /// What a unit cost when it was put in.
    price_seen: i64,
    mail: String,
}

pub(crate) fn cart(shop: &Connection, number: i64) -> rusqlite::Result<Option<Cart>> {
    let row = "SELECT sku, units, price_seen, mail FROM carts WHERE number = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Cart { sku: row.get(0)?, units: row.get(1)?, price_seen: row.get(2)?, mail: row.get(3)? })
    };
    shop.query_row(row, [number], read).optional()
}

/// Buys as the sins have it; without any, correctly.
pub(crate) fn buy(shop: &mut Connection, sins: &Sins, purchase: &Purchase) -> rusqlite::Result<Bought> {
    let Some(cart) = cart(shop, purchase.cart)? else { return Ok(Bought::Unknown) };
    if !sins.has(Sin::NoIdempotency)
        && let Some(before) = earlier(shop, purchase)?
    {
        return Ok(before);
    }
    let sum = cart.units * if sins.has(Sin::PriceAtPay) { price(shop, &cart.sku)? } else { cart.price_seen };
    if sins.has(Sin::ChargeFirst) && !charge(shop, sins, purchase, &cart, sum)? {
        return Ok(Bought::Declined);
    }
    match hold(shop, sins, purchase, &cart)? {
        Held::Yes => {}
        Held::Gone { left } => return Ok(Bought::Gone { left }),
        Held::Repeated => return Ok(earlier(shop, purchase)?.unwrap_or(Bought::UnderWay)),
    }
    if !sins.has(Sin::ChargeFirst) && !charge(shop, sins, purchase, &cart, sum)? {
        give_back(shop, purchase, &cart)?;
        return Ok(Bought::Declined);
    }
    order(shop, sins, purchase, &cart, sum)?;
    Ok(Bought::Sold { number: purchase.number, sum })
}

/// What the shop would say if it spoke before it has written anything.
pub(crate) fn promise(shop: &Connection, purchase: &Purchase) -> rusqlite::Result<Bought> {
    let Some(cart) = cart(shop, purchase.cart)? else { return Ok(Bought::Unknown) };
    if let Some(before) = earlier(shop, purchase)? {
        return Ok(before);
    }
    let left = left(shop, &cart.sku)?;
    if left < cart.units {
        return Ok(Bought::Gone { left });
    }
    if purchase.card != "good" {
        return Ok(Bought::Declined);
    }
    Ok(Bought::Sold { number: purchase.number, sum: cart.units * cart.price_seen })
}

/// What came of an earlier request with this key, or for this cart.
fn earlier(shop: &Connection, purchase: &Purchase) -> rusqlite::Result<Option<Bought>> {
    let declined = "SELECT 1 FROM declined WHERE key = ?1";
    if shop.query_row(declined, [&purchase.key], |_| Ok(())).optional()?.is_some() {
        return Ok(Some(Bought::Declined));
    }
    let row =
        "SELECT o.number, o.sum FROM purchases p LEFT JOIN orders o ON o.cart = p.cart WHERE p.cart = ?1";
    let found: Option<(Option<i64>, Option<i64>)> =
        shop.query_row(row, [purchase.cart], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|order| match order {
        (Some(number), Some(sum)) => Bought::Sold { number, sum },
        _ => Bought::UnderWay,
    }))
}

enum Held {
    Yes,
    Gone { left: i64 },
    Repeated,
}

/// Takes the key, the cart and the units.
fn hold(shop: &mut Connection, sins: &Sins, purchase: &Purchase, cart: &Cart) -> rusqlite::Result<Held> {
    if sins.has(Sin::ReadThenWrite) {
        let left = left(shop, &cart.sku)?;
        if left < cart.units {
            return Ok(Held::Gone { left });
        }
        if !sins.has(Sin::NoIdempotency) && !claim(shop, purchase)? {
            return Ok(Held::Repeated);
        }
        shop.execute("UPDATE stock SET left = ?2 WHERE sku = ?1", params![cart.sku, left - cart.units])?;
        return Ok(Held::Yes);
    }
    if sins.has(Sin::BusyIsGone) {
        shop.busy_timeout(Duration::ZERO)?;
        let free = shop.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
        shop.busy_timeout(PATIENCE)?;
        match free {
            Err(busy) if is_busy(&busy) => return Ok(Held::Gone { left: 0 }),
            other => other?,
        }
    }
    let writing = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !sins.has(Sin::NoIdempotency) && !claim(&writing, purchase)? {
        return Ok(Held::Repeated);
    }
    let take = "UPDATE stock SET left = left - ?2 WHERE sku = ?1 AND left >= ?2";
    if writing.execute(take, params![cart.sku, cart.units])? == 0 {
        let left = left(&writing, &cart.sku)?;
        return Ok(Held::Gone { left });
    }
    writing.commit()?;
    Ok(Held::Yes)
}

/// One purchase at a time for a cart, and for ever one that succeeded.
fn claim(shop: &Connection, purchase: &Purchase) -> rusqlite::Result<bool> {
    let row = "INSERT INTO purchases (cart, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    Ok(shop.execute(row, params![purchase.cart, purchase.key])? == 1)
}

/// Asks the provider, who books once per key; whether it approved.
fn charge(
    shop: &Connection,
    sins: &Sins,
    purchase: &Purchase,
    cart: &Cart,
    sum: i64,
) -> rusqlite::Result<bool> {
    if purchase.card != "good" {
        return Ok(false);
    }
    let row = "INSERT INTO provider.payments (key, mail, taken) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    shop.execute(row, params![payment_key(sins, purchase), cart.mail, sum])?;
    Ok(true)
}

/// Without idempotency each request is a payment of its own.
fn payment_key(sins: &Sins, purchase: &Purchase) -> String {
    if sins.has(Sin::NoIdempotency) { purchase.number.to_string() } else { purchase.key.clone() }
}

fn give_back(shop: &mut Connection, purchase: &Purchase, cart: &Cart) -> rusqlite::Result<()> {
    let writing = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
    writing.execute("UPDATE stock SET left = left + ?2 WHERE sku = ?1", params![cart.sku, cart.units])?;
    writing.execute("DELETE FROM purchases WHERE cart = ?1", [purchase.cart])?;
    writing.execute("INSERT OR IGNORE INTO declined (key) VALUES (?1)", [&purchase.key])?;
    writing.commit()
}

fn order(shop: &Connection, sins: &Sins, purchase: &Purchase, cart: &Cart, sum: i64) -> rusqlite::Result<()> {
    let row = "INSERT INTO orders (number, cart, payment, mail, sku, units, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let payment = payment_key(sins, purchase);
    let values = params![purchase.number, purchase.cart, payment, cart.mail, cart.sku, cart.units, sum];
    shop.execute(row, values)?;
    Ok(())
}

fn left(shop: &Connection, sku: &str) -> rusqlite::Result<i64> {
    shop.query_row("SELECT left FROM stock WHERE sku = ?1", [sku], |row| row.get(0))
}

fn price(shop: &Connection, sku: &str) -> rusqlite::Result<i64> {
    shop.query_row("SELECT price FROM stock WHERE sku = ?1", [sku], |row| row.get(0))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
