//! Carts: what a buyer wants, with the unit price seen when it was added.
//!
//! Decides how lines are added, changed and removed. Leaves stock alone: a cart holds nothing, and refuses nothing for
//! lack of stock.

use crate::catalog::{Listing, Offer, Sku};
use crate::clock::Timestamp;
use crate::id::{CartId, CartLineId, CheckoutId, SecretHash};
use crate::limits;
use crate::money::{Money, MoneyError};

/// A cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    /// Its id, without the secret.
    pub id: CartId,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// Its lines in the order they were added; a SKU has at most one.
    pub lines: Vec<CartLine>,
    /// The checkout that ordered it; a cart is ordered at most once (I7).
    pub ordered_by: Option<CheckoutId>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A line of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// Its id.
    pub id: CartLineId,
    /// What is wanted.
    pub sku: Sku,
    /// The title that the buyer saw.
    pub title: String,
    /// How many units.
    pub quantity: u32,
    /// What one unit cost when the buyer added it.
    pub unit_price: Money,
    /// When the buyer saw that price.
    pub price_seen_at: Timestamp,
}

/// A change that a buyer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartChange {
    /// Add units of a SKU; a line of that SKU grows and takes today's price, which this answer shows.
    Add {
        /// The id of the line if it is a new one.
        line: CartLineId,
        /// The SKU.
        sku: Sku,
        /// How many units more.
        quantity: u32,
    },
    /// Want another number of units; the price stays as seen.
    SetQuantity {
        /// Which line.
        line: CartLineId,
        /// How many units.
        quantity: u32,
    },
    /// Want none of it.
    Remove {
        /// Which line.
        line: CartLineId,
    },
}

/// Why a cart does not change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartRefusal {
    /// There is no such SKU, or it is not on sale.
    #[error("there is no SKU `{0}` on sale")]
    UnknownSku(Sku),
    /// The cart has no such line.
    #[error("the cart has no such line")]
    UnknownLine,
    /// A line would have no units, or too many.
    #[error("a line has between 1 and {} units", limits::LINE_QUANTITY_MAX)]
    BadQuantity,
    /// The cart has as many lines as it can have.
    #[error("a cart has at most {} lines", limits::LINES_MAX)]
    TooManyLines,
    /// An order was placed from the cart; it no longer changes.
    #[error("an order was placed from this cart; start a new one")]
    Ordered,
    /// The subtotal would be out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Cart {
    /// An empty cart.
    pub fn new(id: CartId, secret: SecretHash, now: Timestamp) -> Self {
        let lines = Vec::new();
        Self { id, secret, lines, ordered_by: None, version: 1, created_at: now, updated_at: now }
    }

    /// Makes a change, or leaves the cart as it was. `offer` is today's offer of the SKU that is added.
    pub fn change(
        &mut self,
        change: &CartChange,
        offer: Option<&Offer>,
        now: Timestamp,
    ) -> Result<(), CartRefusal> {
        if self.ordered_by.is_some() {
            return Err(CartRefusal::Ordered);
        }
        let before = self.lines.clone();
        let outcome = self.change_lines(change, offer, now).and_then(|()| self.subtotal());
        if let Err(refusal) = outcome {
            self.lines = before;
            return Err(refusal);
        }
        self.updated_at = now;
        Ok(())
    }

    /// What the lines cost at the prices seen; `None` for an empty cart, which has no currency.
    pub fn subtotal(&self) -> Result<Option<Money>, CartRefusal> {
        let mut sum: Option<Money> = None;
        for line in &self.lines {
            let amount = line.unit_price.times(line.quantity)?;
            sum = Some(sum.map_or(Ok(amount), |sum| sum.plus(amount))?);
        }
        Ok(sum)
    }

    fn change_lines(
        &mut self,
        change: &CartChange,
        offer: Option<&Offer>,
        now: Timestamp,
    ) -> Result<(), CartRefusal> {
        match change {
            CartChange::Add { line, sku, quantity } => {
                let offer = offer
                    .filter(|offer| offer.sku == *sku && offer.listing == Listing::Published)
                    .ok_or_else(|| CartRefusal::UnknownSku(sku.clone()))?;
                self.add(*line, offer, *quantity, now)
            }
            CartChange::SetQuantity { line, quantity } => {
                let quantity = valid(*quantity)?;
                let line = self.lines.iter_mut().find(|candidate| candidate.id == *line);
                line.ok_or(CartRefusal::UnknownLine)?.quantity = quantity;
                Ok(())
            }
            CartChange::Remove { line } => {
                let position = self.lines.iter().position(|candidate| candidate.id == *line);
                self.lines.remove(position.ok_or(CartRefusal::UnknownLine)?);
                Ok(())
            }
        }
    }

    fn add(
        &mut self,
        id: CartLineId,
        offer: &Offer,
        quantity: u32,
        now: Timestamp,
    ) -> Result<(), CartRefusal> {
        let quantity = valid(quantity)?;
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == offer.sku) {
            line.quantity = valid(line.quantity.saturating_add(quantity))?;
            line.unit_price = offer.price;
            line.price_seen_at = now;
            return Ok(());
        }
        if self.lines.len() >= limits::LINES_MAX {
            return Err(CartRefusal::TooManyLines);
        }
        self.lines.push(CartLine {
            id,
            sku: offer.sku.clone(),
            title: offer.title.clone(),
            quantity,
            unit_price: offer.price,
            price_seen_at: now,
        });
        Ok(())
    }
}

fn valid(quantity: u32) -> Result<u32, CartRefusal> {
    let valid = (1..=limits::LINE_QUANTITY_MAX).contains(&quantity);
    if valid { Ok(quantity) } else { Err(CartRefusal::BadQuantity) }
}
