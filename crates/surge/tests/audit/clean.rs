//! A faultless shop is never accused, whatever the interleaving and whichever books are missing.

use proptest::prelude::*;
use sellonce_surge::audit::audit;
use sellonce_surge::books::{Book, Books};
use sellonce_surge::verdict::Findings;

use crate::day::Day;
use crate::model::{Shape, day};

pub(crate) fn shape(seed: u64) -> Shape {
    Shape { seed, purchases: 60, skus: 1, stock: 60, flash: false, restocks: 0 }
}

/// Everything that the findings complain of.
fn complaints(findings: &Findings) -> Vec<String> {
    let violations = findings.invariants.iter().flat_map(|invariant| {
        let words = |violation| format!("{}: {violation:?}", invariant.id);
        invariant.violations.iter().map(words)
    });
    let figures = [
        findings.oversold.unwrap_or(0).unsigned_abs(),
        findings.false_sold_out.unwrap_or(0).unsigned_abs(),
        findings.orphaned_payments.unwrap_or(0),
        findings.duplicate_orders.unwrap_or(0),
        findings.lost_acknowledgements.unwrap_or(0),
        findings.wrong_amounts.unwrap_or(0),
    ];
    violations.chain(figures.iter().filter(|figure| **figure > 0).map(u64::to_string)).collect()
}

fn without(day: &Day, forget: impl FnOnce(&mut Books)) -> Findings {
    let mut books = day.books.clone();
    forget(&mut books);
    audit(&day.history, &books)
}

fn missing<T>() -> Book<T> {
    Book::Missing { reason: "not read".to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_faultless_day_is_never_accused(
        seed in 1_u64..1_000_000, purchases in 1_u64..150, skus in 1_u64..4, stock in 0_i64..120,
        restocks in 0_u64..4, flash: bool,
    ) {
        let restocks = if flash { 0 } else { restocks };
        let day = day(Shape { seed, purchases, skus, stock, flash, restocks });
        let all = audit(&day.history, &day.books);
        prop_assert!(complaints(&all).is_empty(), "{:#?}", complaints(&all));
        prop_assert!(all.invariants.iter().all(|invariant| invariant.ok), "{all:#?}");
        prop_assert!(all.false_sold_out.is_some(), "a ledger tells it exactly");
        let forgetful: [fn(&mut Books); 7] = [
            |books| books.orders = missing(),
            |books| books.stock = missing(),
            |books| books.movements = missing(),
            |books| books.payments = missing(),
            |books| books.audit = missing(),
            |books| books.mails = missing(),
            |books| books.unfinished = missing(),
        ];
        for forget in forgetful {
            let findings = without(&day, forget);
            prop_assert!(complaints(&findings).is_empty(), "{:#?}", complaints(&findings));
        }
        let plain = day.plain();
        let findings = audit(&plain.history, &plain.books);
        prop_assert!(complaints(&findings).is_empty(), "{:#?}", complaints(&findings));
    }
}

/// Which invariants are skipped without a book.
fn skipped(forget: impl FnOnce(&mut Books)) -> Vec<String> {
    let mut day = day(shape(9));
    day.books.audit = missing();
    let findings = without(&day, forget);
    let skipped = findings.invariants.iter().filter(|invariant| invariant.skipped.is_some());
    skipped
        .map(|invariant| {
            assert!(!invariant.ok && invariant.checked == 0 && invariant.violated == 0);
            invariant.id.clone()
        })
        .collect()
}

#[test]
fn a_check_without_its_book_is_neither_ok_nor_counted() {
    // Limits are not set, and fence numbers are seen from inside only.
    assert_eq!(skipped(|_| {}), ["I10", "I14"]);
    assert_eq!(skipped(|books| books.orders = missing()), ["I3", "I4", "I8", "I10", "I12", "I13", "I14"]);
    assert_eq!(skipped(|books| books.payments = missing()), ["I3", "I4", "I10", "I14"]);
    assert_eq!(skipped(|books| books.movements = missing()), ["I2", "I10", "I13", "I14"]);
    assert_eq!(skipped(|books| books.mails = missing()), ["I8", "I10", "I14"]);
    let findings = without(&day(shape(9)), |books| books.orders = missing());
    assert_eq!((findings.lost_acknowledgements, findings.orphaned_payments), (None, None));
}

#[test]
fn false_sold_outs_are_left_out_where_units_came_back_and_nothing_says_when() {
    let restocked = day(Shape { restocks: 2, stock: 5, flash: false, ..shape(3) });
    assert_eq!(audit(&restocked.history, &restocked.books).false_sold_out, Some(0));
    assert_eq!(without(&restocked, |books| books.movements = missing()).false_sold_out, None);
    let flash = day(Shape { flash: true, stock: 5, ..shape(3) });
    assert_eq!(without(&flash, |books| books.movements = missing()).false_sold_out, Some(0));
}
