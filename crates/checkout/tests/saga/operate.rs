//! What an operator does about a saga that hangs: has it run at once, or says how its payment stands.

use sellonce_checkout::callback::Heard;
use sellonce_checkout::coordinator::{Driven, ResolutionOutcome, Resolve};
use sellonce_checkout::id::SagaId;
use sellonce_checkout::order;
use sellonce_checkout::payment::{self, Capture};
use sellonce_checkout::saga::{Ending, Resolution, State};
use sellonce_checkout::session::Status;
use sellonce_checkout::store::sagas::{ResolveRefusal, RetryRefusal, Run, Stuck};

use crate::bank::Standing;
use crate::world::{Opened, Server, Told, World};

/// A shop, one of whose checkouts of 2 of A has a payment of which the bank tells nothing.
struct Hanging {
    world: World,
    server: Server,
    opened: Opened,
    token: &'static str,
    saga: SagaId,
}

impl Hanging {
    fn new(capture: Capture, token: &'static str) -> Self {
        let world = World::with(capture);
        let server = world.server();
        let opened = world.open(&[("A", 2)]);
        let told = world.complete(&server, &opened, "k", token);
        assert!(matches!(told, Told::UnderWay(_)), "{told:?}");
        let run = world.now(world.store.unfinished_saga(opened.id)).expect("the store answers");
        let saga = run.expect("it is under way").saga.id;
        Self { world, server, opened, token, saga }
    }

    /// Lets time pass until it is on the list of what hangs.
    fn wait_until_listed(&mut self) -> Stuck {
        let times = self.world.store.shop().times;
        for _ in 0..60 {
            self.world.clock.pass(times.retry_ms_max);
            self.world.sweep(&mut self.server);
            if let Some(stuck) = self.listed().pop() {
                return stuck;
            }
        }
        panic!("it is never listed");
    }

    fn listed(&self) -> Vec<Stuck> {
        self.world.now(self.world.store.stuck_sagas(None, 10)).expect("the store answers").rows
    }

    fn word(&self, resolution: Resolution) -> Resolve {
        Resolve {
            claim: self.world.merchants_claim(resolution.as_str()),
            saga: self.saga,
            resolution,
            actor: "key_1".to_owned(),
            reason: "the bank says so on the telephone".to_owned(),
        }
    }

    fn resolve(&self, resolution: Resolution) -> Result<ResolutionOutcome, ResolveRefusal> {
        let call = self.word(resolution);
        self.world.now(self.server.coordinator.resolve(call)).expect("the store answers")
    }

    fn run(&self) -> Run {
        self.world.now(self.world.store.saga(self.saga)).expect("the store answers").expect("it began")
    }

    /// What the client is told who asks again.
    fn told(&self) -> Told {
        self.world.complete(&self.server, &self.opened, "k", self.token)
    }

    fn order_status(&self) -> Option<order::Status> {
        self.world.order_of(&self.opened).map(|view| view.order.status)
    }

    fn standings(&self) -> Vec<Standing> {
        self.world.bank.payments().into_values().map(|payment| payment.standing).collect()
    }
}

#[test]
fn a_payment_that_an_operator_knows_to_be_made_becomes_the_order() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_after=1000000");
    hanging.world.bank.be_mute(true);
    assert_eq!(hanging.wait_until_listed().run.saga.state, State::Cancelling);
    let outcome = hanging.resolve(Resolution::Captured).expect("its payment is unknown");
    assert!(matches!(outcome.driven, Driven::Placed(_)), "{outcome:?}");
    assert_eq!(hanging.world.stock("A"), [8, 0, 2]);
    let view = hanging.world.order_of(&hanging.opened).expect("it was placed");
    let hands: Vec<_> = view.order.events.iter().map(|event| event.actor.as_str()).collect();
    assert_eq!(hands, ["key_1", "key_1"], "its history names who said so");
    assert_eq!(hanging.told(), Told::Placed(view.order.id));
    assert!(hanging.listed().is_empty());
    hanging.world.bank.be_mute(false);
    hanging.world.settle(&mut hanging.server);
    hanging.world.assert_whole();
}

#[test]
fn a_payment_that_an_operator_knows_not_to_be_made_gives_back_what_is_held() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_before=1000000");
    // Nobody needs to wait for the list: unknown is unknown from the first lost answer on.
    let outcome = hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    assert!(matches!(outcome.driven, Driven::Released(_)), "{outcome:?}");
    assert_eq!(hanging.world.stock("A"), [10, 0, 0]);
    assert_eq!(hanging.told(), Told::Ended(Ending::Declined("not_charged".to_owned())));
    assert_eq!(hanging.world.status(&hanging.opened), Status::Open, "the buyer may pay another way");
    let told = hanging.world.complete(&hanging.server, &hanging.opened, "k2", "approve");
    assert!(matches!(told, Told::Placed(_)), "{told:?}");
    hanging.world.settle(&mut hanging.server);
    hanging.world.assert_whole();
}

#[test]
fn an_operator_who_was_wrong_about_a_payment_costs_nobody_anything() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_after=1000000");
    hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    assert_eq!(hanging.standings(), [Standing::Captured]);
    // The bank calls back about a payment whose saga has ended: its money goes back.
    hanging.world.bank.answers_again();
    let callback = hanging.world.callback(&hanging.saga.attempt_key(), "cb_1");
    hanging.world.now(hanging.server.coordinator.hear(callback)).expect("the store answers");
    hanging.world.settle(&mut hanging.server);
    assert_eq!(hanging.world.bank.payments().values().map(|payment| payment.kept_minor()).sum::<i64>(), 0);
    hanging.world.assert_whole();
}

#[test]
fn a_callback_that_came_before_an_operator_was_wrong_is_not_forgotten() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_after=1000000");
    // The bank calls back once, is answered, and never calls back again.
    let callback = hanging.world.callback(&hanging.saga.attempt_key(), "cb_1");
    let heard = hanging.world.now(hanging.server.coordinator.hear(callback));
    assert_eq!(heard, Ok(Heard::Woken));
    hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    assert_eq!(hanging.told(), Told::Ended(Ending::Declined("not_charged".to_owned())));
    hanging.world.bank.answers_again();
    hanging.world.settle(&mut hanging.server);
    assert_eq!(hanging.world.bank.payments().values().map(|payment| payment.kept_minor()).sum::<i64>(), 0);
    hanging.world.assert_whole();
}

#[test]
fn a_charge_that_is_still_on_its_way_when_an_operator_says_that_there_is_none_is_never_made() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_before=1000000");
    hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    assert_eq!(hanging.standings(), [Standing::Nothing]);
    hanging.world.bank.answers_again();
    hanging.world.settle(&mut hanging.server);
    assert_eq!(hanging.standings(), [Standing::Cancelled], "the bank is told so");
    hanging.world.assert_whole();
}

#[test]
fn a_bank_that_is_gone_for_good_is_asked_no_more_once_an_operator_says_again_that_nothing_was_taken() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_before=1000000");
    hanging.world.bank.be_mute(true);
    hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    let listed = hanging.wait_until_listed();
    assert_eq!((listed.run.saga.state, listed.run.saga.late_check), (State::Released, true));
    let refused = hanging.resolve(Resolution::GiveUp);
    assert!(matches!(refused, Err(ResolveRefusal::Ended(_))), "{refused:?}");
    let mut again = hanging.word(Resolution::NotCharged);
    again.claim = hanging.world.merchants_claim("not-charged-again");
    let outcome = hanging.world.now(hanging.server.coordinator.resolve(again)).expect("the store answers");
    assert!(matches!(outcome, Ok(ResolutionOutcome { driven: Driven::Released(_), .. })), "{outcome:?}");
    assert!(!hanging.run().saga.has_work());
    assert!(hanging.listed().is_empty());
    hanging.world.clock.pass(hanging.world.store.shop().times.lease_ms);
    assert_eq!(hanging.world.now(hanging.server.coordinator.claim(10)), Ok(vec![]));
    hanging.world.assert_whole();
}

#[test]
fn a_saga_that_is_given_up_keeps_neither_money_nor_stock_whatever_its_payment_turns_out_to_be() {
    use Standing::{Cancelled, Captured, Voided};
    let check = |capture: Capture, token: &'static str, standing: Standing| {
        let mut hanging = Hanging::new(capture, token);
        hanging.world.bank.be_mute(true);
        let outcome = hanging.resolve(Resolution::GiveUp).expect("its payment is unknown");
        assert!(matches!(outcome.driven, Driven::Waits(_)), "{token}: {outcome:?}");
        let listed = hanging.wait_until_listed();
        assert_eq!(listed.run.saga.ending, Some(Ending::NeverOrder), "{token}");
        hanging.world.bank.answers_again();
        hanging.world.settle(&mut hanging.server);
        assert_eq!(hanging.standings(), [standing], "{token}");
        assert_eq!(hanging.world.stock("A"), [10, 0, 0], "{token}");
        assert_eq!(hanging.told(), Told::Ended(Ending::NeverOrder), "{token}");
        hanging.world.assert_whole();
    };
    check(Capture::Automatic, "approve lost_before=1000000", Cancelled);
    check(Capture::Automatic, "approve lost_after=1000000", Captured);
    check(Capture::Manual, "approve lost_after=1000000", Voided);
    // Here the order is placed already, and its capture is lost on the way there, or on the way back.
    check(Capture::Manual, "approve unheard_captures=1000000", Voided);
    check(Capture::Manual, "approve lost_captures=1000000", Captured);
}

#[test]
fn a_pending_order_becomes_paid_or_cancelled_by_an_operators_word_on_its_capture() {
    let hanging = Hanging::new(Capture::Manual, "approve lost_captures=1000000");
    assert_eq!(hanging.order_status(), Some(order::Status::Pending));
    hanging.resolve(Resolution::Captured).expect("its payment is unknown");
    assert_eq!(hanging.order_status(), Some(order::Status::Paid));
    let attempt = hanging.run().attempt.expect("there is something to pay");
    assert_eq!((attempt.status, attempt.captured), (payment::Status::Captured, attempt.amount));

    let mut hanging = Hanging::new(Capture::Manual, "approve unheard_captures=1000000");
    let outcome = hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    assert!(matches!(outcome.driven, Driven::Released(_)), "{outcome:?}");
    assert_eq!(hanging.order_status(), Some(order::Status::Cancelled));
    assert_eq!((hanging.standings(), hanging.world.stock("A")), (vec![Standing::Voided], [10, 0, 0]));
    hanging.world.settle(&mut hanging.server);
    hanging.world.assert_whole();
}

#[test]
fn a_word_is_taken_once_per_key_and_told_again() {
    let hanging = Hanging::new(Capture::Automatic, "approve lost_before=1000000");
    let first = hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    let fence = hanging.run().saga.fence;
    let again = hanging.resolve(Resolution::NotCharged).expect("the key is known");
    assert_eq!((first.replayed, again.replayed, &again.request_id), (false, true, &first.request_id));
    assert_eq!((&again.driven, hanging.run().saga.fence), (&first.driven, fence));
    let mut other_body = hanging.word(Resolution::NotCharged);
    other_body.claim.body = sellonce_checkout::idempotency::BodyHash::of(b"other");
    let refused = hanging.world.now(hanging.server.coordinator.resolve(other_body));
    assert_eq!(refused, Ok(Err(ResolveRefusal::KeyReused)));
}

#[test]
fn a_word_on_what_is_known_ended_or_not_there_is_refused_and_leaves_everything_as_it_is() {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 2)]);
    world.complete(&server, &opened, "k", "act");
    let run = world.now(world.store.unfinished_saga(opened.id)).expect("the store answers");
    let saga = run.expect("it waits for its buyer").saga.id;
    let mut hanging = Hanging { world, server, opened, token: "act", saga };
    let before = hanging.run();
    let refused = hanging.resolve(Resolution::NotCharged);
    assert!(
        matches!(refused, Err(ResolveRefusal::NotUnknown(_))),
        "the bank waits for the buyer: {refused:?}"
    );
    assert_eq!(hanging.run(), before);
    hanging.world.bank.buyers_act(true);
    hanging.world.settle(&mut hanging.server);
    // The same key may be used again, for a refusal is not recorded.
    let refused = hanging.resolve(Resolution::NotCharged);
    assert!(matches!(refused, Err(ResolveRefusal::Ended(_))), "{refused:?}");
    hanging.saga = SagaId(sellonce_checkout::id::Uuid::from_u128(999_999));
    assert_eq!(hanging.resolve(Resolution::NotCharged), Err(ResolveRefusal::NotFound));
    let retried = hanging.world.now(hanging.server.coordinator.retry(hanging.saga));
    assert_eq!(retried, Ok(Err(RetryRefusal::NotFound)));
    hanging.world.assert_whole();
}

#[test]
fn whoever_had_the_saga_when_the_word_came_changes_nothing_any_more() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_after=1000000");
    hanging.world.clock.pass(hanging.world.store.shop().times.retry_ms_max);
    let other = hanging.world.server();
    let claimed = hanging.world.now(other.coordinator.claim(10)).expect("the store answers");
    assert_eq!(claimed.len(), 1);
    hanging.resolve(Resolution::NotCharged).expect("its payment is unknown");
    hanging.world.bank.answers_again();
    let until = hanging.world.store.now().plus_ms(1);
    for run in claimed {
        let driven = hanging.world.now(other.coordinator.drive(run, until)).expect("the store answers");
        assert!(matches!(driven, Driven::Released(_)), "I14: {driven:?}");
    }
    assert!(hanging.world.orders().is_empty());
    let callback = hanging.world.callback(&hanging.saga.attempt_key(), "cb_1");
    hanging.world.now(hanging.server.coordinator.hear(callback)).expect("the store answers");
    hanging.world.settle(&mut hanging.server);
    hanging.world.assert_whole();
}

#[test]
fn a_saga_that_is_retried_runs_at_once_however_long_its_pause() {
    let mut hanging = Hanging::new(Capture::Automatic, "approve lost_after=1000000");
    hanging.world.bank.be_mute(true);
    let listed = hanging.wait_until_listed();
    hanging.world.bank.answers_again();
    hanging.world.sweep(&mut hanging.server);
    assert_eq!(hanging.run().saga.state, State::Cancelling, "it pauses");
    assert!(listed.next_run_at > hanging.world.store.now());
    let woken = hanging.world.now(hanging.server.coordinator.retry(hanging.saga)).expect("the store answers");
    assert_eq!(woken.expect("it has not ended").saga.state, State::Cancelling);
    assert_eq!(hanging.listed(), [Stuck { next_run_at: hanging.world.store.now(), ..listed }]);
    hanging.world.sweep(&mut hanging.server);
    assert!(matches!(hanging.told(), Told::Placed(_)));
    let retried =
        hanging.world.now(hanging.server.coordinator.retry(hanging.saga)).expect("the store answers");
    assert!(matches!(retried, Err(RetryRefusal::Ended(_))), "{retried:?}");
    hanging.world.settle(&mut hanging.server);
    hanging.world.assert_whole();
}
