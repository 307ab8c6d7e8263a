//! Laws of a locked checkout's totals, under the built-in tables, for random lines, discounts, taxes and shipping.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sellonce_checkout::address::Address;
use sellonce_checkout::catalog::{Listing, Offer, Sku};
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::money::Money;
use sellonce_checkout::price_lock::{Lock, LockRequest, WantedLine, lock};
use sellonce_checkout::totals::{ShippingMethod, Tables, TaxRate};

use crate::{address, at, cents, offer, percent, sku, usd};

/// A line: which SKU, how many units.
#[derive(Clone, Copy, Debug)]
struct Line {
    sku: usize,
    quantity: u32,
}

/// Everything that a lock is made from.
#[derive(Clone, Debug)]
struct Case {
    /// The price of each SKU in cents, and whether it is still on sale.
    prices: Vec<(i64, bool)>,
    lines: Vec<Line>,
    discount: Option<Reduction>,
    tables: Tables,
}

impl Case {
    fn lock(&self) -> Option<Lock> {
        let offers: BTreeMap<Sku, Offer> = self.prices.iter().zip(0_usize..).map(offered).collect();
        let lines: Vec<WantedLine> = self.lines.iter().map(wanted).collect();
        let discount = self.discount.map(|reduction| Discount {
            code: DiscountCode::parse("SALE").expect("a code"),
            reduction,
            subtotal_min: None,
            starts_at: None,
            ends_at: None,
            uses_max: None,
        });
        let to: Address = address("US", None);
        let request = LockRequest {
            lines: &lines,
            offers: &offers,
            discount: discount.as_ref(),
            address: Some(&to),
            shipping_method: None,
            currency: usd(),
            now: at(0),
        };
        lock(&request, &self.tables).ok()
    }

    /// The lock of a case that has something to sell.
    fn locked(&self) -> Result<Lock, TestCaseError> {
        self.lock().ok_or_else(|| TestCaseError::fail("something is on sale, and nothing can be locked"))
    }

    /// The lines that are on sale.
    fn on_sale(&self) -> Vec<Line> {
        self.lines.iter().copied().filter(|line| self.prices[line.sku].1).collect()
    }
}

fn offered(((price, on_sale), number): (&(i64, bool), usize)) -> (Sku, Offer) {
    let listing = if *on_sale { Listing::Published } else { Listing::Hidden };
    let offer = Offer { listing, ..offer(&number.to_string(), *price) };
    (offer.sku.clone(), offer)
}

fn wanted(line: &Line) -> WantedLine {
    let quantity = line.quantity;
    WantedLine { sku: sku(&line.sku.to_string()), quantity, price_seen: None, title_seen: String::new() }
}

fn tables() -> impl Strategy<Value = Tables> {
    let rate = prop_oneof![Just(0), Just(750), Just(1900), 0..=10_000_u32];
    let free_from = prop::option::of(0..100_000_i64);
    (rate, any::<bool>(), 0..2_000_i64, free_from).prop_map(
        |(rate, prices_include_tax, shipping, free_from)| {
            let mut tables = Tables::plain(usd());
            tables.prices_include_tax = prices_include_tax;
            tables.tax_rates =
                vec![TaxRate { country: address("US", None).country, region: None, rate: percent(rate) }];
            tables.shipping_methods = vec![ShippingMethod {
                code: "standard".to_owned(),
                title: "Standard".to_owned(),
                amount: cents(shipping),
                free_from: free_from.map(cents),
                countries: Vec::new(),
            }];
            tables
        },
    )
}

/// A case that has something to sell.
fn case() -> impl Strategy<Value = Case> {
    any_case().prop_map(|mut case| {
        let first = case.lines[0].sku;
        case.prices[first].1 = true;
        case
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let price = prop_oneof![0..20_i64, 0..100_000_i64];
    let prices = prop::collection::vec((price, prop::bool::weighted(0.85)), 1..6);
    let reduction = prop_oneof![
        (0..=10_000_u32).prop_map(|rate| Reduction::Percentage(percent(rate))),
        (0..200_000_i64).prop_map(|amount| Reduction::Fixed(cents(amount))),
        (0..20_i64).prop_map(|amount| Reduction::Fixed(cents(amount))),
    ];
    (prices, prop::option::of(reduction), tables()).prop_flat_map(|(prices, discount, tables)| {
        let line = (0..prices.len(), 1..20_u32).prop_map(|(sku, quantity)| Line { sku, quantity });
        prop::collection::vec(line, 1..8).prop_map(move |lines| Case {
            prices: prices.clone(),
            lines,
            discount,
            tables: tables.clone(),
        })
    })
}

fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    amounts.fold(cents(0), |sum, amount| sum.plus(amount).expect("in range"))
}

proptest! {
    #[test]
    fn the_total_adds_up(case in case()) {
        let it = case.locked()?.totals;
        let expected = it.subtotal.minor() - it.discount.minor() + it.shipping.minor() + it.tax_added.minor();
        prop_assert_eq!(it.total.minor(), expected);
    }

    #[test]
    fn the_subtotal_is_what_the_sold_lines_cost(case in case()) {
        let lock = case.locked()?;
        let sold = lock.sold().map(|(line, price)| price.times(line.quantity).expect("in range"));
        prop_assert_eq!(lock.totals.subtotal, sum(sold));
        let units: u32 = lock.sold().map(|(line, _)| line.quantity).sum();
        prop_assert_eq!(units, case.on_sale().iter().map(|line| line.quantity).sum::<u32>());
    }

    #[test]
    fn the_discount_is_never_more_than_the_subtotal(case in case()) {
        let totals = case.locked()?.totals;
        prop_assert!(totals.discount.minor() <= totals.subtotal.minor());
    }

    #[test]
    fn the_lines_parts_of_the_discount_add_up_to_it(case in case()) {
        let lock = case.locked()?;
        prop_assert_eq!(sum(lock.lines.iter().map(|line| line.discount)), lock.totals.discount);
        for line in &lock.lines {
            let cost = line.unit_price.map_or(Ok(cents(0)), |price| price.times(line.quantity));
            prop_assert!(line.discount.minor() <= cost.expect("in range").minor());
        }
    }

    #[test]
    fn the_lines_taxes_add_up_to_the_tax(case in case()) {
        let lock = case.locked()?;
        prop_assert_eq!(sum(lock.lines.iter().map(|line| line.tax)), lock.totals.tax);
    }

    #[test]
    fn a_contained_tax_adds_nothing_and_an_added_one_all_of_it(case in case()) {
        let totals = case.locked()?.totals;
        let added = if case.tables.prices_include_tax { cents(0) } else { totals.tax };
        prop_assert_eq!(totals.tax_added, added);
    }

    #[test]
    fn the_order_of_the_lines_changes_nothing_that_is_charged(
        (case, shuffled) in case().prop_flat_map(|case| {
            let lines = Just(case.lines.clone()).prop_shuffle();
            (Just(case), lines)
        }),
    ) {
        let totals = case.locked()?.totals;
        let other = Case { lines: shuffled, ..case };
        prop_assert_eq!(other.locked()?.totals, totals);
    }

    #[test]
    fn a_line_that_is_left_out_costs_nothing(case in case()) {
        let lock = case.locked()?;
        let kept = Case { lines: case.on_sale(), ..case.clone() };
        prop_assert_eq!(kept.locked()?.totals, lock.totals);
        for line in lock.lines.iter().filter(|line| line.unit_price.is_none()) {
            prop_assert_eq!((line.discount, line.tax), (cents(0), cents(0)));
        }
    }

    #[test]
    fn at_a_rate_of_zero_there_is_no_tax(case in case()) {
        let mut case = case;
        case.tables.tax_rates.clear();
        let totals = case.locked()?.totals;
        prop_assert_eq!((totals.tax, totals.tax_added), (cents(0), cents(0)));
    }

    #[test]
    fn tax_changes_nothing_but_what_it_adds(case in case()) {
        let taxed = case.locked()?.totals;
        let mut free = case;
        free.tables.tax_rates.clear();
        let untaxed = free.locked()?.totals;
        prop_assert_eq!(taxed.total.minus(taxed.tax_added), Ok(untaxed.total));
        prop_assert_eq!((taxed.subtotal, taxed.discount), (untaxed.subtotal, untaxed.discount));
        prop_assert_eq!(taxed.shipping, untaxed.shipping);
    }

    #[test]
    fn shipping_is_free_or_costs_what_the_method_says(case in case()) {
        let totals = case.locked()?.totals;
        let method = case.tables.shipping_methods.first().expect("there is one");
        let goods = totals.subtotal.minus(totals.discount).expect("never below zero");
        let free = method.free_from.is_some_and(|least| goods.minor() >= least.minor());
        prop_assert_eq!(totals.shipping, if free { cents(0) } else { method.amount });
    }

    #[test]
    fn a_discount_never_makes_the_goods_dearer(case in case()) {
        let with = case.locked()?.totals;
        let without = Case { discount: None, ..case }.locked()?.totals;
        prop_assert_eq!(with.subtotal, without.subtotal);
        prop_assert!(with.subtotal.minus(with.discount).is_ok());
        prop_assert!(with.tax.minor() <= without.tax.minor() + 8, "rounding per line, at most a cent each");
    }

    #[test]
    fn with_everything_off_only_shipping_is_left(case in case()) {
        let all_off = Case { discount: Some(Reduction::Percentage(percent(10_000))), ..case };
        let totals = all_off.locked()?.totals;
        prop_assert_eq!((totals.discount, totals.tax), (totals.subtotal, cents(0)));
        prop_assert_eq!(totals.total, totals.shipping);
    }

    #[test]
    fn a_line_in_two_pieces_costs_the_same_apart_from_rounding(case in case(), at_line in 0..8_usize) {
        let whole = case.locked()?.totals;
        let mut split = case.clone();
        let position = at_line % split.lines.len();
        if split.lines[position].quantity < 2 {
            return Ok(());
        }
        split.lines[position].quantity -= 1;
        let piece = Line { quantity: 1, ..split.lines[position] };
        split.lines.push(piece);
        let pieces = split.locked()?.totals;
        prop_assert_eq!((pieces.subtotal, pieces.discount), (whole.subtotal, whole.discount));
        prop_assert_eq!(pieces.shipping, whole.shipping);
        let lines = i64::try_from(case.lines.len()).expect("a few");
        prop_assert!((pieces.tax.minor() - whole.tax.minor()).abs() <= lines + 1);
    }

    #[test]
    fn the_same_request_locks_the_same_prices(case in case()) {
        prop_assert_eq!(case.lock(), case.lock());
    }

    #[test]
    fn nothing_is_sold_if_and_only_if_nothing_is_on_sale(case in any_case()) {
        prop_assert_eq!(case.lock().is_none(), case.on_sale().is_empty());
    }
}
