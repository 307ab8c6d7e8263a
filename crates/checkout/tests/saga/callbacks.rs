//! Callbacks of the bank: each heard once, each a hint, and no money kept that comes after the end.

use std::pin::Pin;

use sellonce_checkout::callback::Heard;
use sellonce_checkout::coordinator::Driven;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::limits::CALLBACK_KEEP_MS;
use sellonce_checkout::order;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::Status;
use sellonce_checkout::store::Failure;

use crate::afterwards;
use crate::bank::Standing;
use crate::faults::Fault;
use crate::world::{Opened, Server, Told, World};

/// A checkout of one of A whose payment waits for its buyer.
fn waiting(capture: Capture) -> (World, Server, Opened, String) {
    let world = World::with(capture);
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
    let key = world.bank.payments().into_keys().next().expect("it was charged");
    (world, server, opened, key)
}

/// A shop, one of whose checkouts has ended, for its payment was declined.
fn declined() -> (World, Server, String) {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert!(matches!(world.complete(&server, &opened, "k", "decline"), Told::Ended(_)));
    let key = world.bank.payments().into_keys().next().expect("it was charged");
    (world, server, key)
}

/// Takes a saga that is due, and asks the bank; then stands still with the answer.
fn stands_still<'a>(
    world: &World,
    slow: &'a Server,
) -> Pin<Box<dyn Future<Output = Result<Driven, Failure>> + 'a>> {
    let run = world.now(slow.coordinator.claim(1)).expect("the store answers").pop().expect("it is due");
    world.faults.plan([(1, Fault::StandsStillAfter)]);
    let mut driving: Pin<Box<dyn Future<Output = _>>> =
        Box::pin(slow.coordinator.drive(run, world.store.now()));
    assert!(world.run(driving.as_mut()).is_none());
    driving
}

fn hear(world: &World, server: &Server, attempt_key: &str, id: &str) -> Heard {
    let callback = world.callback(attempt_key, id);
    world.now(server.coordinator.hear(callback)).expect("the store answers")
}

#[test]
fn a_callback_wakes_the_saga_and_decides_nothing() {
    for capture in Capture::ALL {
        let (world, mut server, opened, key) = waiting(capture);
        let claimed =
            |server: &Server| world.now(server.coordinator.claim(10)).expect("the store answers").len();
        assert_eq!(claimed(&server), 0, "it is not due yet");
        // Nobody has paid, whatever the callback says: the bank is asked, and the saga waits on.
        assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
        world.sweep(&mut server);
        assert_eq!(world.status(&opened), Status::RequiresAction);
        world.bank.buyers_act(true);
        assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Duplicate, "the same one again wakes nobody");
        assert_eq!(claimed(&server), 0);
        assert_eq!(hear(&world, &server, &key, "cb-2"), Heard::Woken);
        world.sweep(&mut server);
        assert_eq!(world.order_of(&opened).map(|view| view.order.status), Some(order::Status::Paid));
        assert_eq!(hear(&world, &server, &key, "cb-2"), Heard::Duplicate);
        assert_eq!(hear(&world, &server, &key, "cb-3"), Heard::Settled);
        world.settle(&mut server);
        world.assert_whole();
    }
}

#[test]
fn a_callback_that_names_nothing_of_ours_is_heard_and_changes_nothing() {
    let (world, server, opened, key) = waiting(Capture::Automatic);
    let stranger = SagaId(sellonce_checkout::id::Uuid::from_u128(4711)).attempt_key();
    for (attempt_key, id) in [(stranger.as_str(), "cb-1"), ("pay_nonsense", "cb-2"), ("", "cb-3")] {
        for _ in 0..2 {
            assert_eq!(hear(&world, &server, attempt_key, id), Heard::UnknownReference);
        }
    }
    let mut elsewhere = world.callback(&key, "cb-4");
    elsewhere.provider = "another".to_owned();
    let heard = world.now(server.coordinator.hear(elsewhere)).expect("the store answers");
    assert_eq!(heard, Heard::UnknownReference, "only the provider of a payment has a say");
    assert_eq!(world.status(&opened), Status::RequiresAction);
    // Ids are a provider's own: the same one from the right provider is heard.
    assert_eq!(hear(&world, &server, &key, "cb-4"), Heard::Woken);
}

#[test]
fn a_callback_leaves_a_lease_alone_and_has_the_saga_run_right_after() {
    let (world, mut server, opened, key) = waiting(Capture::Automatic);
    let slow = world.server();
    world.clock.pass(world.store.shop().times.action_poll_ms);
    // It has asked the bank, and stands still with the answer; then the buyer acts, and the bank calls back.
    let mut driving = stands_still(&world, &slow);
    world.bank.buyers_act(true);
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    world.sweep(&mut server);
    assert_eq!(world.status(&opened), Status::RequiresAction, "whoever has it keeps it");
    world.faults.go_on();
    let _waits = world.run(driving.as_mut()).expect("it goes on").expect("the store answers");
    world.sweep(&mut server);
    assert_eq!(world.status(&opened), Status::Completed, "it is not left until the next poll");
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn money_that_was_taken_after_the_end_goes_back_once_however_often_it_is_told() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let declined = Told::Ended(Ending::Declined("insufficient_funds".to_owned()));
    assert_eq!(world.complete(&server, &opened, "k", "decline"), declined);
    let [key] = world.bank.takes_late().try_into().expect("one payment");
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Duplicate);
    assert_eq!(hear(&world, &server, &key, "cb-2"), Heard::Woken);
    world.settle(&mut server);
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Duplicate);
    assert_eq!(hear(&world, &server, &key, "cb-3"), Heard::Settled);
    let payments = world.bank.payments();
    let refunds: Vec<_> = payments.values().map(|payment| payment.refunds.len()).collect();
    assert_eq!(refunds, [1]);
    assert_eq!(world.complete(&server, &opened, "k", "decline"), declined, "nothing is revived");
    assert!(matches!(world.complete(&server, &opened, "k2", "approve"), Told::Placed(_)));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_late_check_that_has_no_answer_is_made_again_until_it_has_one() {
    let (world, mut server, key) = declined();
    assert_eq!(world.bank.takes_late(), std::slice::from_ref(&key));
    world.bank.be_mute(true);
    // It is heard while the bank is silent, and the bank takes it for heard: it does not call back again.
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    let times = world.store.shop().times;
    let stuck = |world: &World| world.now(world.store.stuck_sagas(None, 10)).expect("the store answers").rows;
    let asked_since = world.store.now();
    while stuck(&world).is_empty() {
        world.clock.pass(times.retry_ms_max);
        world.sweep(&mut server);
    }
    assert!(world.store.now().ms_since(asked_since) >= times.stuck_ms, "it may still be answered until then");
    let listed = stuck(&world);
    let [listed] = listed.try_into().expect("an operator sees it");
    assert_eq!((listed.run.saga.state, listed.run.saga.late_check), (State::Released, true));
    assert_eq!(listed.problem, "no answer");
    world.bank.be_mute(false);
    let retried = world.now(server.coordinator.retry(listed.run.saga.id)).expect("the store answers");
    assert!(retried.is_ok(), "{retried:?}");
    world.settle(&mut server);
    assert_eq!(stuck(&world), []);
    let kept: Vec<_> = world.bank.payments().values().map(|payment| payment.kept_minor()).collect();
    assert_eq!(kept, [0]);
    world.assert_whole();
}

#[test]
fn two_servers_that_make_the_same_late_check_start_one_refund() {
    let (world, mut server, key) = declined();
    assert_eq!(world.bank.takes_late(), std::slice::from_ref(&key));
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    // One of them has asked the bank and stands still until its lease has run out; the other one asks then, too.
    let slow = world.server();
    let mut checking = stands_still(&world, &slow);
    world.clock.pass(world.store.shop().times.lease_ms);
    world.sweep(&mut server);
    world.faults.go_on();
    let driven = world.run(checking.as_mut()).expect("it goes on").expect("the store answers");
    assert!(matches!(driven, Driven::Released(_)), "{driven:?}");
    world.settle(&mut server);
    let payments = world.bank.payments();
    assert_eq!(payments.values().map(|payment| payment.refunds.len()).collect::<Vec<_>>(), [1]);
    world.assert_whole();
}

#[test]
fn a_hint_that_comes_during_a_late_check_is_not_lost_with_its_answer() {
    let (world, mut server, key) = declined();
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    // The bank has said that nothing came; then it takes the money, and calls back while the answer is on its way.
    let slow = world.server();
    let mut checking = stands_still(&world, &slow);
    assert_eq!(world.bank.takes_late(), std::slice::from_ref(&key));
    assert_eq!(hear(&world, &server, &key, "cb-2"), Heard::Woken);
    world.faults.go_on();
    let _released = world.run(checking.as_mut()).expect("it goes on").expect("the store answers");
    world.settle(&mut server);
    let kept: Vec<_> = world.bank.payments().values().map(|payment| payment.kept_minor()).collect();
    assert_eq!(kept, [0]);
    world.assert_whole();
}

#[test]
fn a_hint_that_comes_between_the_banks_last_answer_and_the_end_is_not_lost_with_it() {
    let (world, mut server, opened, key) = waiting(Capture::Automatic);
    world.bank.buyers_act(false);
    let slow = world.server();
    world.clock.pass(world.store.shop().times.action_poll_ms);
    // The bank has said that it is declined; then it takes the money all the same, and calls back once.
    let mut driving = stands_still(&world, &slow);
    assert_eq!(world.bank.takes_late(), std::slice::from_ref(&key));
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    world.faults.go_on();
    let _released = world.run(driving.as_mut()).expect("it goes on").expect("the store answers");
    assert_eq!(world.status(&opened), Status::Open);
    world.settle(&mut server);
    let kept: Vec<_> = world.bank.payments().values().map(|payment| payment.kept_minor()).collect();
    assert_eq!(kept, [0]);
    world.assert_whole();
}

#[test]
fn the_refund_of_a_late_capture_is_asked_for_until_it_is_made_and_an_operator_sees_it_refused() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let token = "decline refused_refunds=3 more=5";
    assert!(matches!(world.complete(&server, &opened, "k", token), Told::Ended(_)));
    let [key] = world.bank.takes_late().try_into().expect("one payment");
    assert_eq!(afterwards::hear(&world, &mut server, &key, "cb-1"), Heard::Woken);
    world.sweep(&mut server);
    assert!(
        !world.now(world.store.audit()).expect("the store answers").findings.iter().any(|f| f.violated > 0)
    );
    world.settle(&mut server);
    let payments = world.bank.payments();
    let payment = payments.values().next().expect("it was charged");
    assert_eq!(
        (payment.kept_minor(), payment.refunds.len()),
        (0, 1),
        "all that the bank took, whatever that is"
    );
    world.assert_whole();
}

#[test]
fn what_the_bank_only_holds_after_the_end_is_given_back() {
    // The hold ran out while the bank's answers were lost; it was cancelled, and then set aside against its word.
    let world = World::with(Capture::Manual);
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert!(matches!(world.complete(&server, &opened, "k", "decline"), Told::Ended(_)));
    let [key] = world.bank.sets_aside_late().try_into().expect("one payment");
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    world.sweep(&mut server);
    let standings: Vec<_> = world.bank.payments().into_values().map(|payment| payment.standing).collect();
    assert_eq!(standings, [Standing::Voided]);
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn a_callback_is_kept_for_a_week_and_then_forgotten() {
    let (world, server, _, key) = waiting(Capture::Automatic);
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
    let forget = || world.now(server.coordinator.forget_callbacks()).expect("the store answers");
    world.clock.pass(CALLBACK_KEEP_MS);
    assert_eq!(hear(&world, &server, &key, "cb-2"), Heard::Woken);
    assert_eq!((forget(), hear(&world, &server, &key, "cb-1")), (0, Heard::Duplicate));
    world.clock.pass(1);
    assert_eq!(forget(), 1);
    assert_eq!(hear(&world, &server, &key, "cb-2"), Heard::Duplicate, "the younger one is still known");
    assert_eq!(hear(&world, &server, &key, "cb-1"), Heard::Woken);
}
