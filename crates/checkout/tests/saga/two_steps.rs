//! Money in two steps: set aside before the order is placed, taken after it, and the order called off if it cannot be.

use sellonce_checkout::order::{self, payment_status};
use sellonce_checkout::payment::{self, Capture};
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::{NotCompletable, Status};
use sellonce_checkout::store::orders::ChangeOrderRefusal;
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::afterwards::refund;
use crate::bank::Standing;
use crate::refunds::transition;
use crate::world::{Opened, Server, Told, World, money};

/// A shop that takes its money in two steps, and a checkout of two of A.
fn shop() -> (World, Server, Opened) {
    let world = World::with(Capture::Manual);
    let server = world.server();
    let opened = world.open(&[("A", 2)]);
    (world, server, opened)
}

fn history(world: &World, opened: &Opened) -> Vec<order::Status> {
    let view = world.order_of(opened).expect("it was placed");
    view.order.events.iter().map(|event| event.to).collect()
}

#[test]
fn an_order_is_placed_before_its_money_is_taken_and_told_of_when_it_is() {
    let (world, mut server, opened) = shop();
    let told = world.complete(&server, &opened, "k", "approve");
    let view = world.order_of(&opened).expect("it was placed");
    assert_eq!(told, Told::Placed(view.order.id));
    assert_eq!((view.order.status, view.order.version), (order::Status::Paid, 2));
    assert_eq!(history(&world, &opened), [order::Status::Pending, order::Status::Paid]);
    let attempt = view.attempt.expect("it was paid");
    assert_eq!((attempt.status, attempt.captured), (payment::Status::Captured, money(2000)));
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Completed, [8, 0, 2]));
    world.settle(&mut server);
    assert_eq!(world.complete(&server, &opened, "k", "approve"), told);
    world.assert_whole();
}

#[test]
fn as_long_as_its_capture_is_unknown_an_order_is_pending_and_its_buyer_is_told_to_wait() {
    let (world, mut server, opened) = shop();
    let token = "approve lost_captures=100";
    assert_eq!(world.complete(&server, &opened, "k", token), Told::UnderWay(State::Ordered));
    let view = world.order_of(&opened).expect("it was placed");
    assert_eq!(view.order.status, order::Status::Pending);
    assert_eq!(payment_status(view.order.status, view.attempt.as_ref()), "authorized");
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Completed, [8, 0, 2]));
    // Another key finds it under way, not an order.
    let told = world.complete(&server, &opened, "k2", "approve");
    let busy = NotCompletable::InProgress;
    assert!(matches!(told, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == busy));
    // Nor can a merchant call it off whose money may be taken at this moment.
    let refused = transition(&world, view.order.id, order::Status::Cancelled);
    assert!(matches!(refused, Err(ChangeOrderRefusal::Illegal { why: order::Illegal::PaymentUnderWay, .. })));
    world.clock.pass(world.store.shop().times.complete_wait_ms);
    assert_eq!(world.complete(&server, &opened, "k", token), Told::UnderWay(State::Ordered));
    world.settle(&mut server);
    assert_eq!(world.complete(&server, &opened, "k", token), Told::Placed(view.order.id));
    let payments = world.bank.payments();
    assert_eq!(payments.values().map(|payment| payment.standing).collect::<Vec<_>>(), [Standing::Captured]);
    world.assert_whole();
}

#[test]
fn an_order_whose_money_cannot_be_taken_is_called_off_and_its_buyer_is_told_of_a_decline() {
    let (world, mut server, opened) = shop();
    let token = "approve refuses_capture=1";
    let declined = Told::Ended(Ending::Declined("capture_refused".to_owned()));
    assert_eq!(world.complete(&server, &opened, "k", token), declined);
    assert_eq!(history(&world, &opened), [order::Status::Pending, order::Status::Cancelled]);
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Completed, [10, 0, 0]));
    let view = world.order_of(&opened).expect("it was placed");
    assert_eq!(payment_status(view.order.status, view.attempt.as_ref()), "voided");
    assert_eq!(
        world.bank.payments().into_values().map(|payment| payment.standing).next(),
        Some(Standing::Voided)
    );
    world.settle(&mut server);
    assert_eq!(world.complete(&server, &opened, "k", token), declined, "told again");
    // Under another key the checkout shows what became of it.
    assert_eq!(world.complete(&server, &opened, "k2", "approve"), Told::AlreadyPlaced(view.order.id));
    world.assert_whole();
}

#[test]
fn money_that_is_gone_before_it_was_taken_calls_the_order_off() {
    let (world, mut server, opened) = shop();
    let token = "approve unheard_captures=100";
    assert_eq!(world.complete(&server, &opened, "k", token), Told::UnderWay(State::Ordered));
    assert_eq!(world.bank.voids_by_hand(), 1);
    world.settle(&mut server);
    let gone = Told::Ended(Ending::Declined("authorization_gone".to_owned()));
    assert_eq!(world.complete(&server, &opened, "k", token), gone);
    assert_eq!(history(&world, &opened), [order::Status::Pending, order::Status::Cancelled]);
    world.assert_whole();
}

#[test]
fn money_that_a_clerk_gave_back_calls_the_order_off_and_is_not_given_back_again() {
    let (world, mut server, opened) = shop();
    let token = "approve lost_captures=100";
    assert_eq!(world.complete(&server, &opened, "k", token), Told::UnderWay(State::Ordered));
    assert_eq!(world.bank.gives_back_by_hand(), 1);
    world.settle(&mut server);
    assert_eq!(world.complete(&server, &opened, "k", token), Told::Ended(Ending::NeverOrder));
    assert_eq!(world.stock("A"), [10, 0, 0]);
    world.assert_whole();
}

#[test]
fn money_of_an_order_that_was_called_off_goes_back_by_its_saga_alone() {
    let (world, mut server, opened) = shop();
    let told = world.complete(&server, &opened, "k", "approve takes_more=1 refused_refunds=12");
    assert!(matches!(told, Told::UnderWay(State::Refunding)), "{told:?}");
    let view = world.order_of(&opened).expect("it was placed");
    assert_eq!(view.order.status, order::Status::Cancelled);
    let not_paid = |refused: Result<_, ChangeOrderRefusal>| {
        let why = order::Illegal::NotRefunded;
        assert!(matches!(refused, Err(ChangeOrderRefusal::Illegal { why: told, .. }) if told == why));
    };
    let part = world.now(world.store.refund_order(refund(&world, view.order.id, "part", 100)));
    not_paid(part.expect("the store answers"));
    not_paid(transition(&world, view.order.id, order::Status::Refunded));
    world.settle(&mut server);
    let payments = world.bank.payments();
    assert_eq!(payments.values().map(|payment| payment.refunds.len()).collect::<Vec<_>>(), [1]);
    world.assert_whole();
}
