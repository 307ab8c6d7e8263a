//! Repeated requests: one effect per key, the same answer to each of its retries, and nothing for who has no right.

use sellonce_checkout::coordinator::{Complete, Completed};
use sellonce_checkout::id::SecretHash;
use sellonce_checkout::idempotency::Scope;
use sellonce_checkout::order;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::NotCompletable;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{ReserveRefusal, Target};

use crate::refunds::transition;
use crate::world::{Opened, Server, Told, Wish, World};

/// The answer to a request whose order was placed: the order, and whose answer is told again.
fn placed(world: &World, server: &Server, request: Complete) -> (OrderView, Option<String>) {
    match world.answer(server, request).expect("the store answers") {
        Ok(Completed::Placed { view, replay_of }) => (*view, replay_of),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repeated_request_is_told_the_same_order_again() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 2)]);
    let request = || world.request(&opened, "k", "approve");
    let first = request();
    let first_id = first.claim.request_id.clone();
    let (order, replay_of) = placed(&world, &server, first);
    assert_eq!(replay_of, None);
    for _ in 0..3 {
        assert_eq!(placed(&world, &server, request()), (order.clone(), Some(first_id.clone())));
    }
    assert_eq!((world.orders().len(), world.stock("A")), (1, [8, 0, 2]));
    // Whatever becomes of the order later, the answer is the one that was given.
    world.clock.pass(60_000);
    transition(&world, order.order.id, order::Status::Processing).expect("it was paid");
    transition(&world, order.order.id, order::Status::Cancelled).expect("nothing has shipped");
    world.settle(&mut server);
    assert_eq!(placed(&world, &server, request()), (order, Some(first_id)));
    world.assert_whole();
}

#[test]
fn a_repeated_request_is_told_the_same_refusal_again() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 2)]);
    let ended = |answer: Result<Completed, ReserveRefusal>| match answer {
        Ok(Completed::Ended { ending: Ending::Declined(code), replay_of }) => (code, replay_of),
        other => panic!("{other:?}"),
    };
    let ask = || {
        let request = world.request(&opened, "k", "decline");
        let id = request.claim.request_id.clone();
        (ended(world.answer(&server, request).expect("the store answers")), id)
    };
    let ((code, replay_of), first_id) = ask();
    assert_eq!((code.as_str(), replay_of), ("insufficient_funds", None));
    let ((again, replay_of), _) = ask();
    assert_eq!((again, replay_of), (code, Some(first_id)));
    assert_eq!(world.bank.payments().len(), 1, "a repetition is no second attempt");
}

#[test]
fn a_key_that_comes_with_another_body_is_refused() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert!(matches!(world.complete(&server, &opened, "k", "decline"), Told::Ended(_)));
    assert_eq!(world.complete(&server, &opened, "k", "approve"), Told::KeyReused);
    assert!(world.orders().is_empty());
    assert!(matches!(world.complete(&server, &opened, "k2", "approve"), Told::Placed(_)));
    assert_eq!(world.complete(&server, &opened, "k2", "decline"), Told::KeyReused);
}

#[test]
fn a_request_that_is_still_being_answered_is_not_begun_again() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let first = world.server();
    {
        // The first request is on its way at the bank, and its answer is slow.
        let mut under_way =
            std::pin::pin!(first.coordinator.complete(world.request(&opened, "k", "approve")));
        world.faults.plan([(2, crate::faults::Fault::StandsStillAfter)]);
        assert_eq!(world.run(under_way.as_mut()), None);
        assert_eq!(world.complete(&server, &opened, "k", "approve"), Told::InProgress);
        let other_key = world.complete(&server, &opened, "k2", "approve");
        let busy = NotCompletable::InProgress;
        assert!(
            matches!(other_key, Told::Refused(ReserveRefusal::NotCompletable { why, .. }) if why == busy)
        );
        world.clock.pass(world.store.shop().times.complete_wait_ms);
        assert_eq!(world.complete(&server, &opened, "k", "approve"), Told::UnderWay(State::Reserved));
        world.faults.go_on();
        let answer = world.run(under_way).expect("it goes on").expect("the store answers");
        assert!(matches!(Told::of(&answer), Told::Placed(_)));
    }
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
    assert_eq!(world.bank.payments().values().map(|payment| payment.asked).sum::<u32>(), 1);
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn another_key_for_what_was_ordered_shows_the_order_and_charges_nobody() {
    let world = World::new();
    let mut server = world.server();
    let opened = world.open(&[("A", 1)]);
    let Told::Placed(order) = world.complete(&server, &opened, "k", "approve") else { panic!("it was paid") };
    assert_eq!(world.complete(&server, &opened, "k2", "approve"), Told::AlreadyPlaced(order));
    assert_eq!((world.orders().len(), world.bank.payments().len()), (1, 1));
    world.settle(&mut server);
    world.assert_whole();
}

#[test]
fn long_after_its_end_a_key_shows_what_became_of_it() {
    let world = World::new();
    let server = world.server();
    let (sold, refused) = (world.open(&[("A", 1)]), world.open(&[("A", 1)]));
    let Told::Placed(order) = world.complete(&server, &sold, "k", "approve") else { panic!("it was paid") };
    let declined = world.complete(&server, &refused, "k", "decline");
    world.clock.pass(world.store.shop().times.outcome_keep_ms + 1);
    assert_eq!(world.complete(&server, &sold, "k", "approve"), Told::AlreadyPlaced(order));
    assert_eq!(world.complete(&server, &refused, "k", "decline"), declined);
    assert_eq!((world.orders().len(), world.bank.payments().len()), (1, 2));
}

#[test]
fn two_buyers_who_draw_the_same_key_are_two_buyers() {
    let world = World::new();
    let server = world.server();
    let (ada, bob) = (world.open(&[("A", 1)]), world.open(&[("A", 1)]));
    let (first, second) =
        (world.complete(&server, &ada, "k", "approve"), world.complete(&server, &bob, "k", "approve"));
    assert!(matches!((&first, &second), (Told::Placed(one), Told::Placed(two)) if one != two));
}

#[test]
fn a_refused_request_leaves_its_key_free() {
    let world = World::new();
    let server = world.server();
    let (first, second) = (world.open(&[("B", 5)]), world.open(&[("B", 5)]));
    assert!(matches!(world.complete(&server, &first, "k", "act"), Told::UnderWay(_)));
    let short = world.complete(&server, &second, "k", "approve");
    assert!(matches!(short, Told::Refused(ReserveRefusal::Shortage(_))));
    world.bank.buyers_act(false);
    let mut server = server;
    world.settle(&mut server);
    assert!(matches!(world.complete(&server, &second, "k", "approve"), Told::Placed(_)));
    world.settle(&mut server);
    world.assert_whole();
}

/// A request that opens a checkout of its own and completes it.
fn express(world: &World, lines: &[(&str, u32)], key: &str, token: &str) -> Complete {
    let open = world.opening(&Wish { lines, ..Wish::default() });
    let opened = Opened { id: open.id, secret: open.secret, total: crate::world::money(0) };
    let mut request = world.request(&opened, key, token);
    request.claim.scope = Scope::buyer(&open.buyer.email);
    request.target = Target::New(Box::new(open));
    request
}

#[test]
fn a_checkout_that_is_opened_and_completed_in_one_request_is_opened_once() {
    let world = World::new();
    let server = world.server();
    let (order, _) = placed(&world, &server, express(&world, &[("A", 2)], "k", "approve"));
    let again = express(&world, &[("A", 2)], "k", "approve");
    let Target::New(second) = &again.target else { panic!("it opens one") };
    let second = second.id;
    let (same, replay_of) = placed(&world, &server, again);
    assert_eq!((same, replay_of.is_some()), (order, true));
    assert_eq!(world.now(world.store.checkout(second)), Ok(None), "the repetition opened nothing");
    assert_eq!(world.stock("A"), [8, 0, 2]);
}

#[test]
fn a_checkout_that_cannot_be_completed_at_once_is_not_opened_either() {
    let world = World::new();
    let server = world.server();
    let request = express(&world, &[("A", 11)], "k", "approve");
    let Target::New(open) = &request.target else { panic!("it opens one") };
    let id = open.id;
    assert!(matches!(world.ask(&server, request), Told::Refused(ReserveRefusal::Shortage(_))));
    assert_eq!(world.now(world.store.checkout(id)), Ok(None));
    let unknown = world.ask(&server, express(&world, &[("NOTHING", 1)], "k", "approve"));
    assert!(matches!(unknown, Told::Refused(ReserveRefusal::Open(_))));
}

#[test]
fn who_does_not_have_the_secret_finds_nothing() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    let stranger = Opened { secret: SecretHash::of(b"guessed"), ..opened.clone() };
    assert_eq!(world.complete(&server, &stranger, "k", "approve"), Told::Refused(ReserveRefusal::NotFound));
    assert_eq!(world.stock("A"), [10, 0, 0]);
    assert!(matches!(world.complete(&server, &opened, "k", "approve"), Told::Placed(_)));
}
