//! The saga's table, written out a second time as a matrix: every state, every event, every next step.

use std::collections::BTreeSet;

use sellonce_checkout::limits::Times;
use sellonce_checkout::saga::{
    Ending, Event, Resolution, Situation, State, Step, TRANSITIONS, as_given_up, ending_after, is_edge, next,
    retry_at, said, transition,
};

use State::{AwaitingBuyer, Cancelling, Ordered, Placed, Refunding, Released, Reserved, Voiding};

use crate::at;

/// Where each event leads, by the state: a column for each of reserved, awaiting buyer, cancelling, ordered, refunding,
/// voiding. The two ends have no column, for nothing leads out of them.
const MATRIX: [(Event, [Option<State>; 6]); 14] = [
    (Event::Captured, [Some(Placed), Some(Placed), Some(Placed), Some(Placed), None, Some(Refunding)]),
    (Event::Authorized, [Some(Ordered), Some(Ordered), Some(Ordered), None, None, None]),
    (Event::Declined, [Some(Released), Some(Released), Some(Released), None, None, None]),
    (Event::RequiresAction, [Some(AwaitingBuyer), None, None, None, None, None]),
    (Event::Expired, [Some(Cancelling), Some(Cancelling), None, None, None, None]),
    (Event::BuyerCancelled, [None, Some(Cancelling), None, None, None, None]),
    (Event::Cancelled, [None, Some(Released), Some(Released), None, None, None]),
    (Event::NeverSeen, [Some(Released), Some(Released), Some(Released), None, None, None]),
    (
        Event::CapturedNeverOrder,
        [Some(Refunding), Some(Refunding), Some(Refunding), Some(Refunding), None, Some(Refunding)],
    ),
    (Event::AuthorizedNeverOrder, [Some(Voiding), Some(Voiding), Some(Voiding), None, None, None]),
    (Event::CaptureRefused, [None, None, None, Some(Voiding), None, None]),
    (Event::Refunded, [None, None, Some(Released), Some(Refunding), Some(Released), Some(Released)]),
    (Event::Voided, [None, None, None, Some(Voiding), None, Some(Released)]),
    (Event::GivenUp, [Some(Cancelling), Some(Cancelling), None, Some(Voiding), None, None]),
];
const COLUMNS: [State; 6] = [Reserved, AwaitingBuyer, Cancelling, Ordered, Refunding, Voiding];

#[test]
fn every_event_in_every_state_leads_where_the_matrix_says() {
    for (event, row) in MATRIX {
        for (state, expected) in COLUMNS.into_iter().zip(row) {
            assert_eq!(transition(state, event), expected, "{event:?} in {state:?}");
        }
        for end in [Placed, Released] {
            assert_eq!(transition(end, event), None, "{event:?} in {end:?}");
        }
    }
}

#[test]
fn the_matrix_and_the_table_have_every_event_and_state_once() {
    assert_eq!(MATRIX.map(|(event, _)| event), Event::ALL);
    let states: BTreeSet<State> = COLUMNS.into_iter().chain([Placed, Released]).collect();
    assert_eq!(states, State::ALL.into_iter().collect());
    let moves: BTreeSet<_> = TRANSITIONS.iter().map(|(from, event, _)| (from, event)).collect();
    assert_eq!(moves.len(), TRANSITIONS.len(), "a state and an event lead to one state");
    let cells = MATRIX.iter().flat_map(|(_, row)| row).flatten().count();
    assert_eq!(cells, TRANSITIONS.len());
}

#[test]
fn an_edge_is_a_move_that_some_event_makes() {
    for from in State::ALL {
        for to in State::ALL {
            let expected = Event::ALL.into_iter().any(|event| transition(from, event) == Some(to));
            assert_eq!(is_edge(from, to), expected, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn every_state_has_a_way_to_an_end() {
    for start in State::ALL {
        let mut reached = BTreeSet::from([start]);
        let mut to_visit = vec![start];
        while let Some(state) = to_visit.pop() {
            let targets = Event::ALL.into_iter().filter_map(|event| transition(state, event));
            to_visit.extend(targets.filter(|target| reached.insert(*target)));
        }
        assert!(reached.iter().any(|state| state.is_end()), "{start:?} reaches only {reached:?}");
    }
}

#[test]
fn a_saga_never_comes_back_to_where_it_was() {
    // Each move leads to a state of a higher rank, so a saga has at most six of them.
    let rank = |state: State| match state {
        Reserved => 0,
        AwaitingBuyer => 1,
        Cancelling => 2,
        Ordered => 3,
        Voiding => 4,
        Refunding => 5,
        Placed | Released => 6,
    };
    for (from, event, to) in TRANSITIONS {
        assert!(rank(*from) < rank(*to), "{from:?} by {event:?} to {to:?}");
    }
}

#[test]
fn before_the_order_every_compensation_is_reachable_and_after_it_none_gives_stock_to_another() {
    for state in [Reserved, AwaitingBuyer, Cancelling] {
        assert_eq!(transition(state, Event::CapturedNeverOrder), Some(Refunding));
        assert_eq!(transition(state, Event::AuthorizedNeverOrder), Some(Voiding));
        assert_eq!(transition(state, Event::Captured), Some(Placed), "paid after all");
    }
    for event in Event::ALL {
        assert_ne!(
            transition(Ordered, event),
            Some(Released),
            "an order that was placed is never just released"
        );
        assert_ne!(transition(Ordered, event), Some(Cancelling));
    }
}

#[test]
fn what_comes_next_is_decided_by_state_price_and_time_alone() {
    let check = |state: State, steps: [Step; 4]| {
        let situations = [(false, false), (false, true), (true, false), (true, true)];
        for ((free, hold_over), expected) in situations.into_iter().zip(steps) {
            let found = next(Situation { state, free, hold_over, said: None, tries: 0 });
            assert_eq!(found, expected, "{state:?}, free {free}, hold over {hold_over}");
        }
    };
    // The columns: to pay and held, to pay and over, free and held, free and over.
    check(Reserved, [Step::Charge, Step::Expire, Step::Skip, Step::Skip]);
    check(AwaitingBuyer, [Step::AskOutcome, Step::Expire, Step::AskOutcome, Step::Expire]);
    check(Cancelling, [Step::Cancel; 4]);
    check(Ordered, [Step::Capture; 4]);
    check(Refunding, [Step::Refund; 4]);
    check(Voiding, [Step::Void; 4]);
    check(Placed, [Step::Rest; 4]);
    check(Released, [Step::Rest; 4]);
}

#[test]
fn a_payment_is_asked_for_in_turns_when_its_step_never_has_an_answer() {
    let steps = |state| {
        let situation = |tries| Situation { state, free: false, hold_over: true, said: None, tries };
        [0, 1, 2, 3, 4, 5, 6, 1_001].map(|tries| next(situation(tries)))
    };
    let turns = |step| [step, step, step, Step::AskOutcome, step, Step::AskOutcome, step, Step::AskOutcome];
    assert_eq!(steps(Ordered), turns(Step::Capture));
    assert_eq!(steps(Voiding), turns(Step::Void));
    assert_eq!(steps(Cancelling), turns(Step::Cancel));
    // A charge tells how it ended, and a refund asks first.
    assert_eq!(steps(Reserved), [Step::Expire; 8]);
    assert_eq!(steps(Refunding), [Step::Refund; 8]);
}

#[test]
fn a_saga_rests_only_at_its_end() {
    for state in State::ALL {
        let step = next(Situation { state, free: false, hold_over: false, said: None, tries: 0 });
        assert_eq!(step == Step::Rest, state.is_end(), "{state:?}");
    }
}

#[test]
fn a_step_without_answer_is_tried_again_after_pauses_that_double_up_to_a_limit() {
    let times = Times { retry_ms_min: 200, retry_ms_max: 60_000, ..Times::default() };
    let check = |tries: u32, expect: i64| {
        assert_eq!(retry_at(at(1_000), tries, &times), at(1_000 + expect), "{tries}")
    };
    check(0, 200);
    check(1, 400);
    check(2, 800);
    check(3, 1_600);
    check(8, 51_200);
    check(9, 60_000);
    check(30, 60_000);
    check(31, 60_000);
    check(63, 60_000);
    check(64, 60_000);
    check(u32::MAX, 60_000);
}

#[test]
fn a_pause_never_overflows_however_long_it_may_be() {
    let endless = Times { retry_ms_min: i64::MAX, retry_ms_max: i64::MAX, ..Times::default() };
    assert_eq!(retry_at(at(5), 40, &endless), at(i64::MAX));
    let none = Times { retry_ms_min: 0, ..Times::default() };
    assert_eq!(retry_at(at(5), 40, &none), at(5));
}

#[test]
fn each_ending_has_a_name() {
    let endings = [Ending::Declined("x".to_owned()), Ending::Expired, Ending::Cancelled, Ending::NeverOrder];
    assert_eq!(endings.map(|ending| ending.as_str()), ["declined", "expired", "cancelled", "never_order"]);
}

#[test]
fn an_ending_is_what_the_last_event_made_of_it() {
    use Ending::{Cancelled as Called, Declined, Expired, NeverOrder};
    let declined = |code: &str| Some(Declined(code.to_owned()));
    let check = |state: State, event: Event, before: Option<Ending>, expect: Option<Ending>| {
        let found = ending_after(state, event, Some("stolen_card"), before.as_ref());
        assert_eq!(found, expect, "{event:?} in {state:?} after {before:?}");
    };
    check(Reserved, Event::Declined, None, declined("stolen_card"));
    check(Reserved, Event::Expired, None, Some(Expired));
    check(Reserved, Event::RequiresAction, None, None);
    check(Reserved, Event::CapturedNeverOrder, None, Some(NeverOrder));
    check(Reserved, Event::AuthorizedNeverOrder, None, Some(NeverOrder));
    check(AwaitingBuyer, Event::BuyerCancelled, None, Some(Called));
    check(AwaitingBuyer, Event::Expired, None, Some(Expired));
    check(Cancelling, Event::Cancelled, Some(Expired), Some(Expired));
    check(Cancelling, Event::NeverSeen, Some(Expired), Some(Expired));
    check(Cancelling, Event::Declined, Some(Expired), declined("stolen_card"));
    check(Cancelling, Event::CapturedNeverOrder, Some(Expired), Some(NeverOrder));
    check(Cancelling, Event::Refunded, Some(Expired), Some(Expired));
    // A buyer who called it off did, whatever else was found on the way.
    for event in [Event::Cancelled, Event::Declined, Event::CapturedNeverOrder, Event::Refunded] {
        check(Cancelling, event, Some(Called), Some(Called));
    }
    check(Ordered, Event::CaptureRefused, None, declined("stolen_card"));
    check(Ordered, Event::Voided, None, declined("authorization_gone"));
    check(Ordered, Event::CapturedNeverOrder, None, Some(NeverOrder));
    check(Ordered, Event::Refunded, None, Some(NeverOrder));
    // The order was placed although its hold was over, or its buyer had called it off: that is no longer why it ends.
    for before in [Expired, Called] {
        check(Ordered, Event::CaptureRefused, Some(before), declined("stolen_card"));
    }
    for event in [Event::Voided, Event::Captured, Event::Refunded] {
        check(Voiding, event, declined("stolen_card"), declined("stolen_card"));
    }
    check(Refunding, Event::Refunded, Some(NeverOrder), Some(NeverOrder));
    check(Reserved, Event::GivenUp, None, Some(NeverOrder));
    check(Ordered, Event::GivenUp, None, Some(NeverOrder));
}

#[test]
fn what_an_operator_knows_of_a_payment_that_the_provider_does_not_is_its_ending() {
    let not_charged = Some(Ending::Declined("not_charged".to_owned()));
    for state in [Reserved, AwaitingBuyer] {
        assert_eq!(ending_after(state, Event::NeverSeen, None, None), not_charged, "{state:?}");
    }
    assert_eq!(ending_after(Ordered, Event::CaptureRefused, None, None), not_charged);
    let expired = Some(Ending::Expired);
    assert_eq!(ending_after(Cancelling, Event::NeverSeen, None, expired.as_ref()), expired);
}

#[test]
fn an_operators_word_means_what_the_matrix_says_and_only_where_money_may_be_unknown() {
    let check = |state: State, [captured, not_charged, give_up]: [Option<Event>; 3]| {
        assert_eq!(said(state, Resolution::Captured), captured, "{state:?}");
        assert_eq!(said(state, Resolution::NotCharged), not_charged, "{state:?}");
        assert_eq!(said(state, Resolution::GiveUp), give_up, "{state:?}");
    };
    let (captured, given_up) = (Some(Event::Captured), Some(Event::GivenUp));
    check(Reserved, [captured, Some(Event::NeverSeen), given_up]);
    check(AwaitingBuyer, [captured, Some(Event::NeverSeen), given_up]);
    check(Cancelling, [captured, Some(Event::NeverSeen), None]);
    check(Ordered, [captured, Some(Event::CaptureRefused), given_up]);
    for state in [Refunding, Voiding, Placed, Released] {
        check(state, [None; 3]);
    }
}

#[test]
fn an_operators_word_goes_before_anything_else_and_is_always_a_move() {
    for state in State::ALL {
        for resolution in Resolution::ALL {
            for (free, hold_over) in [(false, false), (false, true), (true, false), (true, true)] {
                let situation = Situation { state, free, hold_over, said: Some(resolution), tries: 0 };
                let Some(event) = said(state, resolution) else {
                    assert_eq!(next(situation), next(Situation { said: None, ..situation }));
                    continue;
                };
                assert_eq!(next(situation), Step::Believe(event), "{state:?}");
                assert!(transition(state, event).is_some(), "{event:?} in {state:?}");
            }
        }
    }
}

#[test]
fn no_money_that_a_given_up_saga_finds_becomes_an_order() {
    for state in State::ALL {
        for event in Event::ALL {
            let to = transition(state, as_given_up(event));
            assert!(!matches!(to, Some(Placed | Ordered)), "{event:?} in {state:?} to {to:?}");
        }
    }
}

#[test]
fn each_resolution_has_a_name_that_is_read_back() {
    assert_eq!(Resolution::ALL.map(Resolution::as_str), ["captured", "not_charged", "give_up"]);
    for resolution in Resolution::ALL {
        assert_eq!(Resolution::parse(resolution.as_str()), Some(resolution));
    }
    assert_eq!(Resolution::parse("paid"), None);
}
