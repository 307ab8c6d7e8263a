//! The part of the store that opens checkouts and keeps their price locks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::catalog::Sku;
use crate::discount::DiscountCode;
use crate::id::{CartId, CheckoutId, OrderId, OrderToken, SecretHash};
use crate::price_lock::{LockRefusal, PriceHash, WantedLine};
use crate::session::{Buyer, Checkout, Status};
use crate::store::{Answer, Failure};
use crate::totals::Pricing;

/// What a checkout is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goods {
    /// The lines of a cart.
    Cart {
        /// Which cart.
        id: CartId,
        /// The hash of the secret that its holder has.
        secret: SecretHash,
    },
    /// Lines given with the request.
    Lines(Vec<WantedLine>),
}

/// A checkout to be opened.
#[derive(Clone)]
pub struct OpenCheckout {
    /// Its id.
    pub id: CheckoutId,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// What is wanted.
    pub goods: Goods,
    /// Who buys.
    pub buyer: Buyer,
    /// The shipping method that the buyer chose.
    pub shipping_method: Option<String>,
    /// The discount code that the buyer gave.
    pub discount_code: Option<DiscountCode>,
    /// Shipping and tax.
    pub pricing: Arc<dyn Pricing>,
}

impl fmt::Debug for OpenCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenCheckout")
            .field("id", &self.id)
            .field("goods", &self.goods)
            .finish_non_exhaustive()
    }
}

/// Why a checkout was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenRefusal {
    /// There is no such cart, or the secret is another.
    CartNotFound,
    /// An order was placed from the cart.
    CartOrdered,
    /// There is no such discount code.
    UnknownDiscount,
    /// The prices cannot be locked.
    Lock(LockRefusal),
}

/// A checkout with what its buyer is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutView {
    /// The checkout.
    pub checkout: Checkout,
    /// The units of each SKU that can be sold now; `None` where more can be promised than is there.
    pub available: BTreeMap<Sku, Option<i64>>,
    /// The order that it became.
    pub order: Option<OrderReference>,
}

/// What a completed checkout tells of its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderReference {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub number: i64,
    /// What shows it to its buyer.
    pub token: OrderToken,
}

/// Why price changes were not confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfirmRefusal {
    /// There is no such checkout, or the secret is another.
    NotFound,
    /// The hash is not that of the price changes that it has.
    OtherChanges,
    /// It is no longer open.
    NotOpen(Status),
}

/// Why a checkout was not cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelRefusal {
    /// There is no such checkout, or the secret is another.
    NotFound,
    /// A saga is completing it.
    InProgress,
    /// It became an order.
    Completed,
}

/// The part of the store that keeps checkouts.
#[async_trait]
pub trait Checkouts: Send + Sync {
    /// Opens a checkout: locks the prices of the transaction's instant.
    async fn open_checkout(&self, call: OpenCheckout) -> Answer<CheckoutView, OpenRefusal>;
    /// A checkout as it stands; who may see it is the caller's question.
    async fn checkout(&self, id: CheckoutId) -> Result<Option<CheckoutView>, Failure>;
    /// Notes that the buyer accepts exactly the shown price changes; again is fine.
    async fn confirm_prices(
        &self,
        id: CheckoutId,
        secret: SecretHash,
        hash: PriceHash,
    ) -> Answer<CheckoutView, ConfirmRefusal>;
    /// Calls an open checkout off; again is fine, and so is one that expired.
    async fn cancel_checkout(
        &self,
        id: CheckoutId,
        secret: SecretHash,
    ) -> Answer<CheckoutView, CancelRefusal>;
}
