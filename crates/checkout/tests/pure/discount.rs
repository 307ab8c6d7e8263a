//! Discounts: what a code takes off and when; and as whom a buyer is counted.

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode, NotApplicable, Reduction};
use sellonce_checkout::email::Email;
use sellonce_checkout::money::Money;
use sellonce_checkout::purchase_limit::Identity;
use sellonce_checkout::session::Buyer;

use crate::{at, cents, currency, percent};

fn discount(reduction: Reduction) -> Discount {
    Discount {
        code: DiscountCode::parse("sale").expect("a code"),
        reduction,
        subtotal_min: None,
        starts_at: None,
        ends_at: None,
        uses_max: None,
    }
}

#[test]
fn a_percentage_is_a_share_of_the_subtotal() {
    let check = |rate: u32, subtotal: i64, expect: i64| {
        let discount = discount(Reduction::Percentage(percent(rate)));
        assert_eq!(discount.amount(cents(subtotal), at(0)), Ok(cents(expect)), "{rate} of {subtotal}");
    };
    check(1000, 5000, 500);
    check(1500, 999, 150);
    check(1, 4999, 0);
    check(10_000, 5000, 5000);
    check(0, 5000, 0);
    check(5000, 0, 0);
}

#[test]
fn a_fixed_amount_is_never_more_than_the_subtotal() {
    let check = |amount: i64, subtotal: i64, expect: i64| {
        let discount = discount(Reduction::Fixed(cents(amount)));
        assert_eq!(discount.amount(cents(subtotal), at(0)), Ok(cents(expect)), "{amount} off {subtotal}");
    };
    check(500, 5000, 500);
    check(5000, 5000, 5000);
    check(5001, 5000, 5000);
    check(500, 0, 0);
    check(0, 5000, 0);
    let foreign = Money::new(5, currency("JPY")).expect("five yen");
    let refused = discount(Reduction::Fixed(foreign)).amount(cents(100), at(0));
    assert_eq!(refused, Err(NotApplicable::Amount));
}

#[test]
fn a_discount_applies_from_its_beginning_until_just_before_its_end() {
    let check = |starts: Option<i64>, ends: Option<i64>, now: i64, applies: bool| {
        let of_its_time = Discount {
            starts_at: starts.map(Timestamp::from_millis),
            ends_at: ends.map(Timestamp::from_millis),
            ..discount(Reduction::Fixed(cents(1)))
        };
        let expected = if applies { Ok(cents(1)) } else { Err(NotApplicable::OutsideItsTime) };
        assert_eq!(of_its_time.amount(cents(100), at(now)), expected, "{starts:?} to {ends:?} at {now}");
    };
    check(None, None, 0, true);
    check(Some(10), None, 9, false);
    check(Some(10), None, 10, true);
    check(None, Some(20), 19, true);
    check(None, Some(20), 20, false);
    check(Some(10), Some(20), 9, false);
    check(Some(10), Some(20), 15, true);
    check(Some(10), Some(20), 20, false);
    check(Some(20), Some(10), 15, false);
}

#[test]
fn a_discount_may_need_a_least_subtotal() {
    let check = |least: i64, subtotal: i64, applies: bool| {
        let from_a_subtotal =
            Discount { subtotal_min: Some(cents(least)), ..discount(Reduction::Fixed(cents(1))) };
        let expected =
            if applies { Ok(cents(1)) } else { Err(NotApplicable::SubtotalTooSmall(cents(least))) };
        assert_eq!(from_a_subtotal.amount(cents(subtotal), at(0)), expected, "{subtotal} of {least}");
    };
    check(5000, 4999, false);
    check(5000, 5000, true);
    check(0, 1, true);
}

#[test]
fn a_code_is_the_same_however_a_buyer_types_it() {
    let check = |text: &str, expect: Option<&str>| {
        let parsed = DiscountCode::parse(text).ok();
        assert_eq!(parsed.as_ref().map(DiscountCode::as_str), expect, "{text}");
    };
    check("SALE", Some("SALE"));
    check("sale", Some("SALE"));
    check("  Sale ", Some("SALE"));
    check("black-friday_20%.", Some("BLACK-FRIDAY_20%."));
    check("grün", Some("GRÜN"));
    check(&"x".repeat(64), Some(&"X".repeat(64)));
    check(&"x".repeat(65), None);
    check("", None);
    check("   ", None);
    check("two words", None);
    check("a\nb", None);
    check("<b>", None);
    check("a;b", None);
}

#[test]
fn a_buyer_is_counted_under_every_identity_that_is_known() {
    let email = |text: &str| Email::parse(text).expect("an address");
    let buyer = |text: &str, reference: Option<&str>| Buyer {
        email: email(text),
        address: None,
        customer_reference: reference.map(str::to_owned),
    };
    let by_mail = Identity::email(&email("ada@example.com"));
    let by_reference = Identity::customer("c-1");
    assert_eq!(buyer("ada@example.com", None).identities(), [by_mail]);
    assert_eq!(
        buyer(" Ada@Example.COM ", None).identities(),
        [by_mail],
        "letters and spaces make no other buyer"
    );
    assert_eq!(buyer("ada@example.com", Some("c-1")).identities(), [by_mail, by_reference]);
    assert_ne!(buyer("bob@example.com", None).identities(), [by_mail]);
}

#[test]
fn identities_of_different_kinds_never_meet() {
    let same = "ada@example.com";
    let all = [
        Identity::email(&Email::parse(same).expect("an address")),
        Identity::customer(same),
        Identity::payment_method(same),
        Identity::customer(""),
        Identity::payment_method(""),
    ];
    for (index, one) in all.iter().enumerate() {
        assert!(all.iter().skip(index + 1).all(|other| other != one), "{index}");
    }
    assert!(!format!("{:?}", all[0]).contains("ada"), "a counter holds no address");
}
