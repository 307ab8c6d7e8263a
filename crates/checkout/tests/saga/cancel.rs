//! A buyer who calls a checkout off: over at once if nothing was begun, by way of the provider if they were to act, and
//! too late where they are paying or have paid.

use std::pin::pin;

use sellonce_checkout::coordinator::Cancelled;
use sellonce_checkout::id::SecretHash;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::{NotCompletable, Status};
use sellonce_checkout::store::checkouts::CancelRefusal;
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::bank::Standing;
use crate::faults::Fault;
use crate::world::{Opened, Server, Told, World};

/// What a buyer is told who calls a checkout off.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Over(Status),
    Placed,
    UnderWay(State),
    Refused(CancelRefusal),
}

fn cancel(world: &World, server: &Server, opened: &Opened) -> Answer {
    let answer = world.now(server.coordinator.cancel(opened.id, opened.secret)).expect("the store answers");
    match answer {
        Ok(Cancelled::Over(view)) => Answer::Over(view.checkout.status),
        Ok(Cancelled::Placed(view)) => {
            assert_eq!(view.order.checkout, opened.id);
            Answer::Placed
        }
        Ok(Cancelled::UnderWay(run)) => Answer::UnderWay(run.saga.state),
        Err(refusal) => Answer::Refused(refusal),
    }
}

/// A checkout of one of A whose payment waits for its buyer.
fn waiting(capture: Capture) -> (World, Server, Opened) {
    let world = World::with(capture);
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
    (world, server, opened)
}

fn standing(world: &World) -> Standing {
    world.bank.payments().into_values().next().expect("it was charged").standing
}

#[test]
fn an_open_checkout_is_over_at_once_and_stays_over() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    for _ in 0..2 {
        assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled), "again is fine");
    }
    let told = world.complete(&server, &opened, "k", "approve");
    let over = NotCompletable::Over(Status::Cancelled);
    assert!(matches!(told, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == over));
}

#[test]
fn only_who_has_the_secret_calls_a_checkout_off() {
    let (world, server, opened) = waiting(Capture::Automatic);
    let stranger = Opened { secret: SecretHash::of(b"guessed"), ..opened.clone() };
    assert_eq!(cancel(&world, &server, &stranger), Answer::Refused(CancelRefusal::NotFound));
    assert_eq!(world.status(&opened), Status::RequiresAction);
}

#[test]
fn of_a_payment_that_waits_for_its_buyer_the_provider_is_asked_before_the_stock_goes_back() {
    for capture in Capture::ALL {
        let (world, mut server, opened) = waiting(capture);
        assert_eq!(world.stock("A"), [9, 1, 0]);
        assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled));
        assert_eq!((standing(&world), world.stock("A")), (Standing::Cancelled, [10, 0, 0]));
        assert_eq!(world.complete(&server, &opened, "k", "act"), Told::Ended(Ending::Cancelled));
        assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled));
        world.settle(&mut server);
        world.assert_whole();
    }
}

#[test]
fn as_long_as_the_provider_gives_no_answer_the_stock_is_held_and_the_buyer_is_told_so() {
    let (world, mut server, opened) = waiting(Capture::Automatic);
    world.bank.be_mute(true);
    for _ in 0..2 {
        assert_eq!(cancel(&world, &server, &opened), Answer::UnderWay(State::Cancelling));
    }
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Processing, [9, 1, 0]));
    world.bank.be_mute(false);
    world.settle(&mut server);
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Cancelled, [10, 0, 0]));
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::Ended(Ending::Cancelled));
    world.assert_whole();
}

#[test]
fn a_buyer_who_has_paid_when_they_call_it_off_has_the_order() {
    let (world, mut server, opened) = waiting(Capture::Automatic);
    assert_eq!(world.bank.buyers_act(true), 1);
    assert_eq!(cancel(&world, &server, &opened), Answer::Placed);
    assert_eq!(cancel(&world, &server, &opened), Answer::Refused(CancelRefusal::Completed));
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Completed, [9, 0, 1]));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn money_that_is_only_set_aside_when_its_buyer_calls_it_off_goes_back() {
    let (world, mut server, opened) = waiting(Capture::Manual);
    assert_eq!(world.bank.buyers_act(true), 1);
    assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled));
    assert_eq!((standing(&world), world.stock("A")), (Standing::Voided, [10, 0, 0]));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_buyer_who_failed_to_pay_and_calls_it_off_has_it_called_off() {
    let (world, mut server, opened) = waiting(Capture::Automatic);
    assert_eq!(world.bank.buyers_act(false), 1);
    assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled));
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::Ended(Ending::Cancelled));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_checkout_that_is_being_paid_cannot_be_called_off() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let told = world.complete(&server, &opened, "k", "approve lost_before=12");
    assert_eq!(told, Told::UnderWay(State::Reserved));
    assert_eq!(cancel(&world, &server, &opened), Answer::Refused(CancelRefusal::InProgress));
    world.settle(&mut server);
    assert_eq!(cancel(&world, &server, &opened), Answer::Refused(CancelRefusal::Completed));
    world.assert_whole();
}

#[test]
fn an_order_whose_money_is_being_taken_cannot_be_called_off_by_its_buyer() {
    let world = World::with(Capture::Manual);
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let told = world.complete(&server, &opened, "k", "approve lost_captures=12");
    assert_eq!(told, Told::UnderWay(State::Ordered));
    assert_eq!(cancel(&world, &server, &opened), Answer::Refused(CancelRefusal::Completed));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn the_buyers_word_goes_before_what_a_server_is_doing() {
    for fault in [Fault::StandsStillBefore, Fault::StandsStillAfter] {
        let (world, mut server, opened) = waiting(Capture::Automatic);
        let slow = world.server();
        world.clock.pass(world.store.shop().times.action_poll_ms);
        let mut claimed = world.now(slow.coordinator.claim(1)).expect("the store answers");
        let run = claimed.pop().expect("it is due");
        // It stands still at its question, with its lease.
        world.faults.plan([(1, fault)]);
        let mut driving = pin!(slow.coordinator.drive(run, world.store.now()));
        assert!(world.run(driving.as_mut()).is_none());
        assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled), "{fault:?}");
        let before = world.now(world.store.checkout(opened.id)).expect("the store answers");
        world.faults.go_on();
        let _what_it_finds = world.run(driving).expect("it goes on").expect("the store answers");
        let after = world.now(world.store.checkout(opened.id)).expect("the store answers");
        assert_eq!(after, before, "I14: it changed nothing");
        world.settle(&mut server);
        world.assert_whole();
    }
}

#[test]
fn a_buyer_who_comes_back_is_asked_for_at_once() {
    for (approve, capture) in
        [(true, Capture::Automatic), (true, Capture::Manual), (false, Capture::Automatic)]
    {
        let (world, mut server, opened) = waiting(capture);
        world.bank.buyers_act(approve);
        let told = world.complete(&server, &opened, "k", "act");
        assert!(
            matches!(told, Told::Placed(_)) == approve && told.is_final(),
            "nobody else looked: {told:?}"
        );
        assert_eq!(world.complete(&server, &opened, "k", "act"), told);
        world.settle(&mut server);
        world.assert_whole();
    }
}

#[test]
fn a_buyer_who_comes_back_again_and_again_keeps_nobody_from_finishing() {
    let (world, mut server, opened) = waiting(Capture::Automatic);
    let slow = world.server();
    world.clock.pass(world.store.shop().times.action_poll_ms);
    let mut claimed = world.now(slow.coordinator.claim(1)).expect("the store answers");
    let run = claimed.pop().expect("it is due");
    world.bank.buyers_act(true);
    world.faults.plan([(1, Fault::StandsStillAfter)]);
    let mut driving = pin!(slow.coordinator.drive(run, world.store.now()));
    assert!(world.run(driving.as_mut()).is_none());
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
    world.faults.go_on();
    let driven = world.run(driving).expect("it goes on").expect("the store answers");
    assert!(matches!(driven, sellonce_checkout::coordinator::Driven::Placed(_)), "{driven:?}");
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_cancellation_that_the_bank_makes_and_never_answers_is_asked_about() {
    for capture in Capture::ALL {
        let world = World::with(capture);
        let mut server = world.server();
        let opened = world.open(&[("A", 1)]);
        let token = "act only_tells=1";
        assert_eq!(world.complete(&server, &opened, "k", token), Told::UnderWay(State::AwaitingBuyer));
        assert_eq!(cancel(&world, &server, &opened), Answer::Over(Status::Cancelled), "{capture:?}");
        assert_eq!(standing(&world), Standing::Cancelled);
        world.settle(&mut server);
        world.assert_whole();
    }
}
