//! Checkouts on SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::id::{CheckoutId, OrderId, OrderToken, SecretHash};
use sellonce_checkout::money::Currency;
use sellonce_checkout::opening;
use sellonce_checkout::price_lock::{Lock, PriceHash};
use sellonce_checkout::session::{self, Checkout, Status};
use sellonce_checkout::store::checkouts::{
    CancelRefusal, CheckoutView, Checkouts, ConfirmRefusal, Goods, OpenCheckout, OpenRefusal, OrderReference,
};
use sellonce_checkout::store::{Answer, Failure, Shop};

use crate::rows::history;
use crate::rows::shopping::{self, checkout_columns, locked_line_columns};
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::sqlite::{SqliteStore, carts, discounts, inventory};
use crate::trouble::Trouble;

#[async_trait]
impl Checkouts for SqliteStore {
    async fn open_checkout(&self, call: OpenCheckout) -> Answer<CheckoutView, OpenRefusal> {
        self.write(move |flush| {
            let checkout = match open(flush, &call)? {
                Ok(checkout) => checkout,
                Err(refusal) => return Ok(Err(refusal)),
            };
            insert(flush, &checkout)?;
            shown(flush, checkout).map(Ok)
        })
        .await
    }

    async fn checkout(&self, id: CheckoutId) -> Result<Option<CheckoutView>, Failure> {
        self.read(move |connection, shop| view(connection, shop, id)).await
    }

    async fn confirm_prices(
        &self,
        id: CheckoutId,
        secret: SecretHash,
        hash: PriceHash,
    ) -> Answer<CheckoutView, ConfirmRefusal> {
        self.write(move |flush| confirm(flush, id, &secret, &hash)).await
    }

    async fn cancel_checkout(
        &self,
        id: CheckoutId,
        secret: SecretHash,
    ) -> Answer<CheckoutView, CancelRefusal> {
        self.write(move |flush| cancel(flush, id, &secret)).await
    }
}

/// A checkout with its locked lines.
pub(super) fn load(
    connection: &Connection,
    currency: Currency,
    id: CheckoutId,
) -> Result<Option<Checkout>, Trouble> {
    let sql = concat!("SELECT ", checkout_columns!(), " FROM checkouts WHERE id = ?1");
    let found = one(connection, sql, [id.0.as_bytes()], |columns| shopping::checkout(columns, currency))?;
    let Some(mut checkout) = found else { return Ok(None) };
    let sql = concat!(
        "SELECT ",
        locked_line_columns!(),
        " FROM checkout_lines WHERE checkout_id = ?1 ORDER BY number"
    );
    checkout.lock.lines =
        many(connection, sql, [id.0.as_bytes()], |columns| shopping::locked_line(columns, currency))?;
    Ok(Some(checkout))
}

/// A checkout that another row names, so that it must be there.
pub(super) fn load_named(
    connection: &Connection,
    currency: Currency,
    id: CheckoutId,
) -> Result<Checkout, Trouble> {
    load(connection, currency, id)?.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}

/// The checkout that a call opens, not yet inserted.
pub(super) fn open(flush: &mut Flush, call: &OpenCheckout) -> Result<Result<Checkout, OpenRefusal>, Trouble> {
    let cart = match &call.goods {
        Goods::Cart { id, .. } => carts::load(flush.connection(), flush.currency(), *id)?,
        Goods::Lines(_) => None,
    };
    let wanted = match opening::wanted(&call.goods, cart.as_ref()) {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut offers = BTreeMap::new();
    for line in &wanted.lines {
        if let Some(offer) = flush.offer(&line.sku)? {
            offers.insert(line.sku.clone(), offer);
        }
    }
    let discount = match &call.discount_code {
        Some(code) => discounts::load(flush.connection(), flush.currency(), code)?,
        None => None,
    };
    let discount = discount.as_ref().map(|(discount, _)| discount);
    Ok(opening::open(call, &wanted, &offers, discount, &flush.shop, flush.now))
}

/// Inserts a checkout that was opened, with its locked lines.
pub(super) fn insert(flush: &Flush, checkout: &Checkout) -> Result<(), Trouble> {
    let sql = "INSERT INTO checkouts (id, secret, cart_id, status, email, customer_reference, address_name, \
               address_line1, address_line2, address_city, address_region, address_postal_code, address_country, \
               address_phone, discount_code, shipping_method, subtotal, discount, shipping, tax, tax_added, total, \
               confirmed_at, expires_at, order_id, version, history, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, \
               ?21, ?22, NULL, ?23, NULL, ?24, ?25, ?26)";
    let (buyer, totals) = (&checkout.buyer, &checkout.lock.totals);
    let address = buyer.address.as_ref();
    flush.execute(
        sql,
        params![
            checkout.id.0.as_bytes(),
            checkout.secret.0,
            checkout.cart.as_ref().map(|id| id.0.as_bytes()),
            checkout.status.as_str(),
            buyer.email.as_str(),
            buyer.customer_reference,
            address.map(|address| &address.name),
            address.map(|address| &address.line1),
            address.and_then(|address| address.line2.as_ref()),
            address.map(|address| &address.city),
            address.and_then(|address| address.region.as_ref()),
            address.map(|address| &address.postal_code),
            address.map(|address| address.country.as_str()),
            address.and_then(|address| address.phone.as_ref()),
            checkout.discount_code.as_ref().map(|code| code.as_str()),
            checkout.lock.shipping_method,
            totals.subtotal.minor(),
            totals.discount.minor(),
            totals.shipping.minor(),
            totals.tax.minor(),
            totals.tax_added.minor(),
            totals.total.minor(),
            checkout.expires_at.millis(),
            checkout.version,
            history::begun(checkout.status.as_str(), 0, checkout.created_at),
            checkout.created_at.millis(),
        ],
    )?;
    insert_lines(flush, checkout.id, &checkout.lock)
}

fn insert_lines(flush: &Flush, id: CheckoutId, lock: &Lock) -> Result<(), Trouble> {
    let sql = "INSERT INTO checkout_lines (checkout_id, number, sku, title, quantity, price_seen, unit_price, \
               discount, tax) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    for (line, number) in lock.lines.iter().zip(1_i64..) {
        flush.execute(
            sql,
            params![
                id.0.as_bytes(),
                number,
                line.sku.as_str(),
                line.title,
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

/// Moves a checkout, if it moves at all, noting it in its history; the move must be an edge (I6).
pub(super) fn shift(flush: &Flush, checkout: &mut Checkout, to: Status, fence: i64) -> Result<(), Trouble> {
    let from = checkout.status;
    if from == to {
        return Ok(());
    }
    assert!(session::is_edge(from, to), "I6: a checkout goes from {} to {}", from.as_str(), to.as_str());
    let sql = "UPDATE checkouts SET status = ?3, order_id = ?4, version = version + 1, history = history || ?5 \
               WHERE id = ?1 AND status = ?2 AND version = ?6";
    let order = checkout.order.as_ref().map(|id| id.0.as_bytes());
    let step = history::step(to.as_str(), fence, flush.now);
    let id = checkout.id.0.as_bytes();
    flush.execute_one(
        "a checkout",
        sql,
        params![id, from.as_str(), to.as_str(), order, step, checkout.version],
    )?;
    checkout.status = to;
    checkout.version = checkout.version.saturating_add(1);
    Ok(())
}

fn confirm(
    flush: &mut Flush,
    id: CheckoutId,
    secret: &SecretHash,
    hash: &PriceHash,
) -> Result<Result<CheckoutView, ConfirmRefusal>, Trouble> {
    let Some(mut checkout) = opened_by(flush, id, secret)? else { return Ok(Err(ConfirmRefusal::NotFound)) };
    let status = checkout.shown_status(flush.now);
    if status != Status::Open {
        return Ok(Err(ConfirmRefusal::NotOpen(status)));
    }
    if !checkout.confirms(hash) {
        return Ok(Err(ConfirmRefusal::OtherChanges));
    }
    if checkout.confirmed_at.is_none() {
        let sql = "UPDATE checkouts SET confirmed_at = ?2, version = version + 1 \
                   WHERE id = ?1 AND status = 'open' AND version = ?3";
        let row = params![id.0.as_bytes(), flush.now.millis(), checkout.version];
        flush.execute_one("a checkout", sql, row)?;
        checkout.confirmed_at = Some(flush.now);
        checkout.version = checkout.version.saturating_add(1);
    }
    shown(flush, checkout).map(Ok)
}

fn cancel(
    flush: &mut Flush,
    id: CheckoutId,
    secret: &SecretHash,
) -> Result<Result<CheckoutView, CancelRefusal>, Trouble> {
    let Some(mut checkout) = opened_by(flush, id, secret)? else { return Ok(Err(CancelRefusal::NotFound)) };
    match checkout.status {
        Status::Processing | Status::RequiresAction => return Ok(Err(CancelRefusal::InProgress)),
        Status::Completed => return Ok(Err(CancelRefusal::Completed)),
        Status::Open => shift(flush, &mut checkout, Status::Cancelled, 0)?,
        Status::Expired | Status::Cancelled => {}
    }
    shown(flush, checkout).map(Ok)
}

/// The checkout, if the secret is its own: a wrong one looks like no checkout.
pub(super) fn opened_by(
    flush: &Flush,
    id: CheckoutId,
    secret: &SecretHash,
) -> Result<Option<Checkout>, Trouble> {
    let checkout = load(flush.connection(), flush.currency(), id)?;
    Ok(checkout.filter(|checkout| checkout.secret.matches(secret)))
}

/// What its buyer is shown of a checkout that is not completed, as the calls so far have left the stock.
fn shown(flush: &mut Flush, checkout: Checkout) -> Result<CheckoutView, Trouble> {
    let mut available: BTreeMap<Sku, Option<i64>> = BTreeMap::new();
    for line in &checkout.lock.lines {
        if !available.contains_key(&line.sku) {
            available.insert(line.sku.clone(), flush.available(&line.sku)?);
        }
    }
    Ok(CheckoutView { checkout, available, order: None })
}

fn view(connection: &Connection, shop: &Shop, id: CheckoutId) -> Result<Option<CheckoutView>, Trouble> {
    let Some(checkout) = load(connection, shop.currency, id)? else { return Ok(None) };
    let mut available = BTreeMap::new();
    for line in &checkout.lock.lines {
        available.insert(line.sku.clone(), inventory::available(connection, shop, &line.sku)?);
    }
    let order = match checkout.order {
        Some(order) => Some(order_reference(connection, order)?),
        None => None,
    };
    Ok(Some(CheckoutView { checkout, available, order }))
}

fn order_reference(connection: &Connection, id: OrderId) -> Result<OrderReference, Trouble> {
    let sql = "SELECT number, token FROM orders WHERE id = ?1";
    let found = one(connection, sql, [id.0.as_bytes()], |columns| {
        Ok(OrderReference { id, number: columns.integer()?, token: OrderToken(columns.bytes()?) })
    })?;
    found.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}
