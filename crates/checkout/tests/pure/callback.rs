//! What a provider's callback finds, and what becomes of a payment whose saga has ended.

use sellonce_checkout::book::Hold;
use sellonce_checkout::callback::{
    Callback, Heard, Late, LateCapture, hear, judge_late, late_capture, late_checked, may_be_late,
    owes_late_check,
};
use sellonce_checkout::id::{CheckoutId, RefundId, SagaId};
use sellonce_checkout::order;
use sellonce_checkout::payment::{Attempt, Outcome, Report, Status};
use sellonce_checkout::refund;
use sellonce_checkout::saga::{Resolution, State};
use sellonce_checkout::store::sagas::{From, LateCheck, Run, Saga};

use crate::order_change::view;
use crate::{at, cents, uuid};

fn run(state: State, status: Status) -> Run {
    let saga = Saga {
        id: SagaId(uuid(2)),
        checkout: CheckoutId(uuid(1)),
        cart: None,
        state,
        fence: 3,
        tries: 0,
        hold_until: at(600),
        hold: Hold::default(),
        ending: None,
        order: None,
        action_url: None,
        resolved: None,
        late_check: false,
        created_at: at(0),
        ended_at: state.is_end().then(|| at(50)),
    };
    let attempt = view(order::Status::Paid).attempt.expect("it was paid");
    let captured = if status == Status::Captured { attempt.captured } else { cents(0) };
    Run { saga, attempt: Some(Attempt { status, captured, ..attempt }) }
}

fn callback(provider: &str) -> Callback {
    Callback { provider: provider.to_owned(), id: "cb_1".to_owned(), attempt: Some(SagaId(uuid(2))) }
}

#[test]
fn a_callback_wakes_its_saga_once_also_after_the_end_unless_the_books_have_the_money() {
    for state in State::ALL {
        for status in [Status::Created, Status::Captured] {
            let run = run(state, status);
            let settled = state == State::Placed || (state, status) == (State::Released, Status::Captured);
            let new = if settled { Heard::Settled } else { Heard::Woken };
            for (is_new, expect) in [(true, new), (false, Heard::Duplicate)] {
                let heard = hear(&callback("simulated"), is_new, Some(&run));
                assert_eq!(heard, expect, "{state:?} {status:?} {is_new}");
            }
        }
    }
}

#[test]
fn a_saga_that_is_released_owes_a_late_check_after_a_hint_or_an_operators_word() {
    for status in Status::ALL {
        assert!(!owes_late_check(status, false, None), "{status:?}: the provider has spoken");
        assert_eq!(owes_late_check(status, true, None), status != Status::Captured, "{status:?}");
        for said in Resolution::ALL {
            assert_eq!(owes_late_check(status, false, Some(said)), status != Status::Captured, "{status:?}");
        }
    }
}

#[test]
fn an_answered_late_check_makes_the_payment_known_and_books_what_came() {
    let from = From { saga: SagaId(uuid(2)), state: State::Released, fence: 3 };
    let mut before = run(State::Released, Status::Cancelled);
    before.attempt.as_mut().expect("it was charged").unknown_since = Some(at(60));
    let nothing = LateCheck { from, captured: None };
    let known = before.attempt.clone().map(|attempt| Attempt { unknown_since: None, ..attempt });
    assert_eq!(late_checked(&nothing, &before, at(99)), known.map(|attempt| (attempt, None)));
    let captured = LateCapture { reference: "late".to_owned(), refund: RefundId(uuid(9)) };
    let call = LateCheck { from, captured: Some(captured) };
    let (attempt, refund) = late_checked(&call, &before, at(99)).expect("it was charged");
    assert_eq!((attempt.status, attempt.unknown_since), (Status::Captured, None));
    assert_eq!(refund.map(|refund| refund.amount), Some(cents(1000)));
    let again = Run { attempt: Some(attempt.clone()), ..before };
    assert_eq!(late_checked(&call, &again, at(100)), Some((attempt, None)), "the next one finds it booked");
    assert_eq!(late_checked(&call, &Run { attempt: None, ..again }, at(100)), None);
}

#[test]
fn a_callback_of_another_provider_or_of_nothing_finds_nothing() {
    let mut free = run(State::Reserved, Status::Created);
    free.attempt = None;
    for is_new in [true, false] {
        let of = |provider: &str, run: Option<&Run>| hear(&callback(provider), is_new, run);
        assert_eq!(of("simulated", None), Heard::UnknownReference);
        assert_eq!(of("stripe", Some(&run(State::Reserved, Status::Created))), Heard::UnknownReference);
        assert_eq!(of("stripe", Some(&run(State::Released, Status::Declined))), Heard::UnknownReference);
        assert_eq!(of("simulated", Some(&free)), Heard::UnknownReference);
    }
}

#[test]
fn only_money_that_is_not_in_the_books_is_asked_for_after_the_end() {
    for status in Status::ALL {
        assert_eq!(may_be_late(&run(State::Released, status)), status != Status::Captured, "{status:?}");
        assert!(!may_be_late(&run(State::Placed, status)), "{status:?}: its order has it");
    }
    let check = |outcome: Outcome, expect: Late| {
        let attempt_key = SagaId(uuid(2)).attempt_key();
        let report = Report { attempt_key, amount: cents(1000), reference: "ref".to_owned(), outcome };
        assert_eq!(judge_late(&report), expect, "{report:?}");
    };
    check(Outcome::Captured, Late::Refund);
    check(Outcome::Authorized, Late::Cancel);
    check(Outcome::RequiresAction("https://bank.example".to_owned()), Late::Cancel);
    check(Outcome::Declined("stolen_card".to_owned()), Late::Nothing);
    check(Outcome::Cancelled, Late::Nothing);
    check(Outcome::Voided, Late::Nothing);
    check(Outcome::Refunded, Late::Nothing);
}

#[test]
fn a_late_capture_is_booked_with_all_of_it_on_its_way_back_and_once() {
    let call = LateCapture { reference: "late".to_owned(), refund: RefundId(uuid(9)) };
    for status in [Status::Created, Status::Declined, Status::Cancelled, Status::Voided] {
        let before = run(State::Released, status);
        let (attempt, refund) = late_capture(&call, &before, at(99)).expect("it is not in the books");
        assert_eq!((attempt.status, attempt.captured), (Status::Captured, cents(1000)));
        assert_eq!((attempt.refunded, attempt.refund_pending), (cents(0), cents(1000)));
        assert_eq!(attempt.provider_reference.as_deref(), Some("late"));
        assert_eq!((refund.id, refund.saga, refund.order), (RefundId(uuid(9)), SagaId(uuid(2)), None));
        assert_eq!(
            (refund.amount, refund.state, refund.next_at),
            (cents(1000), refund::State::Pending, at(99))
        );
        let again = Run { attempt: Some(attempt), ..before };
        assert_eq!(late_capture(&call, &again, at(100)), None, "the next one finds it booked");
    }
    for state in [State::Placed, State::Released] {
        assert_eq!(late_capture(&call, &run(state, Status::Captured), at(99)), None, "an order has it");
    }
    for state in State::ALL.into_iter().filter(|state| !state.is_end()) {
        assert_eq!(
            late_capture(&call, &run(state, Status::Created), at(99)),
            None,
            "its saga will see to it"
        );
    }
    let mut free = run(State::Placed, Status::Created);
    free.attempt = None;
    assert_eq!(late_capture(&call, &free, at(99)), None);
}
