//! How a checkout ends when nothing but the payment goes wrong: ordered, declined, expired, cancelled, or never.

use sellonce_checkout::book::{Depleted, Shortage};
use sellonce_checkout::clock::Clock;
use sellonce_checkout::coordinator::{Complete, Completed};
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::{NotCompletable, Status};
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::faults::Fault;
use crate::world::{Told, World, money, sku};

fn declined() -> Told {
    Told::Ended(Ending::Declined("insufficient_funds".to_owned()))
}

#[test]
fn an_approved_payment_is_an_order_that_is_paid_and_told_of() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 2), ("B", 1)]);
    let told = world.complete(&server, &opened, "k", "approve");
    let view = world.order_of(&opened).expect("it was placed");
    assert_eq!(told, Told::Placed(view.order.id));
    assert_eq!((view.order.status, view.order.total), (order::Status::Paid, money(2500)));
    let attempt = view.attempt.clone().expect("it was paid");
    assert_eq!((attempt.status, attempt.captured), (payment::Status::Captured, money(2500)));
    let history: Vec<_> = view.order.events.iter().map(|event| (event.from, event.to)).collect();
    assert_eq!(
        history,
        [(None, order::Status::Pending), (Some(order::Status::Pending), order::Status::Paid)]
    );
    assert_eq!((world.stock("A"), world.stock("B")), ([8, 0, 2], [4, 0, 1]));
    assert_eq!(world.status(&opened), Status::Completed);
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_declined_payment_leaves_the_checkout_open_for_another_attempt() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 10)]);
    assert_eq!(world.complete(&server, &opened, "k1", "decline"), declined());
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Open, [10, 0, 0]));
    assert!(matches!(world.complete(&server, &opened, "k2", "approve"), Told::Placed(_)));
    assert_eq!(
        world.complete(&server, &opened, "k1", "decline"),
        declined(),
        "the first key stands for its own end"
    );
    assert_eq!(world.bank.payments().len(), 2, "an attempt has a key of its own at the bank");
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_declined_payment_after_the_lock_ran_out_leaves_nothing_to_try_again() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    world.clock.pass(world.store.shop().times.price_lock_ms - 1);
    assert_eq!(world.complete(&server, &opened, "k", "decline slow_ms=5000"), declined());
    assert_eq!(world.status(&opened), Status::Expired);
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn an_order_with_nothing_to_pay_needs_no_payment() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("GIFT", 3)]);
    let request = Complete { payment: None, ..world.request(&opened, "k", "approve") };
    assert!(matches!(world.ask(&server, request), Told::Placed(_)));
    let view = world.order_of(&opened).expect("it was placed");
    assert_eq!((view.order.status, view.attempt), (order::Status::Paid, None));
    assert!(world.bank.payments().is_empty());
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_discount_that_takes_everything_off_leaves_nothing_to_pay() {
    let world = World::new();
    let mut server = world.server();
    world.discount("ALL", 100_000, None);
    let lines = [("A", 1)];
    let opened =
        world.open_as(&crate::world::Wish { lines: &lines, code: Some("all"), ..Default::default() });
    assert_eq!(opened.total, money(0));
    assert!(matches!(world.complete(&server, &opened, "k", "decline"), Told::Placed(_)), "nobody is asked");
    assert!(world.bank.payments().is_empty());
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn where_there_is_something_to_pay_a_payment_must_be_given() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    let request = Complete { payment: None, ..world.request(&opened, "k", "approve") };
    assert_eq!(world.ask(&server, request), Told::Refused(ReserveRefusal::PaymentMissing));
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Open, [10, 0, 0]));
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)), "the key is free");
}

#[test]
fn the_last_units_go_to_one_buyer_and_the_other_is_told_what_is_left() {
    let world = World::new();
    let mut server = world.server();
    let (first, second) = (world.open(&[("A", 7)]), world.open(&[("A", 4), ("B", 1)]));
    assert!(matches!(world.complete(&server, &first, "k", "approve"), Told::Placed(_)));
    let depleted = Depleted { sku: sku("A"), requested: 4, available: 3, stock_version: 3 };
    let shortage = Told::Refused(ReserveRefusal::Shortage(Shortage::OutOfStock(vec![depleted])));
    assert_eq!(world.complete(&server, &second, "k", "approve"), shortage);
    assert_eq!((world.status(&second), world.stock("B")), (Status::Open, [5, 0, 0]), "nothing of it is held");
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_line_may_be_served_from_two_places() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("SPLIT", 2), ("SPLIT", 3)]);
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    let view = world.order_of(&opened).expect("it was placed");
    let lines: Vec<_> =
        view.order.lines.iter().map(|line| (line.number, line.location.as_str(), line.quantity)).collect();
    assert_eq!(lines, [(1, "main", 2), (2, "main", 1), (2, "annex", 2)]);
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn opening_a_checkout_holds_nothing() {
    let world = World::new();
    for _ in 0..50 {
        world.open(&[("A", 10)]);
    }
    assert_eq!(world.stock("A"), [10, 0, 0]);
}

#[test]
fn a_checkout_whose_prices_have_run_out_cannot_be_completed() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    world.clock.pass(world.store.shop().times.price_lock_ms);
    let told = world.complete(&server, &opened, "k", "approve");
    let expired = NotCompletable::Over(Status::Expired);
    assert!(matches!(told, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == expired));
    assert_eq!(world.stock("A"), [10, 0, 0]);
    assert!(world.bank.payments().is_empty());
}

#[test]
fn a_saga_under_way_finishes_at_the_locked_amount_however_late() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let times = world.store.shop().times;
    world.clock.pass(times.price_lock_ms - 1_000);
    assert_eq!(
        world.complete(&server, &opened, "k", "approve lost_before=12"),
        Told::UnderWay(State::Reserved)
    );
    world.settle(&mut server);
    assert_eq!(world.order_of(&opened).map(|view| view.order.total), Some(money(1000)));
    world.assert_whole();
}

#[test]
fn a_buyer_who_expects_another_total_is_not_charged() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    let request =
        |cents| Complete { expected_total: Some(money(cents)), ..world.request(&opened, "k", "approve") };
    let told = world.ask(&server, request(999));
    let other = NotCompletable::OtherTotal;
    assert!(matches!(told, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == other));
    assert!(world.bank.payments().is_empty());
    assert!(matches!(world.ask(&server, request(1000)), Told::Placed(_)));
}

#[test]
fn two_tabs_of_one_cart_make_one_order() {
    let world = World::new();
    let mut server = world.server();
    let cart = world.cart(&[("A", 2)]);
    let tab = || world.open_as(&crate::world::Wish { cart: Some(cart), ..Default::default() });
    let (first, second) = (tab(), tab());
    assert_eq!(world.complete(&server, &first, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
    let told = world.complete(&server, &second, "k", "approve");
    assert_eq!(told, Told::Refused(ReserveRefusal::CartInProgress));
    world.bank.buyers_act(true);
    world.settle(&mut server);
    assert_eq!(world.complete(&server, &second, "k", "approve"), Told::Refused(ReserveRefusal::CartOrdered));
    assert_eq!((world.orders().len(), world.stock("A")), (1, [8, 0, 2]));
    world.assert_whole();
}

#[test]
fn the_second_tab_can_order_the_cart_when_the_first_one_was_declined() {
    let world = World::new();
    let mut server = world.server();
    let cart = world.cart(&[("A", 2)]);
    let tab = || world.open_as(&crate::world::Wish { cart: Some(cart), ..Default::default() });
    let (first, second) = (tab(), tab());
    assert_eq!(world.complete(&server, &first, "k", "decline"), declined());
    assert!(matches!(world.complete(&server, &second, "k", "approve"), Told::Placed(_)));
    assert_eq!(world.complete(&server, &first, "k2", "approve"), Told::Refused(ReserveRefusal::CartOrdered));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn complete_answers_when_its_time_is_over_whatever_the_provider_does() {
    let times = World::new().store.shop().times;
    let longest = times.complete_wait_ms + times.payment_call_ms;
    let call_ms = times.payment_call_ms;
    for token in [
        format!("approve lost_before=1000 silent_ms={call_ms}"),
        "approve lost_before=1000".to_owned(),
        "act".to_owned(),
    ] {
        let world = World::new();
        let server = world.server();
        let opened = world.open(&[("A", 1)]);
        let began = world.clock.now();
        let told = world.complete(&server, &opened, "k", &token);
        assert!(matches!(told, Told::UnderWay(_)), "{token}: {told:?}");
        let took = world.clock.now().ms_since(began);
        assert!(took <= longest, "{token}: {took} ms of {longest}");
        assert!(took < times.lease_ms, "the lease outlives the work");
    }
}

#[test]
fn a_buyer_who_must_act_is_told_where() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let answer = world.answer(&server, world.request(&opened, "k", "act")).expect("the store answers");
    let Ok(Completed::UnderWay(run)) = answer else { panic!("{answer:?}") };
    let key = run.saga.id.attempt_key();
    assert_eq!(run.saga.action_url, Some(format!("https://bank.example/{key}")));
    assert_eq!(world.status(&opened), Status::RequiresAction);
    world.bank.buyers_act(true);
    world.settle(&mut server);
    let Told::Placed(order) = world.complete(&server, &opened, "k", "act") else { panic!("it was paid") };
    assert_eq!(world.order_of(&opened).map(|view| view.order.id), Some(order));
    world.assert_whole();
}

#[test]
fn a_store_that_fails_for_a_moment_is_asked_again_by_the_same_request() {
    for fault in [Fault::FailsBefore, Fault::FailsAfter] {
        let world = World::new();
        let mut server = world.server();
        let opened = world.open(&[("A", 1)]);
        // The third call, after the reservation and the charge, places the order.
        world.faults.plan([(3, fault)]);
        assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)), "{fault:?}");
        assert!(world.faults.hit().contains("place_order"));
        world.settle(&mut server);
        world.assert_whole();
    }
}

#[test]
fn a_store_that_stays_away_is_no_reason_to_give_up_an_order_that_is_paid() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    // Every second call is the bank's, which says each time that it has the money.
    world.faults.plan((3..40).step_by(2).map(|number| (number, Fault::FailsBefore)));
    let answer = world.answer(&server, world.request(&opened, "k", "approve"));
    assert_eq!(
        answer,
        Err(Failure::Unavailable("place_order".to_owned())),
        "the buyer may repeat the request"
    );
    assert!(world.orders().is_empty() && world.stock("A") == [9, 1, 0]);
    world.faults.plan([]);
    world.settle(&mut server);
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    world.assert_whole();
}
