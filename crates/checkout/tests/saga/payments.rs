//! Payments whose outcome is unknown, late, of another amount or only set aside: never guessed, never kept for nothing.

use sellonce_checkout::clock::Clock;
use sellonce_checkout::coordinator::Completed;
use sellonce_checkout::order;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::Status;

use crate::bank::Standing;
use crate::world::{Told, World};

/// Completes a checkout of one unit with a token, and lets everything come to rest.
fn played(token: &str) -> (World, Told) {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let told = world.complete(&server, &opened, "k", token);
    if matches!(told, Told::UnderWay(_)) {
        world.settle(&mut server);
    }
    let told = world.complete(&server, &opened, "k", token);
    world.settle(&mut server);
    world.assert_whole();
    assert!(told.is_final(), "{token}: {told:?}");
    let ordered = matches!(told, Told::Placed(_));
    assert_eq!(world.orders().len(), usize::from(ordered), "{token}");
    let status = world.status(&opened);
    let expected = if ordered {
        Status::Completed
    } else if told == Told::Ended(Ending::Expired) {
        Status::Expired
    } else {
        Status::Open
    };
    assert_eq!(status, expected, "{token}");
    (world, told)
}

#[test]
fn an_unknown_payment_is_asked_for_until_it_is_known() {
    let check = |token: &str, ordered: bool| {
        let (world, told) = played(token);
        let declined = Told::Ended(Ending::Declined("insufficient_funds".to_owned()));
        assert_eq!(matches!(told, Told::Placed(_)), ordered, "{token}: {told:?}");
        assert!(ordered || told == declined, "{token}: {told:?}");
        assert_eq!(world.bank.payments().len(), 1, "{token}: always under one key");
    };
    check("approve lost_before=1", true);
    check("approve lost_after=1", true);
    check("approve lost_before=2 lost_after=2", true);
    check("approve lost_before=8", true);
    check("approve lost_after=9 silent_ms=8000", true);
    check("decline lost_before=1", false);
    check("decline lost_after=1", false);
    check("decline lost_before=3 lost_after=6", false);
    check("approve slow_ms=8000", true);
    check("decline slow_ms=8000", false);
}

#[test]
fn a_payment_that_stays_unknown_is_cancelled_at_the_provider_before_its_stock_goes_back() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let told = world.complete(&server, &opened, "k", "approve lost_before=1000");
    assert_eq!(told, Told::UnderWay(State::Reserved));
    let hold_ms = world.store.shop().times.hold_ms;
    world.clock.pass(hold_ms / 2);
    world.sweep(&mut server);
    assert_eq!(world.stock("A"), [9, 1, 0], "held as long as nobody knows");
    world.settle(&mut server);
    assert_eq!(
        world.complete(&server, &opened, "k", "approve lost_before=1000"),
        Told::Ended(Ending::Expired)
    );
    let standings: Vec<_> = world.bank.payments().into_values().map(|payment| payment.standing).collect();
    assert_eq!(standings, [Standing::Cancelled], "a charge that is still on its way is never made");
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Expired, [10, 0, 0]));
    world.assert_whole();
}

#[test]
fn a_payment_that_was_made_after_all_when_its_cancellation_is_asked_for_is_an_order() {
    let (world, told) = played("approve lost_after=1000000");
    assert!(matches!(told, Told::Placed(_)), "{told:?}");
    assert_eq!(world.stock("A"), [9, 0, 1]);
}

#[test]
fn a_payment_that_was_declined_after_all_when_its_cancellation_is_asked_for_is_none() {
    let (world, told) = played("decline lost_after=1000000");
    assert!(matches!(told, Told::Ended(Ending::Declined(_))), "{told:?}");
    assert_eq!(world.stock("A"), [10, 0, 0]);
}

#[test]
fn of_a_provider_that_never_answers_nothing_is_guessed_and_an_operator_sees_it() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    world.bank.be_mute(true);
    assert_eq!(world.complete(&server, &opened, "k", "approve"), Told::UnderWay(State::Reserved));
    let times = world.store.shop().times;
    let stuck = || world.now(world.store.stuck_sagas(None, 10)).expect("the store answers").rows;
    for _ in 0..60 {
        world.clock.pass(times.retry_ms_max);
        world.sweep(&mut server);
    }
    assert_eq!(world.stock("A"), [9, 1, 0], "after an hour its stock is still held");
    let listed = stuck();
    let [only] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((only.run.saga.state, only.problem.as_str()), (State::Cancelling, "no answer"));
    assert!(world.now(world.store.audit()).expect("the store answers").ok(), "it hangs, and it is known why");
    // The provider comes back, and says that it had made the charge at the first asking.
    world.bank.be_mute(false);
    world.settle(&mut server);
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    assert!(stuck().is_empty());
    world.assert_whole();
}

#[test]
fn money_of_another_amount_goes_back_and_is_no_order() {
    for token in ["approve more=1", "approve more=-1", "approve more=100000", "approve more=1 lost_refunds=3"]
    {
        let (world, told) = played(token);
        assert_eq!(told, Told::Ended(Ending::NeverOrder), "{token}");
        let payments = world.bank.payments();
        let payment = payments.values().next().expect("it was charged");
        assert_eq!((payment.standing, payment.kept_minor()), (Standing::Captured, 0), "{token}");
        assert_eq!((payment.refunds.len(), world.stock("A")), (1, [10, 0, 0]), "{token}: given back once");
    }
}

#[test]
fn a_refund_that_the_provider_refuses_is_asked_for_again_until_it_is_made() {
    let (world, told) = played("approve more=1 refused_refunds=5");
    assert_eq!(told, Told::Ended(Ending::NeverOrder));
    assert_eq!(world.bank.payments().values().map(|payment| payment.kept_minor()).sum::<i64>(), 0);
}

#[test]
fn stock_does_not_wait_for_money_that_goes_back() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let told = world.complete(&server, &opened, "k", "approve more=1 refused_refunds=1000");
    assert_eq!((told, world.stock("A")), (Told::UnderWay(State::Refunding), [10, 0, 0]));
    // The bank's clerk gives it back by hand; the saga sees it and does not give it back again.
    assert_eq!(world.bank.gives_back_by_hand(), 1);
    world.settle(&mut server);
    let told = world.complete(&server, &opened, "k", "approve more=1 refused_refunds=1000");
    assert_eq!(told, Told::Ended(Ending::NeverOrder));
    world.assert_whole();
}

#[test]
fn each_step_has_pauses_of_its_own() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    let began = world.clock.now();
    let told = world.complete(&server, &opened, "k", "approve lost_before=5 more=1 lost_refunds=1");
    assert_eq!(told, Told::Ended(Ending::NeverOrder));
    // Five pauses that double from a fifth of a second, and one that begins anew.
    assert_eq!(world.clock.now().ms_since(began), 200 + 400 + 800 + 1_600 + 3_200 + 200);
}

#[test]
fn a_payment_is_unknown_since_an_instant_until_it_is_known() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let token = "approve lost_before=11";
    assert_eq!(world.complete(&server, &opened, "k", token), Told::UnderWay(State::Reserved));
    let since = world.clock.now();
    world.clock.pass(60_000);
    match world.answer(&server, world.request(&opened, "k", token)) {
        Ok(Ok(Completed::UnderWay(run))) => {
            assert_eq!(run.attempt.and_then(|attempt| attempt.unknown_since), Some(since));
            assert_eq!(run.saga.tries, 1, "the next pause is longer");
        }
        other => panic!("{other:?}"),
    }
    world.settle(&mut server);
    let attempt = world.order_of(&opened).and_then(|view| view.attempt).expect("it was paid");
    assert_eq!(attempt.unknown_since, None);
    world.assert_whole();
}

#[test]
fn a_payment_that_has_been_unknown_for_long_is_shown_to_an_operator() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    world.bank.be_mute(true);
    world.complete(&server, &opened, "k", "approve");
    let times = world.store.shop().times;
    let unknown_since = world.clock.now();
    let mut listed_at = None;
    while listed_at.is_none() {
        world.clock.pass(times.sweep_ms);
        world.sweep(&mut server);
        let stuck = world.now(world.store.stuck_sagas(None, 10)).expect("the store answers").rows;
        listed_at = stuck.first().map(|stuck| stuck.since.ms_since(unknown_since));
        assert!(
            world.clock.now().ms_since(unknown_since) < times.stuck_ms + times.hold_ms,
            "nobody ever sees it"
        );
    }
    let late = times.retry_ms_max + times.complete_wait_ms + times.sweep_ms;
    assert!(
        listed_at.is_some_and(|after| (times.stuck_ms..times.stuck_ms + late).contains(&after)),
        "{listed_at:?}"
    );
}

#[test]
fn money_that_is_only_set_aside_goes_back_and_is_no_order() {
    for token in ["authorize", "authorize lost_before=1", "authorize lost_after=1", "authorize more=1"] {
        let (world, told) = played(token);
        assert_eq!(told, Told::Ended(Ending::NeverOrder), "{token}");
        let standings: Vec<_> = world.bank.payments().into_values().map(|payment| payment.standing).collect();
        assert_eq!((standings, world.stock("A")), (vec![Standing::Voided], [10, 0, 0]), "{token}");
    }
}

#[test]
fn money_that_was_set_aside_without_our_knowing_goes_back_when_the_hold_is_over() {
    let (world, told) = played("authorize lost_after=1000000");
    assert_eq!(told, Told::Ended(Ending::Expired));
    let standings: Vec<_> = world.bank.payments().into_values().map(|payment| payment.standing).collect();
    assert_eq!((standings, world.stock("A")), (vec![Standing::Voided], [10, 0, 0]));
}

#[test]
fn a_buyer_who_acts_in_time_has_the_order_and_one_who_fails_has_none() {
    for (approve, status) in [(true, Status::Completed), (false, Status::Open)] {
        let world = World::new();
        let mut server = world.server();
        let opened = world.open(&[("A", 1)]);
        assert_eq!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
        world.clock.pass(world.store.shop().times.hold_ms - 30_000);
        world.sweep(&mut server);
        assert_eq!(world.status(&opened), Status::RequiresAction);
        assert_eq!(world.bank.buyers_act(approve), 1);
        world.settle(&mut server);
        assert_eq!(world.status(&opened), status);
        world.assert_whole();
    }
}

#[test]
fn a_buyer_who_must_act_is_answered_at_once_and_is_no_unknown_payment() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let began = world.clock.now();
    let request = || world.request(&opened, "k", "act");
    assert_eq!(world.ask(&server, request()), Told::UnderWay(State::AwaitingBuyer));
    assert_eq!(world.clock.now(), began, "nobody waits for a buyer");
    for _ in 0..20 {
        world.clock.pass(world.store.shop().times.action_poll_ms);
        world.sweep(&mut server);
    }
    match world.answer(&server, request()) {
        Ok(Ok(Completed::UnderWay(run))) => {
            let unknown_since = run.attempt.and_then(|attempt| attempt.unknown_since);
            assert_eq!((unknown_since, run.saga.tries), (None, 0));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hold_is_over_at_its_instant() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
    world.clock.pass(world.store.shop().times.hold_ms - 1);
    world.sweep(&mut server);
    assert_eq!((world.status(&opened), world.stock("A")), (Status::RequiresAction, [9, 1, 0]));
    world.clock.pass(1);
    world.sweep(&mut server);
    assert_eq!((world.status(&opened), world.stock("A")), (Status::Expired, [10, 0, 0]));
}

#[test]
fn the_hold_of_a_buyer_who_never_acts_runs_out() {
    let (world, told) = played("act");
    assert_eq!(told, Told::Ended(Ending::Expired));
    assert_eq!(world.stock("A"), [10, 0, 0]);
}

#[test]
fn a_buyer_who_acts_at_the_last_moment_has_the_order_although_the_hold_is_over() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert_eq!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(State::AwaitingBuyer));
    world.clock.pass(world.store.shop().times.hold_ms + 1);
    world.bank.buyers_act(true);
    world.settle(&mut server);
    assert_eq!(world.order_of(&opened).map(|view| view.order.status), Some(order::Status::Paid));
    world.assert_whole();
}

#[test]
fn a_provider_that_is_switched_off_leaves_the_stock_held_until_it_is_back() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    let mut request = world.request(&opened, "k", "approve");
    if let Some(payment) = request.payment.as_mut() {
        payment.provider = "abacus".to_owned();
    }
    assert_eq!(world.ask(&server, request), Told::UnderWay(State::Reserved));
    assert_eq!(world.stock("A"), [9, 1, 0]);
    let mut server = server;
    for _ in 0..40 {
        world.clock.pass(world.store.shop().times.retry_ms_max);
        world.sweep(&mut server);
    }
    let stuck = world.now(world.store.stuck_sagas(None, 10)).expect("the store answers").rows;
    let problems: Vec<_> = stuck.iter().map(|stuck| stuck.problem.as_str()).collect();
    assert_eq!(problems, ["payment provider `abacus` is not switched on"]);
    assert!(world.now(world.store.audit()).expect("the store answers").ok());
}
