//! What the pages have in common: how they look, and how numbers are written for people.

use crate::progress::thousands;
use crate::verdict_of::minor_units;

/// A page as text. Templates escape what would be markup; letters that no document has a place for, as a shop's answer
/// may bring along, show as U+FFFD.
pub(crate) fn render(page: &impl askama::Template) -> String {
    let page = page.render().expect("a template writes into a string");
    let is_odd = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    page.replace(is_odd, "\u{fffd}")
}

/// How pages and the charts in them look.
pub(crate) fn style() -> String {
    format!("{}{}", include_str!("page/page.css"), crate::chart::STYLE)
}

/// A number of things with its thousands apart, as 50,000.
pub(crate) fn grouped(number: impl Into<i128>) -> String {
    let number = number.into();
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", thousands(u64::try_from(number.unsigned_abs()).unwrap_or(u64::MAX)))
}

/// A number of things by their name, as 1 unit, 5,000 units.
pub(crate) fn things(number: impl Into<i128>, name: &str) -> String {
    let number = number.into();
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {name}{ending}", grouped(number))
}

/// A measured number: three digits are what a measurement is worth.
pub(crate) fn rounded(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value.abs() >= 100.0 {
        // Within 2^63 by far.
        #[expect(clippy::cast_possible_truncation, reason = "the fraction is dropped on purpose")]
        let whole = value.round() as i64;
        return grouped(whole);
    }
    let digits = if value.abs() >= 10.0 { 1 } else { 2 };
    format!("{value:.digits$}")
}

/// An amount of minor units as people write it, as USD 1,234.50; with two digits where the currency is not known.
pub(crate) fn money(amount: i64, currency: &str) -> String {
    let unit = minor_units(currency).unsigned_abs().max(1);
    let (whole, rest) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    let sign = if amount < 0 { "−" } else { "" };
    let digits = usize::try_from(unit.ilog10()).unwrap_or_default();
    let rest = if digits == 0 { String::new() } else { format!(".{rest:0digits$}") };
    format!("{currency} {sign}{}{rest}", grouped(whole))
}

#[test]
fn money_has_the_digits_of_its_currency() {
    for (amount, currency, expect) in [
        (75_000, "USD", "USD 750.00"),
        (-123_456_705, "EUR", "EUR −1,234,567.05"),
        (750, "JPY", "JPY 750"),
        (1_005, "KWD", "KWD 1.005"),
        (5, "<b>", "<b> 0.05"),
    ] {
        assert_eq!(money(amount, currency), expect);
    }
}

#[test]
fn thousands_stand_apart() {
    for (number, expect) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (50_100, "50,100"),
        (1_234_567, "1,234,567"),
        (-3_000, "−3,000"),
    ] {
        assert_eq!(grouped(number), expect);
    }
}

#[test]
fn a_measurement_has_three_digits_or_all_before_the_point() {
    for (value, expect) in
        [(0.1234, "0.12"), (12.34, "12.3"), (1_234.4, "1,234"), (41_999.6, "42,000"), (f64::NAN, "–")]
    {
        assert_eq!(rounded(value), expect);
    }
}

/// A page as a strict reader takes it: well-formed, every id once, no script, nothing from elsewhere.
#[cfg(test)]
pub(crate) fn parse(page: &str) -> roxmltree::Document<'_> {
    let document = page.split_once("<!doctype html>").expect("a page says that it is one").1.trim_start();
    let document = roxmltree::Document::parse(document).expect("a page is well-formed");
    let mut ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "every id once");
    for node in document.descendants() {
        assert!(!["script", "link", "img", "iframe", "object"].contains(&node.tag_name().name()), "{node:?}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && !["href", "src"].contains(&name), "{node:?}");
            let named = value.split_whitespace().filter(|_| name == "aria-labelledby");
            assert!(named.clone().all(|id| ids.binary_search(&id).is_ok()), "{value}");
        }
    }
    document
}
