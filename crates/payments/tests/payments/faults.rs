//! A provider on a bad day: how many calls fail and how, the same ones again by the same seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use sellonce_checkout::payment::{Capture, PaymentProvider};
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::faults::{Faults, Faulty};

use crate::{Standing, attempt_of, charge, finish, provider, settings};

const BAD_DAY: Faults = Faults::bad_day(7);

/// Asks once for each of many payments; tells how each was answered, and whether it was booked.
fn a_day(faults: Faults, payments: u128) -> Vec<(Result<(), String>, bool)> {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let faulty = Faulty::new(provider(&book, &clock, settings()), faults);
    (0..payments)
        .map(|number| {
            let payment = charge(number, "tok_ok", Capture::Automatic);
            let answer = finish(&clock, faulty.charge(&payment)).0;
            let booked = finish(&clock, book.booking(&payment.saga.attempt_key())).0;
            let booked = booked.expect("memory does not fail").is_some();
            (answer.map(|_| ()).map_err(|unknown| unknown.0), booked)
        })
        .collect()
}

#[test]
fn so_many_of_a_thousand_calls_fail_each_in_its_way() {
    let mut kinds: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for (answer, booked) in a_day(BAD_DAY, 10_000) {
        *kinds.entry((answer.err().unwrap_or_default(), booked)).or_default() += 1;
    }
    let expected = [
        ("", true, 7_000),
        ("it answered 429: too many requests", false, 500),
        ("it answered 503", false, 500),
        ("the connection broke off", false, 1_000),
        ("the connection broke off before the answer", true, 1_000),
    ];
    assert_eq!(kinds.len(), expected.len(), "{kinds:?}");
    for (words, booked, count) in expected {
        let found = kinds.get(&(words.to_owned(), booked)).copied().unwrap_or_default();
        assert!(found.abs_diff(count) <= 100, "{words}: {found} of {count}");
    }
}

#[test]
fn the_same_seed_is_the_same_day() {
    assert_eq!(a_day(BAD_DAY, 500), a_day(BAD_DAY, 500));
    assert_ne!(a_day(BAD_DAY, 500), a_day(Faults { seed: 8, ..BAD_DAY }, 500));
}

#[test]
fn a_payments_faults_are_its_own_whatever_happens_to_others() {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let alone = Faulty::new(provider(&book, &clock, settings()), BAD_DAY);
    let in_company = Faulty::new(provider(&book, &clock, settings()), BAD_DAY);
    let (mine, others) = (charge(1, "tok_ok", Capture::Automatic), charge(2, "tok_ok", Capture::Automatic));
    for _ in 0..200 {
        let first = finish(&clock, alone.find(&attempt_of(&mine))).0.is_ok();
        drop(finish(&clock, in_company.find(&attempt_of(&others))));
        assert_eq!(finish(&clock, in_company.find(&attempt_of(&mine))).0.is_ok(), first);
    }
}

#[test]
fn every_kind_of_call_meets_faults_and_gets_through_in_the_end() {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let faulty = Faulty::new(provider(&book, &clock, settings()), Faults { seed: 3, ..BAD_DAY });
    let mut failed = [0; 5];
    for number in 0..100 {
        let payment = charge(number, "tok_ok", Capture::Manual);
        let attempt = attempt_of(&payment);
        let calls: [&dyn Fn() -> bool; 5] = [
            &|| finish(&clock, faulty.charge(&payment)).0.is_ok(),
            &|| finish(&clock, faulty.find(&attempt)).0.is_ok(),
            &|| finish(&clock, faulty.capture(&attempt)).0.is_ok(),
            &|| finish(&clock, faulty.refund(&attempt, "ref_1", payment.amount)).0.is_ok(),
            &|| finish(&clock, faulty.cancel(&attempt)).0.is_ok(),
        ];
        for (call, failed) in calls.into_iter().zip(&mut failed) {
            let before = (0..20).find(|_| call()).expect("one of twenty is answered");
            *failed += before;
        }
    }
    assert!(failed.iter().all(|count| *count > 10), "{failed:?}");
}

#[test]
fn more_faults_than_anybody_gets_through_are_refused() {
    let half = Faults { lost_per_mille: 250, server_error_per_mille: 250, ..Faults::default() };
    assert_eq!(half.checked(), Ok(half));
    let more = Faults { answer_lost_per_mille: 1, ..half };
    let refused = more.checked().expect_err("it is more than half");
    assert!(refused.to_string().contains("501 of 1000 calls would fail"), "{refused}");
    assert!(Faults { lost_per_mille: u32::MAX, ..half }.checked().is_err());
}
