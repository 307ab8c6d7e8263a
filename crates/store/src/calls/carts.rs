//! Carts.

use async_trait::async_trait;
use sellonce_checkout::cart::{Cart, CartChange, CartRefusal};
use sellonce_checkout::catalog::Offer;
use sellonce_checkout::id::CartId;
use sellonce_checkout::store::carts::{Carts, ChangeCart, ChangeCartRefusal, CreateCart};
use sellonce_checkout::store::{Answer, Failure};

use crate::calls::{Database, DatabaseStore};
use crate::load;
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Carts for DatabaseStore<D> {
    async fn create_cart(&self, call: CreateCart) -> Answer<Cart, CartRefusal> {
        self.write_by_keys(move |tables| create(tables, &call)).await
    }

    async fn change_cart(&self, call: ChangeCart) -> Answer<Cart, ChangeCartRefusal> {
        self.write_by_keys(move |tables| change(tables, &call)).await
    }

    async fn cart(&self, id: CartId) -> Result<Option<Cart>, Failure> {
        self.read(move |sql, shop| load::cart(sql, shop.currency, id)).await
    }
}

fn create(tables: &mut dyn Tables, call: &CreateCart) -> Result<Result<Cart, CartRefusal>, Trouble> {
    let now = tables.now();
    let mut cart = Cart::new(call.id, call.secret, now);
    for change in &call.changes {
        let offer = offer_of(tables, change)?;
        if let Err(refusal) = cart.change(change, offer.as_ref(), now) {
            return Ok(Err(refusal));
        }
    }
    tables.insert_cart(&cart)?;
    Ok(Ok(cart))
}

fn change(tables: &mut dyn Tables, call: &ChangeCart) -> Result<Result<Cart, ChangeCartRefusal>, Trouble> {
    let cart = tables.cart(call.id)?;
    let Some(was) = cart.filter(|cart| cart.secret.matches(&call.secret)) else {
        return Ok(Err(ChangeCartRefusal::NotFound));
    };
    if call.expected_version.is_some_and(|expected| expected != was.version) {
        return Ok(Err(ChangeCartRefusal::Changed));
    }
    let offer = offer_of(tables, &call.change)?;
    let mut is = was.clone();
    if let Err(refusal) = is.change(&call.change, offer.as_ref(), tables.now()) {
        return Ok(Err(ChangeCartRefusal::Refused(refusal)));
    }
    is.version = was.version.saturating_add(1);
    tables.change_cart(&was, &is)?;
    Ok(Ok(is))
}

/// Today's offer of the SKU that a change adds.
fn offer_of(tables: &mut dyn Tables, change: &CartChange) -> Result<Option<Offer>, Trouble> {
    match change {
        CartChange::Add { sku, .. } => tables.offer(sku),
        CartChange::SetQuantity { .. } | CartChange::Remove { .. } => Ok(None),
    }
}
