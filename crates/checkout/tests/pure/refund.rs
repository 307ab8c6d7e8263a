//! A refund from its beginning to its end: set aside once, tried until it is known, and never more than was taken.

use sellonce_checkout::id::{EventId, RefundId, SagaId};
use sellonce_checkout::limits::Times;
use sellonce_checkout::order;
use sellonce_checkout::payment::{Attempt, Status};
use sellonce_checkout::refund::{Outcome, Refund, State, booked, given_back, left, set_aside};

use crate::order_change::{order_id, view, with_money};
use crate::{at, cents, currency, uuid};

fn attempt(captured: i64, refunded: i64, refund_pending: i64) -> Attempt {
    let view = view(order::Status::Paid);
    let attempt = view.attempt.expect("it was paid");
    let [captured, refunded, refund_pending] = [captured, refunded, refund_pending].map(cents);
    Attempt { captured, refunded, refund_pending, ..attempt }
}

/// A refund of 4.00 that began at 100; of an order or of none.
fn refund(of_an_order: bool) -> Refund {
    let begun = Refund::begin(RefundId(uuid(7)), &attempt(1000, 0, 400), cents(400), at(100));
    Refund { order: of_an_order.then(order_id), ..begun }
}

#[test]
fn what_is_left_neither_went_back_nor_is_on_its_way() {
    for ([captured, refunded, pending], expect) in [
        ([1000, 0, 0], 1000),
        ([1000, 300, 0], 700),
        ([1000, 300, 200], 500),
        ([1000, 400, 600], 0),
        ([0; 3], 0),
    ] {
        assert_eq!(left(&attempt(captured, refunded, pending)), cents(expect));
    }
}

#[test]
fn no_more_is_set_aside_than_is_left() {
    let check = |before: Attempt, amount: i64, expect: Option<i64>| {
        let mut after = before.clone();
        let done = set_aside(&mut after, cents(amount));
        assert_eq!(done.then(|| after.refund_pending.minor()), expect, "{amount} of {before:?}");
        assert!(done || after == before, "a refusal changes nothing");
    };
    check(attempt(1000, 0, 0), 1000, Some(1000));
    check(attempt(1000, 0, 0), 1001, None);
    check(attempt(1000, 300, 200), 500, Some(700));
    check(attempt(1000, 300, 200), 501, None);
    check(attempt(1000, 1000, 0), 1, None);
    check(Attempt { status: Status::Authorized, ..attempt(0, 0, 0) }, 1, None);
    let mut before = attempt(1000, 0, 0);
    let yen = sellonce_checkout::money::Money::new(1, currency("JPY")).expect("one yen");
    assert!(!set_aside(&mut before, yen), "another currency");
}

#[test]
fn what_was_set_aside_is_booked_or_given_back_and_nothing_else_is() {
    let found =
        |after: Option<Attempt>| after.map(|after| (after.refunded.minor(), after.refund_pending.minor()));
    assert_eq!(found(booked(&attempt(1000, 100, 400), cents(400))), Some((500, 0)));
    assert_eq!(found(booked(&attempt(1000, 100, 400), cents(401))), None);
    assert_eq!(found(given_back(&attempt(1000, 100, 400), cents(300))), Some((100, 100)));
    assert_eq!(found(given_back(&attempt(1000, 100, 400), cents(401))), None);
}

#[test]
fn a_refund_without_answer_is_tried_again_and_seen_by_an_operator_when_that_takes_long() {
    let times = Times { retry_ms_min: 200, retry_ms_max: 60_000, stuck_ms: 10_000, ..Times::default() };
    for of_an_order in [true, false] {
        let mut refund = refund(of_an_order);
        let lost = Outcome::Unknown("no answer".to_owned());
        for (now, next_at, stuck) in [(200, 400, None), (400, 800, None), (10_100, 10_900, Some(10_100))] {
            let finished = refund.finish(&lost, &attempt(1000, 0, 400), None, at(now), &times);
            let finished = finished.expect("nothing goes back");
            assert_eq!((&finished.attempt, &finished.change), (&None, &None), "the money stays set aside");
            refund = finished.refund;
            assert_eq!((refund.state, refund.next_at, refund.ended_at), (State::Pending, at(next_at), None));
            assert_eq!((refund.stuck_since, refund.problem.as_str()), (stuck.map(at), "no answer"));
        }
        assert_eq!(refund.tries, 3);
    }
}

#[test]
fn a_refund_that_is_made_is_booked_and_ends_its_order_with_the_last_of_the_money() {
    let check = |refunded: i64, pending: i64, status: order::Status| {
        let view = with_money(order::Status::Delivered, refunded, pending);
        let attempt = view.attempt.clone().expect("it was paid");
        let outcome = Outcome::Refunded(EventId(uuid(9)));
        let finished = refund(true).finish(&outcome, &attempt, Some(&view), at(500), &Times::default());
        let finished = finished.expect("so much was set aside");
        assert_eq!((finished.refund.state, finished.refund.ended_at), (State::Refunded, Some(at(500))));
        let change = finished.change.expect("the order changes");
        assert_eq!(change.view.order.status, status);
        assert_eq!(change.events.len(), usize::from(status == order::Status::Refunded));
        assert_eq!(finished.attempt, change.view.attempt);
        let after = finished.attempt.expect("the payment changes");
        assert_eq!((after.refunded, after.refund_pending), (cents(refunded + 400), cents(pending - 400)));
    };
    check(0, 400, order::Status::Delivered);
    check(600, 400, order::Status::Refunded);
    check(0, 1000, order::Status::Delivered);
}

#[test]
fn a_refund_without_order_is_booked_on_the_payment_alone() {
    let outcome = Outcome::Refunded(EventId(uuid(9)));
    let finished = refund(false).finish(&outcome, &attempt(400, 0, 400), None, at(500), &Times::default());
    let finished = finished.expect("so much was set aside");
    assert_eq!((finished.refund.state, finished.change), (State::Refunded, None));
    assert_eq!(finished.attempt.map(|after| after.refunded), Some(cents(400)));
}

#[test]
fn a_refund_that_is_refused_for_good_ends_where_there_is_an_order_that_keeps_the_money() {
    let view = with_money(order::Status::Cancelled, 0, 400);
    let attempt = view.attempt.clone().expect("it was paid");
    let refused = Outcome::Refused("account_closed".to_owned());
    let finished = refund(true).finish(&refused, &attempt, Some(&view), at(500), &Times::default());
    let Refund { state, ended_at, stuck_since, problem, .. } =
        finished.clone().expect("it was set aside").refund;
    assert_eq!((state, ended_at, stuck_since), (State::Refused, Some(at(500)), Some(at(500))));
    assert_eq!(problem, "the provider refused it: account_closed");
    let after = finished.and_then(|finished| finished.attempt).expect("the payment changes");
    assert_eq!((after.refunded, after.refund_pending), (cents(0), cents(0)));
}

#[test]
fn money_without_an_order_is_never_kept_however_often_its_refund_is_refused() {
    let refused = Outcome::Refused("account_closed".to_owned());
    let finished = refund(false).finish(&refused, &attempt(400, 0, 400), None, at(500), &Times::default());
    let finished = finished.expect("nothing goes back");
    let Refund { state, tries, stuck_since, problem, .. } = finished.refund;
    assert_eq!(
        (state, tries, stuck_since),
        (State::Pending, 1, Some(at(500))),
        "an operator sees it at once"
    );
    assert_eq!(problem, "the provider refuses it: account_closed");
    assert_eq!((finished.attempt, finished.change), (None, None));
}

#[test]
fn more_than_was_set_aside_is_never_booked() {
    let view = with_money(order::Status::Paid, 0, 399);
    let attempt = view.attempt.clone().expect("it was paid");
    for outcome in [Outcome::Refunded(EventId(uuid(9))), Outcome::Refused("no".to_owned())] {
        let times = Times::default();
        assert_eq!(
            refund(true).finish(&outcome, &attempt, Some(&view), at(500), &times),
            None,
            "{outcome:?}"
        );
    }
    let outcome = Outcome::Refunded(EventId(uuid(9)));
    assert_eq!(refund(false).finish(&outcome, &attempt, None, at(500), &Times::default()), None);
}

#[test]
fn a_refund_begins_due_at_once() {
    let begun = refund(false);
    assert_eq!((begun.saga, begun.state, begun.tries), (SagaId(uuid(2)), State::Pending, 0));
    assert_eq!((begun.next_at, begun.created_at, begun.stuck_since), (at(100), at(100), None));
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
    }
    assert_eq!(State::parse("Pending"), None);
}
