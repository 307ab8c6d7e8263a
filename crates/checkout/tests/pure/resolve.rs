//! When an operator's word on a payment is taken, and what is noted of it.

use sellonce_checkout::id::{ApiKeyId, EventId, OwnerId, SagaId};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::order::change::{called_off, paid};
use sellonce_checkout::payment;
use sellonce_checkout::saga::{Resolution, State};
use sellonce_checkout::steps::resolve;
use sellonce_checkout::store::sagas::{ResolveRefusal, ResolveSaga, Resolved, Run, Saga};

use crate::order_change::{book, pending};
use crate::schedule;
use crate::{at, cents, uuid};

fn call(resolution: Resolution) -> ResolveSaga {
    ResolveSaga {
        claim: Claim {
            scope: Scope::admin(ApiKeyId(uuid(1)), "/v1/admin/sagas"),
            key: Key::parse("k").expect("a key"),
            body: BodyHash::of(b"k"),
            request_id: "req".to_owned(),
        },
        saga: SagaId(uuid(1)),
        resolution,
        actor: "key_1".to_owned(),
        reason: "the bank's statement has it".to_owned(),
        owner: OwnerId(uuid(9)),
    }
}

/// A saga whose payment has been unknown for a while, or has not.
fn run(state: State, unknown: bool) -> Run {
    let mut run = schedule::run();
    run.saga.state = state;
    run.attempt.as_mut().expect("there is something to pay").unknown_since = unknown.then(|| at(7));
    run
}

fn word(resolution: Resolution) -> Resolved {
    let (actor, reason) = ("key_1".to_owned(), "the bank's statement has it".to_owned());
    Resolved { resolution, actor, reason, at: at(20) }
}

#[test]
fn a_word_is_taken_on_a_payment_that_is_unknown_and_changes_nothing_else() {
    for state in [State::Reserved, State::AwaitingBuyer, State::Cancelling, State::Ordered] {
        for resolution in Resolution::ALL {
            let before = run(state, true);
            let after = resolve(&call(resolution), &before, at(20)).expect("its payment is unknown");
            assert_eq!(after, Saga { resolved: Some(word(resolution)), ..before.saga });
        }
    }
}

#[test]
fn a_later_word_goes_before_an_earlier_one() {
    let mut before = run(State::Cancelling, true);
    before.saga.resolved = Some(word(Resolution::GiveUp));
    let after = resolve(&call(Resolution::NotCharged), &before, at(20)).expect("it is still unknown");
    assert_eq!(after.resolved, Some(word(Resolution::NotCharged)));
}

#[test]
fn nobody_knows_better_than_a_provider_that_answers() {
    for state in [State::Reserved, State::AwaitingBuyer, State::Cancelling, State::Ordered] {
        let before = run(state, false);
        let refused = resolve(&call(Resolution::Captured), &before, at(20));
        assert_eq!(refused, Err(ResolveRefusal::NotUnknown(Box::new(before))), "{state:?}");
    }
    let free = Run { attempt: None, ..run(State::Reserved, true) };
    let refused = resolve(&call(Resolution::Captured), &free, at(20));
    assert_eq!(refused, Err(ResolveRefusal::NotUnknown(Box::new(free))), "there is nothing to pay");
}

#[test]
fn money_on_its_way_back_is_nothing_to_have_a_word_on() {
    for state in [State::Refunding, State::Voiding] {
        let before = run(state, true);
        let refused = resolve(&call(Resolution::NotCharged), &before, at(20));
        assert_eq!(refused, Err(ResolveRefusal::NotUnknown(Box::new(before))), "{state:?}");
    }
    for state in [State::Placed, State::Released] {
        let before = run(state, true);
        let refused = resolve(&call(Resolution::NotCharged), &before, at(20));
        assert_eq!(refused, Err(ResolveRefusal::Ended(Box::new(before))), "{state:?}");
    }
}

#[test]
fn of_a_late_check_that_has_no_answer_only_that_nothing_came_can_be_said() {
    let mut before = run(State::Released, true);
    before.saga.late_check = true;
    for resolution in [Resolution::Captured, Resolution::GiveUp] {
        let refused = resolve(&call(resolution), &before, at(20));
        assert_eq!(refused, Err(ResolveRefusal::Ended(Box::new(before.clone()))), "{resolution:?}");
    }
    let after = resolve(&call(Resolution::NotCharged), &before, at(20)).expect("its payment is unknown");
    let resolved = Some(word(Resolution::NotCharged));
    assert_eq!(after, Saga { resolved, late_check: false, ..before.saga.clone() });
    let mut unasked = run(State::Released, false);
    unasked.saga.late_check = true;
    let refused = resolve(&call(Resolution::NotCharged), &unasked, at(20));
    assert_eq!(
        refused,
        Err(ResolveRefusal::NotUnknown(Box::new(unasked))),
        "the provider is yet to be asked"
    );
}

#[test]
fn the_history_of_an_order_names_the_operator_on_whose_word_it_moved() {
    let mut saga = schedule::run().saga;
    assert_eq!(saga.hand(), ("engine", ""));
    saga.resolved = Some(word(Resolution::Captured));
    assert_eq!(saga.hand(), ("key_1", "the bank's statement has it"));

    let mut before = pending();
    let attempt = before.attempt.as_mut().expect("there is something to pay");
    (attempt.status, attempt.captured) = (payment::Status::Captured, cents(1000));
    let change = paid(&before, &saga, EventId(uuid(60)), at(99)).expect("it is pending");
    assert_eq!((change.events[0].actor.as_str(), change.events[0].reason.as_str()), saga.hand());

    let mut stock = book([0, 0, 3, 0], [10, 1, 2, 0]);
    let change = called_off(&pending(), &saga, EventId(uuid(60)), &mut stock, at(99)).expect("it is pending");
    assert_eq!((change.events[0].actor.as_str(), change.events[0].reason.as_str()), saga.hand());
}
