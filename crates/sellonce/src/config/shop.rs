//! `[shop]`: currency, locations, shipping, tax and the times.

use sellonce_checkout::address::Country;
use sellonce_checkout::catalog::Location;
use sellonce_checkout::email::Email;
use sellonce_checkout::limits::{self, Times};
use sellonce_checkout::money::{BasisPoints, Currency, Money};
use sellonce_checkout::totals::{ShippingMethod, Tables, TaxRate};

use super::ShopConfig;
use super::read::Values;

pub(super) fn decode(values: &mut Values) -> ShopConfig {
    let currency = currency(values);
    ShopConfig {
        title: values.text("shop.title", "Sellonce"),
        currency,
        locations: locations(values),
        mail_from: mail_from(values),
        tables: Tables {
            shipping_methods: shipping_methods(values, currency),
            tax_rates: tax_rates(values),
            prices_include_tax: values.truth("shop.prices_include_tax", false),
        },
        times: times(values),
    }
}

fn currency(values: &mut Values) -> Currency {
    let code = values.text("shop.currency", "USD");
    Currency::parse(&code).unwrap_or_else(|error| {
        values.wrong("shop.currency", &error.to_string());
        Currency::parse("USD").expect("USD is a currency")
    })
}

fn mail_from(values: &mut Values) -> Email {
    const DEFAULT: &str = "shop@example.com";
    let text = values.text("shop.mail_from", DEFAULT);
    Email::parse(&text).unwrap_or_else(|error| {
        values.wrong("shop.mail_from", &error.to_string());
        Email::parse(DEFAULT).expect("the default address is one")
    })
}

fn locations(values: &mut Values) -> Vec<Location> {
    let names = values.texts("shop.locations", &["main"]);
    let mut locations: Vec<Location> = Vec::new();
    for name in &names {
        match Location::parse(name) {
            Ok(location) if locations.contains(&location) => {
                values.wrong("shop.locations", &format!("names `{name}` twice"));
            }
            Ok(location) => locations.push(location),
            Err(error) => values.wrong("shop.locations", &error.to_string()),
        }
    }
    if locations.is_empty() || locations.len() > limits::LOCATIONS_MAX {
        let reason = format!(
            "must name 1 to {} locations, in the order that stock is taken from them",
            limits::LOCATIONS_MAX
        );
        values.wrong("shop.locations", &reason);
        return vec![Location::main()];
    }
    locations
}

const SHIPPING: &str = "shop.shipping_methods";

fn shipping_methods(values: &mut Values, currency: Currency) -> Vec<ShippingMethod> {
    let tables = values.tables(SHIPPING);
    if tables.is_empty() {
        return Tables::plain(currency).shipping_methods;
    }
    let mut methods: Vec<ShippingMethod> = Vec::new();
    for table in &tables {
        match shipping_method(table, currency) {
            Ok(method) if methods.iter().any(|known| known.code == method.code) => {
                values.wrong(SHIPPING, &format!("names the code `{}` twice", method.code));
            }
            Ok(method) => methods.push(method),
            Err(reason) => values.wrong(SHIPPING, &reason),
        }
    }
    methods
}

fn shipping_method(table: &toml::Table, currency: Currency) -> Result<ShippingMethod, String> {
    only_keys(table, &["code", "title", "amount", "free_from", "countries"])?;
    let code = text(table, "code")?;
    let amount = |key: &str| -> Result<Option<Money>, String> {
        let Some(value) = table.get(key) else { return Ok(None) };
        let minor = value.as_integer().ok_or(format!("`{key}` must be a whole number of minor units"))?;
        Money::new(minor, currency).map(Some).map_err(|error| format!("`{key}`: {error}"))
    };
    let countries = table.get("countries").map_or(Some(Vec::new()), |value| {
        let codes = value.as_array()?.iter().map(|code| Country::parse(code.as_str()?).ok());
        codes.collect()
    });
    Ok(ShippingMethod {
        title: text(table, "title").unwrap_or_else(|_| code.clone()),
        code,
        amount: amount("amount")?.ok_or("each needs an `amount` in minor units, as 499")?,
        free_from: amount("free_from")?,
        countries: countries.ok_or("`countries` must be a list of two-letter codes, as [\"US\", \"CA\"]")?,
    })
}

const TAX: &str = "shop.tax_rates";

fn tax_rates(values: &mut Values) -> Vec<TaxRate> {
    let mut rates = Vec::new();
    for table in values.tables(TAX) {
        match tax_rate(&table) {
            Ok(rate) => rates.push(rate),
            Err(reason) => values.wrong(TAX, &reason),
        }
    }
    rates
}

fn tax_rate(table: &toml::Table) -> Result<TaxRate, String> {
    only_keys(table, &["country", "region", "rate"])?;
    let rate = table.get("rate").and_then(toml::Value::as_integer);
    let rate = rate.and_then(|rate| u32::try_from(rate).ok()).and_then(BasisPoints::new);
    Ok(TaxRate {
        country: Country::parse(&text(table, "country")?).map_err(|error| error.to_string())?,
        region: table.contains_key("region").then(|| text(table, "region")).transpose()?,
        rate: rate.ok_or("each needs a `rate` in basis points from 0 to 10000: 1900 is 19%")?,
    })
}

fn text(table: &toml::Table, key: &str) -> Result<String, String> {
    let text = table.get(key).and_then(toml::Value::as_str).filter(|text| !text.trim().is_empty());
    text.map(|text| text.trim().to_owned()).ok_or_else(|| format!("each needs a `{key}` in quotes"))
}

fn only_keys(table: &toml::Table, known: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("has no key `{key}`; keys: {}", known.join(", "))),
        None => Ok(()),
    }
}

/// The times that may be set, with the range of each, in milliseconds.
fn times(values: &mut Values) -> Times {
    let mut times = Times::default();
    for (key, time) in times_by_key(&mut times) {
        let range = match key {
            "retry_ms_min" | "sweep_ms" => 10..=3_600_000,
            _ => 100..=7 * 24 * 3_600_000,
        };
        *time = values.number(&format!("shop.{key}"), *time, range);
    }
    if times.complete_wait_ms.saturating_add(times.payment_call_ms) >= times.lease_ms {
        // A buyer's own request retries while it waits; its lease must not end under it.
        values.wrong("shop.lease_ms", "must be longer than complete_wait_ms and payment_call_ms together");
    }
    times
}

fn times_by_key(times: &mut Times) -> [(&'static str, &mut i64); 13] {
    let Times {
        price_lock_ms,
        hold_ms,
        lease_ms,
        complete_wait_ms,
        payment_call_ms,
        retry_ms_min,
        retry_ms_max,
        action_poll_ms,
        stuck_ms,
        sweep_ms,
        rest_ms,
        outcome_keep_ms,
        queue_wait_ms,
    } = times;
    [
        ("price_lock_ms", price_lock_ms),
        ("hold_ms", hold_ms),
        ("lease_ms", lease_ms),
        ("complete_wait_ms", complete_wait_ms),
        ("payment_call_ms", payment_call_ms),
        ("retry_ms_min", retry_ms_min),
        ("retry_ms_max", retry_ms_max),
        ("action_poll_ms", action_poll_ms),
        ("stuck_ms", stuck_ms),
        ("sweep_ms", sweep_ms),
        ("rest_ms", rest_ms),
        ("outcome_keep_ms", outcome_keep_ms),
        ("queue_wait_ms", queue_wait_ms),
    ]
}

pub(super) fn print(shop: &ShopConfig) -> toml::Table {
    let mut table = toml::Table::new();
    table.insert("title".into(), shop.title.clone().into());
    table.insert("currency".into(), shop.currency.code().into());
    let locations = shop.locations.iter().map(|location| location.as_str().into());
    table.insert("locations".into(), toml::Value::Array(locations.collect()));
    table.insert("mail_from".into(), shop.mail_from.as_str().into());
    table.insert("prices_include_tax".into(), shop.tables.prices_include_tax.into());
    let mut times = shop.times;
    for (key, time) in times_by_key(&mut times) {
        table.insert(key.into(), (*time).into());
    }
    let methods = shop.tables.shipping_methods.iter().map(|method| {
        let mut table = toml::Table::new();
        table.insert("code".into(), method.code.clone().into());
        table.insert("title".into(), method.title.clone().into());
        table.insert("amount".into(), method.amount.minor().into());
        if let Some(free_from) = method.free_from {
            table.insert("free_from".into(), free_from.minor().into());
        }
        if !method.countries.is_empty() {
            let countries = method.countries.iter().map(|country| country.as_str().into());
            table.insert("countries".into(), toml::Value::Array(countries.collect()));
        }
        toml::Value::Table(table)
    });
    table.insert("shipping_methods".into(), toml::Value::Array(methods.collect()));
    let rates = shop.tables.tax_rates.iter().map(|rate| {
        let mut table = toml::Table::new();
        table.insert("country".into(), rate.country.as_str().into());
        if let Some(region) = &rate.region {
            table.insert("region".into(), region.clone().into());
        }
        table.insert("rate".into(), i64::from(rate.rate.value()).into());
        toml::Value::Table(table)
    });
    let rates: Vec<_> = rates.collect();
    if !rates.is_empty() {
        table.insert("tax_rates".into(), toml::Value::Array(rates));
    }
    table
}
