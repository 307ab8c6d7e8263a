//! Totals: shipping and tax of a basket, and the one sum that is charged.
//!
//! Decides total = subtotal - discount + shipping + tax_added, and how the built-in tables price shipping and tax.
//! A shop can bring its own shipping and tax through the port [`Pricing`]. Leaves locking them to `price_lock`.

use crate::address::{Address, Country};
use crate::catalog::Sku;
use crate::money::{BasisPoints, Money, MoneyError};

/// The amounts of a checkout. The total is the only amount that is ever charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The sum of the lines before discount.
    pub subtotal: Money,
    /// What the discount takes off.
    pub discount: Money,
    /// What shipping costs.
    pub shipping: Money,
    /// The tax, whether added or contained.
    pub tax: Money,
    /// The tax that is added: all of it, or nothing where prices include it.
    pub tax_added: Money,
    /// What the buyer pays.
    pub total: Money,
}

impl Totals {
    /// Sums up; the total is never below zero because a discount is never above the subtotal.
    pub fn sum_up(subtotal: Money, discount: Money, shipping: Money, tax: Tax) -> Result<Self, MoneyError> {
        let zero = Money::zero(subtotal.currency());
        let (tax, tax_added) = match tax {
            Tax::Added(tax) => (tax, tax),
            Tax::Contained(tax) => (tax, zero),
        };
        let total = subtotal.minus(discount)?.plus(shipping)?.plus(tax_added)?;
        Ok(Self { subtotal, discount, shipping, tax, tax_added, total })
    }
}

/// The tax of a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tax {
    /// Prices are without tax; it comes on top.
    Added(Money),
    /// Prices include it; this is the part contained.
    Contained(Money),
}

/// What shipping and tax are calculated from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket<'a> {
    /// The lines that are sold.
    pub lines: Vec<BasketLine<'a>>,
    /// Where it goes, if the buyer has said.
    pub address: Option<&'a Address>,
    /// The shipping method that the buyer chose; `None` takes the first that serves the address.
    pub shipping_method: Option<&'a str>,
}

/// A line of a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasketLine<'a> {
    /// The SKU.
    pub sku: &'a Sku,
    /// What the line costs after its part of the discount.
    pub amount: Money,
}

/// The answer of the port: one tax per line, in the order of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The code of the method that was taken.
    pub shipping_method: String,
    /// What it costs.
    pub shipping: Money,
    /// The tax of each line.
    pub line_taxes: Vec<Money>,
    /// Whether prices include the tax.
    pub prices_include_tax: bool,
}

/// Why a basket has no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingProblem {
    /// An address is needed to choose shipping or tax.
    #[error("a shipping address is needed to calculate shipping and tax")]
    AddressRequired,
    /// There is no such shipping method.
    #[error("there is no shipping method `{given}` for this address; choose one of: {}", .possible.join(", "))]
    UnknownShippingMethod {
        /// What was asked for.
        given: String,
        /// What there is.
        possible: Vec<String>,
    },
    /// No method serves the address.
    #[error("nothing is shipped to this country")]
    NotShippedThere,
    /// An amount is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Shipping and tax, as a pure function of the basket: equal baskets have equal quotes.
pub trait Pricing: Send + Sync {
    /// Prices a basket.
    fn quote(&self, basket: &Basket<'_>) -> Result<Quote, PricingProblem>;
}

/// One way of shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingMethod {
    /// Its code in requests, as `standard`.
    pub code: String,
    /// Its name for people.
    pub title: String,
    /// What it costs.
    pub amount: Money,
    /// The basket amount from which it is free.
    pub free_from: Option<Money>,
    /// The countries it serves; empty is all.
    pub countries: Vec<Country>,
}

/// A tax rate of a country, or of one of its regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRate {
    /// The country.
    pub country: Country,
    /// The region, as in an address; `None` is the whole country.
    pub region: Option<String>,
    /// The rate.
    pub rate: BasisPoints,
}

/// The built-in tables of shipping methods and tax rates, from config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The shipping methods; the first that serves an address is the default. Never empty.
    pub shipping_methods: Vec<ShippingMethod>,
    /// The tax rates; a region's rate goes before its country's; none is 0.
    pub tax_rates: Vec<TaxRate>,
    /// Whether the catalog's prices include tax.
    pub prices_include_tax: bool,
}

impl Tables {
    /// One free method `standard`, no tax: what a shop has that configures nothing.
    pub fn plain(currency: crate::money::Currency) -> Self {
        let standard = ShippingMethod {
            code: "standard".to_owned(),
            title: "Standard".to_owned(),
            amount: Money::zero(currency),
            free_from: None,
            countries: Vec::new(),
        };
        Self { shipping_methods: vec![standard], tax_rates: Vec::new(), prices_include_tax: false }
    }

    /// Whether a checkout needs an address: to choose a rate, or among several methods.
    pub fn needs_address(&self) -> bool {
        !self.tax_rates.is_empty()
            || self.shipping_methods.len() > 1
            || self.shipping_methods.iter().any(|method| !method.countries.is_empty())
    }

    fn rate_for(&self, address: Option<&Address>) -> BasisPoints {
        let of_country = |rate: &&TaxRate| address.is_some_and(|address| address.country == rate.country);
        let of_region = |rate: &&TaxRate| match (&rate.region, address.and_then(|a| a.region.as_deref())) {
            (Some(region), Some(given)) => region.eq_ignore_ascii_case(given),
            (None | Some(_), _) => false,
        };
        let rates = || self.tax_rates.iter().filter(of_country);
        rates()
            .find(of_region)
            .or_else(|| rates().find(|rate| rate.region.is_none()))
            .map_or(BasisPoints::ZERO, |rate| rate.rate)
    }

    fn method_for(&self, basket: &Basket<'_>) -> Result<&ShippingMethod, PricingProblem> {
        let serves = |method: &&ShippingMethod| {
            method.countries.is_empty()
                || basket.address.is_some_and(|address| method.countries.contains(&address.country))
        };
        let possible: Vec<&ShippingMethod> = self.shipping_methods.iter().filter(serves).collect();
        match basket.shipping_method {
            None => possible.first().copied().ok_or(PricingProblem::NotShippedThere),
            Some(code) => possible.iter().find(|method| method.code == code).copied().ok_or_else(|| {
                PricingProblem::UnknownShippingMethod {
                    given: code.chars().take(64).collect(),
                    possible: possible.iter().map(|method| method.code.clone()).collect(),
                }
            }),
        }
    }
}

impl Pricing for Tables {
    fn quote(&self, basket: &Basket<'_>) -> Result<Quote, PricingProblem> {
        if self.needs_address() && basket.address.is_none() {
            return Err(PricingProblem::AddressRequired);
        }
        let method = self.method_for(basket)?;
        let mut goods = Money::zero(method.amount.currency());
        for line in &basket.lines {
            goods = goods.plus(line.amount)?;
        }
        let free = method.free_from.is_some_and(|least| goods.minor() >= least.minor());
        let rate = self.rate_for(basket.address);
        let tax = |line: &BasketLine<'_>| match self.prices_include_tax {
            true => line.amount.contained(rate),
            false => line.amount.share(rate),
        };
        Ok(Quote {
            shipping_method: method.code.clone(),
            shipping: if free { Money::zero(goods.currency()) } else { method.amount },
            line_taxes: basket.lines.iter().map(tax).collect::<Result<_, _>>()?,
            prices_include_tax: self.prices_include_tax,
        })
    }
}
