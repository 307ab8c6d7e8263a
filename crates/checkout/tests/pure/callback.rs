//! What a provider's callback finds, and what becomes of a payment whose saga has ended.

use sellonce_checkout::book::Hold;
use sellonce_checkout::callback::{
    Callback, Heard, Late, LateCapture, hear, judge_late, late_capture, may_be_late,
};
use sellonce_checkout::id::{CheckoutId, RefundId, SagaId};
use sellonce_checkout::order;
use sellonce_checkout::payment::{Attempt, Outcome, Report, Status};
use sellonce_checkout::refund;
use sellonce_checkout::saga::State;
use sellonce_checkout::store::sagas::{Run, Saga};

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
fn a_callback_wakes_an_unfinished_saga_once_and_an_ended_one_is_told_every_time() {
    for state in State::ALL {
        let run = run(state, Status::Created);
        for is_new in [true, false] {
            let expect = match (state.is_end(), is_new) {
                (true, _) => Heard::Ended(Box::new(run.clone())),
                (false, true) => Heard::Woken,
                (false, false) => Heard::Duplicate,
            };
            assert_eq!(hear(&callback("simulated"), is_new, Some(&run)), expect, "{state:?} {is_new}");
        }
    }
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
    let call = LateCapture { saga: SagaId(uuid(2)), reference: "late".to_owned(), refund: RefundId(uuid(9)) };
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
