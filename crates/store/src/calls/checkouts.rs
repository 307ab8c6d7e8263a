//! Checkouts: opening them, confirming their prices, calling them off.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::id::{CheckoutId, OrderId, OrderToken, SecretHash};
use sellonce_checkout::opening;
use sellonce_checkout::price_lock::PriceHash;
use sellonce_checkout::session::{self, Checkout, Status};
use sellonce_checkout::store::checkouts::{
    CancelRefusal, CheckoutView, Checkouts, ConfirmRefusal, Goods, OpenCheckout, OpenRefusal, OrderReference,
};
use sellonce_checkout::store::{Answer, Failure, Shop};

use crate::calls::{Database, DatabaseStore, inventory};
use crate::load;
use crate::sql::{Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Checkouts for DatabaseStore<D> {
    async fn open_checkout(&self, call: OpenCheckout) -> Answer<CheckoutView, OpenRefusal> {
        self.write_by_keys(move |tables| {
            let checkout = match open(tables, &call)? {
                Ok(checkout) => checkout,
                Err(refusal) => return Ok(Err(refusal)),
            };
            tables.insert_checkout(&checkout)?;
            shown(tables, checkout).map(Ok)
        })
        .await
    }

    async fn checkout(&self, id: CheckoutId) -> Result<Option<CheckoutView>, Failure> {
        self.read(move |sql, shop| view(sql, shop, id)).await
    }

    async fn confirm_prices(
        &self,
        id: CheckoutId,
        secret: SecretHash,
        hash: PriceHash,
    ) -> Answer<CheckoutView, ConfirmRefusal> {
        self.write_by_keys(move |tables| confirm(tables, id, &secret, &hash)).await
    }

    async fn cancel_checkout(
        &self,
        id: CheckoutId,
        secret: SecretHash,
    ) -> Answer<CheckoutView, CancelRefusal> {
        self.write_by_keys(move |tables| cancel(tables, id, &secret)).await
    }
}

/// The checkout that a call opens, not yet inserted.
pub(super) fn open(
    tables: &mut dyn Tables,
    call: &OpenCheckout,
) -> Result<Result<Checkout, OpenRefusal>, Trouble> {
    let cart = match &call.goods {
        Goods::Cart { id, .. } => tables.cart(*id)?,
        Goods::Lines(_) => None,
    };
    let wanted = match opening::wanted(&call.goods, cart.as_ref()) {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    tables.expect_offers(&mut wanted.lines.iter().map(|line| &line.sku));
    tables.expect_stock(&mut wanted.lines.iter().map(|line| &line.sku));
    let mut offers = BTreeMap::new();
    for line in &wanted.lines {
        if let Some(offer) = tables.offer(&line.sku)? {
            offers.insert(line.sku.clone(), offer);
        }
    }
    let discount = match &call.discount_code {
        Some(code) => tables.discount(code)?,
        None => None,
    };
    Ok(opening::open(call, &wanted, &offers, discount.as_ref(), &tables.shop(), tables.now()))
}

/// Moves a checkout, if it moves at all, noting it in its history; the move must be an edge (I6).
pub(super) fn shift(
    tables: &mut dyn Tables,
    checkout: &mut Checkout,
    to: Status,
    fence: i64,
) -> Result<(), Trouble> {
    let from = checkout.status;
    if from == to {
        return Ok(());
    }
    assert!(session::is_edge(from, to), "I6: a checkout goes from {} to {}", from.as_str(), to.as_str());
    let version = checkout.version.saturating_add(1);
    let is = Checkout { status: to, version, ..checkout.clone() };
    tables.change_checkout(checkout, &is, fence)?;
    *checkout = is;
    Ok(())
}

fn confirm(
    tables: &mut dyn Tables,
    id: CheckoutId,
    secret: &SecretHash,
    hash: &PriceHash,
) -> Result<Result<CheckoutView, ConfirmRefusal>, Trouble> {
    let Some(mut checkout) = opened_by(tables, id, secret)? else { return Ok(Err(ConfirmRefusal::NotFound)) };
    let status = checkout.shown_status(tables.now());
    if status != Status::Open {
        return Ok(Err(ConfirmRefusal::NotOpen(status)));
    }
    if !checkout.confirms(hash) {
        return Ok(Err(ConfirmRefusal::OtherChanges));
    }
    if checkout.confirmed_at.is_none() {
        let (confirmed_at, version) = (Some(tables.now()), checkout.version.saturating_add(1));
        let is = Checkout { confirmed_at, version, ..checkout.clone() };
        tables.change_checkout(&checkout, &is, 0)?;
        checkout = is;
    }
    shown(tables, checkout).map(Ok)
}

fn cancel(
    tables: &mut dyn Tables,
    id: CheckoutId,
    secret: &SecretHash,
) -> Result<Result<CheckoutView, CancelRefusal>, Trouble> {
    let Some(mut checkout) = opened_by(tables, id, secret)? else { return Ok(Err(CancelRefusal::NotFound)) };
    match checkout.status {
        Status::Processing | Status::RequiresAction => return Ok(Err(CancelRefusal::InProgress)),
        Status::Completed => return Ok(Err(CancelRefusal::Completed)),
        Status::Open => shift(tables, &mut checkout, Status::Cancelled, 0)?,
        Status::Expired | Status::Cancelled => {}
    }
    shown(tables, checkout).map(Ok)
}

/// The checkout, if the secret is its own: a wrong one looks like no checkout.
pub(super) fn opened_by(
    tables: &mut dyn Tables,
    id: CheckoutId,
    secret: &SecretHash,
) -> Result<Option<Checkout>, Trouble> {
    Ok(tables.checkout(id)?.filter(|checkout| checkout.secret.matches(secret)))
}

/// What its buyer is shown of a checkout that is not completed, as the calls so far have left the stock.
fn shown(tables: &mut dyn Tables, checkout: Checkout) -> Result<CheckoutView, Trouble> {
    tables.expect_stock(&mut checkout.lock.lines.iter().map(|line| &line.sku));
    let mut available: BTreeMap<Sku, Option<i64>> = BTreeMap::new();
    for line in &checkout.lock.lines {
        if !available.contains_key(&line.sku) {
            available.insert(line.sku.clone(), tables.available(&line.sku)?);
        }
    }
    Ok(CheckoutView { checkout, available, order: None })
}

fn view(sql: &dyn Statements, shop: &Shop, id: CheckoutId) -> Result<Option<CheckoutView>, Trouble> {
    let Some(checkout) = load::checkout(sql, shop.currency, id)? else { return Ok(None) };
    let mut available = BTreeMap::new();
    for line in &checkout.lock.lines {
        available.insert(line.sku.clone(), inventory::available(sql, shop, &line.sku)?);
    }
    let order = match checkout.order {
        Some(order) => Some(order_reference(sql, order)?),
        None => None,
    };
    Ok(Some(CheckoutView { checkout, available, order }))
}

fn order_reference(sql: &dyn Statements, id: OrderId) -> Result<OrderReference, Trouble> {
    let row = "SELECT number, token FROM orders WHERE id = ?1";
    let found = sql.one(row, values![id.0.as_bytes()], |columns| {
        Ok(OrderReference { id, number: columns.integer()?, token: OrderToken(columns.bytes()?) })
    })?;
    found.ok_or_else(|| Trouble::call(format!("{id} is gone")))
}
