//! Loading things whole by their keys: a row, the rows that belong to it, what they stand for.
//!
//! Decides which statements a thing is read with, for readers and for calls that run row by row. Leaves reading columns
//! to `rows`, and many keys at once to PostgreSQL's batches.

use sellonce_checkout::cart::Cart;
use sellonce_checkout::catalog::{Location, Offer, Product, Sku};
use sellonce_checkout::discount::{Discount, DiscountCode};
use sellonce_checkout::id::{CartId, CheckoutId, OrderId, ProductId, RefundId, SagaId};
use sellonce_checkout::inventory::Stock;
use sellonce_checkout::money::Currency;
use sellonce_checkout::order::Order;
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::purchase_limit::Uses;
use sellonce_checkout::refund::Refund;
use sellonce_checkout::session::Checkout;
use sellonce_checkout::simulated_book::Booking;
use sellonce_checkout::store::orders::OrderView;

use crate::rows::catalog::{self, product_columns, variant_columns};
use crate::rows::goods::{self, return_columns, shipment_columns};
use crate::rows::orders::{self, booking_columns, event_columns, order_columns, order_line_columns};
use crate::rows::refunds::{self, refund_columns};
use crate::rows::sagas::{self, allocation_columns, attempt_columns, run_columns, schedule_columns};
use crate::rows::shopping::{self, cart_columns, cart_line_columns, checkout_columns, locked_line_columns};
use crate::rows::stock::{self, discount_columns, stock_columns};
use crate::sql::{Statements, values};
use crate::tables::Held;
use crate::trouble::Trouble;

/// A cart with its lines.
pub(crate) fn cart(sql: &dyn Statements, currency: Currency, id: CartId) -> Result<Option<Cart>, Trouble> {
    let key = values![id.0.as_bytes()];
    let row = concat!("SELECT ", cart_columns!(), " FROM carts WHERE id = ?1");
    let Some(mut cart) = sql.one(row, key, shopping::cart)? else { return Ok(None) };
    let lines =
        concat!("SELECT ", cart_line_columns!(), " FROM cart_lines WHERE cart_id = ?1 ORDER BY position");
    cart.lines = sql.many(lines, key, |columns| shopping::cart_line(columns, currency))?;
    Ok(Some(cart))
}

/// A checkout with its locked lines.
pub(crate) fn checkout(
    sql: &dyn Statements,
    currency: Currency,
    id: CheckoutId,
) -> Result<Option<Checkout>, Trouble> {
    let key = values![id.0.as_bytes()];
    let row = concat!("SELECT ", checkout_columns!(), " FROM checkouts WHERE id = ?1");
    let found = sql.one(row, key, |columns| shopping::checkout(columns, currency))?;
    let Some(mut checkout) = found else { return Ok(None) };
    let lines = concat!(
        "SELECT ",
        locked_line_columns!(),
        " FROM checkout_lines WHERE checkout_id = ?1 ORDER BY number"
    );
    checkout.lock.lines = sql.many(lines, key, |columns| shopping::locked_line(columns, currency))?;
    Ok(Some(checkout))
}

/// A saga with its attempt and what it holds.
pub(crate) fn held(sql: &dyn Statements, currency: Currency, id: SagaId) -> Result<Option<Held>, Trouble> {
    let key = values![id.0.as_bytes()];
    let row = concat!(
        "SELECT ",
        schedule_columns!(),
        ", ",
        run_columns!(),
        " FROM sagas s LEFT JOIN payments p ON p.saga_id = s.id WHERE s.id = ?1"
    );
    let found = sql.one(row, key, |columns| {
        let (owner, schedule) = sagas::schedule(columns)?;
        Ok((owner, schedule, sagas::run(columns, currency)?))
    })?;
    let Some((owner, schedule, mut run)) = found else { return Ok(None) };
    let lines =
        concat!("SELECT ", allocation_columns!(), " FROM reservations WHERE saga_id = ?1 ORDER BY number");
    let lines = sql.many(lines, key, sagas::allocation)?;
    let (allocations, reservation) = lines.into_iter().unzip();
    run.saga.hold.allocations = allocations;
    Ok(Some(Held { run, reservation, schedule, owner }))
}

/// A saga that another row names, so that it must be there.
pub(crate) fn named_saga(sql: &dyn Statements, currency: Currency, id: SagaId) -> Result<Held, Trouble> {
    held(sql, currency, id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}

/// An order with everything that is shown of it.
pub(crate) fn order(
    sql: &dyn Statements,
    currency: Currency,
    id: OrderId,
) -> Result<Option<OrderView>, Trouble> {
    let key = values![id.0.as_bytes()];
    let row = concat!("SELECT ", order_columns!(), " FROM orders WHERE id = ?1");
    let found = sql.one(row, key, |columns| orders::order(columns, currency))?;
    let Some(mut order) = found else { return Ok(None) };
    let lines = concat!(
        "SELECT ",
        order_line_columns!(),
        " FROM order_lines WHERE order_id = ?1 ORDER BY number, position"
    );
    order.lines = sql.many(lines, key, orders::line)?;
    let events =
        concat!("SELECT ", event_columns!(), " FROM order_events WHERE order_id = ?1 ORDER BY sequence");
    order.events = sql.many(events, key, orders::event)?;
    if order.lines.iter().any(|line| line.shipped > 0) {
        goods_of(sql, &mut order)?;
    }
    let checkout = checkout(sql, currency, order.checkout)?
        .ok_or_else(|| Trouble::call(format!("{} is gone", order.checkout)))?;
    let attempt = attempt(sql, currency, order.saga)?;
    Ok(Some(OrderView { order, checkout, attempt }))
}

/// What left the house and what came back, of an order of which something did.
fn goods_of(sql: &dyn Statements, order: &mut Order) -> Result<(), Trouble> {
    let key = values![order.id.0.as_bytes()];
    let shipments =
        concat!("SELECT ", shipment_columns!(), " WHERE s.order_id = ?1 ORDER BY s.number, u.position");
    order.shipments = goods::joined(sql.many(shipments, key, goods::shipment)?);
    let returns =
        concat!("SELECT ", return_columns!(), " WHERE r.order_id = ?1 ORDER BY r.number, u.position");
    order.returns = goods::joined(sql.many(returns, key, goods::returned)?);
    Ok(())
}

/// A refund.
pub(crate) fn refund(
    sql: &dyn Statements,
    currency: Currency,
    id: RefundId,
) -> Result<Option<Refund>, Trouble> {
    let row = concat!("SELECT ", refund_columns!(), " FROM refunds WHERE id = ?1");
    sql.one(row, values![id.0.as_bytes()], |columns| refunds::refund(columns, currency))
}

/// The payment attempt of a saga.
pub(crate) fn attempt(
    sql: &dyn Statements,
    currency: Currency,
    saga: SagaId,
) -> Result<Option<Attempt>, Trouble> {
    let row = concat!("SELECT ", attempt_columns!(), " FROM payments WHERE saga_id = ?1");
    let found =
        sql.one(row, values![saga.0.as_bytes()], |columns| sagas::attempt(columns, saga, currency))?;
    Ok(found.flatten())
}

/// An order that another row names, so that it must be there.
pub(crate) fn named_order(
    sql: &dyn Statements,
    currency: Currency,
    id: OrderId,
) -> Result<OrderView, Trouble> {
    order(sql, currency, id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}

/// A product with the variants that it still has.
pub(crate) fn product(
    sql: &dyn Statements,
    currency: Currency,
    id: ProductId,
) -> Result<Option<Product>, Trouble> {
    let key = values![id.0.as_bytes()];
    let row = concat!("SELECT ", product_columns!(), " FROM products WHERE id = ?1");
    let Some(mut product) = sql.one(row, key, catalog::product)? else { return Ok(None) };
    let tags = "SELECT tag FROM product_tags WHERE product_id = ?1 ORDER BY position";
    product.details.tags = sql.many(tags, key, |columns| columns.string())?;
    let images = "SELECT src, alt FROM product_images WHERE product_id = ?1 ORDER BY position";
    product.details.images = sql.many(images, key, catalog::image)?;
    let variants = concat!(
        "SELECT ",
        variant_columns!(),
        " FROM variants WHERE product_id = ?1 AND removed = 0 ORDER BY position"
    );
    product.variants = sql.many(variants, key, |columns| catalog::variant(columns, currency))?;
    Ok(Some(product))
}

/// What a SKU is offered as today; `None` if there is no such SKU.
pub(crate) fn offer(sql: &dyn Statements, currency: Currency, sku: &Sku) -> Result<Option<Offer>, Trouble> {
    let row = "SELECT v.sku, p.title, p.listing, v.title, v.price, v.removed FROM variants v \
               JOIN products p ON p.id = v.product_id WHERE v.sku = ?1";
    sql.one(row, values![sku.as_str()], |columns| catalog::offer(columns, currency))
}

/// All rows of a SKU.
pub(crate) fn stock_rows(sql: &dyn Statements, sku: &Sku) -> Result<Vec<(Location, Stock)>, Trouble> {
    let rows = concat!("SELECT ", stock_columns!(), " FROM inventory WHERE sku = ?1 ORDER BY location");
    sql.many(rows, values![sku.as_str()], stock::stock)
}

/// A discount with its counter.
pub(crate) fn discount(
    sql: &dyn Statements,
    currency: Currency,
    code: &DiscountCode,
) -> Result<Option<(Discount, Uses)>, Trouble> {
    let row = concat!("SELECT ", discount_columns!(), " FROM discounts WHERE code = ?1");
    sql.one(row, values![code.as_str()], |columns| stock::discount(columns, currency))
}

/// A booking of the simulated provider.
pub(crate) fn booking(sql: &dyn Statements, attempt_key: &str) -> Result<Option<Booking>, Trouble> {
    let row = concat!("SELECT ", booking_columns!(), " FROM simulated_payments WHERE attempt_key = ?1");
    sql.one(row, values![attempt_key], orders::booking)
}
