//! The pure parts of the shop, table in, table out: one file per subject, one line per case, laws under random input.
//!
//! Leaves what waits for others, a checkout's way from its first request to its end, to the suite `saga`.

use sellonce_checkout::address::{Address, Country};
use sellonce_checkout::catalog::{Listing, Location, Offer, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::Uuid;
use sellonce_checkout::inventory::{Counters, Place, Policy, Stock};
use sellonce_checkout::money::{BasisPoints, Currency, Money};

mod audit;
mod book;
mod book_laws;
mod callback;
mod cart;
mod discount;
mod idempotency;
mod ids;
mod inventory;
mod money;
mod money_laws;
mod names;
mod order;
mod order_change;
mod order_goods;
mod outbox;
mod payment;
mod price_lock;
mod refund;
mod resolve;
mod saga;
mod schedule;
mod session;
mod texts;
mod totals;
mod totals_laws;

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("a currency of ISO 4217")
}

fn usd() -> Currency {
    currency("USD")
}

/// An amount in cents.
fn cents(minor: i64) -> Money {
    Money::new(minor, usd()).expect("an amount in range")
}

fn percent(hundredths: u32) -> BasisPoints {
    BasisPoints::new(hundredths).expect("at most 100%")
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU")
}

fn location(text: &str) -> Location {
    Location::parse(text).expect("a location")
}

fn place(text: &str, at: &str) -> Place {
    Place { sku: sku(text), location: location(at) }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A row with so many units that can be sold, and nothing held, sold or owed.
fn shelf(available: i64, policy: Policy) -> Stock {
    let counters = Counters { available, ..Counters::default() };
    Stock { counters, version: 1, policy }
}

/// What is on sale at a price in cents.
fn offer(text: &str, price: i64) -> Offer {
    let title = format!("the {text}");
    Offer { sku: sku(text), title, price: cents(price), listing: Listing::Published }
}

/// An address of which only the country and the region matter.
fn address(country: &str, region: Option<&str>) -> Address {
    Address {
        name: "Ada Example".to_owned(),
        line1: "1 Some Street".to_owned(),
        line2: None,
        city: "Sometown".to_owned(),
        region: region.map(str::to_owned),
        postal_code: "12345".to_owned(),
        country: Country::parse(country).expect("a country"),
        phone: None,
    }
}
