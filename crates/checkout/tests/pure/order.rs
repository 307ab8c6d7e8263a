//! The order's table, written out a second time as a matrix: every status, every event, every circumstance; and what is
//! derived from an order.

use std::collections::BTreeSet;
use std::slice::from_ref;

use sellonce_checkout::id::SagaId;
use sellonce_checkout::order::{
    Circumstances, Effect, Event, Illegal, Line, Order, Status, TRANSITIONS, available_transitions,
    circumstances, fulfillment_status, payment_status, transition,
};
use sellonce_checkout::payment::{self, Attempt, Capture};

use Status::{Cancelled, Delivered, Paid, Pending, Processing, Refunded, Shipped};

use crate::order_change::{pending, view};
use crate::{cents, location, sku, uuid};

/// What an event needs besides the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum If {
    /// Nothing.
    Always,
    /// That nothing has left the house.
    NothingShipped,
    /// That there was money, and all of it is back.
    AllBack,
    /// No circumstance allows it.
    Never,
}
use If::{AllBack, Always, Never, NothingShipped};

/// A row for each status: pay, process, ship, deliver, cancel, refund.
const MATRIX: [(Status, [If; 6]); 7] = [
    (Pending, [Always, Never, Never, Never, NothingShipped, Never]),
    (Paid, [Never, Always, Never, Never, NothingShipped, AllBack]),
    (Processing, [Never, Never, Always, Never, NothingShipped, AllBack]),
    (Shipped, [Never, Never, Never, Always, Never, AllBack]),
    (Delivered, [Never, Never, Never, Never, Never, AllBack]),
    (Cancelled, [Never, Never, Never, Never, Never, AllBack]),
    (Refunded, [Never, Never, Never, Never, Never, Never]),
];
const TARGETS: [Status; 6] = [Paid, Processing, Shipped, Delivered, Cancelled, Refunded];

fn every_circumstance() -> impl Iterator<Item = Circumstances> {
    (0..8).map(|bits| Circumstances {
        any_shipped: bits & 1 != 0,
        was_paid: bits & 2 != 0,
        all_refunded: bits & 4 != 0,
    })
}

fn allows(condition: If, given: Circumstances) -> bool {
    match condition {
        Always => true,
        NothingShipped => !given.any_shipped,
        AllBack => given.was_paid && given.all_refunded,
        Never => false,
    }
}

fn effects(event: Event) -> &'static [Effect] {
    use Effect::{AppendEvent, CancelStock, RefundRest, ShipStock, Tell};
    match event {
        Event::Pay | Event::Deliver | Event::Refund => &[AppendEvent, Tell],
        Event::Process => &[AppendEvent],
        Event::Ship => &[AppendEvent, ShipStock, Tell],
        Event::Cancel => &[AppendEvent, CancelStock, RefundRest, Tell],
    }
}

#[test]
fn every_event_in_every_status_does_what_the_matrix_says() {
    for (status, row) in MATRIX {
        for ((event, condition), target) in Event::ALL.into_iter().zip(row).zip(TARGETS) {
            for given in every_circumstance() {
                let found = transition(status, event, given);
                let expected = match condition {
                    Never => Err(Illegal::NoEdge { from: status, to: target }),
                    _ if allows(condition, given) => Ok((target, effects(event))),
                    NothingShipped => Err(Illegal::AlreadyShipped),
                    Always | AllBack => Err(Illegal::NotRefunded),
                };
                assert_eq!(found, expected, "{event:?} of one that is {status:?}, {given:?}");
            }
        }
    }
}

#[test]
fn the_matrix_and_the_table_have_every_edge_once() {
    assert_eq!(MATRIX.map(|(status, _)| status), Status::ALL);
    let from_matrix: BTreeSet<_> = MATRIX
        .into_iter()
        .flat_map(|(status, row)| Event::ALL.into_iter().zip(row).map(move |cell| (status, cell)))
        .filter(|(_, (_, condition))| *condition != Never)
        .map(|(status, (event, _))| (status, event, event.target()))
        .collect();
    assert_eq!(TRANSITIONS.iter().copied().collect::<BTreeSet<_>>(), from_matrix);
    assert_eq!(TRANSITIONS.len(), from_matrix.len());
}

#[test]
fn each_status_but_the_first_is_reached_by_one_event() {
    assert_eq!(Event::leading_to(Pending), None);
    for (event, target) in Event::ALL.into_iter().zip(TARGETS) {
        assert_eq!(event.target(), target);
        assert_eq!(Event::leading_to(target), Some(event));
    }
}

#[test]
fn an_illegal_transition_names_both_ends() {
    let told = Illegal::NoEdge { from: Delivered, to: Paid }.to_string();
    assert!(told.contains("delivered") && told.contains("paid"), "{told}");
}

#[test]
fn a_merchant_is_offered_exactly_what_could_be_asked_for() {
    let check = |status: Status, given: Circumstances, expect: &[Status]| {
        assert_eq!(available_transitions(status, given), expect, "{status:?}, {given:?}");
    };
    for given in every_circumstance() {
        let cancel: &[Status] = if given.any_shipped { &[] } else { &[Cancelled] };
        // The order gets to `refunded` when the money is back; what is asked for is that it goes back.
        let refund: &[Status] = if given.was_paid && !given.all_refunded { &[Refunded] } else { &[] };
        let all = |parts: &[&[Status]]| parts.concat();
        // Whoever waits for its payment is moved by its saga alone.
        check(Pending, given, &[]);
        check(Paid, given, &all(&[&[Processing], cancel, refund]));
        check(Processing, given, &all(&[&[Shipped], cancel, refund]));
        check(Shipped, given, &all(&[&[Delivered], refund]));
        check(Delivered, given, refund);
        check(Cancelled, given, refund);
        check(Refunded, given, &[]);
    }
}

fn line(quantity: i64, cancelled: i64, shipped: i64, returned: i64) -> Line {
    Line { number: 1, sku: sku("A"), location: location("main"), quantity, cancelled, shipped, returned }
}

fn attempt(status: payment::Status, [captured, refunded, refund_pending]: [i64; 3]) -> Attempt {
    Attempt {
        saga: SagaId(uuid(1)),
        provider: "simulated".to_owned(),
        token: "tok".to_owned(),
        amount: cents(1000),
        capture: Capture::Automatic,
        status,
        captured: cents(captured),
        refunded: cents(refunded),
        refund_pending: cents(refund_pending),
        provider_reference: None,
        unknown_since: None,
    }
}

#[test]
fn the_circumstances_are_those_of_the_lines_and_the_payment() {
    let check_order = |order: &Order, payment: Option<Attempt>, expect: [bool; 3]| {
        let found = circumstances(order, payment.as_ref());
        assert_eq!([found.any_shipped, found.was_paid, found.all_refunded], expect, "{order:?}, {payment:?}");
    };
    let check = |lines: &[Line], payment: Option<Attempt>, expect: [bool; 3]| {
        check_order(&Order { lines: lines.to_vec(), ..view(Paid).order }, payment, expect);
    };
    let captured = |amounts| Some(attempt(payment::Status::Captured, amounts));
    check(&[line(2, 0, 0, 0)], None, [false, false, false]);
    check(&[line(2, 0, 0, 0), line(2, 0, 1, 0)], None, [true, false, false]);
    check(&[line(2, 2, 0, 0)], captured([1000, 0, 0]), [false, true, false]);
    check(&[line(2, 0, 2, 2)], captured([1000, 400, 600]), [true, true, false]);
    check(&[line(2, 0, 2, 0)], captured([1000, 1000, 0]), [true, true, true]);
    let authorized = Some(attempt(payment::Status::Authorized, [0, 0, 0]));
    check(&[line(2, 0, 0, 0)], authorized, [false, false, true]);
    // An order that was called off before it was paid has no claim to money that came later.
    let called_off = Order { status: Cancelled, ..pending().order };
    check_order(&called_off, captured([1000, 0, 0]), [false, false, false]);
}

#[test]
fn the_money_of_an_order_is_told_in_one_word() {
    let check = |payment: Option<Attempt>, expect: &str| {
        assert_eq!(payment_status(Paid, payment.as_ref()), expect, "{payment:?}");
    };
    use payment::Status::{Authorized, Cancelled, Captured, Created, Declined, RequiresAction, Voided};
    check(Some(attempt(Captured, [1000, 0, 0])), "paid");
    check(Some(attempt(Captured, [1000, 0, 1])), "refund_pending");
    check(Some(attempt(Captured, [1000, 1, 0])), "partially_refunded");
    check(Some(attempt(Captured, [1000, 1, 999])), "partially_refunded");
    check(Some(attempt(Captured, [1000, 1000, 0])), "refunded");
    check(Some(attempt(Authorized, [0, 0, 0])), "authorized");
    check(Some(attempt(Voided, [0, 0, 0])), "voided");
    check(Some(attempt(Cancelled, [0, 0, 0])), "voided");
    check(Some(attempt(Declined, [0, 0, 0])), "voided");
    check(Some(attempt(Created, [0, 0, 0])), "pending");
    check(Some(attempt(RequiresAction, [0, 0, 0])), "pending");
    // Nothing to pay.
    check(None, "paid");
    assert_eq!(payment_status(Pending, None), "pending");
}

#[test]
fn the_goods_of_an_order_are_told_in_one_word() {
    let check = |status: Status, lines: &[Line], expect: &str| {
        assert_eq!(fulfillment_status(status, lines), expect, "{status:?}, {lines:?}");
    };
    let (open, gone) = (line(2, 0, 0, 0), line(2, 0, 2, 0));
    check(Paid, from_ref(&open), "unfulfilled");
    check(Processing, &[open.clone(), open.clone()], "unfulfilled");
    check(Cancelled, &[line(2, 2, 0, 0)], "cancelled");
    check(Refunded, &[line(2, 2, 0, 0)], "unfulfilled");
    check(Processing, &[open, gone.clone()], "partially_shipped");
    check(Processing, &[line(2, 0, 1, 0)], "partially_shipped");
    check(Shipped, from_ref(&gone), "shipped");
    check(Shipped, &[line(2, 1, 1, 0), gone.clone()], "shipped");
    check(Refunded, from_ref(&gone), "shipped");
    check(Delivered, from_ref(&gone), "delivered");
    check(Delivered, &[line(2, 0, 2, 1)], "delivered");
    check(Delivered, &[line(2, 0, 2, 2)], "returned");
    check(Shipped, &[line(2, 0, 2, 2), line(1, 1, 0, 0)], "returned");
}

#[test]
fn what_is_outstanding_is_neither_cancelled_nor_shipped() {
    let check = |line: Line, expect: i64| assert_eq!(line.outstanding(), expect, "{line:?}");
    check(line(5, 0, 0, 0), 5);
    check(line(5, 2, 0, 0), 3);
    check(line(5, 2, 3, 0), 0);
    check(line(5, 0, 5, 5), 0);
}
