//! Carts on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::cart::{Cart, CartChange, CartRefusal};
use sellonce_checkout::catalog::Offer;
use sellonce_checkout::id::CartId;
use sellonce_checkout::money::Currency;
use sellonce_checkout::store::carts::{Carts, ChangeCart, ChangeCartRefusal, CreateCart};
use sellonce_checkout::store::{Answer, Failure};

use crate::rows::shopping::{self, cart_columns, cart_line_columns};
use crate::sqlite::SqliteStore;
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::trouble::Trouble;

#[async_trait]
impl Carts for SqliteStore {
    async fn create_cart(&self, call: CreateCart) -> Answer<Cart, CartRefusal> {
        self.write(move |flush| create(flush, &call)).await
    }

    async fn change_cart(&self, call: ChangeCart) -> Answer<Cart, ChangeCartRefusal> {
        self.write(move |flush| change(flush, &call)).await
    }

    async fn cart(&self, id: CartId) -> Result<Option<Cart>, Failure> {
        self.read(move |connection, shop| load(connection, shop.currency, id)).await
    }
}

/// A cart with its lines.
pub(super) fn load(connection: &Connection, currency: Currency, id: CartId) -> Result<Option<Cart>, Trouble> {
    let sql = concat!("SELECT ", cart_columns!(), " FROM carts WHERE id = ?1");
    let Some(mut cart) = one(connection, sql, [id.0.as_bytes()], shopping::cart)? else { return Ok(None) };
    let sql =
        concat!("SELECT ", cart_line_columns!(), " FROM cart_lines WHERE cart_id = ?1 ORDER BY position");
    cart.lines = many(connection, sql, [id.0.as_bytes()], |columns| shopping::cart_line(columns, currency))?;
    Ok(Some(cart))
}

fn create(flush: &mut Flush, call: &CreateCart) -> Result<Result<Cart, CartRefusal>, Trouble> {
    let mut cart = Cart::new(call.id, call.secret, flush.now);
    for change in &call.changes {
        let offer = offer_of(flush, change)?;
        if let Err(refusal) = cart.change(change, offer.as_ref(), flush.now) {
            return Ok(Err(refusal));
        }
    }
    let sql = "INSERT INTO carts (id, secret, ordered_by, version, created_at, updated_at) \
               VALUES (?1, ?2, NULL, ?3, ?4, ?5)";
    let (created_at, updated_at) = (cart.created_at.millis(), cart.updated_at.millis());
    flush.execute(sql, params![cart.id.0.as_bytes(), cart.secret.0, cart.version, created_at, updated_at])?;
    write_lines(flush, &cart)?;
    Ok(Ok(cart))
}

fn change(flush: &mut Flush, call: &ChangeCart) -> Result<Result<Cart, ChangeCartRefusal>, Trouble> {
    let cart = load(flush.connection(), flush.currency(), call.id)?;
    let Some(mut cart) = cart.filter(|cart| cart.secret.matches(&call.secret)) else {
        return Ok(Err(ChangeCartRefusal::NotFound));
    };
    if call.expected_version.is_some_and(|expected| expected != cart.version) {
        return Ok(Err(ChangeCartRefusal::Changed));
    }
    let offer = offer_of(flush, &call.change)?;
    if let Err(refusal) = cart.change(&call.change, offer.as_ref(), flush.now) {
        return Ok(Err(ChangeCartRefusal::Refused(refusal)));
    }
    let sql = "UPDATE carts SET version = version + 1, updated_at = ?3 \
               WHERE id = ?1 AND version = ?2 AND ordered_by IS NULL";
    let row = params![cart.id.0.as_bytes(), cart.version, cart.updated_at.millis()];
    flush.execute_one("a cart", sql, row)?;
    cart.version = cart.version.saturating_add(1);
    flush.execute("DELETE FROM cart_lines WHERE cart_id = ?1", [cart.id.0.as_bytes()])?;
    write_lines(flush, &cart)?;
    Ok(Ok(cart))
}

fn write_lines(flush: &Flush, cart: &Cart) -> Result<(), Trouble> {
    let sql = "INSERT INTO cart_lines (cart_id, position, id, sku, title, quantity, unit_price, price_seen_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    for (line, position) in cart.lines.iter().zip(1_i64..) {
        let (cart, id, sku) = (cart.id.0.as_bytes(), line.id.0.as_bytes(), line.sku.as_str());
        let (price, seen_at) = (line.unit_price.minor(), line.price_seen_at.millis());
        flush.execute(sql, params![cart, position, id, sku, line.title, line.quantity, price, seen_at])?;
    }
    Ok(())
}

/// Today's offer of the SKU that a change adds.
fn offer_of(flush: &mut Flush, change: &CartChange) -> Result<Option<Offer>, Trouble> {
    match change {
        CartChange::Add { sku, .. } => flush.offer(sku),
        CartChange::SetQuantity { .. } | CartChange::Remove { .. } => Ok(None),
    }
}
