//! Carts in memory.

use async_trait::async_trait;

use super::MemoryStore;
use crate::cart::{Cart, CartChange, CartRefusal};
use crate::id::CartId;
use crate::store::carts::{Carts, ChangeCart, ChangeCartRefusal, CreateCart};
use crate::store::{Answer, Books, Failure};

#[async_trait]
impl Carts for MemoryStore {
    async fn create_cart(&self, call: CreateCart) -> Answer<Cart, CartRefusal> {
        let now = self.now();
        let mut state = self.state();
        let mut cart = Cart::new(call.id, call.secret, now);
        for change in &call.changes {
            let offer = added_sku(change).and_then(|sku| state.offer(sku));
            if let Err(refusal) = cart.change(change, offer.as_ref(), now) {
                return Ok(Err(refusal));
            }
        }
        state.carts.insert(cart.id, cart.clone());
        Ok(Ok(cart))
    }

    async fn change_cart(&self, call: ChangeCart) -> Answer<Cart, ChangeCartRefusal> {
        let now = self.now();
        let mut state = self.state();
        let offer = added_sku(&call.change).and_then(|sku| state.offer(sku));
        let cart = state.carts.get_mut(&call.id).filter(|cart| cart.secret.matches(&call.secret));
        let Some(cart) = cart else { return Ok(Err(ChangeCartRefusal::NotFound)) };
        if call.expected_version.is_some_and(|expected| expected != cart.version) {
            return Ok(Err(ChangeCartRefusal::Changed));
        }
        if let Err(refusal) = cart.change(&call.change, offer.as_ref(), now) {
            return Ok(Err(ChangeCartRefusal::Refused(refusal)));
        }
        cart.version = cart.version.saturating_add(1);
        Ok(Ok(cart.clone()))
    }

    async fn cart(&self, id: CartId) -> Result<Option<Cart>, Failure> {
        Ok(self.state().carts.get(&id).cloned())
    }
}

fn added_sku(change: &CartChange) -> Option<&crate::catalog::Sku> {
    match change {
        CartChange::Add { sku, .. } => Some(sku),
        CartChange::SetQuantity { .. } | CartChange::Remove { .. } => None,
    }
}
