//! What each test token does, one line per case, and the buyer who acts.

use std::sync::Arc;

use sellonce_checkout::payment::{Capture, Outcome, PaymentProvider, Unknown};
use sellonce_checkout::simulated_book::{Booking, SimulatedBook};
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::{Settings, Simulated};

use crate::{Standing, attempt_of, charge, finish, provider, settings};

struct Shop {
    clock: Arc<Standing>,
    book: Arc<MemoryBook>,
    provider: Simulated,
}

fn shop(settings: Settings) -> Shop {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let provider = provider(&book, &clock, settings);
    Shop { clock, book, provider }
}

impl Shop {
    /// Asks for the same charge and tells its outcome and how many milliseconds it took.
    fn ask(&self, token: &str, capture: Capture) -> (Result<Outcome, Unknown>, i64) {
        let (answer, ms) = finish(&self.clock, self.provider.charge(&charge(1, token, capture)));
        (answer.map(|report| report.outcome), ms)
    }

    fn booking(&self) -> Option<Booking> {
        let key = charge(1, "", Capture::Automatic).saga.attempt_key();
        finish(&self.clock, self.book.booking(&key)).0.expect("memory does not fail")
    }

    fn act(&self, succeed: bool) -> Option<Booking> {
        let key = charge(1, "", Capture::Automatic).saga.attempt_key();
        finish(&self.clock, self.provider.act(&key, succeed)).0.expect("memory does not fail")
    }
}

/// Asks again and again: each answer (`None` is unknown), each followed by how the payment stands in the book.
fn check(token: &str, capture: Capture, expect: &[(Option<Outcome>, &str)]) {
    let shop = shop(settings());
    for (asking, (outcome, status)) in (1..).zip(expect) {
        assert_eq!(shop.ask(token, capture).0.ok().as_ref(), outcome.as_ref(), "{token}, asking {asking}");
        assert_eq!(
            shop.booking().map(|booking| booking.status).as_deref(),
            Some(*status),
            "{token}, {asking}"
        );
    }
}

#[test]
fn each_token_goes_its_way_the_same_way_every_time() {
    use Capture::{Automatic, Manual};
    let declined = |code: &str| Some(Outcome::Declined(code.to_owned()));
    let (captured, authorized) = (Some(Outcome::Captured), Some(Outcome::Authorized));
    let url =
        format!("https://shop.example/simulated/payments/{}", charge(1, "", Automatic).saga.attempt_key());
    let act = Some(Outcome::RequiresAction(url));

    let twice = |outcome: &Option<Outcome>, status| [(outcome.clone(), status), (outcome.clone(), status)];
    check("tok_ok", Automatic, &twice(&captured, "captured"));
    check("tok_ok", Manual, &twice(&authorized, "authorized"));
    check("tok_slow", Automatic, &twice(&captured, "captured"));
    check("tok_declined", Automatic, &twice(&declined("card_declined"), "declined"));
    check("tok_insufficient_funds", Manual, &twice(&declined("insufficient_funds"), "declined"));
    check("tok_visa", Automatic, &twice(&declined("invalid_token"), "declined"));
    check("", Automatic, &twice(&declined("invalid_token"), "declined"));
    check("tok_requires_action", Automatic, &twice(&act, "requires_action"));
    check("tok_timeout", Automatic, &[(None, "captured"), (captured.clone(), "captured")]);
    check("tok_timeout", Manual, &[(None, "authorized"), (authorized.clone(), "authorized")]);
    check("tok_timeout_not_charged", Automatic, &[(None, "lost"), (captured.clone(), "captured")]);
    check("tok_timeout_not_charged", Manual, &[(None, "lost"), (authorized.clone(), "authorized")]);
    let told = (captured.clone(), "captured");
    check("tok_flaky", Automatic, &[(None, "lost"), (None, "captured"), told.clone(), told]);
    check("tok_flaky", Manual, &[(None, "lost"), (None, "authorized"), (authorized, "authorized")]);
}

#[test]
fn the_first_token_decides_which_answers_are_lost() {
    let shop = shop(settings());
    for (token, outcome) in [
        ("tok_flaky", None),
        ("tok_ok", None),
        ("tok_timeout", Some(Outcome::Captured)),
        ("tok_declined", Some(Outcome::Captured)),
    ] {
        assert_eq!(shop.ask(token, Capture::Automatic).0.ok(), outcome, "{token}");
    }
}

#[test]
fn a_slow_answer_takes_its_time_once() {
    let shop = shop(settings());
    assert_eq!(shop.ask("tok_slow", Capture::Automatic), (Ok(Outcome::Captured), 2_000));
    assert_eq!(shop.ask("tok_slow", Capture::Automatic), (Ok(Outcome::Captured), 0));
}

#[test]
fn a_slow_payment_is_made_before_its_answer_is_out() {
    let shop = shop(settings());
    let charge = charge(1, "tok_slow", Capture::Automatic);
    drop(futures_util::FutureExt::now_or_never(shop.provider.charge(&charge)));
    assert_eq!(shop.booking().map(|booking| booking.status).as_deref(), Some("captured"));
}

#[test]
fn every_call_takes_the_latency_that_is_set() {
    let shop = shop(Settings { latency_ms: 400, slow_ms: 30, ..settings() });
    let payment = charge(1, "tok_slow", Capture::Manual);
    let attempt = attempt_of(&payment);
    assert_eq!(finish(&shop.clock, shop.provider.charge(&payment)).1, 430);
    assert_eq!(finish(&shop.clock, shop.provider.find(&attempt)).1, 400);
    assert_eq!(finish(&shop.clock, shop.provider.capture(&attempt)).1, 400);
    assert_eq!(finish(&shop.clock, shop.provider.refund(&attempt, "ref_1", attempt.amount)).1, 400);
    assert_eq!(finish(&shop.clock, shop.provider.cancel(&attempt)).1, 400);
}

#[test]
fn a_buyer_who_approves_pays_once() {
    for (capture, outcome, status) in [
        (Capture::Automatic, Outcome::Captured, "captured"),
        (Capture::Manual, Outcome::Authorized, "authorized"),
    ] {
        let shop = shop(Settings { capture, ..settings() });
        assert!(shop.ask("tok_requires_action", capture).0.is_ok());
        for succeed in [true, true, false] {
            let booking = shop.act(succeed).expect("the payment is booked");
            assert_eq!(booking.status, status, "the first act decides");
        }
        assert_eq!(shop.ask("tok_requires_action", capture).0, Ok(outcome));
    }
}

#[test]
fn a_buyer_who_fails_to_approve_is_declined() {
    let shop = shop(settings());
    assert!(shop.ask("tok_requires_action", Capture::Automatic).0.is_ok());
    for succeed in [false, true] {
        let booking = shop.act(succeed).expect("the payment is booked");
        assert_eq!(booking.status, "declined", "the first act decides");
    }
    let declined = Outcome::Declined("authentication_failed".to_owned());
    assert_eq!(shop.ask("tok_requires_action", Capture::Automatic).0, Ok(declined));
}

#[test]
fn nobody_acts_on_a_payment_that_does_not_wait_for_them() {
    let shop = shop(settings());
    assert_eq!(shop.act(true), None, "there is no such payment, and acting makes none");
    assert_eq!(shop.booking(), None);
    assert!(shop.ask("tok_declined", Capture::Automatic).0.is_ok());
    assert_eq!(shop.act(true).map(|booking| booking.status).as_deref(), Some("declined"));
}

#[test]
fn a_cancelled_payment_cannot_be_approved_any_more() {
    let shop = shop(settings());
    let payment = charge(1, "tok_requires_action", Capture::Automatic);
    assert!(finish(&shop.clock, shop.provider.charge(&payment)).0.is_ok());
    assert!(finish(&shop.clock, shop.provider.cancel(&attempt_of(&payment))).0.is_ok());
    assert_eq!(shop.act(true).map(|booking| booking.status).as_deref(), Some("cancelled"));
}
