//! What runs out besides stock: discount uses, and how many units of a SKU one buyer may have.
//!
//! Decides what a counter counts and under which identities a buyer is counted. Leaves counting to `book`, which
//! treats a counter as it treats stock: held with the reservation, used with the order, given back with it.

use sha2::{Digest, Sha256};

use crate::catalog::Sku;
use crate::discount::DiscountCode;
use crate::email::Email;

/// Names one counter. Ordered, because counters are touched in key order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitKey {
    /// The uses of a discount code.
    Discount(DiscountCode),
    /// The units of a SKU that one identity has bought or is buying.
    Purchase(Sku, Identity),
}

/// What a counter stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Held for checkouts under way.
    pub held: i64,
    /// Used by orders.
    pub used: i64,
    /// The most that held + used may be; `None` counts nothing.
    pub max: Option<i64>,
}

/// Who a buyer is to a purchase limit, as a hash: the counters hold no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(pub [u8; 32]);

impl Identity {
    /// The buyer's e-mail address in its normal form.
    pub fn email(email: &Email) -> Self {
        Self::of("email", email.normalized())
    }

    /// The merchant's own name of the buyer, vouched for by a secret key.
    pub fn customer(reference: &str) -> Self {
        Self::of("customer", reference)
    }

    /// The payment method, as the provider recognises it.
    pub fn payment_method(fingerprint: &str) -> Self {
        Self::of("payment_method", fingerprint)
    }

    fn of(kind: &str, value: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind);
        hash.update([0]);
        hash.update(value);
        Self(hash.finalize().into())
    }
}

/// How many units of a SKU one buyer may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseLimit {
    /// The SKU.
    pub sku: Sku,
    /// The most units per identity, over all orders.
    pub quantity_max: i64,
}
