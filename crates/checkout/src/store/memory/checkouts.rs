//! Checkouts in memory.

use async_trait::async_trait;

use super::{CheckoutRow, MemoryStore, State};
use crate::audit::Past;
use crate::cart::Cart;
use crate::clock::Timestamp;
use crate::id::{CheckoutId, SecretHash};
use crate::opening;
use crate::price_lock::PriceHash;
use crate::session::{Checkout, Status};
use crate::store::checkouts::{
    CancelRefusal, CheckoutView, Checkouts, ConfirmRefusal, Goods, OpenCheckout, OpenRefusal,
};
use crate::store::{Answer, Books, Failure, Shop};

#[async_trait]
impl Checkouts for MemoryStore {
    async fn open_checkout(&self, call: OpenCheckout) -> Answer<CheckoutView, OpenRefusal> {
        let now = self.now();
        let mut state = self.state();
        let checkout = match state.open(&call, &self.shop, now) {
            Ok(checkout) => checkout,
            Err(refusal) => return Ok(Err(refusal)),
        };
        state.insert_checkout(checkout);
        let view = state.checkout_view(call.id, &self.shop.locations);
        Ok(Ok(view.expect("a checkout that was just inserted is there")))
    }

    async fn checkout(&self, id: CheckoutId) -> Result<Option<CheckoutView>, Failure> {
        Ok(self.state().checkout_view(id, &self.shop.locations))
    }

    async fn confirm_prices(
        &self,
        id: CheckoutId,
        secret: SecretHash,
        hash: PriceHash,
    ) -> Answer<CheckoutView, ConfirmRefusal> {
        let now = self.now();
        let mut state = self.state();
        let row = state.checkouts.get_mut(&id).filter(|row| row.checkout.secret.matches(&secret));
        let Some(row) = row else { return Ok(Err(ConfirmRefusal::NotFound)) };
        let checkout = &mut row.checkout;
        let status = checkout.shown_status(now);
        if status != Status::Open {
            return Ok(Err(ConfirmRefusal::NotOpen(status)));
        }
        if !checkout.confirms(&hash) {
            return Ok(Err(ConfirmRefusal::OtherChanges));
        }
        if checkout.confirmed_at.is_none() {
            checkout.confirmed_at = Some(now);
            checkout.version = checkout.version.saturating_add(1);
        }
        let view = state.checkout_view(id, &self.shop.locations);
        Ok(Ok(view.expect("a checkout that was just changed is there")))
    }

    async fn cancel_checkout(
        &self,
        id: CheckoutId,
        secret: SecretHash,
    ) -> Answer<CheckoutView, CancelRefusal> {
        let now = self.now();
        let mut state = self.state();
        let row = state.checkouts.get(&id).filter(|row| row.checkout.secret.matches(&secret));
        let Some(row) = row else { return Ok(Err(CancelRefusal::NotFound)) };
        match row.checkout.status {
            Status::Processing | Status::RequiresAction => return Ok(Err(CancelRefusal::InProgress)),
            Status::Completed => return Ok(Err(CancelRefusal::Completed)),
            Status::Open => state.move_checkout(id, Status::Cancelled, 0, now),
            Status::Expired | Status::Cancelled => {}
        }
        let view = state.checkout_view(id, &self.shop.locations);
        Ok(Ok(view.expect("a checkout that was just changed is there")))
    }
}

impl State {
    /// The checkout that a call opens, not yet inserted.
    pub(super) fn open(
        &self,
        call: &OpenCheckout,
        shop: &Shop,
        now: Timestamp,
    ) -> Result<Checkout, OpenRefusal> {
        let wanted = opening::wanted(&call.goods, self.cart_of(&call.goods))?;
        let offers = wanted.lines.iter().filter_map(|line| Some((line.sku.clone(), self.offer(&line.sku)?)));
        let offers = offers.collect();
        let discount = call.discount_code.as_ref().and_then(|code| self.discounts.get(code));
        opening::open(call, &wanted, &offers, discount.map(|(discount, _)| discount), shop, now)
    }

    fn cart_of(&self, goods: &Goods) -> Option<&Cart> {
        match goods {
            Goods::Cart { id, .. } => self.carts.get(id),
            Goods::Lines(_) => None,
        }
    }

    pub(super) fn insert_checkout(&mut self, checkout: Checkout) {
        let history = vec![Past { to: checkout.status, fence: 0, at: checkout.created_at }];
        self.checkouts.insert(checkout.id, CheckoutRow { checkout, history });
    }
}
