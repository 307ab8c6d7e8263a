//! The audit of goods that left the house or came back: each has its record.

use sellonce_checkout::inventory::{Counters, Kind, Policy, Stock};
use sellonce_checkout::order;

use super::books::{Books, THEN_MS};
use super::{I13, check, movement};
use crate::{at, location};

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
