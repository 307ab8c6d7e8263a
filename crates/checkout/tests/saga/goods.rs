//! Goods that leave the house and come back: in parts, once per key, each with its stock, its events and its letters.

use sellonce_checkout::order::{self, Status, fulfillment_status, payment_status};
use sellonce_checkout::store::orders::{ChangeOrderRefusal, ChangedOrder, LineUnits, OrderView};

use crate::afterwards::{refund, shipment, taking_back};
use crate::refunds::transition;
use crate::world::{Server, Told, World};

/// A shop with one paid order of 2 of A and 4 of SPLIT, which are half here and half there.
fn sold() -> (World, Server, OrderView) {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 2), ("SPLIT", 4)]);
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    let view = world.order_of(&opened).expect("it was placed");
    (world, server, view)
}

fn units(named: &[(u32, i64)]) -> Vec<LineUnits> {
    named.iter().map(|(line, quantity)| LineUnits { line: *line, quantity: *quantity }).collect()
}

fn ship(
    world: &World,
    view: &OrderView,
    name: &str,
    named: &[(u32, i64)],
) -> Result<ChangedOrder, ChangeOrderRefusal> {
    let call = shipment(world, view.order.id, name, &units(named));
    world.now(world.store.ship_order(call)).expect("the store answers")
}

fn take_back(
    world: &World,
    view: &OrderView,
    (name, restock): (&str, bool),
    named: &[(u32, i64)],
) -> Result<ChangedOrder, ChangeOrderRefusal> {
    let call = taking_back(world, view.order.id, name, &units(named), restock);
    world.now(world.store.return_order(call)).expect("the store answers")
}

fn history(view: &OrderView) -> Vec<Status> {
    view.order.events.iter().map(|event| event.to).collect()
}

#[test]
fn an_order_is_sent_in_parts_and_shipped_with_the_last_of_it() {
    let (world, mut server, view) = sold();
    let first = ship(&world, &view, "1", &[(1, 1), (2, 3)]).expect("it is there");
    assert_eq!(history(&first.view), [Status::Pending, Status::Paid, Status::Processing]);
    assert_eq!(fulfillment_status(first.view.order.status, &first.view.order.lines), "partially_shipped");
    assert_eq!((world.stock("A"), world.stock("SPLIT")), ([8, 0, 1], [2, 0, 1]));
    let last = ship(&world, &view, "2", &[(2, 1), (1, 1)]).expect("it is there");
    assert_eq!(history(&last.view), [Status::Pending, Status::Paid, Status::Processing, Status::Shipped]);
    assert_eq!(last.view.order.events.last().map(|event| event.reason.as_str()), Some("TRACK-2"));
    assert_eq!((world.stock("A"), world.stock("SPLIT")), ([8, 0, 0], [2, 0, 0]));
    let sent: Vec<_> = last.view.order.shipments.iter().map(|sent| sent.tracking.as_str()).collect();
    assert_eq!(sent, ["TRACK-1", "TRACK-2"]);
    world.settle(&mut server);
    assert!(world.now(world.store.audit()).expect("the store answers").ok());
}

#[test]
fn a_shipment_is_sent_once_per_key() {
    let (world, _, view) = sold();
    let first = ship(&world, &view, "1", &[(1, 1)]).expect("it is there");
    let again = ship(&world, &view, "1", &[(1, 1)]).expect("the key is known");
    assert_eq!((first.replayed, again.replayed, &again.request_id), (false, true, &first.request_id));
    assert_eq!((again.view, world.stock("A")), (first.view, [8, 0, 1]));
    let mut other = shipment(&world, view.order.id, "1", &units(&[(1, 2)]));
    other.claim.body = sellonce_checkout::idempotency::BodyHash::of(b"another");
    let told = world.now(world.store.ship_order(other)).expect("the store answers");
    assert_eq!(told.err(), Some(ChangeOrderRefusal::KeyReused));
}

#[test]
fn a_shipment_that_is_refused_leaves_its_key_free_and_the_stock_alone() {
    let (world, _, view) = sold();
    let told = ship(&world, &view, "1", &[(1, 1), (2, 5)]);
    assert_eq!(told.err(), Some(ChangeOrderRefusal::TooMany { line: 2, left: 4 }));
    assert_eq!((world.stock("A"), world.stock("SPLIT")), ([8, 0, 2], [2, 0, 4]));
    assert!(ship(&world, &view, "1", &[(1, 1)]).is_ok());
}

#[test]
fn an_order_of_which_something_was_sent_is_not_cancelled_any_more() {
    let (world, _, view) = sold();
    ship(&world, &view, "1", &[(1, 1)]).expect("it is there");
    let told = transition(&world, view.order.id, Status::Cancelled);
    assert!(matches!(told, Err(ChangeOrderRefusal::Illegal { why: order::Illegal::AlreadyShipped, .. })));
}

#[test]
fn what_comes_back_can_be_sold_again_or_not_and_brings_no_money_with_it() {
    let (world, mut server, view) = sold();
    ship(&world, &view, "1", &[(1, 2), (2, 4)]).expect("it is there");
    let back = take_back(&world, &view, ("1", true), &[(1, 1)]).expect("it was sent");
    assert_eq!((back.refund_under_way, world.stock("A")), (false, [9, 0, 0]));
    let again = take_back(&world, &view, ("1", true), &[(1, 1)]).expect("the key is known");
    assert_eq!((again.replayed, world.stock("A")), (true, [9, 0, 0]));
    let broken = take_back(&world, &view, ("2", false), &[(1, 1), (2, 4)]).expect("it was sent");
    assert_eq!((world.stock("A"), world.stock("SPLIT")), ([9, 0, 0], [2, 0, 0]));
    assert_eq!(fulfillment_status(broken.view.order.status, &broken.view.order.lines), "returned");
    assert_eq!(payment_status(broken.view.order.status, broken.view.attempt.as_ref()), "paid");
    let told = take_back(&world, &view, ("3", true), &[(1, 1)]);
    assert_eq!(told.err(), Some(ChangeOrderRefusal::TooMany { line: 1, left: 0 }));
    let returns: Vec<_> =
        broken.view.order.returns.iter().map(|back| (back.number, back.restocked)).collect();
    assert_eq!(returns, [(1, true), (2, false)]);
    world.settle(&mut server);
    assert!(world.now(world.store.audit()).expect("the store answers").ok());
}

#[test]
fn money_goes_back_in_parts_and_the_order_is_refunded_with_the_last_of_it() {
    let (world, mut server, view) = sold();
    let id = view.order.id;
    let ask = |name: &str, cents: i64| {
        world.now(world.store.refund_order(refund(&world, id, name, cents))).expect("the store answers")
    };
    let first = ask("1", 800).expect("so much was paid");
    assert!(first.refund_under_way);
    assert!(ask("1", 800).expect("the key is known").replayed);
    let left = |cents| Some(ChangeOrderRefusal::RefundExceeds { left: crate::world::money(cents) });
    assert_eq!(ask("2", 2001).err(), left(2000), "also while the first is on its way");
    world.settle(&mut server);
    let part = world.orders().remove(0);
    assert_eq!(
        (part.order.status, payment_status(Status::Paid, part.attempt.as_ref())),
        (Status::Paid, "partially_refunded")
    );
    ask("2", 2000).expect("so much is left");
    world.settle(&mut server);
    let whole = world.orders().remove(0);
    assert_eq!(history(&whole), [Status::Pending, Status::Paid, Status::Refunded]);
    let payments = world.bank.payments();
    assert_eq!(payments.values().map(|payment| payment.refunds.len()).collect::<Vec<_>>(), [2]);
    world.assert_whole();
}
