//! Leases and fences: a server that stood still while another one took over changes nothing, and tells what the other
//! one made of it.

use std::pin::pin;

use sellonce_checkout::coordinator::Driven;
use sellonce_checkout::saga::State;
use sellonce_checkout::store::sagas::{Advance, From, Moved, PaymentNews, Postpone, Release};

use crate::faults::Fault;
use crate::flows::{FLOWS, Flow, Then, assert_end, begin};
use crate::stores::sample;
use crate::world::{Opened, Told, World};

/// A server that stands still at a call of its first request, and what it tells when it goes on: after its lease ran
/// out and another one brought the saga to its end. `None` if the request has no such call.
fn stood_still(flow: &Flow, (world, opened): &(World, Opened), number: usize, fault: Fault) -> Option<Told> {
    let (slow, mut quick) = (world.server(), world.server());
    let token = flow.first_token();
    let mut request = pin!(slow.coordinator.complete(world.request(opened, "key-0", token)));
    world.faults.plan([(number, fault)]);
    if world.run(request.as_mut()).is_some() {
        return None;
    }
    assert!(world.faults.stands_still());
    world.clock.pass(world.store.shop().times.lease_ms);
    world.sweep(&mut quick);
    flow.act(world, &mut quick, opened);
    world.settle(&mut quick);
    let before = (world.orders(), world.bank.payments().len());
    world.faults.go_on();
    let told = world.run(request).expect("it goes on").expect("the store answers");
    assert_eq!((world.orders(), world.bank.payments().len()), before, "I14: it changed nothing");
    world.settle(&mut quick);
    world.assert_whole();
    Some(Told::of(&told))
}

#[test]
fn a_server_that_stood_still_at_any_step_tells_what_the_other_one_made_of_it() {
    let sample = sample();
    let flows = FLOWS.iter().filter(|flow| flow.has_one_answer()).step_by(sample.flows);
    for (flow, offset) in flows.zip((0..sample.calls).cycle()) {
        // Before its first call nobody else knows of the request, so there is nothing to take over.
        for (fault, first) in [(Fault::StandsStillBefore, 2), (Fault::StandsStillAfter, 1)] {
            for number in (first + offset..).step_by(sample.calls) {
                println!("{}: {fault:?} at call {number}", flow.name);
                let town = begin(flow);
                let Some(told) = stood_still(flow, &town, number, fault) else { break };
                let (world, opened) = &town;
                if fault == Fault::StandsStillAfter && world.faults.hit().contains("postpone") {
                    // It had let go of the saga before it stood still, and tells how it was then.
                    assert!(matches!(told, Told::UnderWay(_)), "{told:?}");
                } else {
                    assert_end(flow, world, opened, &told);
                }
                let again = world.complete(&world.server(), opened, "key-0", flow.first_token());
                assert_end(flow, world, opened, &again);
            }
        }
    }
}

/// A saga under way of a server whose lease ran out, and the fence of the one that took it over.
fn taken_over(world: &World) -> (From, From) {
    let (slow, quick) = (world.server(), world.server());
    let opened = world.open(&[("A", 1)]);
    let told = world.complete(&slow, &opened, "k", "act");
    assert_eq!(told, Told::UnderWay(State::AwaitingBuyer));
    world.clock.pass(world.store.shop().times.action_poll_ms);
    let claim = |server: &crate::world::Server| {
        let mut runs = world.now(server.coordinator.claim(10)).expect("the store answers");
        let saga = runs.pop()?.saga;
        Some(From { saga: saga.id, state: saga.state, fence: saga.fence })
    };
    let old = claim(&slow).expect("it is due");
    assert_eq!(claim(&quick), None, "its lease runs");
    world.clock.pass(world.store.shop().times.lease_ms - 1);
    assert_eq!(claim(&quick), None, "its lease still runs");
    world.clock.pass(1);
    let new = claim(&quick).expect("its lease ran out");
    assert_eq!((new.saga, new.fence), (old.saga, old.fence + 1));
    (old, new)
}

#[test]
fn a_hand_that_lost_the_saga_moves_nothing() {
    let world = World::new();
    let (old, new) = taken_over(&world);
    let advance = |from| Advance {
        from,
        to: State::Cancelling,
        payment: PaymentNews::default(),
        action_url: None,
        ending: None,
    };
    let release = |from| Release {
        from,
        payment: PaymentNews::default(),
        ending: sellonce_checkout::saga::Ending::Expired,
        to: State::Released,
    };
    let postpone = |from| Postpone {
        from,
        next_run_at: sellonce_checkout::clock::Timestamp::from_millis(0),
        unknown: true,
        problem: "late".to_owned(),
    };
    let before = world.now(world.store.saga(old.saga)).expect("the store answers");
    let elsewhere = From { state: State::Reserved, ..new };
    for from in [old, elsewhere] {
        assert_eq!(world.now(world.store.advance(advance(from))), Ok(Moved::Lost));
        assert_eq!(world.now(world.store.release(release(from))), Ok(Moved::Lost));
        assert_eq!(world.now(world.store.postpone(postpone(from))), Ok(Moved::Lost));
    }
    assert_eq!(world.now(world.store.saga(old.saga)).expect("the store answers"), before);
    assert!(matches!(world.now(world.store.advance(advance(new))), Ok(Moved::Done(_))));
    // The move is made; made again, it is lost, for the saga has gone on.
    assert_eq!(world.now(world.store.advance(advance(new))), Ok(Moved::Lost));
}

#[test]
fn a_saga_has_one_hand_at_a_time() {
    let world = World::new();
    let (slow, quick) = (world.server(), world.server());
    let opened = world.open(&[("A", 1)]);
    assert!(matches!(world.complete(&slow, &opened, "k", "approve lost_before=1000"), Told::UnderWay(_)));
    world.clock.pass(60_000);
    let claimed =
        |server: &crate::world::Server| world.now(server.coordinator.claim(10)).map(|runs| runs.len());
    assert_eq!((claimed(&slow), claimed(&quick), claimed(&slow)), (Ok(1), Ok(0), Ok(0)));
}

#[test]
fn a_saga_is_left_alone_until_its_pause_is_over() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 1)]);
    assert!(matches!(world.complete(&server, &opened, "k", "act"), Told::UnderWay(_)));
    let claimed = || world.now(server.coordinator.claim(10)).map(|runs| runs.len());
    assert_eq!(claimed(), Ok(0));
    world.clock.pass(world.store.shop().times.action_poll_ms - 1);
    assert_eq!(claimed(), Ok(0));
    world.clock.pass(1);
    assert_eq!(claimed(), Ok(1));
}

#[test]
fn whoever_loses_the_saga_while_driving_it_says_how_it_ended() {
    let world = World::new();
    let (slow, mut quick) = (world.server(), world.server());
    let opened = world.open(&[("A", 1)]);
    assert!(matches!(world.complete(&slow, &opened, "k", "approve lost_before=6"), Told::UnderWay(_)));
    world.clock.pass(60_000);
    let mut claimed = world.now(slow.coordinator.claim(10)).expect("the store answers");
    let run = claimed.pop().expect("it is due");
    world.clock.pass(world.store.shop().times.lease_ms);
    world.settle(&mut quick);
    let until = world.store.now();
    let driven = world.now(slow.coordinator.drive(run, until)).expect("the store answers");
    let Driven::Placed(view) = driven else { panic!("{driven:?}") };
    assert_eq!(world.order_of(&opened).map(|order| order.order.id), Some(view.order.id));
    world.assert_whole();
}

impl Flow {
    /// Whether its first request is told how the flow ends.
    fn has_one_answer(&self) -> bool {
        self.tokens.len() == 1 && self.then == Then::Nothing
    }
}
