//! Every step of every flow, failing, dying and done twice: the checkout ends as it would have, whole, or not at all.
//!
//! Decides the loops over the calls of a flow. Leaves the flows to `flows`.
#![expect(clippy::print_stdout, reason = "what a failed test printed names the flow and the call")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use sellonce_checkout::coordinator::Completed;

use crate::afterwards::afterwards;
use crate::faults::Fault;
use crate::flows::{FLOWS, Flow, assert_end, begin};
use crate::stores::sample;
use crate::world::{Opened, Recovery, Server, Told, World};

/// How much of all that can be played is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Of the flows, each so-manieth meets each fault; another fault, other flows.
    pub(crate) flows: usize,
    /// Of the calls of a flow, each so-manieth is hit.
    pub(crate) calls: usize,
    /// How many random cases there are of each law.
    pub(crate) cases: u32,
}

impl Sample {
    /// Every flow with each fault at each of its calls.
    pub(crate) const ALL: Self = Self { flows: 1, calls: 1, cases: 256 };

    /// Whether no call is left out.
    fn is_all(self) -> bool {
        (self.flows, self.calls) == (1, 1)
    }
}

/// The faults after which a server either goes on or is replaced.
pub(crate) const FAULTS: [Fault; 5] =
    [Fault::DiesBefore, Fault::DiesAfter, Fault::FailsBefore, Fault::FailsAfter, Fault::Twice];

/// Plays a flow with faults at some of its calls, and asserts that it ends as it should. Tells which calls were hit,
/// and how many faults found no call any more.
fn play(flow: &Flow, recovery: Recovery, plan: &[(usize, Fault)]) -> (BTreeSet<&'static str>, usize) {
    let (mut world, opened) = begin(flow);
    world.recovery = recovery;
    let mut server = world.server();
    world.faults.plan(plan.iter().copied());
    if plan.len() != 1 {
        world.faults.watch();
    }
    let mut told = Vec::new();
    for (number, token) in flow.tokens.iter().enumerate() {
        let key = format!("key-{number}");
        told.push(insist(&world, &mut server, flow, &opened, (&key, token)));
    }
    afterwards(flow.then, &world, &mut server, &opened);
    world.settle(&mut server);
    let (hit, left) = (world.faults.hit(), world.faults.left());
    world.faults.plan([]);
    for (number, token) in flow.tokens.iter().enumerate() {
        let again = world.complete(&server, &opened, &format!("key-{number}"), token);
        assert_eq!(again, told[number], "I7: whoever was told an answer is told it again");
    }
    assert_end(flow, &world, &opened, told.last().expect("every flow has a token"));
    world.assert_whole();
    (hit, left)
}

/// A client that repeats its request under its key until it is told how it ended.
fn insist(
    world: &World,
    server: &mut Server,
    flow: &Flow,
    opened: &Opened,
    (key, token): (&str, &str),
) -> Told {
    for _ in 0..100 {
        let request = world.request(opened, key, token);
        let answer = world.serve(server, async |server: &Server| server.coordinator.complete(request).await);
        if let Some(Ok(answer)) = answer {
            let told = Told::of(&answer);
            assert!(!matches!(told, Told::Refused(_) | Told::KeyReused), "{told:?}");
            if told.is_final() {
                assert!(
                    !matches!(answer, Ok(Completed::AlreadyPlaced(_))),
                    "its own key is told its own answer"
                );
                return told;
            }
        }
        flow.act(world, server, opened);
        world.sweep(server);
        world.clock.pass(20_000);
    }
    panic!("{} is never answered", flow.name);
}

/// Plays a flow with one fault at its first call, its second, and so on until a run passes untouched.
fn at_every_call(fault: Fault, recovery: Recovery) {
    let (mut hit, sample) = (BTreeSet::new(), sample());
    let flows = FLOWS.iter().skip(fault as usize % sample.flows).step_by(sample.flows);
    for (flow, first) in flows.zip((1..=sample.calls).cycle()) {
        // With fewer than all calls, other ones in each flow.
        let mut number = first;
        loop {
            println!("{}: {fault:?} at call {number}, {recovery:?}", flow.name);
            let (own, left) = play(flow, recovery, &[(number, fault)]);
            if left > 0 {
                break;
            }
            hit.extend(own);
            number += sample.calls;
        }
        assert!(number > 4, "{} has more calls than that", flow.name);
    }
    if !sample.is_all() {
        return;
    }
    // A suite that no longer reaches a step proves nothing of it.
    for name in [
        "reserve",
        "charge",
        "place_order",
        "pay_order",
        "call_off_order",
        "release",
        "advance",
        "postpone",
        "claim_sagas",
        "take_over",
        "cancel_checkout",
        "unfinished_saga",
        "resolve_saga",
        "retry_saga",
        "find",
        "cancel",
        "capture",
        "refund",
        "transition_order",
        "refund_order",
        "ship_order",
        "return_order",
        "hear",
        "finish_late_check",
        "claim_refunds",
        "finish_refund",
        "claim_deliveries",
        "finish_delivery",
    ] {
        assert!(hit.contains(name), "no {fault:?} hit `{name}`");
    }
}

#[test]
fn every_flow_ends_as_it_should_when_nothing_goes_wrong() {
    for flow in FLOWS {
        println!("{}", flow.name);
        play(flow, Recovery::WaitsForLeases, &[]);
    }
}

#[test]
fn a_server_that_dies_before_any_step_leaves_a_clean_slate_or_one_order() {
    at_every_call(Fault::DiesBefore, Recovery::EndsLeases);
}

#[test]
fn a_server_that_dies_after_any_step_leaves_a_clean_slate_or_one_order() {
    at_every_call(Fault::DiesAfter, Recovery::EndsLeases);
}

#[test]
fn one_of_several_servers_that_dies_before_any_step_is_followed_by_another() {
    at_every_call(Fault::DiesBefore, Recovery::WaitsForLeases);
}

#[test]
fn one_of_several_servers_that_dies_after_any_step_is_followed_by_another() {
    at_every_call(Fault::DiesAfter, Recovery::WaitsForLeases);
}

#[test]
fn a_call_that_fails_without_effect_is_made_again() {
    at_every_call(Fault::FailsBefore, Recovery::WaitsForLeases);
}

#[test]
fn a_call_that_fails_in_spite_of_its_effect_has_it_once() {
    at_every_call(Fault::FailsAfter, Recovery::WaitsForLeases);
}

#[test]
fn a_step_that_is_done_twice_has_its_effect_once() {
    at_every_call(Fault::Twice, Recovery::WaitsForLeases);
}

/// Plays every flow with a server that dies at each of its calls, and the one in its place at a later one.
fn at_every_call_and_again(first: Fault, second: Fault) {
    let sample = sample();
    let flows = FLOWS.iter().skip(first as usize % sample.flows).step_by(sample.flows);
    for (flow, offset) in flows.zip((1..=sample.calls).cycle()) {
        for number in (offset..).step_by(sample.calls) {
            // The second one dies at some call after the first one did, further away the later that was.
            let plan = [(number, first), (number + 1 + number % 5, second)];
            println!("{}: {plan:?}", flow.name);
            let (_, left) = play(flow, Recovery::EndsLeases, &plan);
            if left == plan.len() {
                break;
            }
        }
    }
}

#[test]
fn a_server_that_dies_while_it_clears_up_after_what_was_not_done_is_no_worse() {
    at_every_call_and_again(Fault::DiesBefore, Fault::DiesAfter);
}

#[test]
fn a_server_that_dies_while_it_clears_up_after_what_was_done_is_no_worse() {
    at_every_call_and_again(Fault::DiesAfter, Fault::DiesBefore);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(sample().cases))]

    /// Up to six faults, so that a buyer's hold does not run out over the repairs.
    #[test]
    fn any_faults_at_any_calls_leave_a_clean_slate_or_one_order(
        flow in prop::sample::select(FLOWS),
        alone: bool,
        plan in prop::collection::vec((1..40_usize, prop::sample::select(&FAULTS[..])), 1..=6),
    ) {
        let recovery = if alone { Recovery::EndsLeases } else { Recovery::WaitsForLeases };
        play(&flow, recovery, &plan);
    }
}
