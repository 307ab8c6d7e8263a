//! What a provider's report means, for every outcome, every amount and every key; and the attempt's own table.

use sellonce_checkout::id::SagaId;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Capture, Outcome, Report, Status, TRANSITIONS, is_edge, judge};
use sellonce_checkout::saga::{Event, State, transition};

use crate::{cents, currency, uuid};

fn attempt(status: Status) -> Attempt {
    let zero = cents(0);
    Attempt {
        saga: SagaId(uuid(1)),
        provider: "simulated".to_owned(),
        token: "tok".to_owned(),
        amount: cents(1000),
        capture: Capture::Manual,
        status,
        captured: zero,
        refunded: zero,
        refund_pending: zero,
        provider_reference: None,
        unknown_since: None,
    }
}

fn report(outcome: Outcome) -> Report {
    let attempt_key = SagaId(uuid(1)).attempt_key();
    Report { attempt_key, amount: cents(1000), reference: "ref".to_owned(), outcome }
}

/// Reports that are not of the attempt: of more, of less, of nothing, of other money, of another payment.
fn mismatches(outcome: &Outcome) -> Vec<Report> {
    let right = report(outcome.clone());
    let yen = Money::new(1000, currency("JPY")).expect("a thousand yen");
    vec![
        Report { amount: cents(1001), ..right.clone() },
        Report { amount: cents(999), ..right.clone() },
        Report { amount: cents(0), ..right.clone() },
        Report { amount: yen, ..right.clone() },
        Report { attempt_key: SagaId(uuid(2)).attempt_key(), ..right.clone() },
        Report { attempt_key: String::new(), ..right },
    ]
}

const OUTCOMES: usize = 7;

fn outcomes() -> [Outcome; OUTCOMES] {
    [
        Outcome::Captured,
        Outcome::Authorized,
        Outcome::Declined("insufficient_funds".to_owned()),
        Outcome::RequiresAction("https://bank.example".to_owned()),
        Outcome::Cancelled,
        Outcome::Voided,
        Outcome::Refunded,
    ]
}

#[test]
fn a_report_of_the_attempt_means_what_it_says() {
    use Status::{Authorized, Cancelled, Captured, Created, Declined, RequiresAction, Voided};
    /// What is learned, and where the attempt stands then; `None`: nothing new.
    type Learned = Option<(Event, Status)>;
    let captured = Some((Event::Captured, Captured));
    let authorized = Some((Event::Authorized, Authorized));
    let declined = Some((Event::Declined, Declined));
    let acts = Some((Event::RequiresAction, RequiresAction));
    // Set aside and given back before we ever heard of it: no money of ours moved.
    let cancelled = Some((Event::Cancelled, Cancelled));
    let voided = Some((Event::Voided, Voided));
    let refunded = Some((Event::Refunded, Captured));
    // What cannot be captured is still set aside.
    let refused = Some((Event::CaptureRefused, Authorized));
    let refused_and_gone = Some((Event::CaptureRefused, Voided));
    // A column for each outcome: captured, authorized, declined, requires action, cancelled, voided, refunded.
    let table: [(Status, [Learned; OUTCOMES]); 7] = [
        (Created, [captured, authorized, declined, acts, cancelled, cancelled, refunded]),
        (RequiresAction, [captured, authorized, declined, None, cancelled, cancelled, refunded]),
        (Authorized, [captured, authorized, refused, None, voided, voided, refunded]),
        (Captured, [captured, None, None, None, None, None, refunded]),
        (Declined, [captured, None, declined, None, None, None, refunded]),
        (Cancelled, [captured, None, None, None, cancelled, cancelled, refunded]),
        (Voided, [captured, None, refused_and_gone, None, voided, voided, refunded]),
    ];
    assert_eq!(table.map(|(before, _)| before), Status::ALL);
    for (before, row) in table {
        for (outcome, expect) in outcomes().into_iter().zip(row) {
            let judged = judge(&report(outcome.clone()), &attempt(before));
            let expect = expect.map_or((None, before), |(event, after)| (Some(event), after));
            let what = format!("{outcome:?} of one that is {}", before.as_str());
            assert_eq!((judged.event, judged.status), expect, "{what}");
        }
    }
}

#[test]
fn a_report_of_an_older_state_overwrites_no_newer_one() {
    for before in Status::ALL {
        for outcome in outcomes() {
            for given in mismatches(&outcome).into_iter().chain([report(outcome.clone())]) {
                let judged = judge(&given, &attempt(before));
                let moves = judged.status == before || is_edge(before, judged.status);
                assert!(moves, "{given:?} takes it from {} to {}", before.as_str(), judged.status.as_str());
                assert!(judged.event.is_some() || judged.status == before, "no news, no move");
            }
        }
    }
}

#[test]
fn money_that_is_set_aside_although_it_was_to_be_taken_at_once_never_becomes_an_order() {
    for before in [Status::Created, Status::RequiresAction] {
        let at_once = Attempt { capture: Capture::Automatic, ..attempt(before) };
        let judged = judge(&report(Outcome::Authorized), &at_once);
        assert_eq!((judged.event, judged.status), (Some(Event::AuthorizedNeverOrder), Status::Authorized));
        let taken = judge(&report(Outcome::Captured), &at_once);
        assert_eq!((taken.event, taken.status), (Some(Event::Captured), Status::Captured));
    }
}

#[test]
fn money_of_another_amount_currency_or_payment_never_becomes_an_order() {
    let never = [
        (Outcome::Captured, Event::CapturedNeverOrder, Status::Captured),
        (Outcome::Authorized, Event::AuthorizedNeverOrder, Status::Authorized),
    ];
    for before in Status::ALL {
        for (outcome, event, after) in &never {
            for wrong in mismatches(outcome) {
                let judged = judge(&wrong, &attempt(before));
                let news = *after == before || is_edge(before, *after);
                let expected = if news { (Some(*event), *after) } else { (None, before) };
                assert_eq!((judged.event, judged.status), expected, "{wrong:?} of {}", before.as_str());
            }
        }
    }
}

#[test]
fn nothing_but_the_whole_money_of_this_attempt_places_an_order() {
    for before in Status::ALL {
        for outcome in &outcomes() {
            for given in mismatches(outcome).into_iter().chain([report(outcome.clone())]) {
                let judged = judge(&given, &attempt(before));
                let places =
                    |state| judged.event.and_then(|event| transition(state, event)) == Some(State::Placed);
                let whole = given == report(Outcome::Captured)
                    && (before == Status::Captured || is_edge(before, Status::Captured));
                assert_eq!(
                    State::ALL.into_iter().any(places),
                    whole,
                    "{given:?} of one that is {}",
                    before.as_str()
                );
            }
        }
    }
}

#[test]
fn an_attempt_moves_along_its_table_only() {
    use Status::{Authorized, Cancelled, Captured, Created, Declined, RequiresAction, Voided};
    let table: [(Status, &[Status]); 7] = [
        (Created, &[Captured, Authorized, RequiresAction, Declined, Cancelled]),
        (RequiresAction, &[Captured, Authorized, Declined, Cancelled]),
        (Authorized, &[Captured, Voided]),
        (Captured, &[]),
        // Against the provider's word: it is booked, and goes back.
        (Declined, &[Captured]),
        (Cancelled, &[Captured]),
        (Voided, &[Captured]),
    ];
    for (from, targets) in table {
        for to in Status::ALL {
            assert_eq!(is_edge(from, to), targets.contains(&to), "{from:?} to {to:?}");
        }
    }
    let edges: usize = table.iter().map(|(_, targets)| targets.len()).sum();
    assert_eq!(TRANSITIONS.len(), edges, "no edge stands there twice");
}

#[test]
fn each_way_to_take_money_has_a_name() {
    for capture in Capture::ALL {
        assert_eq!(Capture::parse(capture.as_str()), Some(capture));
    }
    assert_eq!(Capture::ALL.map(Capture::as_str), ["automatic", "manual"]);
    assert_eq!(Capture::parse("Manual"), None);
}
