//! What runs out besides stock: held with the reservation, used with the order, given back with the payment's refusal.

use sellonce_checkout::book::Shortage;
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::order;
use sellonce_checkout::purchase_limit::{LimitKey, PurchaseLimit};
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::refunds::transition;
use crate::world::{Opened, Told, Wish, World, sku};

fn with_code(world: &World, code: &str) -> Opened {
    world.open_as(&Wish { lines: &[("A", 1)], code: Some(code), ..Wish::default() })
}

/// A discount's uses: held, used.
fn uses(world: &World) -> (i64, i64) {
    let page = world.now(world.store.discounts(None, 10)).expect("the store answers");
    page.rows.first().map_or((0, 0), |view| (view.uses.held, view.uses.used))
}

fn exhausted(code: &str) -> Told {
    let key = LimitKey::Discount(DiscountCode::parse(code).expect("a code"));
    Told::Refused(ReserveRefusal::Shortage(Shortage::LimitReached(key)))
}

#[test]
fn a_discount_for_one_is_used_by_one() {
    let world = World::new();
    let mut server = world.server();
    world.discount("ONCE", 100, Some(1));
    let (first, second) = (with_code(&world, "ONCE"), with_code(&world, "once"));
    assert_eq!(uses(&world), (0, 0), "showing a price uses nothing");
    assert!(matches!(world.complete(&server, &first, "k", "act"), Told::UnderWay(_)));
    assert_eq!(uses(&world), (1, 0));
    assert_eq!(world.complete(&server, &second, "k", "approve"), exhausted("ONCE"));
    assert_eq!(world.stock("A"), [9, 1, 0], "no stock is held for who is refused");
    world.bank.buyers_act(true);
    world.settle(&mut server);
    assert_eq!(uses(&world), (0, 1));
    assert_eq!(world.complete(&server, &second, "k", "approve"), exhausted("ONCE"));
    world.assert_whole();
}

#[test]
fn a_use_goes_back_with_what_was_held_and_not_after_the_order() {
    let world = World::new();
    let mut server = world.server();
    world.discount("ONCE", 100, Some(1));
    let (first, second) = (with_code(&world, "ONCE"), with_code(&world, "ONCE"));
    assert!(matches!(world.complete(&server, &first, "k", "decline"), Told::Ended(_)));
    assert_eq!(uses(&world), (0, 0));
    let Told::Placed(order) = world.complete(&server, &second, "k", "approve") else { panic!("it was free") };
    transition(&world, order, order::Status::Cancelled).expect("nothing has shipped");
    world.settle(&mut server);
    assert_eq!(uses(&world), (0, 1), "an order that was cancelled has used it");
    assert_eq!(world.complete(&server, &first, "k2", "approve"), exhausted("ONCE"));
    world.assert_whole();
}

#[test]
fn what_is_unlimited_is_not_counted() {
    let world = World::new();
    let mut server = world.server();
    world.discount("MANY", 100, None);
    for _ in 0..5 {
        let opened = with_code(&world, "MANY");
        assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    }
    assert_eq!(uses(&world), (0, 0));
    world.settle(&mut server);
    world.assert_whole();
}

fn limit(world: &World, name: &str, quantity_max: i64) {
    let limit = PurchaseLimit { sku: sku(name), quantity_max };
    assert_eq!(world.now(world.store.set_purchase_limit(limit)), Ok(true));
}

fn buys(world: &World, units: u32, email: &str, customer: Option<&str>, token: &str) -> Told {
    let server = world.server();
    let lines = [("A", units)];
    let wish = Wish { lines: &lines, email: Some(email), customer, ..Wish::default() };
    world.complete(&server, &world.open_as(&wish), "k", token)
}

fn limited(told: &Told) -> bool {
    let Told::Refused(ReserveRefusal::Shortage(Shortage::LimitReached(key))) = told else { return false };
    matches!(key, LimitKey::Purchase(name, _) if *name == sku("A"))
}

#[test]
fn a_buyer_has_at_most_so_many_over_all_orders() {
    let world = World::new();
    limit(&world, "A", 2);
    assert!(limited(&buys(&world, 3, "ada@example.com", None, "approve")), "not at once");
    assert!(matches!(buys(&world, 1, "ada@example.com", None, "approve"), Told::Placed(_)));
    assert!(limited(&buys(&world, 2, "ada@example.com", None, "approve")), "nor one after the other");
    assert!(limited(&buys(&world, 2, "ADA@example.com ", None, "approve")), "nor in other letters");
    assert!(matches!(buys(&world, 1, "Ada@Example.com", None, "approve"), Told::Placed(_)));
    assert!(limited(&buys(&world, 1, "ada@example.com", None, "approve")));
    assert!(matches!(buys(&world, 2, "bob@example.com", None, "approve"), Told::Placed(_)), "others may");
    world.settle(&mut world.server());
    world.assert_whole();
}

#[test]
fn every_identity_of_a_buyer_must_pass() {
    let world = World::new();
    limit(&world, "A", 1);
    assert!(matches!(buys(&world, 1, "ada@example.com", Some("c-1"), "approve"), Told::Placed(_)));
    assert!(limited(&buys(&world, 1, "other@example.com", Some("c-1"), "approve")), "the same account");
    assert!(limited(&buys(&world, 1, "ada@example.com", Some("c-2"), "approve")), "the same address");
    assert!(matches!(buys(&world, 1, "other@example.com", Some("c-2"), "approve"), Told::Placed(_)));
    world.settle(&mut world.server());
    world.assert_whole();
}

#[test]
fn units_that_were_not_paid_do_not_count() {
    let world = World::new();
    limit(&world, "A", 2);
    assert!(matches!(buys(&world, 2, "ada@example.com", None, "decline"), Told::Ended(_)));
    assert!(matches!(buys(&world, 2, "ada@example.com", None, "approve"), Told::Placed(_)));
    world.settle(&mut world.server());
    world.assert_whole();
}
