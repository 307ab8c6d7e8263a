//! The little shop's database: its tables, its shelves and its books.
//!
//! Decides what is written down and how it is listed. Two files: the shop's own, and the payment provider's, which is
//! only ever written in transactions of its own.

use std::path::Path;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::buy::PATIENCE;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, left INTEGER NOT NULL, price INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS carts (number INTEGER PRIMARY KEY, sku TEXT NOT NULL, units INTEGER NOT NULL,
        price_seen INTEGER NOT NULL, mail TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS purchases (cart INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS declined (key TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, cart INTEGER NOT NULL, payment TEXT NOT NULL,
        mail TEXT NOT NULL, sku TEXT NOT NULL, units INTEGER NOT NULL, sum INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS orders_by_cart ON orders (cart);
    CREATE TABLE IF NOT EXISTS provider.payments (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
        mail TEXT NOT NULL, taken INTEGER NOT NULL);
";

/// Opens both files. What was committed survives a kill; a power failure is not this shop's subject.
pub(crate) fn open(folder: &Path) -> rusqlite::Result<Connection> {
    let shop = Connection::open(folder.join("shop.db"))?;
    shop.busy_timeout(PATIENCE)?;
    let provider = folder.join("provider.db");
    shop.execute("ATTACH ?1 AS provider", [provider.to_string_lossy()])?;
    for file in ["main", "provider"] {
        shop.pragma_update(Some(file), "journal_mode", "wal")?;
        shop.pragma_update(Some(file), "synchronous", "off")?;
    }
    Ok(shop)
}

pub(crate) fn create(shop: &Connection) -> rusqlite::Result<()> {
    shop.execute_batch(TABLES)
}

/// The last number that was given to a cart or an order.
pub(crate) fn last_number(shop: &Connection) -> rusqlite::Result<i64> {
    let last = "SELECT max(coalesce((SELECT max(number) FROM carts), 0), coalesce((SELECT max(number) FROM orders), 0))";
    shop.query_row(last, [], |row| row.get(0))
}

pub(crate) fn set_stock(shop: &Connection, sku: &str, left: i64, price: i64) -> rusqlite::Result<()> {
    let row = "INSERT INTO stock (sku, left, price) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET left = excluded.left, price = excluded.price";
    shop.execute(row, params![sku, left, price]).map(drop)
}

pub(crate) fn set_price(shop: &Connection, sku: &str, price: i64) -> rusqlite::Result<usize> {
    shop.execute("UPDATE stock SET price = ?2 WHERE sku = ?1", params![sku, price])
}

/// How many units are left, and the price of one.
pub(crate) fn stock(shop: &Connection, sku: &str) -> rusqlite::Result<(i64, i64)> {
    shop.query_row("SELECT left, price FROM stock WHERE sku = ?1", [sku], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Puts units of a SKU in a cart of their own.
pub(crate) fn fill_cart(
    shop: &Connection,
    number: i64,
    (sku, units): (&str, i64),
    mail: &str,
) -> rusqlite::Result<i64> {
    let (_, price) = stock(shop, sku)?;
    let row = "INSERT INTO carts (number, sku, units, price_seen, mail) VALUES (?1, ?2, ?3, ?4, ?5)";
    shop.execute(row, params![number, sku, units, price, mail])?;
    Ok(price)
}

/// One page of orders, oldest first.
pub(crate) fn orders(shop: &Connection, after: i64, limit: i64) -> rusqlite::Result<Value> {
    let rows = "SELECT number, cart, payment, mail, sku, units, sum FROM orders WHERE number > ?1 ORDER BY number LIMIT ?2";
    let order = |row: &rusqlite::Row<'_>| {
        Ok(json!({
            "number": row.get::<_, i64>(0)?, "cart": row.get::<_, i64>(1)?, "payment": row.get::<_, String>(2)?,
            "mail": row.get::<_, String>(3)?, "sum": row.get::<_, i64>(6)?,
            "goods": [{ "sku": row.get::<_, String>(4)?, "units": row.get::<_, i64>(5)? }],
        }))
    };
    page(shop, rows, (after, limit), order)
}

/// One page of the provider's book, oldest first.
pub(crate) fn payments(shop: &Connection, after: i64, limit: i64) -> rusqlite::Result<Value> {
    let rows =
        "SELECT number, key, mail, taken FROM provider.payments WHERE number > ?1 ORDER BY number LIMIT ?2";
    let payment = |row: &rusqlite::Row<'_>| {
        Ok(json!({
            "number": row.get::<_, i64>(0)?, "key": row.get::<_, String>(1)?, "mail": row.get::<_, String>(2)?,
            "taken": row.get::<_, i64>(3)?, "given_back": 0,
        }))
    };
    page(shop, rows, (after, limit), payment)
}

fn page(
    shop: &Connection,
    rows: &str,
    (after, limit): (i64, i64),
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<Value>,
) -> rusqlite::Result<Value> {
    let mut statement = shop.prepare_cached(rows)?;
    let list = statement.query_map([after, limit], read)?.collect::<Result<Vec<_>, _>>()?;
    let full = i64::try_from(list.len()).is_ok_and(|length| length == limit);
    let next = list.last().filter(|_| full).map(|row| row["number"].clone());
    Ok(json!({ "list": list, "next": next }))
}
