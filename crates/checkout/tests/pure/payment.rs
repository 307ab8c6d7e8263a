//! What a provider's report means, for every outcome, every amount and every key; and the attempt's own table.

use sellonce_checkout::id::SagaId;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Outcome, Report, Status, TRANSITIONS, is_edge, judge};
use sellonce_checkout::saga::{Event, State, transition};

use crate::{cents, currency, uuid};

fn attempt(status: Status) -> Attempt {
    let zero = cents(0);
    Attempt {
        saga: SagaId(uuid(1)),
        provider: "simulated".to_owned(),
        token: "tok".to_owned(),
        amount: cents(1000),
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

#[test]
fn a_report_of_the_attempt_means_what_it_says() {
    let check = |before: Status, outcome: Outcome, event: Option<Event>, after: Status| {
        let judged = judge(&report(outcome.clone()), &attempt(before));
        assert_eq!(
            (judged.event, judged.status),
            (event, after),
            "{outcome:?} of one that is {}",
            before.as_str()
        );
    };
    let declined = || Outcome::Declined("insufficient_funds".to_owned());
    let acts = || Outcome::RequiresAction("https://bank.example".to_owned());
    for before in [Status::Created, Status::RequiresAction] {
        check(before, Outcome::Captured, Some(Event::Captured), Status::Captured);
        check(before, Outcome::Authorized, Some(Event::Authorized), Status::Authorized);
        check(before, declined(), Some(Event::Declined), Status::Declined);
        check(before, Outcome::Cancelled, Some(Event::Cancelled), Status::Cancelled);
        // Set aside and given back before we ever heard of it: no money of ours moved.
        check(before, Outcome::Voided, Some(Event::Cancelled), Status::Cancelled);
        check(before, Outcome::Refunded, Some(Event::Refunded), Status::Captured);
    }
    check(Status::Created, acts(), Some(Event::RequiresAction), Status::RequiresAction);
    // Known already: nothing is new, and it is asked for again later.
    check(Status::RequiresAction, acts(), None, Status::RequiresAction);
    check(Status::Authorized, Outcome::Captured, Some(Event::Captured), Status::Captured);
    check(Status::Authorized, Outcome::Voided, Some(Event::Voided), Status::Voided);
    check(Status::Captured, Outcome::Captured, Some(Event::Captured), Status::Captured);
    check(Status::Captured, Outcome::Refunded, Some(Event::Refunded), Status::Captured);
}

#[test]
fn money_of_another_amount_currency_or_payment_never_becomes_an_order() {
    for before in Status::ALL {
        for wrong in mismatches(&Outcome::Captured) {
            let judged = judge(&wrong, &attempt(before));
            assert_eq!(
                (judged.event, judged.status),
                (Some(Event::CapturedNeverOrder), Status::Captured),
                "{wrong:?}"
            );
        }
        for wrong in mismatches(&Outcome::Authorized) {
            let judged = judge(&wrong, &attempt(before));
            let expected = (Some(Event::AuthorizedNeverOrder), Status::Authorized);
            assert_eq!((judged.event, judged.status), expected, "{wrong:?}");
        }
    }
}

#[test]
fn nothing_but_the_whole_money_of_this_attempt_places_an_order() {
    let outcomes = [
        Outcome::Captured,
        Outcome::Authorized,
        Outcome::Declined(String::new()),
        Outcome::RequiresAction(String::new()),
        Outcome::Cancelled,
        Outcome::Voided,
        Outcome::Refunded,
    ];
    for before in Status::ALL {
        for outcome in &outcomes {
            for given in mismatches(outcome).into_iter().chain([report(outcome.clone())]) {
                let judged = judge(&given, &attempt(before));
                let places =
                    |state| judged.event.and_then(|event| transition(state, event)) == Some(State::Placed);
                let whole = given == report(Outcome::Captured);
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
fn what_the_saga_learns_of_an_open_payment_is_a_move_that_the_payment_can_make() {
    let outcomes = [
        Outcome::Captured,
        Outcome::Authorized,
        Outcome::Declined(String::new()),
        Outcome::RequiresAction(String::new()),
        Outcome::Cancelled,
        Outcome::Voided,
        Outcome::Refunded,
    ];
    for before in [Status::Created, Status::RequiresAction] {
        for outcome in &outcomes {
            for given in mismatches(outcome).into_iter().chain([report(outcome.clone())]) {
                let judged = judge(&given, &attempt(before));
                let moves = judged.status == before || is_edge(before, judged.status);
                assert!(moves, "{given:?} takes it from {} to {}", before.as_str(), judged.status.as_str());
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
        (Declined, &[]),
        (Cancelled, &[]),
        (Voided, &[]),
    ];
    for (from, targets) in table {
        for to in Status::ALL {
            assert_eq!(is_edge(from, to), targets.contains(&to), "{from:?} to {to:?}");
        }
    }
    let edges: usize = table.iter().map(|(_, targets)| targets.len()).sum();
    assert_eq!(TRANSITIONS.len(), edges, "no edge stands there twice");
}
