//! Shipments, returns and refunds that a merchant asks for: units from their locations, money set aside, one record each.

use sellonce_checkout::book::{Cause, Changes};
use sellonce_checkout::id::{EventId, RefundId};
use sellonce_checkout::inventory::Kind;
use sellonce_checkout::money::Money;
use sellonce_checkout::order::change::{Change, decide};
use sellonce_checkout::order::goods::{ship, take_back};
use sellonce_checkout::order::money::refund;
use sellonce_checkout::order::{Illegal, Status, Units};
use sellonce_checkout::payment;
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, LineUnits, OrderView, RefundOrder, ReturnOrder, ShipOrder, TransitionOrder,
};

use Status::{Cancelled, Delivered, Paid, Pending, Processing, Refunded, Shipped};

use crate::order_change::{book, call, counters, order_id, pending, view, with_money};
use crate::{at, cents, currency, location, uuid};

fn lines(named: &[(u32, i64)]) -> Vec<LineUnits> {
    named.iter().map(|(line, quantity)| LineUnits { line: *line, quantity: *quantity }).collect()
}

fn shipment(named: &[(u32, i64)]) -> ShipOrder {
    ShipOrder {
        claim: call(Shipped).claim,
        id: order_id(),
        lines: lines(named),
        tracking: "TRACK-1".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
        events: [EventId(uuid(50)), EventId(uuid(51))],
    }
}

fn returned(named: &[(u32, i64)], restock: bool) -> ReturnOrder {
    ReturnOrder {
        claim: call(Shipped).claim,
        id: order_id(),
        lines: lines(named),
        restock,
        reason: "too small".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
    }
}

fn refund_of(minor: i64) -> RefundOrder {
    RefundOrder {
        claim: call(Refunded).claim,
        id: order_id(),
        amount: cents(minor),
        reason: "late".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
        refund: RefundId(uuid(52)),
    }
}

fn units(east: i64, west: i64) -> Vec<Units> {
    let at_place = |name: &str, quantity| Units { line: 1, location: location(name), quantity };
    let both = [at_place("east", east), at_place("west", west)];
    both.into_iter().filter(|units| units.quantity > 0).collect()
}

fn shipped(change: &Change) -> Vec<i64> {
    change.view.order.lines.iter().map(|line| line.shipped).collect()
}

/// An order of which so many units have left the east and the west.
fn sent(status: Status, east: i64, west: i64) -> OrderView {
    let mut view = view(status);
    (view.order.lines[0].shipped, view.order.lines[1].shipped) = (east, west);
    view
}

#[test]
fn the_first_shipment_of_a_paid_order_begins_its_processing_and_the_last_one_ends_it() {
    let check = |before: &OrderView, named: &[(u32, i64)], counts: [i64; 2], path: &[Status]| {
        let mut book = book([1, 0, 3, 0], [0, 0, 2, 0]);
        let change = ship(&shipment(named), before, &mut book, at(99)).expect("it is on hand");
        assert_eq!(shipped(&change), counts);
        let events: Vec<_> = change.events.iter().map(|event| event.to).collect();
        assert_eq!(events, path, "{named:?}");
        assert_eq!(change.view.order.status, path.last().copied().unwrap_or(before.order.status));
        assert_eq!((change.view.order.version, change.view.order.updated_at), (5, at(99)), "one change");
        let sent = change.shipment.expect("something was sent");
        assert_eq!((sent.number, sent.tracking.as_str(), sent.at), (1, "TRACK-1", at(99)));
        let [east, west] = [0, 1].map(|index| counts[index] - before.order.lines[index].shipped);
        assert_eq!((&sent.units, &change.view.order.shipments), (&units(east, west), &vec![sent.clone()]));
        let movements = book.into_changes().movements;
        assert!(
            movements.iter().all(|line| (line.kind, line.cause) == (Kind::Ship, Cause::Order(order_id())))
        );
        assert_eq!(movements.iter().map(|line| line.quantity).sum::<i64>(), east + west);
    };
    check(&view(Paid), &[(1, 2)], [2, 0], &[Processing]);
    check(&view(Paid), &[(1, 4)], [3, 1], &[Processing]);
    check(&view(Paid), &[(1, 5)], [3, 2], &[Processing, Shipped]);
    check(&view(Processing), &[(1, 1)], [1, 0], &[]);
    check(&view(Processing), &[(1, 2), (1, 3)], [3, 2], &[Shipped]);
    check(&sent(Processing, 2, 0), &[(1, 2)], [3, 1], &[]);
    check(&sent(Processing, 2, 1), &[(1, 2)], [3, 2], &[Shipped]);
}

#[test]
fn events_of_a_shipment_say_who_sent_it_and_under_what() {
    let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
    let change = ship(&shipment(&[(1, 5)]), &view(Paid), &mut book, at(99)).expect("it is on hand");
    let told: Vec<_> = change
        .events
        .iter()
        .map(|event| (event.id, event.sequence, event.from, event.actor.as_str(), event.reason.as_str()))
        .collect();
    let expect = [
        (EventId(uuid(50)), 3, Some(Paid), "key_1", ""),
        (EventId(uuid(51)), 4, Some(Processing), "key_1", "TRACK-1"),
    ];
    assert_eq!(told, expect);
    assert_eq!(change.view.order.events.len(), 4);
}

#[test]
fn shipments_are_numbered_and_the_earlier_ones_stay() {
    let mut rows = book([0, 0, 3, 0], [0, 0, 2, 0]);
    let first = ship(&shipment(&[(1, 2)]), &view(Paid), &mut rows, at(99)).expect("it is on hand");
    let second = ship(&shipment(&[(1, 1)]), &first.view, &mut rows, at(100)).expect("it is on hand");
    let numbers: Vec<_> = second.view.order.shipments.iter().map(|sent| (sent.number, sent.at)).collect();
    assert_eq!(numbers, [(1, at(99)), (2, at(100))]);
    let rest = TransitionOrder { reason: "TRACK-2".to_owned(), ..call(Shipped) };
    let third = decide(&rest, &second.view, &mut rows, at(101)).expect("it is on hand");
    let last = third.shipment.expect("the rest was sent");
    assert_eq!((last.number, last.tracking.as_str(), last.units), (3, "TRACK-2", units(0, 2)));
    assert_eq!(third.view.order.shipments.len(), 3);
}

/// What is refused, with the book as before.
fn refused(named: &[(u32, i64)], view: &OrderView) -> ChangeOrderRefusal {
    let mut rows = book([0, 0, 3, 0], [0, 0, 2, 0]);
    let refused = ship(&shipment(named), view, &mut rows, at(99)).expect_err("it cannot be sent");
    assert_eq!(rows.into_changes(), Changes::default());
    refused
}

#[test]
fn only_what_is_there_and_paid_can_be_shipped() {
    use ChangeOrderRefusal::{NoUnits, TooMany, UnknownLine};
    assert_eq!(refused(&[], &view(Paid)), NoUnits);
    assert_eq!(refused(&[(1, 0)], &view(Paid)), NoUnits);
    assert_eq!(refused(&[(1, 1), (1, -1)], &view(Paid)), NoUnits);
    assert_eq!(refused(&[(2, 1)], &view(Paid)), UnknownLine(2));
    assert_eq!(refused(&[(1, 6)], &view(Paid)), TooMany { line: 1, left: 5 });
    assert_eq!(refused(&[(1, 3), (1, 3)], &view(Paid)), TooMany { line: 1, left: 5 });
    assert_eq!(refused(&[(1, i64::MAX), (1, i64::MAX)], &view(Paid)), TooMany { line: 1, left: 5 });
    assert_eq!(refused(&[(1, 2)], &sent(Processing, 3, 1)), TooMany { line: 1, left: 1 });
    for status in [Pending, Shipped, Delivered, Cancelled, Refunded] {
        let told = refused(&[(1, 1)], &view(status));
        let ChangeOrderRefusal::Illegal { why, from, .. } = told else { panic!("{told:?}") };
        assert_eq!((why, from), (Illegal::NoEdge { from: status, to: Shipped }, status));
    }
    let mut unnamed = shipment(&[(1, 1)]);
    unnamed.tracking.clear();
    let mut rows = book([0, 0, 3, 0], [0, 0, 2, 0]);
    assert_eq!(ship(&unnamed, &view(Paid), &mut rows, at(99)), Err(ChangeOrderRefusal::TrackingMissing));
    let unnamed = TransitionOrder { reason: String::new(), ..call(Shipped) };
    assert_eq!(
        decide(&unnamed, &view(Processing), &mut rows, at(99)),
        Err(ChangeOrderRefusal::TrackingMissing)
    );
    assert_eq!(rows.into_changes(), Changes::default());
}

#[test]
fn units_that_are_owed_hold_up_the_whole_shipment() {
    let mut rows = book([0, 0, 3, 0], [0, 0, 2, 1]);
    let told = ship(&shipment(&[(1, 5)]), &view(Paid), &mut rows, at(99));
    assert_eq!(told, Err(ChangeOrderRefusal::NotOnHand));
    assert_eq!(rows.into_changes(), Changes::default());
    let mut rows = book([0, 0, 3, 0], [0, 0, 2, 1]);
    assert!(ship(&shipment(&[(1, 4)]), &view(Paid), &mut rows, at(99)).is_ok(), "what is there can go");
}

#[test]
fn units_come_back_to_where_they_were_sent_from() {
    for status in [Processing, Shipped, Delivered, Refunded] {
        let mut rows = book([0; 4], [7, 0, 0, 0]);
        let change = take_back(&returned(&[(1, 4)], true), &sent(status, 3, 2), &mut rows, at(99));
        let change = change.expect("so many are out");
        assert_eq!(change.view.order.lines.iter().map(|line| line.returned).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(
            (change.view.order.status, change.events.len(), change.view.order.version),
            (status, 0, 5)
        );
        assert_eq!(counters(&rows), [[3, 0, 0, 0], [8, 0, 0, 0]]);
        let back = change.returned.expect("something came back");
        assert_eq!((back.number, back.restocked, back.units), (1, true, units(3, 1)));
        assert_eq!((back.reason.as_str(), back.actor.as_str(), back.at), ("too small", "key_1", at(99)));
        let movements = rows.into_changes().movements;
        let told: Vec<_> =
            movements.iter().map(|line| (line.kind, line.cause, line.reason.as_str())).collect();
        assert_eq!(told, [(Kind::Return, Cause::Order(order_id()), "too small"); 2]);
    }
}

#[test]
fn what_comes_back_and_cannot_be_sold_again_is_only_counted() {
    let mut rows = book([0; 4], [0; 4]);
    let change = take_back(&returned(&[(1, 5)], false), &sent(Delivered, 3, 2), &mut rows, at(99));
    let change = change.expect("so many are out");
    assert_eq!(change.view.order.lines.iter().map(|line| line.returned).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(change.returned.map(|back| back.restocked), Some(false));
    assert_eq!(rows.into_changes(), Changes::default());
}

#[test]
fn no_more_comes_back_than_was_sent() {
    use ChangeOrderRefusal::{NoUnits, TooMany, UnknownLine};
    let told = |named: &[(u32, i64)], view: &OrderView| {
        let mut rows = book([0; 4], [0; 4]);
        let told = take_back(&returned(named, true), view, &mut rows, at(99)).expect_err("too many");
        assert_eq!(rows.into_changes(), Changes::default());
        told
    };
    assert_eq!(told(&[(1, 6)], &sent(Shipped, 3, 2)), TooMany { line: 1, left: 5 });
    assert_eq!(told(&[(1, 1)], &view(Paid)), TooMany { line: 1, left: 0 });
    assert_eq!(told(&[(9, 1)], &sent(Shipped, 3, 2)), UnknownLine(9));
    assert_eq!(told(&[], &sent(Shipped, 3, 2)), NoUnits);
    let mut partly = sent(Shipped, 3, 2);
    partly.order.lines[0].returned = 3;
    assert_eq!(told(&[(1, 3)], &partly), TooMany { line: 1, left: 2 });
}

#[test]
fn a_part_of_the_money_can_go_back_at_any_time_after_it_was_taken() {
    for status in [Paid, Processing, Shipped, Delivered, Cancelled] {
        let change = refund(&refund_of(400), &with_money(status, 100, 200), at(99)).expect("so much is left");
        assert_eq!(
            (change.view.order.status, change.events.len(), change.view.order.version),
            (status, 0, 5)
        );
        assert_eq!(change.view.attempt.map(|attempt| attempt.refund_pending), Some(cents(600)));
        let begun = change.refund.expect("it begins");
        assert_eq!((begun.id, begun.order, begun.amount), (RefundId(uuid(52)), Some(order_id()), cents(400)));
        assert_eq!((begun.reason.as_str(), begun.actor.as_str()), ("late", "key_1"));
    }
}

#[test]
fn no_more_goes_back_than_was_taken() {
    let told =
        |amount: i64, view: &OrderView| refund(&refund_of(amount), view, at(99)).expect_err("too much");
    let exceeds = |left: i64| ChangeOrderRefusal::RefundExceeds { left: cents(left) };
    assert_eq!(told(1001, &view(Paid)), exceeds(1000));
    assert_eq!(told(701, &with_money(Paid, 100, 200)), exceeds(700));
    assert_eq!(told(1, &with_money(Cancelled, 0, 1000)), exceeds(0));
    assert_eq!(told(0, &view(Paid)), ChangeOrderRefusal::BadAmount);
    let yen = Money::new(400, currency("JPY")).expect("some yen");
    let told_yen = refund(&RefundOrder { amount: yen, ..refund_of(1) }, &view(Paid), at(99));
    assert_eq!(told_yen, Err(ChangeOrderRefusal::BadAmount));
    let why = |view: &OrderView| {
        let told = told(1, view);
        let ChangeOrderRefusal::Illegal { why, .. } = told else { panic!("{told:?}") };
        why
    };
    assert_eq!(why(&pending()), Illegal::NoEdge { from: Pending, to: Refunded });
    assert_eq!(why(&with_money(Refunded, 1000, 0)), Illegal::NoEdge { from: Refunded, to: Refunded });
    let mut free = view(Delivered);
    free.attempt = None;
    assert_eq!(why(&free), Illegal::NotRefunded);
    let mut called_off = pending();
    called_off.order.status = Cancelled;
    called_off.attempt.as_mut().expect("it was to be paid").status = payment::Status::Voided;
    assert_eq!(why(&called_off), Illegal::NotRefunded, "it was never paid");
}

#[test]
fn an_order_that_changed_since_it_was_seen_is_neither_sent_nor_taken_back_nor_refunded() {
    let mut rows = book([0, 0, 3, 0], [0, 0, 2, 0]);
    for (expected_version, ok) in [(Some(3), false), (Some(4), true), (None, true)] {
        let send = ShipOrder { expected_version, ..shipment(&[(1, 1)]) };
        assert_eq!(ship(&send, &view(Paid), &mut rows, at(99)).is_ok(), ok);
        let back = ReturnOrder { expected_version, ..returned(&[(1, 1)], false) };
        assert_eq!(take_back(&back, &sent(Shipped, 3, 2), &mut rows, at(99)).is_ok(), ok);
        let money = RefundOrder { expected_version, ..refund_of(1) };
        let told = refund(&money, &view(Paid), at(99));
        assert_eq!(told.is_ok(), ok);
        assert!(ok || told == Err(ChangeOrderRefusal::Changed));
    }
}
