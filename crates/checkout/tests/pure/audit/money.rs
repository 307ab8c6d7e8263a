//! The audit of money in two steps, late and on its way back: clean books are clean, planted violations are found.

use sellonce_checkout::audit::{DeliveryFact, Past, RefundFact};
use sellonce_checkout::id::{EventId, RefundId};
use sellonce_checkout::inventory::{Counters, Kind, Policy, Stock};
use sellonce_checkout::limits::Times;
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::refund::{self, Refund};
use sellonce_checkout::saga::State;
use sellonce_checkout::store::deliveries::MAIL;

use super::books::{Books, NOW_MS, THEN_MS};
use super::{DECLINED, I3, I4, I7, I9, SALE, cancel, check, movement, take_for_nothing};
use crate::{at, cents, uuid};

#[test]
fn i4_a_payment_that_was_captured_late_must_be_on_its_way_back() {
    let late = |refund_pending: i64, state: refund::State| {
        move |books: &mut Books| {
            take_for_nothing(books, 0);
            let fact = &mut books.sagas[DECLINED];
            fact.payment_history.insert(1, Past { to: payment::Status::Declined, fence: 1, at: at(THEN_MS) });
            let attempt = fact.run.attempt.as_mut().expect("there was something to pay");
            attempt.refund_pending = cents(refund_pending);
            let refund = Refund::begin(RefundId(uuid(70)), attempt, cents(900), at(NOW_MS));
            fact.refunds = vec![RefundFact { refund: Refund { state, ..refund }, lease_until: at(NOW_MS) }];
        }
    };
    check(&[], late(900, refund::State::Pending));
    // Set aside, and nobody gives it back; or given back, and not set aside.
    check(&[I4], late(900, refund::State::Refused));
    check(&[I4], late(0, refund::State::Pending));
    check(&[I4], late(899, refund::State::Pending));
    // Made, and not booked.
    check(&[I4], late(900, refund::State::Refunded));
}

#[test]
fn i4_an_order_that_was_called_off_has_no_claim_to_money_that_came_later() {
    check(&[], call_off);
    check(&[I4], |books| {
        call_off(books);
        come_late(books);
    });
    check(&[], |books| {
        call_off(books);
        come_late(books);
        let attempt = books.sagas[SALE].run.attempt.as_mut().expect("it was to be paid");
        attempt.refunded = attempt.captured;
        books.bookings[SALE].refunded = attempt.captured;
    });
}

/// The money of the sale comes after its end, in both books.
fn come_late(books: &mut Books) {
    let fact = &mut books.sagas[SALE];
    fact.payment_history.push(Past { to: payment::Status::Captured, fence: 1, at: at(THEN_MS) });
    let attempt = fact.run.attempt.as_mut().expect("it was to be paid");
    (attempt.status, attempt.captured) = (payment::Status::Captured, attempt.amount);
    books.bookings[SALE].status = "captured".to_owned();
}

/// The sale took its money in two steps, and the second one was refused: its order was called off.
fn call_off(books: &mut Books) {
    set_aside(books);
    let fact = &mut books.orders[0];
    let order = &mut fact.view.order;
    let event = order::HistoryEvent {
        id: EventId(uuid(43)),
        sequence: 2,
        from: Some(order::Status::Pending),
        to: order::Status::Cancelled,
        ..order.events[0].clone()
    };
    let delivery =
        DeliveryFact { event: event.id, consumer: MAIL.to_owned(), over: true, next_at: at(THEN_MS) };
    (order.status, fact.deliveries) = (event.to, vec![delivery]);
    order.events.push(event);
    order.lines[0].cancelled = 2;
    let saga = &mut books.sagas[SALE];
    (saga.run.saga.state, saga.run.saga.ended_at) = (State::Released, Some(at(THEN_MS)));
    for state in [State::Voiding, State::Released] {
        saga.history.push(Past { to: state, fence: 1, at: at(THEN_MS) });
    }
    saga.payment_history.push(Past { to: payment::Status::Voided, fence: 1, at: at(THEN_MS) });
    saga.run.attempt.as_mut().expect("it was to be paid").status = payment::Status::Voided;
    books.bookings[SALE].status = "voided".to_owned();
    let before = books.stock.stock.counters;
    let after = Counters { available: before.available + 2, committed: 0, ..before };
    let version = books.stock.stock.version + 1;
    books.stock.stock = Stock { counters: after, version, policy: Policy::Deny };
    books.movements.push(movement(version, Kind::Cancel, 2, after));
    books.stock.committed = 0;
}

/// The sale's money is only set aside, its order pending, its saga about to capture.
fn set_aside(books: &mut Books) {
    let saga = &mut books.sagas[SALE];
    let past = |to, ms| Past { to, fence: 1, at: at(ms) };
    saga.history = vec![past(State::Reserved, THEN_MS), past(State::Ordered, THEN_MS)];
    use payment::Status::{Authorized, Created};
    saga.payment_history = [Created, Authorized].map(|to| Past { to, fence: 1, at: at(THEN_MS) }).to_vec();
    (saga.run.saga.state, saga.run.saga.ended_at) = (State::Ordered, None);
    let attempt = saga.run.attempt.as_mut().expect("it is to be paid");
    (attempt.capture, attempt.status, attempt.captured) = (payment::Capture::Manual, Authorized, cents(0));
    (saga.stuck_since, saga.next_run_at) = (Some(at(NOW_MS)), Some(at(NOW_MS)));
    let order = &mut books.orders[0].view;
    order.attempt = saga.run.attempt.clone();
    order.order.events.pop();
    order.order.status = order::Status::Pending;
    books.orders[0].deliveries.clear();
    books.bookings[SALE].status = "authorized".to_owned();
}

#[test]
fn i4_an_order_is_refunded_when_all_of_its_money_is_back_and_only_then() {
    let refunded = |missing: i64, says_so: bool| {
        move |books: &mut Books| {
            cancel(books);
            let saga = &mut books.sagas[SALE];
            let attempt = saga.run.attempt.as_mut().expect("it was paid");
            let back = attempt.captured.minor() - missing;
            (attempt.refunded, attempt.refund_pending) = (cents(back), cents(0));
            let refund = saga.refunds.pop().expect("it was cancelled").refund;
            let refund = Refund { amount: cents(back), state: refund::State::Refunded, ..refund };
            saga.refunds = vec![RefundFact { refund, lease_until: at(NOW_MS) }];
            books.bookings[SALE].refunded = cents(back);
            books.orders[0].view.attempt = saga.run.attempt.clone();
            if says_so {
                become_refunded(books);
            }
        }
    };
    check(&[], refunded(0, true));
    check(&[I4], refunded(0, false));
    check(&[I4], refunded(1, true));
    check(&[], refunded(1, false));
}

/// The order of the sale says that all of its money is back.
fn become_refunded(books: &mut Books) {
    let fact = &mut books.orders[0];
    let order = &mut fact.view.order;
    let last = order.events.last().expect("it was paid").clone();
    let (id, sequence, from, to) = (EventId(uuid(44)), 4, Some(last.to), order::Status::Refunded);
    order.events.push(order::HistoryEvent { id, sequence, from, to, ..last });
    order.status = order::Status::Refunded;
    let told = DeliveryFact { event: id, consumer: MAIL.to_owned(), over: true, next_at: at(THEN_MS) };
    fact.deliveries.push(told);
}

#[test]
fn i9_a_refund_that_nobody_makes_or_sees_is_found() {
    let refund = |next_at: i64, lease_until: i64, created_at: i64, stuck: bool| {
        move |books: &mut Books| {
            cancel(books);
            let fact = &mut books.sagas[SALE].refunds[0];
            (fact.refund.next_at, fact.lease_until) = (at(next_at), at(lease_until));
            (fact.refund.created_at, fact.refund.stuck_since) = (at(created_at), stuck.then(|| at(NOW_MS)));
        }
    };
    check(&[], refund(NOW_MS, THEN_MS, NOW_MS, false));
    check(&[], refund(THEN_MS, NOW_MS, NOW_MS, false));
    check(&[I9], refund(THEN_MS, THEN_MS, NOW_MS, false));
    let times = Times::default();
    let old = NOW_MS - times.stuck_ms - times.retry_ms_max - times.rest_ms;
    check(&[I9], refund(NOW_MS, NOW_MS, old, false));
    check(&[], refund(NOW_MS, NOW_MS, old + 1, false));
    check(&[], refund(NOW_MS, NOW_MS, old, true));
}

#[test]
fn i9_a_pending_order_whose_payment_nobody_captures_is_found() {
    check(&[], set_aside);
    let given_up = |books: &mut Books| {
        call_off(books);
        let order = &mut books.orders[0].view.order;
        order.events.pop();
        order.status = order::Status::Pending;
    };
    check(&[I9], given_up);
    // And the other way round: who captures for an order that does not wait.
    check(&[I3, I9], |books| {
        let paid = books.orders[0].view.order.clone();
        let deliveries = books.orders[0].deliveries.clone();
        set_aside(books);
        books.orders[0].view.order = paid;
        books.orders[0].deliveries = deliveries;
    });
    check(&[I7, I9], |books| {
        set_aside(books);
        books.orders.clear();
    });
}
