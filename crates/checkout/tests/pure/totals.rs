//! Totals: the one sum, and the built-in tables of shipping and tax.

use sellonce_checkout::address::Country;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::money::{Money, MoneyError};
use sellonce_checkout::totals::{
    Basket, BasketLine, Pricing, PricingProblem, Quote, ShippingMethod, Tables, Tax, TaxRate, Totals,
};

use crate::{address, cents, currency, percent, sku, usd};

fn method(code: &str, amount: i64, free_from: Option<i64>, countries: &[&str]) -> ShippingMethod {
    ShippingMethod {
        code: code.to_owned(),
        title: code.to_uppercase(),
        amount: cents(amount),
        free_from: free_from.map(cents),
        countries: countries.iter().map(|code| Country::parse(code).expect("a country")).collect(),
    }
}

fn rate(country: &str, region: Option<&str>, hundredths: u32) -> TaxRate {
    TaxRate {
        country: Country::parse(country).expect("a country"),
        region: region.map(str::to_owned),
        rate: percent(hundredths),
    }
}

fn tables(shipping_methods: Vec<ShippingMethod>, tax_rates: Vec<TaxRate>) -> Tables {
    Tables { shipping_methods, tax_rates, prices_include_tax: false }
}

/// The quote for lines of these amounts.
fn quote(
    tables: &Tables,
    amounts: &[i64],
    to: Option<(&str, Option<&str>)>,
    method: Option<&str>,
) -> Result<Quote, PricingProblem> {
    let sku: Sku = sku("A");
    let address = to.map(|(country, region)| address(country, region));
    let lines = amounts.iter().map(|amount| BasketLine { sku: &sku, amount: cents(*amount) }).collect();
    tables.quote(&Basket { lines, address: address.as_ref(), shipping_method: method })
}

fn minors(amounts: &[Money]) -> Vec<i64> {
    amounts.iter().map(|amount| amount.minor()).collect()
}

#[test]
fn the_total_is_subtotal_less_discount_plus_shipping_plus_added_tax() {
    let check = |subtotal: i64, discount: i64, shipping: i64, tax: Tax, expect: Option<(i64, i64, i64)>| {
        let totals = Totals::sum_up(cents(subtotal), cents(discount), cents(shipping), tax);
        let amounts = totals.ok().map(|it| (it.tax.minor(), it.tax_added.minor(), it.total.minor()));
        assert_eq!(amounts, expect, "{subtotal} - {discount} + {shipping} + {tax:?}");
    };
    check(5000, 500, 590, Tax::Added(cents(450)), Some((450, 450, 5540)));
    check(5000, 500, 590, Tax::Contained(cents(718)), Some((718, 0, 5090)));
    check(5000, 5000, 0, Tax::Added(cents(0)), Some((0, 0, 0)));
    check(0, 0, 0, Tax::Contained(cents(0)), Some((0, 0, 0)));
    check(5000, 5001, 590, Tax::Added(cents(0)), None);
}

#[test]
fn totals_of_several_currencies_are_refused() {
    let yen = Money::new(5, currency("JPY")).expect("five yen");
    let mismatch = Err(MoneyError::CurrencyMismatch(usd(), currency("JPY")));
    let zero = cents(0);
    assert_eq!(Totals::sum_up(zero, yen, zero, Tax::Added(zero)), mismatch);
    assert_eq!(Totals::sum_up(zero, zero, yen, Tax::Added(zero)), mismatch);
    assert_eq!(Totals::sum_up(zero, zero, zero, Tax::Added(yen)), mismatch);
}

#[test]
fn a_shop_that_configures_nothing_ships_for_nothing_and_needs_no_address() {
    let plain = Tables::plain(usd());
    assert!(!plain.needs_address());
    let quote = quote(&plain, &[1000, 1], None, None).expect("it needs nothing");
    assert_eq!((quote.shipping_method.as_str(), quote.shipping), ("standard", cents(0)));
    assert_eq!((minors(&quote.line_taxes), quote.prices_include_tax), (vec![0, 0], false));
}

#[test]
fn an_address_is_asked_for_where_it_decides_something() {
    let check = |tables: Tables, needed: bool| {
        assert_eq!(tables.needs_address(), needed, "{tables:?}");
        let without = quote(&tables, &[1000], None, None);
        assert_eq!(without == Err(PricingProblem::AddressRequired), needed, "{tables:?}");
    };
    let standard = || method("standard", 500, None, &[]);
    check(tables(vec![standard()], vec![]), false);
    check(tables(vec![standard(), method("express", 900, None, &[])], vec![]), true);
    check(tables(vec![method("standard", 500, None, &["US"])], vec![]), true);
    check(tables(vec![standard()], vec![rate("US", None, 700)]), true);
}

#[test]
fn the_first_method_that_serves_the_address_is_taken_unless_another_one_is_chosen() {
    let methods = || {
        vec![
            method("pickup", 0, None, &["DE"]),
            method("standard", 500, None, &["US", "CA"]),
            method("express", 1500, None, &[]),
        ]
    };
    let check = |country: &str, chosen: Option<&str>, expect: Result<(&str, i64), &[&str]>| {
        let found = quote(&tables(methods(), vec![]), &[1000], Some((country, None)), chosen);
        match (found, expect) {
            (Ok(quote), Ok((code, amount))) => {
                assert_eq!((quote.shipping_method.as_str(), quote.shipping), (code, cents(amount)));
            }
            (Err(PricingProblem::UnknownShippingMethod { given, possible }), Err(expected)) => {
                assert_eq!(
                    (Some(given.as_str()), possible),
                    (chosen, expected.iter().map(|s| s.to_string()).collect())
                );
            }
            (found, expected) => panic!("{country}, {chosen:?}: {found:?} is not {expected:?}"),
        }
    };
    check("DE", None, Ok(("pickup", 0)));
    check("US", None, Ok(("standard", 500)));
    check("CA", None, Ok(("standard", 500)));
    check("FR", None, Ok(("express", 1500)));
    check("US", Some("express"), Ok(("express", 1500)));
    check("DE", Some("pickup"), Ok(("pickup", 0)));
    check("US", Some("pickup"), Err(&["standard", "express"]));
    check("FR", Some("standard"), Err(&["express"]));
    check("US", Some("teleport"), Err(&["standard", "express"]));
    check("US", Some("Standard"), Err(&["standard", "express"]));
    check("US", Some(""), Err(&["standard", "express"]));
}

#[test]
fn a_country_that_no_method_serves_is_told_so() {
    let only_us = tables(vec![method("standard", 500, None, &["US"])], vec![]);
    assert_eq!(quote(&only_us, &[1000], Some(("DE", None)), None), Err(PricingProblem::NotShippedThere));
    let unknown = quote(&only_us, &[1000], Some(("DE", None)), Some("standard"));
    let given = "standard".to_owned();
    assert_eq!(unknown, Err(PricingProblem::UnknownShippingMethod { given, possible: vec![] }));
}

#[test]
fn a_long_name_of_a_method_is_not_told_back_whole() {
    let standard = tables(vec![method("standard", 500, None, &[])], vec![]);
    let refused = quote(&standard, &[1000], None, Some(&"x".repeat(10_000)));
    let Err(PricingProblem::UnknownShippingMethod { given, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(given, "x".repeat(64));
}

#[test]
fn shipping_is_free_from_an_amount_after_discount() {
    let check = |amounts: &[i64], expect: i64| {
        let from_fifty = tables(vec![method("standard", 500, Some(5000), &[])], vec![]);
        let quote = quote(&from_fifty, amounts, None, None).expect("it needs nothing");
        assert_eq!(quote.shipping, cents(expect), "{amounts:?}");
    };
    check(&[4999], 500);
    check(&[5000], 0);
    check(&[2500, 2500], 0);
    check(&[2500, 2499], 500);
    check(&[], 500);
}

#[test]
fn a_region_has_its_own_rate_before_its_country_has() {
    let rates = || {
        vec![
            rate("US", None, 500),
            rate("US", Some("CA"), 725),
            rate("DE", None, 1900),
            rate("CA", Some("QC"), 1498),
        ]
    };
    let check = |country: &str, region: Option<&str>, expect: i64| {
        let tables = tables(vec![method("standard", 0, None, &[])], rates());
        let quote = quote(&tables, &[10_000], Some((country, region)), None).expect("it ships everywhere");
        assert_eq!(minors(&quote.line_taxes), [expect], "{country} {region:?}");
    };
    check("US", None, 500);
    check("US", Some("CA"), 725);
    check("US", Some("ca"), 725);
    check("US", Some("NY"), 500);
    check("DE", None, 1900);
    check("DE", Some("CA"), 1900);
    check("CA", Some("QC"), 1498);
    check("CA", None, 0);
    check("CA", Some("ON"), 0);
    check("FR", None, 0);
}

#[test]
fn tax_is_rounded_half_up_per_line_and_added_or_contained() {
    let check = |include: bool, hundredths: u32, amounts: &[i64], expect: &[i64]| {
        let mut tables = tables(vec![method("standard", 0, None, &[])], vec![rate("US", None, hundredths)]);
        tables.prices_include_tax = include;
        let quote = quote(&tables, amounts, Some(("US", None)), None).expect("it ships everywhere");
        assert_eq!(minors(&quote.line_taxes), expect, "{hundredths} of {amounts:?}");
        assert_eq!(quote.prices_include_tax, include);
    };
    check(false, 750, &[1999, 1000], &[150, 75]);
    check(false, 5000, &[1, 1, 1], &[1, 1, 1]);
    check(true, 1900, &[1190, 119], &[190, 19]);
    check(true, 0, &[1190], &[0]);
    check(false, 0, &[1190], &[0]);
    check(false, 10_000, &[7], &[7]);
    check(true, 10_000, &[7], &[4]);
}

#[test]
fn the_same_basket_has_the_same_quote() {
    let tables = tables(vec![method("standard", 500, Some(900), &[])], vec![rate("US", None, 750)]);
    let ask = || quote(&tables, &[999, 1], Some(("US", None)), None);
    assert_eq!(ask(), ask());
}
