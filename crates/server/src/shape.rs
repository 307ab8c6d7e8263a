//! JSON shapes that several calls share: money, times, prices, addresses, pages of lists.
//!
//! Decides how a value of the domain is written and read. Leaves what it means to checkout.

pub(crate) mod status;

use std::borrow::Cow;

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::{address, book, money, price_lock, store, totals};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fault::Faults;
use crate::object::{read_as_object, write_as_object};
use crate::problem::{Code, Problem};

/// An amount of money: integer minor units by the currency's ISO 4217 exponent, so 4999 is 49.99 USD and 500 is 500 JPY.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"amount": 4999, "currency": "USD"}))]
pub(crate) struct Money {
    /// Minor units.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    amount: i64,
    /// The three-letter code of ISO 4217; a shop has exactly one currency.
    #[schema(value_type = String, min_length = 3, max_length = 3)]
    currency: Cow<'static, str>,
}

read_as_object!(Money);
write_as_object!(Money);

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount: money.minor(), currency: Cow::Borrowed(money.currency().code()) }
    }
}

impl Money {
    /// Reads an amount that a client compares with, or that a merchant sets.
    pub(crate) fn parse(&self, shop: money::Currency, pointer: &str) -> Result<money::Money, Problem> {
        amount(self.amount, Some(&self.currency), shop, pointer)
    }
}

/// Reads minor units of the shop's currency; another currency is named as the mistake it is.
pub(crate) fn amount(
    minor: i64,
    currency: Option<&str>,
    shop: money::Currency,
    pointer: &str,
) -> Result<money::Money, Problem> {
    if currency.is_some_and(|given| money::Currency::parse(given) != Ok(shop)) {
        return Err(wrong_currency(shop));
    }
    money::Money::new(minor, shop).map_err(|error| {
        let mut faults = Faults::default();
        faults.add(format!("{pointer}/amount"), error.to_string());
        faults.into_problem()
    })
}

/// The problem of an amount in a foreign currency.
pub(crate) fn wrong_currency(shop: money::Currency) -> Problem {
    Problem::new(Code::WrongCurrency, format!("This shop sells in {shop}."))
}

/// RFC 3339 in UTC, as `2026-11-27T00:00:00Z`.
pub(crate) fn time(at: Timestamp) -> String {
    // The range of both ends far outside any time that a shop will see.
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::MAX).to_string()
}

/// Reads RFC 3339 with any offset.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(|at: jiff::Timestamp| Timestamp::from_millis(at.as_millisecond()))
}

/// The amounts of a checkout: total = subtotal - discount + shipping + tax_added. Only the total is ever charged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Totals {
    /// The sum of the lines before discount.
    subtotal: Money,
    /// What the discount takes off.
    discount: Money,
    /// What shipping costs.
    shipping: Money,
    /// The tax, added or contained.
    tax: Money,
    /// The tax that is added: all of it, or 0 where prices include it.
    tax_added: Money,
    /// What the buyer pays.
    total: Money,
}

impl From<totals::Totals> for Totals {
    fn from(totals: totals::Totals) -> Self {
        Self {
            subtotal: totals.subtotal.into(),
            discount: totals.discount.into(),
            shipping: totals.shipping.into(),
            tax: totals.tax.into(),
            tax_added: totals.tax_added.into(),
            total: totals.total.into(),
        }
    }
}

/// A unit price that differs from what the buyer saw.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PriceChange {
    /// The SKU.
    sku: String,
    /// What the buyer saw; null if they did not say.
    #[schema(required)]
    was: Option<Money>,
    /// What it is now; null: it is no longer on sale, and was left out.
    #[schema(required)]
    now: Option<Money>,
}

impl From<price_lock::PriceChange> for PriceChange {
    fn from(change: price_lock::PriceChange) -> Self {
        Self {
            sku: change.sku.to_string(),
            was: change.was.map(Money::from),
            now: change.now.map(Money::from),
        }
    }
}

/// The price changes of a lock, in the order of its lines.
pub(crate) fn price_changes(lock: &price_lock::Lock) -> Vec<PriceChange> {
    lock.price_changes().into_iter().map(PriceChange::from).collect()
}

/// A SKU of which there is less than was asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ShortLine {
    /// The SKU.
    sku: String,
    /// How many units were asked for.
    requested: i64,
    /// How many could have been sold.
    available: i64,
    /// The version of its stock when this was true.
    stock_version: i64,
}

impl From<book::Depleted> for ShortLine {
    fn from(line: book::Depleted) -> Self {
        Self {
            sku: line.sku.to_string(),
            requested: line.requested,
            available: line.available,
            stock_version: line.stock_version,
        }
    }
}

/// A postal address.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London",
    "postal_code": "SW1Y 4JH", "country": "GB"
}))]
pub(crate) struct Address {
    /// Who receives it.
    #[schema(max_length = 255)]
    name: String,
    /// Street and number.
    #[schema(max_length = 255)]
    line1: String,
    /// A second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    line2: Option<String>,
    /// The city.
    #[schema(max_length = 255)]
    city: String,
    /// The region, state or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    region: Option<String>,
    /// The postal code.
    #[schema(max_length = 255)]
    postal_code: String,
    /// The country: two letters of ISO 3166.
    #[schema(min_length = 2, max_length = 2)]
    country: String,
    /// A telephone number for the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    phone: Option<String>,
}

read_as_object!(Address);
write_as_object!(Address);

impl From<&address::Address> for Address {
    fn from(address: &address::Address) -> Self {
        Self {
            name: address.name.clone(),
            line1: address.line1.clone(),
            line2: address.line2.clone(),
            city: address.city.clone(),
            region: address.region.clone(),
            postal_code: address.postal_code.clone(),
            country: address.country.to_string(),
            phone: address.phone.clone(),
        }
    }
}

impl Address {
    /// Reads the address; every wrong line of it is a fault.
    pub(crate) fn parse(&self, faults: &mut Faults) -> Option<address::Address> {
        let mut typed = |field: &str, what, text: &str| {
            faults.keep(format!("/shipping_address/{field}"), address::typed_text(what, text))
        };
        let name = typed("name", "name", &self.name);
        let line1 = typed("line1", "line1", &self.line1);
        let city = typed("city", "city", &self.city);
        let postal_code = typed("postal_code", "postal code", &self.postal_code);
        let mut optional = |field: &str, what, text: &Option<String>| match text {
            // What a form leaves empty is not there.
            Some(text) if !text.trim().is_empty() => typed(field, what, text),
            Some(_) | None => None,
        };
        let line2 = optional("line2", "line2", &self.line2);
        let region = optional("region", "region", &self.region);
        let phone = optional("phone", "phone", &self.phone);
        let country = address::Country::parse(&self.country);
        let country = faults.keep("/shipping_address/country".to_owned(), country);
        Some(address::Address {
            name: name?,
            line1: line1?,
            line2,
            city: city?,
            region,
            postal_code: postal_code?,
            country: country?,
            phone,
        })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T: ToSchema> {
    /// The rows.
    data: Vec<T>,
    /// Give it as `after` to get the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    /// Whether there are rows behind these.
    has_more: bool,
}

impl<T: ToSchema> Page<T> {
    /// Writes a page; the cursor is that of its last row.
    pub(crate) fn of<R>(page: store::Page<R>, cursor: impl Fn(&R) -> String, shape: impl Fn(R) -> T) -> Self {
        let next_cursor = page.rows.last().filter(|_| page.has_more).map(cursor);
        Self { data: page.rows.into_iter().map(shape).collect(), next_cursor, has_more: page.has_more }
    }
}
