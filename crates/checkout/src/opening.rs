//! Opening a checkout: from what is wanted to locked prices.
//!
//! Decides, from the rows that a store has read in one transaction, whether a checkout opens and how it looks. Leaves
//! the amounts to `price_lock`.

use std::collections::BTreeMap;

use crate::cart::Cart;
use crate::catalog::{Offer, Sku};
use crate::clock::Timestamp;
use crate::discount::Discount;
use crate::id::CartId;
use crate::price_lock::{self, LockRequest, WantedLine};
use crate::session::{Checkout, Status};
use crate::store::Shop;
use crate::store::checkouts::{Goods, OpenCheckout, OpenRefusal};

/// What is wanted, and from which cart.
pub struct Wanted {
    /// The cart, if the goods come from one.
    pub cart: Option<CartId>,
    /// The lines.
    pub lines: Vec<WantedLine>,
}

/// What a call wants. `cart` is the row that it names, as read.
pub fn wanted(goods: &Goods, cart: Option<&Cart>) -> Result<Wanted, OpenRefusal> {
    match goods {
        Goods::Lines(lines) => Ok(Wanted { cart: None, lines: lines.clone() }),
        Goods::Cart { secret, .. } => {
            let cart = cart.filter(|cart| cart.secret.matches(secret)).ok_or(OpenRefusal::CartNotFound)?;
            if cart.ordered_by.is_some() {
                return Err(OpenRefusal::CartOrdered);
            }
            let line = |line: &crate::cart::CartLine| WantedLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                price_seen: Some(line.unit_price),
                title_seen: line.title.clone(),
            };
            Ok(Wanted { cart: Some(cart.id), lines: cart.lines.iter().map(line).collect() })
        }
    }
}

/// Opens a checkout of what is wanted. `offers` are today's offers of its SKUs, `discount` the one its code names.
pub fn open(
    call: &OpenCheckout,
    wanted: &Wanted,
    offers: &BTreeMap<Sku, Offer>,
    discount: Option<&Discount>,
    shop: &Shop,
    now: Timestamp,
) -> Result<Checkout, OpenRefusal> {
    if call.discount_code.is_some() && discount.is_none() {
        return Err(OpenRefusal::UnknownDiscount);
    }
    let request = LockRequest {
        lines: &wanted.lines,
        offers,
        discount,
        address: call.buyer.address.as_ref(),
        shipping_method: call.shipping_method.as_deref(),
        currency: shop.currency,
        now,
    };
    let lock = price_lock::lock(&request, call.pricing.as_ref()).map_err(OpenRefusal::Lock)?;
    Ok(Checkout {
        id: call.id,
        secret: call.secret,
        cart: wanted.cart,
        status: Status::Open,
        buyer: call.buyer.clone(),
        discount_code: call.discount_code.clone(),
        lock,
        confirmed_at: None,
        expires_at: now.plus_ms(shop.times.price_lock_ms),
        order: None,
        version: 1,
        created_at: now,
    })
}
