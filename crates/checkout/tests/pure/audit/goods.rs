//! The audit of goods that were cancelled, left the house or came back: each has its record, and moved in the journal.

use sellonce_checkout::book::Cause;
use sellonce_checkout::id::{CauseId, OrderId};
use sellonce_checkout::inventory::{Counters, Kind, Policy, Stock};
use sellonce_checkout::order;

use super::books::{Books, THEN_MS};
use super::{I13, cancel, check, movement};
use crate::{at, location, uuid};

#[test]
fn i13_goods_that_left_or_came_back_without_a_record_are_found() {
    let units = |quantity| vec![order::Units { line: 1, location: location("main"), quantity }];
    let sent = move |count: i64, recorded: i64| {
        move |books: &mut Books| {
            ship(books, count);
            let (tracking, actor) = ("none".to_owned(), "key".to_owned());
            let shipment =
                order::Shipment { number: 1, units: units(recorded), tracking, actor, at: at(THEN_MS) };
            books.orders[0].view.order.shipments.push(shipment);
        }
    };
    check(&[], sent(1, 1));
    check(&[I13], sent(1, 2));
    check(&[I13], |books| ship(books, 1));
    let back = move |count: i64, recorded: i64| {
        move |books: &mut Books| {
            sent(2, 2)(books);
            let (reason, actor) = (String::new(), "key".to_owned());
            let restocked = false;
            let returned = order::Return {
                number: 1,
                units: units(recorded),
                restocked,
                reason,
                actor,
                at: at(THEN_MS),
            };
            let order = &mut books.orders[0].view.order;
            order.returns.push(returned);
            order.lines[0].returned = count;
        }
    };
    check(&[], back(1, 1));
    check(&[I13], back(1, 2));
    check(&[I13], back(2, 1));
}

/// Both units of the sale leave the house, and one comes back to be sold again.
fn take_back(books: &mut Books) {
    ship(books, 2);
    let units = |quantity| vec![order::Units { line: 1, location: location("main"), quantity }];
    let (tracking, actor, at_) = ("none".to_owned(), "key".to_owned(), at(THEN_MS));
    let shipment = order::Shipment { number: 1, units: units(2), tracking, actor: actor.clone(), at: at_ };
    let reason = String::new();
    let back = order::Return { number: 1, units: units(1), restocked: true, reason, actor, at: at_ };
    let order = &mut books.orders[0].view.order;
    (order.lines[0].returned, order.shipments, order.returns) = (1, vec![shipment], vec![back]);
    let before = books.stock.stock.counters;
    let after = Counters { available: before.available + 1, ..before };
    let version = books.stock.stock.version + 1;
    books.stock.stock = Stock { counters: after, version, policy: Policy::Deny };
    books.movements.push(movement(version, Kind::Return, 1, after));
}

#[test]
fn i13_units_that_an_order_moved_in_its_lines_and_not_in_the_journal_are_found() {
    let last = |books: &mut Books, cause| books.movements.last_mut().expect("one moved").cause = cause;
    let merchant = Cause::Merchant(CauseId(uuid(7)));
    check(&[], cancel);
    check(&[I13], |books| {
        cancel(books);
        last(books, merchant);
    });
    check(&[], take_back);
    check(&[I13], |books| {
        take_back(books);
        last(books, merchant);
    });
    // It came back broken, and was sold again all the same.
    check(&[I13], |books| {
        take_back(books);
        books.orders[0].view.order.returns[0].restocked = false;
    });
    // It was taken back for an order that is not there.
    check(&[I13], |books| {
        take_back(books);
        last(books, Cause::Order(OrderId(uuid(99))));
        let order = &mut books.orders[0].view.order;
        order.returns[0].restocked = false;
    });
}

/// So many units of the sale leave the house.
fn ship(books: &mut Books, units: i64) {
    books.orders[0].view.order.lines[0].shipped = units;
    let before = books.stock.stock.counters;
    let after = Counters { committed: before.committed - units, ..before };
    let version = books.stock.stock.version + 1;
    books.stock.stock = Stock { counters: after, version, policy: Policy::Deny };
    books.movements.push(movement(version, Kind::Ship, units, after));
    books.stock.committed -= units;
}
