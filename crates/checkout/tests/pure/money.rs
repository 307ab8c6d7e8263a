//! Money by the case: reading, writing, the limits of the range, rounding, and dividing over weights.

use sellonce_checkout::limits::AMOUNT_MAX;
use sellonce_checkout::money::{BasisPoints, Currency, Money, MoneyError};

use crate::{cents, currency, percent, usd};

#[test]
fn a_currency_is_one_of_iso_4217_with_a_minor_unit() {
    let check = |code: &str, expect: Option<(&str, u32)>| {
        let parsed = Currency::parse(code).ok();
        assert_eq!(parsed.map(|currency| (currency.code(), currency.exponent())), expect, "{code}");
    };
    check("USD", Some(("USD", 2)));
    check("usd", Some(("USD", 2)));
    check("EuR", Some(("EUR", 2)));
    check("JPY", Some(("JPY", 0)));
    check("KWD", Some(("KWD", 3)));
    check("CLF", Some(("CLF", 4)));
    check("XAU", None);
    check("XXX", None);
    check("XTS", None);
    check("ZZZ", None);
    check("US", None);
    check("USDX", None);
    check("US ", None);
    check("", None);
    check("€", None);
}

#[test]
fn an_amount_is_read_from_digits_and_a_point() {
    let check = |text: &str, code: &str, expect: Option<i64>| {
        let parsed = Money::parse_decimal(text, currency(code));
        assert_eq!(parsed.ok().map(Money::minor), expect, "{text} {code}");
    };
    check("50", "USD", Some(5000));
    check("49.9", "USD", Some(4990));
    check("49.99", "USD", Some(4999));
    check("1250.00", "USD", Some(125_000));
    check("0", "USD", Some(0));
    check("0.00", "USD", Some(0));
    check("0.01", "USD", Some(1));
    check("007.50", "USD", Some(750));
    check("5.", "USD", Some(500));
    // Zeros behind the exponent carry no value; other digits would be money that cannot be charged.
    check("49.990000", "USD", Some(4999));
    check("49.995", "USD", None);
    check("500.00", "JPY", Some(500));
    check("500", "JPY", Some(500));
    check("500.01", "JPY", None);
    check("1.234", "KWD", Some(1234));
    check("1.2", "KWD", Some(1200));
    check("1.2345", "KWD", None);
    check("", "USD", None);
    check(".", "USD", None);
    check(".50", "USD", None);
    check("-1", "USD", None);
    check("+1", "USD", None);
    check(" 1", "USD", None);
    check("1 ", "USD", None);
    check("1,000.00", "USD", None);
    check("1_000", "USD", None);
    check("1.2.3", "USD", None);
    check("1e3", "USD", None);
    check("0x10", "USD", None);
    check("NaN", "USD", None);
    check("$5", "USD", None);
    check("٥", "USD", None);
    check("1.5é", "USD", None);
    check("1.é5", "USD", None);
    check("10000000000000.00", "USD", Some(AMOUNT_MAX));
    check("10000000000000.01", "USD", None);
    check("92233720368547758.08", "USD", None);
    check(&"9".repeat(500), "USD", None);
}

#[test]
fn an_amount_that_is_too_large_is_called_too_large_and_not_malformed() {
    let check = |text: &str, expect: MoneyError| {
        assert_eq!(Money::parse_decimal(text, usd()), Err(expect), "{text}");
    };
    check("10000000000000.01", MoneyError::TooLarge);
    check(&"9".repeat(500), MoneyError::TooLarge);
    check("abc", MoneyError::NotAnAmount("abc".to_owned(), 2));
    // What is told back of a text is bounded, whatever was sent.
    check(&"x".repeat(500), MoneyError::NotAnAmount("x".repeat(32), 2));
}

#[test]
fn an_amount_is_written_with_the_digits_of_its_currency() {
    let check = |minor: i64, code: &str, expect: &str| {
        let amount = Money::new(minor, currency(code)).expect("in range");
        assert_eq!(amount.to_string(), expect);
    };
    check(4999, "USD", "49.99 USD");
    check(0, "USD", "0.00 USD");
    check(5, "USD", "0.05 USD");
    check(99, "USD", "0.99 USD");
    check(100, "USD", "1.00 USD");
    check(0, "JPY", "0 JPY");
    check(500, "JPY", "500 JPY");
    check(1, "KWD", "0.001 KWD");
    check(1234, "KWD", "1.234 KWD");
    check(1, "CLF", "0.0001 CLF");
    check(AMOUNT_MAX, "USD", "10000000000000.00 USD");
}

#[test]
fn an_amount_is_never_below_zero_and_never_beyond_its_range() {
    let check = |minor: i64, expect: Result<i64, MoneyError>| {
        assert_eq!(Money::new(minor, usd()).map(Money::minor), expect);
    };
    check(0, Ok(0));
    check(AMOUNT_MAX, Ok(AMOUNT_MAX));
    check(AMOUNT_MAX + 1, Err(MoneyError::TooLarge));
    check(i64::MAX, Err(MoneyError::TooLarge));
    check(-1, Err(MoneyError::Negative));
    check(i64::MIN, Err(MoneyError::Negative));
}

#[test]
fn arithmetic_stays_in_range_or_is_refused() {
    let most = cents(AMOUNT_MAX);
    assert_eq!(most.plus(cents(1)), Err(MoneyError::TooLarge));
    assert_eq!(most.plus(cents(0)), Ok(most));
    assert_eq!(cents(1).minus(cents(2)), Err(MoneyError::Negative));
    assert_eq!(cents(2).minus(cents(2)), Ok(cents(0)));
    assert_eq!(most.times(2), Err(MoneyError::TooLarge));
    assert_eq!(most.times(u32::MAX), Err(MoneyError::TooLarge));
    assert_eq!(most.times(1), Ok(most));
    assert_eq!(most.times(0), Ok(cents(0)));
    assert_eq!(
        most.share(percent(10_000)),
        Ok(most),
        "the product of both is beyond 64 bits, the share is not"
    );
    assert_eq!(most.contained(percent(10_000)), Ok(cents(AMOUNT_MAX / 2)));
    assert_eq!(most.spread(&[most, cents(1)]), Err(MoneyError::TooLarge));
}

#[test]
fn two_currencies_never_meet_in_one_amount() {
    let (dollar, yen) = (cents(1), Money::new(1, currency("JPY")).expect("a yen"));
    let mismatch = Err(MoneyError::CurrencyMismatch(usd(), currency("JPY")));
    assert_eq!(dollar.plus(yen), mismatch);
    assert_eq!(dollar.minus(yen), mismatch);
    assert_eq!(dollar.at_most(yen), mismatch);
    assert_eq!(dollar.spread(&[yen]).map(|_| dollar), mismatch);
    assert_ne!(dollar, yen);
}

#[test]
fn a_share_is_rounded_half_up() {
    let check = |minor: i64, rate: u32, expect: i64| {
        assert_eq!(cents(minor).share(percent(rate)), Ok(cents(expect)), "{minor} at {rate}");
    };
    check(1999, 750, 150);
    check(1000, 750, 75);
    check(100, 1900, 19);
    check(1, 5000, 1);
    check(3, 5000, 2);
    check(1, 4999, 0);
    check(1, 5001, 1);
    check(9999, 1, 1);
    check(4999, 1, 0);
    check(5000, 1, 1);
    check(12_345, 0, 0);
    check(0, 10_000, 0);
    check(12_345, 10_000, 12_345);
}

#[test]
fn a_contained_tax_is_rounded_half_up() {
    let check = |minor: i64, rate: u32, expect: i64| {
        assert_eq!(cents(minor).contained(percent(rate)), Ok(cents(expect)), "{minor} at {rate}");
    };
    check(1190, 1900, 190);
    check(119, 1900, 19);
    check(100, 1900, 16);
    check(107, 700, 7);
    check(1, 10_000, 1);
    check(1, 9999, 0);
    check(3, 10_000, 2);
    check(12_345, 0, 0);
    check(0, 1900, 0);
}

#[test]
fn a_rate_is_at_most_the_whole() {
    assert_eq!(BasisPoints::new(10_001), None);
    assert_eq!(BasisPoints::new(u32::MAX), None);
    assert_eq!(BasisPoints::new(10_000).map(BasisPoints::value), Some(10_000));
    assert_eq!(BasisPoints::new(0), Some(BasisPoints::ZERO));
}

#[test]
fn an_amount_is_divided_by_largest_remainder() {
    let check = |minor: i64, weights: &[i64], expect: &[i64]| {
        let weights: Vec<Money> = weights.iter().copied().map(cents).collect();
        let parts = cents(minor).spread(&weights).expect("in range");
        assert_eq!(parts.into_iter().map(Money::minor).collect::<Vec<_>>(), expect, "{minor}");
    };
    check(10, &[1, 1, 1], &[4, 3, 3]);
    check(11, &[1, 1, 1], &[4, 4, 3]);
    check(12, &[1, 1, 1], &[4, 4, 4]);
    check(100, &[999, 1], &[100, 0]);
    check(100, &[1, 999], &[0, 100]);
    check(1, &[1, 2, 3], &[0, 0, 1]);
    check(5, &[2, 3], &[2, 3]);
    check(0, &[2, 3], &[0, 0]);
    check(5, &[0, 5, 0], &[0, 5, 0]);
    check(5, &[0, 0], &[0, 0]);
    check(5, &[], &[]);
    check(7, &[7], &[7]);
    check(9, &[3], &[9]);
    // Of equal remainders the heavier weight comes first, so that the order of lines changes nothing.
    check(2, &[1, 3], &[0, 2]);
    check(2, &[3, 1], &[2, 0]);
    check(AMOUNT_MAX, &[AMOUNT_MAX - 1, 1], &[AMOUNT_MAX - 1, 1]);
}
