//! The price lock: which changes a buyer must confirm, what is left out, what is refused, and what the hash stands for.

use std::collections::BTreeMap;

use sellonce_checkout::address::Address;
use sellonce_checkout::catalog::{Listing, Offer, Sku};
use sellonce_checkout::discount::{Discount, DiscountCode, NotApplicable, Reduction};
use sellonce_checkout::limits::{AMOUNT_MAX, LINE_QUANTITY_MAX, LINES_MAX};
use sellonce_checkout::money::{Currency, Money, MoneyError};
use sellonce_checkout::price_lock::{Lock, LockRefusal, LockRequest, PriceHash, WantedLine, lock};
use sellonce_checkout::totals::{PricingProblem, Tables};

use crate::{at, cents, currency, offer, sku, usd};

/// A line for a buyer who saw a price in cents.
fn line(name: &str, quantity: u32, seen: Option<i64>) -> WantedLine {
    let title_seen = format!("the {name} as seen");
    WantedLine { sku: sku(name), quantity, price_seen: seen.map(cents), title_seen }
}

fn hidden(name: &str, price: i64) -> Offer {
    Offer { listing: Listing::Hidden, ..offer(name, price) }
}

fn lock_with(
    lines: &[WantedLine],
    offers: &[Offer],
    discount: Option<&Discount>,
) -> Result<Lock, LockRefusal> {
    let offers: BTreeMap<Sku, Offer> =
        offers.iter().map(|offer| (offer.sku.clone(), offer.clone())).collect();
    let (address, shipping_method): (Option<&Address>, _) = (None, None);
    let (currency, now, offers) = (usd(), at(1_000), &offers);
    let request = LockRequest { lines, offers, discount, address, shipping_method, currency, now };
    lock(&request, &Tables::plain(usd()))
}

fn locked(lines: &[WantedLine], offers: &[Offer]) -> Lock {
    lock_with(lines, offers, None).expect("the prices can be locked")
}

/// The price changes as (SKU, was, now) in cents.
fn changes(lock: &Lock) -> Vec<(String, Option<i64>, Option<i64>)> {
    let minor = |price: Option<Money>| price.map(Money::minor);
    let changes = lock.price_changes().into_iter();
    changes.map(|change| (change.sku.to_string(), minor(change.was), minor(change.now))).collect()
}

#[test]
fn a_price_that_differs_from_what_was_seen_must_be_confirmed() {
    let check = |seen: Option<i64>, now: Option<Offer>, expect: &[(Option<i64>, Option<i64>)]| {
        let offers: Vec<Offer> = now.into_iter().chain([offer("Z", 1)]).collect();
        let lock = locked(&[line("A", 2, seen), line("Z", 1, Some(1))], &offers);
        let expected: Vec<_> = expect.iter().map(|(was, now)| ("A".to_owned(), *was, *now)).collect();
        assert_eq!(changes(&lock), expected, "{seen:?} became {offers:?}");
        assert_eq!(lock.requires_confirmation(), !expect.is_empty());
    };
    // Unchanged.
    check(Some(1000), Some(offer("A", 1000)), &[]);
    // Raised.
    check(Some(1000), Some(offer("A", 1100)), &[(Some(1000), Some(1100))]);
    check(Some(0), Some(offer("A", 1)), &[(Some(0), Some(1))]);
    // Lowered.
    check(Some(1000), Some(offer("A", 999)), &[(Some(1000), Some(999))]);
    check(Some(1000), Some(offer("A", 0)), &[(Some(1000), Some(0))]);
    // Removed from the catalog, or taken off sale.
    check(Some(1000), None, &[(Some(1000), None)]);
    check(Some(1000), Some(hidden("A", 1000)), &[(Some(1000), None)]);
    // Who says nothing of a price accepts today's, but not that a line vanishes.
    check(None, Some(offer("A", 1000)), &[]);
    check(None, Some(hidden("A", 1000)), &[(None, None)]);
}

#[test]
fn changes_are_told_in_the_order_of_the_lines() {
    let lines = [line("B", 1, Some(5)), line("C", 1, Some(7)), line("A", 1, Some(9))];
    let lock = locked(&lines, &[offer("A", 8), offer("B", 6), offer("C", 7)]);
    let expected = [("B".to_owned(), Some(5), Some(6)), ("A".to_owned(), Some(9), Some(8))];
    assert_eq!(changes(&lock), expected);
}

#[test]
fn what_is_charged_is_the_price_of_the_lock_and_never_the_one_that_was_seen() {
    let lock = locked(&[line("A", 3, Some(1))], &[offer("A", 1000)]);
    assert_eq!((lock.totals.subtotal, lock.totals.total), (cents(3000), cents(3000)));
    assert_eq!(
        lock.sold().map(|(line, price)| (line.quantity, price)).collect::<Vec<_>>(),
        [(3, cents(1000))]
    );
}

#[test]
fn a_line_that_is_no_longer_on_sale_is_left_out_and_still_shown() {
    let lock = locked(
        &[line("A", 2, Some(1000)), line("B", 1, Some(500)), line("C", 1, Some(70))],
        &[hidden("A", 1000), offer("B", 500)],
    );
    assert_eq!(lock.totals.total, cents(500));
    let shown: Vec<_> = lock.lines.iter().map(|line| (line.title.as_str(), line.unit_price)).collect();
    assert_eq!(shown, [("the A", None), ("the B", Some(cents(500))), ("the C as seen", None)]);
    assert_eq!(lock.sold().count(), 1);
}

#[test]
fn a_price_that_changes_after_the_lock_does_not_touch_it() {
    let lines = [line("A", 2, Some(1000))];
    let before = locked(&lines, &[offer("A", 1000)]);
    let kept = before.clone();
    let after = locked(&lines, &[offer("A", 9900)]);
    assert_eq!(before, kept, "a lock is a snapshot: it holds no offer that could change");
    assert_eq!((kept.totals.total, after.totals.total), (cents(2000), cents(19_800)));
    assert_ne!(kept.price_hash(), after.price_hash());
}

#[test]
fn a_request_that_cannot_be_locked_is_refused_with_its_reason() {
    let check = |lines: &[WantedLine], offers: &[Offer], expect: LockRefusal| {
        assert_eq!(lock_with(lines, offers, None), Err(expect), "{lines:?}");
    };
    // Nothing is left.
    check(&[], &[], LockRefusal::NothingToSell);
    check(&[line("A", 1, Some(1))], &[], LockRefusal::NothingToSell);
    check(&[line("A", 1, None)], &[hidden("A", 1)], LockRefusal::NothingToSell);
    check(&[line("A", 1, Some(1)), line("B", 1, Some(1))], &[hidden("A", 1)], LockRefusal::NothingToSell);
    // Nobody ever saw a price of it.
    check(&[line("A", 1, None)], &[], LockRefusal::UnknownSku(sku("A")));
    check(&[line("B", 1, Some(1)), line("A", 1, None)], &[offer("B", 1)], LockRefusal::UnknownSku(sku("A")));
    check(&[line("A", 0, Some(1))], &[offer("A", 1)], LockRefusal::BadQuantity);
    check(&[line("A", LINE_QUANTITY_MAX + 1, None)], &[offer("A", 1)], LockRefusal::BadQuantity);
    check(&[line("A", u32::MAX, None)], &[offer("A", 1)], LockRefusal::BadQuantity);
    let too_many: Vec<_> = (0..=LINES_MAX).map(|_| line("A", 1, None)).collect();
    check(&too_many, &[offer("A", 1)], LockRefusal::TooManyLines);
    let money = |why| LockRefusal::Money(why);
    check(&[line("A", 2, None)], &[offer("A", AMOUNT_MAX)], money(MoneyError::TooLarge));
    check(&[line("A", 1, None), line("A", 1, None)], &[offer("A", AMOUNT_MAX)], money(MoneyError::TooLarge));
}

#[test]
fn as_many_lines_and_units_as_allowed_can_be_locked() {
    let most: Vec<_> = (0..LINES_MAX).map(|_| line("A", LINE_QUANTITY_MAX, None)).collect();
    let lock = locked(&most, &[offer("A", 100)]);
    let units = i64::from(LINE_QUANTITY_MAX) * i64::try_from(LINES_MAX).expect("a hundred");
    assert_eq!(lock.totals.total, cents(100 * units));
}

#[test]
fn a_price_in_another_currency_is_refused() {
    let yen = currency("JPY");
    let seen_in_yen =
        WantedLine { price_seen: Some(Money::new(1000, yen).expect("a thousand yen")), ..line("A", 1, None) };
    let refused = lock_with(&[seen_in_yen], &[offer("A", 1000)], None);
    assert_eq!(refused, Err(LockRefusal::WrongCurrency(usd())));
    let foreign = Offer { price: Money::new(5, yen).expect("five yen"), ..offer("A", 1) };
    let mismatch = |a: Currency, b: Currency| LockRefusal::Money(MoneyError::CurrencyMismatch(a, b));
    assert_eq!(lock_with(&[line("A", 1, None)], &[foreign], None), Err(mismatch(usd(), yen)));
}

fn discount(reduction: Reduction, least: Option<i64>) -> Discount {
    Discount {
        code: DiscountCode::parse("SALE").expect("a code"),
        reduction,
        subtotal_min: least.map(cents),
        starts_at: None,
        ends_at: Some(at(2_000)),
        uses_max: None,
    }
}

#[test]
fn a_discount_is_spread_over_the_lines_that_are_sold() {
    let lines = [line("A", 1, None), line("B", 1, Some(999)), line("C", 2, None)];
    let offers = [offer("A", 100), hidden("B", 999), offer("C", 100)];
    let fixed = discount(Reduction::Fixed(cents(100)), None);
    let lock = lock_with(&lines, &offers, Some(&fixed)).expect("it applies");
    let parts: Vec<_> = lock.lines.iter().map(|line| line.discount.minor()).collect();
    assert_eq!(parts, [33, 0, 67]);
    assert_eq!((lock.totals.discount, lock.totals.total), (cents(100), cents(200)));
}

#[test]
fn a_discount_that_does_not_apply_is_refused_and_not_left_out() {
    let least = discount(Reduction::Fixed(cents(100)), Some(1000));
    let with = |offers: &[Offer], discount: &Discount| {
        lock_with(&[line("A", 1, None)], offers, Some(discount)).map(|lock| lock.totals.total)
    };
    let too_small = LockRefusal::Discount(NotApplicable::SubtotalTooSmall(cents(1000)));
    assert_eq!(with(&[offer("A", 999)], &least), Err(too_small));
    assert_eq!(with(&[offer("A", 1000)], &least), Ok(cents(900)));
    let ended = Discount { ends_at: Some(at(1_000)), ..least };
    let outside = LockRefusal::Discount(NotApplicable::OutsideItsTime);
    assert_eq!(with(&[offer("A", 1000)], &ended), Err(outside));
}

#[test]
fn a_line_that_is_left_out_counts_nothing_towards_a_least_subtotal() {
    let least = discount(Reduction::Fixed(cents(100)), Some(1000));
    let lines = [line("A", 1, None), line("B", 1, Some(500))];
    let refused = lock_with(&lines, &[offer("A", 500), hidden("B", 500)], Some(&least));
    assert_eq!(refused, Err(LockRefusal::Discount(NotApplicable::SubtotalTooSmall(cents(1000)))));
}

#[test]
fn what_shipping_and_tax_refuse_the_lock_refuses() {
    let lines = [line("A", 1, None)];
    let offers = BTreeMap::from([(sku("A"), offer("A", 1))]);
    let request = LockRequest {
        lines: &lines,
        offers: &offers,
        discount: None,
        address: None,
        shipping_method: Some("teleport"),
        currency: usd(),
        now: at(0),
    };
    let problem = PricingProblem::UnknownShippingMethod {
        given: "teleport".to_owned(),
        possible: vec!["standard".to_owned()],
    };
    assert_eq!(lock(&request, &Tables::plain(usd())), Err(LockRefusal::Pricing(problem)));
}

#[test]
fn a_hash_stands_for_exactly_the_changes_that_were_shown() {
    let hash = |lines: &[WantedLine], offers: &[Offer]| locked(lines, offers).price_hash();
    let z = || line("Z", 1, Some(5));
    let sold = |price: i64| [offer("A", price), offer("B", 20), offer("Z", 5)];
    let raised = hash(&[line("A", 1, Some(10)), z()], &sold(11));
    // Everything that a buyer would have to be shown anew has another hash.
    let others = [
        hash(&[line("A", 1, Some(10)), z()], &sold(12)),
        hash(&[line("A", 1, Some(9)), z()], &sold(11)),
        hash(&[line("A", 1, Some(11)), z()], &sold(11)),
        hash(&[line("A", 1, Some(10)), z()], &[hidden("A", 11), offer("Z", 5)]),
        hash(&[line("A", 1, Some(10)), line("B", 1, Some(19)), z()], &sold(11)),
        hash(&[line("B", 1, Some(10)), z()], &[offer("B", 11), offer("Z", 5)]),
    ];
    for (index, other) in others.iter().enumerate() {
        assert_ne!(*other, raised, "{index}");
        assert!(others.iter().skip(index + 1).all(|another| another != other), "{index}");
    }
    // What is no change of a unit price does not change it.
    assert_eq!(hash(&[line("A", 7, Some(10)), z()], &sold(11)), raised, "another quantity");
    assert_eq!(hash(&[z(), line("A", 1, Some(10))], &sold(11)), raised, "an unchanged line elsewhere");
    assert_eq!(
        hash(&[line("A", 1, Some(10)), line("B", 3, Some(20))], &sold(11)),
        raised,
        "another unchanged line"
    );
    assert_eq!(hash(&[line("A", 1, Some(10)), z()], &sold(11)), raised, "asked again");
}

#[test]
fn texts_of_two_changes_cannot_be_read_as_those_of_others() {
    // Two SKUs whose names and prices run together to the same letters.
    let one = locked(&[line("A", 1, Some(1)), line("B", 1, Some(1))], &[offer("A", 2), offer("B", 2)]);
    let two = locked(&[line("A 0.01 USD 0.02 USD B", 1, Some(1))], &[offer("A 0.01 USD 0.02 USD B", 2)]);
    assert_ne!(one.price_hash(), two.price_hash());
    let other_currency = |code: &str| {
        let money = |minor| Money::new(minor, currency(code)).expect("a small amount");
        let lines = [WantedLine { price_seen: Some(money(1)), ..line("A", 1, None) }];
        let offers = BTreeMap::from([(sku("A"), Offer { price: money(2), ..offer("A", 1) })]);
        let request = LockRequest {
            lines: &lines,
            offers: &offers,
            discount: None,
            address: None,
            shipping_method: None,
            currency: currency(code),
            now: at(0),
        };
        lock(&request, &Tables::plain(currency(code))).expect("it can be locked").price_hash()
    };
    assert_ne!(other_currency("USD"), other_currency("EUR"));
}

#[test]
fn a_hash_can_be_written_and_read_back() {
    let hash = locked(&[line("A", 1, Some(1))], &[offer("A", 2)]).price_hash();
    let text = hash.reveal();
    assert_eq!(PriceHash::parse(&text), Some(hash));
    assert_eq!(PriceHash::parse(&text.to_uppercase()), None);
    assert_eq!(PriceHash::parse(&text[1..]), None);
    assert_eq!(PriceHash::parse(&format!("{text}0")), None);
    assert_eq!(PriceHash::parse(""), None);
}
