//! Prices that change between cart, checkout and payment: what was shown and accepted is what is charged.

use sellonce_checkout::price_lock::PriceHash;
use sellonce_checkout::session::{NotCompletable, Status};
use sellonce_checkout::store::checkouts::ConfirmRefusal;
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::world::{Opened, Told, Wish, World, money, sku};

fn set_price(world: &World, name: &str, cents: i64, revoke_locks: bool) -> u64 {
    let set = world.now(world.store.set_price(&sku(name), money(cents), revoke_locks));
    set.expect("the store answers").expect("it is on sale").locks_revoked
}

/// A checkout of a cart with 2 of A, whose price went from 10.00 to 12.00 in between.
fn raised(world: &World) -> Opened {
    let cart = world.cart(&[("A", 2)]);
    set_price(world, "A", 1200, false);
    world.open_as(&Wish { cart: Some(cart), ..Wish::default() })
}

fn hash_of(world: &World, opened: &Opened) -> PriceHash {
    let view = world.now(world.store.checkout(opened.id)).expect("the store answers").expect("it was opened");
    view.checkout.lock.price_hash()
}

fn confirm(world: &World, opened: &Opened, hash: PriceHash) -> Result<(), ConfirmRefusal> {
    let confirmed = world.now(world.store.confirm_prices(opened.id, opened.secret, hash));
    confirmed.expect("the store answers").map(|_| ())
}

#[test]
fn a_price_that_changed_since_the_cart_must_be_confirmed_before_anything_is_charged() {
    let world = World::new();
    let mut server = world.server();
    let opened = raised(&world);
    assert_eq!(opened.total, money(2400));
    let told = world.complete(&server, &opened, "k", "approve");
    let unconfirmed = NotCompletable::Unconfirmed;
    assert!(matches!(told, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == unconfirmed));
    assert!(world.bank.payments().is_empty() && world.stock("A") == [10, 0, 0]);
    assert_eq!(confirm(&world, &opened, PriceHash([0; 32])), Err(ConfirmRefusal::OtherChanges));
    let hash = hash_of(&world, &opened);
    assert_eq!((confirm(&world, &opened, hash), confirm(&world, &opened, hash)), (Ok(()), Ok(())));
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)), "the key was free");
    assert_eq!(world.order_of(&opened).map(|view| view.order.total), Some(money(2400)));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn the_changes_of_one_checkout_are_not_confirmed_by_those_of_another() {
    let world = World::new();
    let first = raised(&world);
    let hash = hash_of(&world, &first);
    set_price(&world, "A", 1300, false);
    let cart = world.cart(&[("A", 2)]);
    set_price(&world, "A", 1400, false);
    let second = world.open_as(&Wish { cart: Some(cart), ..Wish::default() });
    assert_eq!(confirm(&world, &second, hash), Err(ConfirmRefusal::OtherChanges));
    assert_eq!(confirm(&world, &first, hash), Ok(()));
}

#[test]
fn a_checkout_that_is_over_cannot_be_confirmed() {
    let world = World::new();
    let opened = raised(&world);
    let hash = hash_of(&world, &opened);
    world.clock.pass(world.store.shop().times.price_lock_ms);
    assert_eq!(confirm(&world, &opened, hash), Err(ConfirmRefusal::NotOpen(Status::Expired)));
}

#[test]
fn a_price_that_changes_after_the_lock_does_not_touch_the_checkout() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert_eq!(set_price(&world, "A", 9900, false), 0);
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    assert_eq!(world.order_of(&opened).map(|view| view.order.total), Some(money(1000)));
    assert_eq!(world.open(&[("A", 1)]).total, money(9900));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_revoked_lock_ends_open_checkouts_and_spares_those_under_way() {
    let world = World::new();
    let mut server = world.server();
    let (under_way, open, other) =
        (world.open(&[("A", 1)]), world.open(&[("A", 1)]), world.open(&[("B", 1)]));
    assert!(matches!(world.complete(&server, &under_way, "k", "act"), Told::UnderWay(_)));
    assert_eq!(set_price(&world, "A", 9900, true), 1);
    assert_eq!((world.status(&open), world.status(&other)), (Status::Expired, Status::Open));
    let told = world.complete(&server, &open, "k", "approve");
    let over = NotCompletable::Over(Status::Expired);
    assert!(matches!(told, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == over));
    world.bank.buyers_act(true);
    world.settle(&mut server);
    assert_eq!(world.order_of(&under_way).map(|view| view.order.total), Some(money(1000)));
    world.assert_whole();
}
