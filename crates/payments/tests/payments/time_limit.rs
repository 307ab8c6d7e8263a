//! The time limit: a late answer is no answer, and asking again finds what became of it.

use std::sync::Arc;

use sellonce_checkout::payment::{Capture, Outcome, PaymentProvider};
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::Settings;
use sellonce_payments::time_limit::TimeLimited;

use crate::{Standing, attempt_of, charge, finish, provider, settings};

fn limited(settings: Settings, call_ms: i64) -> (Arc<Standing>, impl PaymentProvider) {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let limited = TimeLimited::new(provider(&book, &clock, settings), clock.clone(), call_ms);
    (clock, limited)
}

#[test]
fn an_answer_in_time_is_passed_on() {
    let (clock, provider) = limited(settings(), 2_000);
    let (answer, ms) = finish(&clock, provider.charge(&charge(1, "tok_slow", Capture::Automatic)));
    assert_eq!(answer.map(|report| report.outcome), Ok(Outcome::Captured));
    assert_eq!(ms, 2_000, "just in time");
}

#[test]
fn a_late_answer_is_unknown_until_it_is_asked_for_again() {
    let (clock, provider) = limited(settings(), 1_999);
    let payment = charge(1, "tok_slow", Capture::Automatic);
    let (answer, ms) = finish(&clock, provider.charge(&payment));
    let unknown = answer.expect_err("the answer comes too late");
    assert!(unknown.0.contains("1999 ms"), "{unknown}");
    assert_eq!(ms, 1_999, "and nobody waits longer");
    let (found, _) = finish(&clock, provider.find(&attempt_of(&payment)));
    assert_eq!(found.map(|report| report.map(|report| report.outcome)), Ok(Some(Outcome::Captured)));
}

#[test]
fn every_call_ends_in_time() {
    let (clock, provider) = limited(Settings { latency_ms: 9_000, ..settings() }, 8_000);
    let payment = charge(1, "tok_ok", Capture::Automatic);
    let attempt = attempt_of(&payment);
    let ended = [
        finish(&clock, async { provider.charge(&payment).await.is_err() }),
        finish(&clock, async { provider.find(&attempt).await.is_err() }),
        finish(&clock, async { provider.cancel(&attempt).await.is_err() }),
        finish(&clock, async { provider.capture(&attempt).await.is_err() }),
        finish(&clock, async { provider.refund(&attempt, "ref_1", payment.amount).await.is_err() }),
    ];
    assert_eq!(ended, [(true, 8_000); 5]);
}
