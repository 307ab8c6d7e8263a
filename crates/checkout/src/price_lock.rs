//! The price lock: the snapshot of lines, prices and totals that a checkout is charged by.
//!
//! Decides what each line costs, which prices changed since the buyer saw them, and whether the buyer must confirm.
//! Leaves storing the lock, and its expiry, to `session`. An amount that a client sends is only ever compared.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::address::Address;
use crate::catalog::{Listing, Offer, Sku};
use crate::clock::Timestamp;
use crate::discount::{Discount, NotApplicable};
use crate::id;
use crate::limits;
use crate::money::{Currency, Money, MoneyError};
use crate::totals::{Basket, BasketLine, Pricing, PricingProblem, Quote, Tax, Totals};

/// A line that shall be locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedLine {
    /// What is wanted.
    pub sku: Sku,
    /// How many units.
    pub quantity: u32,
    /// The unit price that the buyer saw; `None` compares nothing.
    pub price_seen: Option<Money>,
    /// The title that the buyer saw, for a line that is no longer on sale.
    pub title_seen: String,
}

/// A line of the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedLine {
    /// What is sold.
    pub sku: Sku,
    /// Its title at the lock.
    pub title: String,
    /// How many units.
    pub quantity: u32,
    /// The unit price that the buyer saw.
    pub price_seen: Option<Money>,
    /// The unit price that is charged; `None` for a line that was left out because it is no longer on sale.
    pub unit_price: Option<Money>,
    /// The line's part of the discount.
    pub discount: Money,
    /// The line's tax, added or contained.
    pub tax: Money,
}

/// A unit price that differs from what the buyer saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceChange {
    /// The SKU.
    pub sku: Sku,
    /// What the buyer saw, if they said.
    pub was: Option<Money>,
    /// What it is now; `None`: it is no longer on sale and was left out.
    pub now: Option<Money>,
}

/// The hash by which a buyer confirms exactly the changes that were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceHash(pub [u8; 32]);

impl PriceHash {
    /// The outside form.
    pub fn reveal(&self) -> String {
        id::encode(&self.0)
    }

    /// Reads the outside form.
    pub fn parse(text: &str) -> Option<Self> {
        id::decode(text).map(Self)
    }
}

/// The locked prices of a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The lines as asked for, those that were left out among them.
    pub lines: Vec<LockedLine>,
    /// The amounts; only the total is ever charged.
    pub totals: Totals,
    /// The code of the shipping method.
    pub shipping_method: String,
}

impl Lock {
    /// The lines that are sold, each with the unit price that is charged.
    pub fn sold(&self) -> impl Iterator<Item = (&LockedLine, Money)> {
        self.lines.iter().filter_map(|line| Some((line, line.unit_price?)))
    }

    /// The unit prices that differ from what the buyer saw, in the order of the lines.
    pub fn price_changes(&self) -> Vec<PriceChange> {
        self.lines
            .iter()
            .filter(|line| match (line.price_seen, line.unit_price) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(seen), Some(now)) => seen != now,
            })
            .map(|line| PriceChange { sku: line.sku.clone(), was: line.price_seen, now: line.unit_price })
            .collect()
    }

    /// Whether the buyer must confirm before anything is charged.
    pub fn requires_confirmation(&self) -> bool {
        !self.price_changes().is_empty()
    }

    /// The hash of the price changes: equal for equal changes only.
    pub fn price_hash(&self) -> PriceHash {
        let mut hash = Sha256::new();
        let amount = |price: Option<Money>| price.map_or_else(|| "-".to_owned(), |price| price.to_string());
        for change in self.price_changes() {
            // A SKU has no control characters, so a line break cannot be part of it.
            hash.update(format!("{}\n{}\n{}\n", change.sku, amount(change.was), amount(change.now)));
        }
        PriceHash(hash.finalize().into())
    }
}

/// Why prices cannot be locked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockRefusal {
    /// There is no such SKU.
    #[error("there is no SKU `{0}`")]
    UnknownSku(Sku),
    /// No line is left that could be sold.
    #[error("nothing is left that could be sold")]
    NothingToSell,
    /// A line has no units, or too many.
    #[error("a line has between 1 and {} units", limits::LINE_QUANTITY_MAX)]
    BadQuantity,
    /// There are too many lines.
    #[error("a checkout has at most {} lines", limits::LINES_MAX)]
    TooManyLines,
    /// A price seen is in another currency than the shop's.
    #[error("this shop sells in {0}")]
    WrongCurrency(Currency),
    /// The discount does not apply.
    #[error(transparent)]
    Discount(#[from] NotApplicable),
    /// Shipping or tax cannot be calculated.
    #[error(transparent)]
    Pricing(#[from] PricingProblem),
    /// An amount is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What a lock is made from.
pub struct LockRequest<'a> {
    /// The lines.
    pub lines: &'a [WantedLine],
    /// Today's offers of their SKUs, hidden ones among them.
    pub offers: &'a BTreeMap<Sku, Offer>,
    /// The discount that the buyer asked for.
    pub discount: Option<&'a Discount>,
    /// Where it goes.
    pub address: Option<&'a Address>,
    /// The shipping method that the buyer chose.
    pub shipping_method: Option<&'a str>,
    /// The shop's currency.
    pub currency: Currency,
    /// When the prices were read.
    pub now: Timestamp,
}

/// Locks the prices of a checkout.
pub fn lock(request: &LockRequest<'_>, pricing: &dyn Pricing) -> Result<Lock, LockRefusal> {
    if request.lines.len() > limits::LINES_MAX {
        return Err(LockRefusal::TooManyLines);
    }
    let zero = Money::zero(request.currency);
    let mut lines = Vec::with_capacity(request.lines.len());
    let mut amounts = Vec::with_capacity(request.lines.len());
    for wanted in request.lines {
        let line = locked_line(wanted, request)?;
        amounts.push(line.unit_price.map_or(Ok(zero), |price| price.times(line.quantity))?);
        lines.push(line);
    }
    if lines.iter().all(|line| line.unit_price.is_none()) {
        return Err(LockRefusal::NothingToSell);
    }
    let mut subtotal = zero;
    for amount in &amounts {
        subtotal = subtotal.plus(*amount)?;
    }
    let discount = request.discount.map_or(Ok(zero), |discount| discount.amount(subtotal, request.now))?;
    // A line that was left out weighs nothing, so nothing of the discount falls on it.
    for (line, part) in lines.iter_mut().zip(discount.spread(&amounts)?) {
        line.discount = part;
    }
    let quote = quote(&lines, &amounts, request, pricing)?;
    let mut tax = zero;
    let sold = lines.iter_mut().filter(|line| line.unit_price.is_some());
    for (line, line_tax) in sold.zip(&quote.line_taxes) {
        line.tax = *line_tax;
        tax = tax.plus(*line_tax)?;
    }
    let tax = if quote.prices_include_tax { Tax::Contained(tax) } else { Tax::Added(tax) };
    let totals = Totals::sum_up(subtotal, discount, quote.shipping, tax)?;
    Ok(Lock { lines, totals, shipping_method: quote.shipping_method })
}

fn locked_line(wanted: &WantedLine, request: &LockRequest<'_>) -> Result<LockedLine, LockRefusal> {
    if !(1..=limits::LINE_QUANTITY_MAX).contains(&wanted.quantity) {
        return Err(LockRefusal::BadQuantity);
    }
    if wanted.price_seen.is_some_and(|seen| seen.currency() != request.currency) {
        return Err(LockRefusal::WrongCurrency(request.currency));
    }
    let offer = request.offers.get(&wanted.sku);
    if offer.is_none() && wanted.price_seen.is_none() {
        // Nobody ever saw a price of it: a mistake in the request, not a change in the catalog.
        return Err(LockRefusal::UnknownSku(wanted.sku.clone()));
    }
    let on_sale = offer.filter(|offer| offer.listing == Listing::Published);
    let zero = Money::zero(request.currency);
    Ok(LockedLine {
        sku: wanted.sku.clone(),
        title: offer.map_or_else(|| wanted.title_seen.clone(), |offer| offer.title.clone()),
        quantity: wanted.quantity,
        price_seen: wanted.price_seen,
        unit_price: on_sale.map(|offer| offer.price),
        discount: zero,
        tax: zero,
    })
}

fn quote(
    lines: &[LockedLine],
    amounts: &[Money],
    request: &LockRequest<'_>,
    pricing: &dyn Pricing,
) -> Result<Quote, LockRefusal> {
    let mut basket_lines = Vec::with_capacity(lines.len());
    for (line, amount) in lines.iter().zip(amounts) {
        if line.unit_price.is_some() {
            basket_lines.push(BasketLine { sku: &line.sku, amount: amount.minus(line.discount)? });
        }
    }
    let sold = basket_lines.len();
    let basket =
        Basket { lines: basket_lines, address: request.address, shipping_method: request.shipping_method };
    let quote = pricing.quote(&basket)?;
    assert_eq!(quote.line_taxes.len(), sold, "I5: a quote has one tax per line");
    Ok(quote)
}
