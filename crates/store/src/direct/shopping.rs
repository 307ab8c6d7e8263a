//! Carts and checkouts, row by row.

use sellonce_checkout::cart::Cart;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{CartId, CheckoutId};
use sellonce_checkout::session::Checkout;

use crate::rows::history;
use crate::sql::{Statements, values};
use crate::trouble::Trouble;

pub(super) fn insert_cart(sql: &dyn Statements, cart: &Cart) -> Result<(), Trouble> {
    let insert = "INSERT INTO carts (id, secret, ordered_by, version, created_at, updated_at) \
                  VALUES (?1, ?2, NULL, ?3, ?4, ?5)";
    let (created_at, updated_at) = (cart.created_at.millis(), cart.updated_at.millis());
    sql.execute(insert, values![cart.id.0.as_bytes(), &cart.secret.0, cart.version, created_at, updated_at])?;
    insert_cart_lines(sql, cart)
}

pub(super) fn change_cart(sql: &dyn Statements, was: &Cart, is: &Cart) -> Result<(), Trouble> {
    let update = "UPDATE carts SET version = ?3, updated_at = ?4 \
                  WHERE id = ?1 AND version = ?2 AND ordered_by IS NULL";
    let key = is.id.0.as_bytes();
    sql.execute_one("a cart", update, values![key, was.version, is.version, is.updated_at.millis()])?;
    sql.execute("DELETE FROM cart_lines WHERE cart_id = ?1", values![key])?;
    insert_cart_lines(sql, is)
}

fn insert_cart_lines(sql: &dyn Statements, cart: &Cart) -> Result<(), Trouble> {
    let insert = "INSERT INTO cart_lines (cart_id, position, id, sku, title, quantity, unit_price, price_seen_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    for (line, position) in cart.lines.iter().zip(1_i64..) {
        let (cart, id, sku) = (cart.id.0.as_bytes(), line.id.0.as_bytes(), line.sku.as_str());
        let (price, seen_at) = (line.unit_price.minor(), line.price_seen_at.millis());
        sql.execute(insert, values![cart, position, id, sku, &line.title, line.quantity, price, seen_at])?;
    }
    Ok(())
}

pub(super) fn order_cart(sql: &dyn Statements, cart: CartId, checkout: CheckoutId) -> Result<(), Trouble> {
    let update = "UPDATE carts SET ordered_by = ?2 WHERE id = ?1 AND ordered_by IS NULL";
    sql.execute_one("a cart", update, values![cart.0.as_bytes(), checkout.0.as_bytes()])
}

pub(super) fn cart_in_progress(sql: &dyn Statements, cart: CartId, but: CheckoutId) -> Result<bool, Trouble> {
    let other = "SELECT 1 FROM sagas WHERE cart_id = ?1 AND ended_at IS NULL AND checkout_id <> ?2";
    sql.any(other, values![cart.0.as_bytes(), but.0.as_bytes()])
}

pub(super) fn insert_checkout(sql: &dyn Statements, checkout: &Checkout) -> Result<(), Trouble> {
    let insert = "INSERT INTO checkouts (id, secret, cart_id, status, email, customer_reference, address_name, \
                  address_line1, address_line2, address_city, address_region, address_postal_code, address_country, \
                  address_phone, discount_code, shipping_method, subtotal, discount, shipping, tax, tax_added, total, \
                  confirmed_at, expires_at, order_id, version, history, created_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, \
                  ?21, ?22, NULL, ?23, NULL, ?24, ?25, ?26)";
    let (buyer, totals) = (&checkout.buyer, &checkout.lock.totals);
    let address = buyer.address.as_ref();
    let history = history::begun(checkout.status.as_str(), 0, checkout.created_at);
    sql.execute(
        insert,
        values![
            checkout.id.0.as_bytes(),
            &checkout.secret.0,
            checkout.cart.as_ref().map(|id| id.0.as_bytes()),
            checkout.status.as_str(),
            buyer.email.as_str(),
            buyer.customer_reference.as_ref(),
            address.map(|address| &address.name),
            address.map(|address| &address.line1),
            address.and_then(|address| address.line2.as_ref()),
            address.map(|address| &address.city),
            address.and_then(|address| address.region.as_ref()),
            address.map(|address| &address.postal_code),
            address.map(|address| address.country.as_str()),
            address.and_then(|address| address.phone.as_ref()),
            checkout.discount_code.as_ref().map(|code| code.as_str()),
            &checkout.lock.shipping_method,
            totals.subtotal.minor(),
            totals.discount.minor(),
            totals.shipping.minor(),
            totals.tax.minor(),
            totals.tax_added.minor(),
            totals.total.minor(),
            checkout.expires_at.millis(),
            checkout.version,
            &history,
            checkout.created_at.millis(),
        ],
    )?;
    insert_locked_lines(sql, checkout)
}

fn insert_locked_lines(sql: &dyn Statements, checkout: &Checkout) -> Result<(), Trouble> {
    let insert = "INSERT INTO checkout_lines (checkout_id, number, sku, title, quantity, price_seen, unit_price, \
                  discount, tax) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    for (line, number) in checkout.lock.lines.iter().zip(1_i64..) {
        sql.execute(
            insert,
            values![
                checkout.id.0.as_bytes(),
                number,
                line.sku.as_str(),
                &line.title,
                line.quantity,
                line.price_seen.map(|price| price.minor()),
                line.unit_price.map(|price| price.minor()),
                line.discount.minor(),
                line.tax.minor(),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn change_checkout(
    sql: &dyn Statements,
    was: &Checkout,
    is: &Checkout,
    fence: i64,
    now: Timestamp,
) -> Result<(), Trouble> {
    let update = "UPDATE checkouts SET status = ?4, order_id = ?5, confirmed_at = ?6, version = ?7, \
                  history = history || ?8 WHERE id = ?1 AND status = ?2 AND version = ?3";
    let step = history::step_between(was.status.as_str(), is.status.as_str(), fence, now);
    sql.execute_one(
        "a checkout",
        update,
        values![
            is.id.0.as_bytes(),
            was.status.as_str(),
            was.version,
            is.status.as_str(),
            is.order.as_ref().map(|id| id.0.as_bytes()),
            is.confirmed_at.map(Timestamp::millis),
            is.version,
            &step,
        ],
    )
}
