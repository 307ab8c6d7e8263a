//! Laws of money that hold for every amount, rate and currency.

use proptest::prelude::*;
use sellonce_checkout::limits::AMOUNT_MAX;
use sellonce_checkout::money::{BasisPoints, Currency, Money, MoneyError};

use crate::{cents, currency, percent, usd};

/// Prices as shops have them, and now and then one at the end of the range.
fn amount() -> impl Strategy<Value = Money> {
    prop_oneof![8 => 0..100_000_i64, 1 => 0..=AMOUNT_MAX, 1 => (AMOUNT_MAX - 5)..=AMOUNT_MAX].prop_map(cents)
}

fn price() -> impl Strategy<Value = Money> {
    (0..1_000_000_i64).prop_map(cents)
}

fn rate() -> impl Strategy<Value = BasisPoints> {
    prop_oneof![0..=10_000_u32, Just(0), Just(1), Just(1900), Just(9999), Just(10_000)].prop_map(percent)
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["USD", "JPY", "KWD", "CLF"]).prop_map(currency)
}

fn sum(parts: &[Money]) -> Money {
    parts.iter().try_fold(cents(0), |sum, part| sum.plus(*part)).expect("in range")
}

proptest! {
    #[test]
    fn what_is_written_can_be_read_back(minor in 0..=AMOUNT_MAX, currency in any_currency()) {
        let amount = Money::new(minor, currency).expect("in range");
        let written = amount.to_string();
        let (digits, code) = written.split_once(' ').expect("digits and a code");
        prop_assert_eq!(Money::parse_decimal(digits, currency), Ok(amount));
        prop_assert_eq!(Currency::parse(code), Ok(currency));
    }

    #[test]
    fn reading_never_panics_and_never_invents_an_amount(text in "\\PC{0,24}", currency in any_currency()) {
        if let Ok(amount) = Money::parse_decimal(&text, currency) {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{text} is {amount}");
        }
    }

    #[test]
    fn sums_do_not_depend_on_the_order(a in amount(), b in amount(), c in amount()) {
        prop_assert_eq!(a.plus(b), b.plus(a));
        let from_the_left = a.plus(b).and_then(|sum| sum.plus(c));
        let from_the_right = b.plus(c).and_then(|sum| a.plus(sum));
        prop_assert_eq!(from_the_left, from_the_right);
    }

    #[test]
    fn taking_away_undoes_adding(a in amount(), b in amount()) {
        match a.plus(b) {
            Ok(both) => prop_assert_eq!(both.minus(b), Ok(a)),
            Err(why) => prop_assert_eq!(why, MoneyError::TooLarge),
        }
    }

    #[test]
    fn nothing_is_taken_that_is_not_there(a in amount(), b in amount()) {
        prop_assert_eq!(a.minus(b).is_ok(), a.minor() >= b.minor());
    }

    #[test]
    fn times_is_repeated_plus(a in amount(), count in 0..20_u32) {
        let repeated = (0..count).try_fold(cents(0), |sum, _| sum.plus(a));
        prop_assert_eq!(a.times(count), repeated);
    }

    #[test]
    fn the_smaller_of_both_is_one_of_them_and_above_neither(a in amount(), b in amount()) {
        let least = a.at_most(b).expect("one currency");
        prop_assert!(least == a || least == b);
        prop_assert!(least.minor() <= a.minor() && least.minor() <= b.minor());
    }

    #[test]
    fn every_operation_refuses_another_currency(
        minor in 0..1_000_i64,
        other in prop::sample::select(vec!["EUR", "JPY", "KWD", "CLF"]).prop_map(currency),
    ) {
        let (a, b) = (cents(minor), Money::new(minor, other).expect("in range"));
        let mismatch = MoneyError::CurrencyMismatch(usd(), other);
        prop_assert_eq!(a.plus(b), Err(mismatch.clone()));
        prop_assert_eq!(a.minus(b), Err(mismatch.clone()));
        prop_assert_eq!(a.at_most(b), Err(mismatch.clone()));
        prop_assert_eq!(a.spread(&[b]), Err(mismatch));
    }

    #[test]
    fn a_share_is_between_nothing_and_the_whole(a in amount(), rate in rate()) {
        let share = a.share(rate).expect("in range");
        prop_assert!(share.minor() <= a.minor());
        prop_assert_eq!(a.share(BasisPoints::ZERO), Ok(cents(0)));
        prop_assert_eq!(a.share(percent(10_000)), Ok(a));
    }

    #[test]
    fn a_share_is_within_half_a_unit_of_the_exact_one(a in amount(), rate in rate()) {
        let share = i128::from(a.share(rate).expect("in range").minor());
        let twice_the_error = 2 * (share * 10_000 - i128::from(a.minor()) * i128::from(rate.value()));
        // Half a unit up is taken, half a unit down is not.
        prop_assert!(-10_000 < twice_the_error && twice_the_error <= 10_000);
    }

    #[test]
    fn a_higher_rate_or_amount_has_no_smaller_share(a in amount(), b in amount(), low in rate(), high in rate()) {
        let (low, high) = (low.min(high), low.max(high));
        prop_assert!(a.share(low).expect("in range").minor() <= a.share(high).expect("in range").minor());
        let (small, large) = (a.at_most(b).expect("one currency"), if a.minor() > b.minor() { a } else { b });
        prop_assert!(small.share(low).expect("in range").minor() <= large.share(low).expect("in range").minor());
    }

    #[test]
    fn a_contained_tax_is_the_tax_that_was_added(net in price(), rate in rate()) {
        let tax = net.share(rate).expect("in range");
        let gross = net.plus(tax).expect("in range");
        let contained = gross.contained(rate).expect("in range");
        prop_assert!((contained.minor() - tax.minor()).abs() <= 1, "{} of {}", contained, gross);
        prop_assert!(contained.minor() <= gross.share(rate).expect("in range").minor());
        prop_assert_eq!(gross.contained(BasisPoints::ZERO), Ok(cents(0)));
    }

    #[test]
    fn the_parts_of_a_spread_add_up(a in price(), weights in prop::collection::vec(price(), 1..12)) {
        let parts = a.spread(&weights).expect("in range");
        prop_assert_eq!(parts.len(), weights.len());
        let expected = if sum(&weights).is_zero() { cents(0) } else { a };
        prop_assert_eq!(sum(&parts), expected);
    }

    #[test]
    fn a_part_of_a_spread_never_exceeds_its_weight(
        weights in prop::collection::vec(price(), 1..12),
        part in 0..=10_000_u32,
    ) {
        let a = sum(&weights).share(percent(part)).expect("in range");
        for (part, weight) in a.spread(&weights).expect("in range").iter().zip(&weights) {
            prop_assert!(part.minor() <= weight.minor());
        }
    }

    #[test]
    fn a_part_of_a_spread_is_less_than_a_unit_from_its_exact_share(
        a in price(),
        weights in prop::collection::vec(price(), 1..12),
    ) {
        let whole = i128::from(sum(&weights).minor());
        for (part, weight) in a.spread(&weights).expect("in range").iter().zip(&weights) {
            let error = i128::from(part.minor()) * whole - i128::from(a.minor()) * i128::from(weight.minor());
            prop_assert!(error.abs() < whole.max(1));
        }
    }

    #[test]
    fn a_spread_does_not_depend_on_the_order_of_the_weights(
        a in 0..50_i64,
        (weights, shuffled) in prop::collection::vec(0..9_i64, 1..8)
            .prop_flat_map(|weights| (Just(weights.clone()), Just(weights).prop_shuffle())),
    ) {
        let spread = |weights: &[i64]| {
            let money: Vec<Money> = weights.iter().copied().map(cents).collect();
            let parts = cents(a).spread(&money).expect("in range");
            let mut pairs: Vec<_> = weights.iter().copied().zip(parts.into_iter().map(Money::minor)).collect();
            pairs.sort_unstable();
            pairs
        };
        prop_assert_eq!(spread(&weights), spread(&shuffled));
    }
}
