//! Callbacks: each is heard once, wakes its saga, and finds money that came too late.

use sellonce_checkout::callback::{Callback, Heard, LateCapture};
use sellonce_checkout::id::{EventId, RefundId, SagaId, Uuid};
use sellonce_checkout::limits;
use sellonce_checkout::payment;
use sellonce_checkout::refund::{self, Outcome};
use sellonce_checkout::saga::State;
use sellonce_checkout::store::sagas::{LateCheck, Moved, Postpone, RetryRefusal, Run};

use crate::stores::on_every_store;
use crate::world::{World, counters, from, main_location, owner, price};

fn callback(id: &str, attempt: Option<SagaId>) -> Callback {
    Callback { provider: "simulated".to_owned(), id: id.to_owned(), attempt }
}

/// A saga of one mug that waits for an hour.
async fn waiting(world: &mut World) -> Run {
    world.put("mug", 1000, 5).await;
    let checkout = world.open(&[("mug", 1)], "ada").await;
    let run = world.reserve(checkout).await;
    let next_run_at = world.store().now().plus_ms(3_600_000);
    let call = Postpone { from: from(&run), next_run_at, unknown: false, problem: String::new() };
    assert_eq!(world.store().postpone(call).await, Ok(Moved::Done(())));
    run
}

/// A saga of one mug whose payment was declined.
async fn ended(world: &mut World) -> Run {
    world.put("mug", 1000, 5).await;
    let checkout = world.open(&[("mug", 1)], "ada").await;
    let run = world.reserve(checkout).await;
    assert!(matches!(world.decline(&run).await, Moved::Done(_)));
    world.store().saga(run.saga.id).await.expect("the store answers").expect("it is there")
}

/// What is written of a payment that turned out captured.
fn late(run: &Run, refund: RefundId) -> LateCheck {
    LateCheck { from: from(run), captured: Some(LateCapture { reference: "at-provider".to_owned(), refund }) }
}

on_every_store! {
    a_callback_wakes_its_saga_and_is_heard_once: |world| {
        let run = waiting(&mut world).await;
        let store = world.store().clone();
        assert_eq!(store.claim_sagas(owner(), 10).await, Ok(vec![]), "it waits");
        assert_eq!(store.hear(callback("msg-1", Some(run.saga.id))).await, Ok(Heard::Woken));
        assert_eq!(store.hear(callback("msg-1", Some(run.saga.id))).await, Ok(Heard::Duplicate));
        let claimed = store.claim_sagas(owner(), 10).await.expect("the store answers");
        assert_eq!(claimed.iter().map(|run| run.saga.fence).collect::<Vec<_>>(), [2]);
    }

    a_callback_while_somebody_has_the_saga_runs_it_right_after_them: |world| {
        world.put("mug", 1000, 5).await;
        let checkout = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(checkout).await;
        let store = world.store().clone();
        assert_eq!(store.hear(callback("msg-1", Some(run.saga.id))).await, Ok(Heard::Woken));
        assert_eq!(store.claim_sagas(owner(), 10).await, Ok(vec![]), "somebody has it");
        let next_run_at = store.now().plus_ms(3_600_000);
        let call = Postpone { from: from(&run), next_run_at, unknown: true, problem: "no answer".to_owned() };
        assert_eq!(store.postpone(call).await, Ok(Moved::Done(())));
        assert_eq!(store.claim_sagas(owner(), 10).await.map(|claimed| claimed.len()), Ok(1), "it was woken");
    }

    a_callback_that_names_nothing_of_ours_is_kept_all_the_same: |world| {
        let run = waiting(&mut world).await;
        let store = world.store().clone();
        let unknown = Some(SagaId(Uuid::from_u128(77)));
        assert_eq!(store.hear(callback("msg-1", None)).await, Ok(Heard::UnknownReference));
        assert_eq!(store.hear(callback("msg-2", unknown)).await, Ok(Heard::UnknownReference));
        let elsewhere = Callback { provider: "other".to_owned(), ..callback("msg-1", Some(run.saga.id)) };
        assert_eq!(store.hear(elsewhere).await, Ok(Heard::UnknownReference), "the payment is another provider's");
        assert_eq!(store.claim_sagas(owner(), 10).await, Ok(vec![]));
    }

    money_that_came_too_late_goes_back_once: |world| {
        let ended = ended(&mut world).await;
        let store = world.store().clone();
        assert_eq!(store.hear(callback("msg-1", Some(ended.saga.id))).await, Ok(Heard::Woken));
        assert_eq!(store.hear(callback("msg-1", Some(ended.saga.id))).await, Ok(Heard::Duplicate));
        let claimed = store.claim_sagas(owner(), 10).await.expect("the store answers");
        let [run] = claimed.try_into().expect("it owes a late check");
        assert_eq!((run.saga.state, run.saga.late_check, run.saga.fence), (State::Released, true, 2));
        assert_eq!(store.claim_sagas(owner(), 10).await, Ok(vec![]), "somebody has it");
        let (first, second) = (RefundId(world.id()), RefundId(world.id()));
        assert_eq!(store.finish_late_check(late(&ended, first)).await, Ok(Moved::Lost), "I14");
        assert_eq!(store.finish_late_check(late(&run, first)).await, Ok(Moved::Done(())));
        assert_eq!(store.finish_late_check(late(&run, second)).await, Ok(Moved::Lost), "one refund begins");
        assert_eq!(store.claim_sagas(owner(), 10).await, Ok(vec![]), "it was answered");
        assert_eq!(store.hear(callback("msg-2", Some(run.saga.id))).await, Ok(Heard::Settled));
        let due = store.claim_refunds(owner(), 10).await.expect("the store answers").remove(0);
        assert_eq!((due.refund.order, due.refund.amount), (None, price(1000)));
        assert_eq!((due.attempt.status, due.attempt.refund_pending), (payment::Status::Captured, price(1000)));
        let refused = Outcome::Refused("closed".to_owned());
        assert_eq!(store.finish_refund(first, refused).await, Ok(true));
        let stuck = store.stuck_refunds(None, 10).await.expect("the store answers").rows;
        assert_eq!((stuck.len(), stuck[0].state), (1, refund::State::Pending), "nobody's money is tried again");
        world.clock().advance(3_600_000);
        assert_eq!(store.claim_refunds(owner(), 10).await.map(|due| due.len()), Ok(1));
        assert_eq!(store.finish_refund(first, Outcome::Refunded(EventId(world.id()))).await, Ok(true));
        assert_eq!(store.stuck_refunds(None, 10).await.map(|page| page.rows), Ok(vec![]));
        let run = store.saga(run.saga.id).await.expect("the store answers").expect("it is there");
        assert_eq!(run.attempt.map(|attempt| attempt.refunded), Some(price(1000)));
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0), "nothing is revived");
    }

    a_late_check_without_an_answer_is_made_again_and_listed_in_the_end: |world| {
        let ended = ended(&mut world).await;
        let store = world.store().clone();
        assert_eq!(store.hear(callback("msg-1", Some(ended.saga.id))).await, Ok(Heard::Woken));
        let times = store.shop().times;
        let mut claimed = store.claim_sagas(owner(), 10).await.expect("the store answers");
        for listed in [0, 1] {
            let run = claimed.pop().expect("it owes a late check");
            let next_run_at = store.now().plus_ms(times.stuck_ms);
            let call = Postpone { from: from(&run), next_run_at, unknown: true, problem: "no answer".to_owned() };
            assert_eq!(store.postpone(call).await, Ok(Moved::Done(())));
            let stuck = store.stuck_sagas(None, 10).await.expect("the store answers").rows;
            assert_eq!(stuck.len(), listed, "{stuck:?}");
            assert_eq!(store.claim_sagas(owner(), 10).await, Ok(vec![]), "it pauses");
            world.clock().advance(times.stuck_ms);
            claimed = store.claim_sagas(owner(), 10).await.expect("the store answers");
        }
        let run = claimed.pop().expect("it still owes it");
        let nothing = LateCheck { from: from(&run), captured: None };
        assert_eq!(store.finish_late_check(nothing).await, Ok(Moved::Done(())));
        assert_eq!(store.stuck_sagas(None, 10).await.map(|page| page.rows), Ok(vec![]));
        let run = store.saga(run.saga.id).await.expect("the store answers").expect("it is there");
        assert_eq!((run.saga.has_work(), run.attempt.and_then(|attempt| attempt.unknown_since)), (false, None));
        let retried = store.retry_saga(run.saga.id).await.expect("it answers");
        assert!(matches!(retried, Err(RetryRefusal::Ended(_))), "{retried:?}");
    }

    a_hint_that_comes_while_the_provider_is_asked_outlives_the_end_and_the_late_check: |world| {
        world.put("mug", 1000, 5).await;
        let checkout = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(checkout).await;
        let store = world.store().clone();
        for message in ["msg-1", "msg-2"] {
            assert_eq!(store.hear(callback(message, Some(run.saga.id))).await, Ok(Heard::Woken));
            match message {
                "msg-1" => assert!(matches!(world.decline(&run).await, Moved::Done(_))),
                _ => {
                    let claimed = store.saga(run.saga.id).await.expect("the store answers").expect("it is there");
                    let nothing = LateCheck { from: from(&claimed), captured: None };
                    assert_eq!(store.finish_late_check(nothing).await, Ok(Moved::Done(())));
                }
            }
            let claimed = store.claim_sagas(owner(), 10).await.expect("the store answers");
            assert_eq!(claimed.iter().map(|run| run.saga.state).collect::<Vec<_>>(), [State::Released]);
        }
    }

    a_store_that_was_left_alone_makes_its_late_checks_at_once: |world| {
        let ended = ended(&mut world).await;
        let store = world.store().clone();
        assert_eq!(store.hear(callback("msg-1", Some(ended.saga.id))).await, Ok(Heard::Woken));
        assert_eq!(store.claim_sagas(owner(), 10).await.map(|claimed| claimed.len()), Ok(1));
        assert_eq!(store.end_leases().await, Ok(()));
        assert_eq!(store.claim_sagas(owner(), 10).await.map(|claimed| claimed.len()), Ok(1));
    }

    callbacks_are_forgotten_when_nobody_sends_them_again: |world| {
        let run = waiting(&mut world).await;
        let store = world.store().clone();
        for number in 0..3 {
            assert!(store.hear(callback(&format!("msg-{number}"), Some(run.saga.id))).await.is_ok());
        }
        world.clock().advance(limits::CALLBACK_KEEP_MS);
        assert_eq!(store.forget_callbacks().await, Ok(0));
        assert_eq!(store.hear(callback("msg-3", Some(run.saga.id))).await, Ok(Heard::Woken));
        world.clock().advance(1);
        assert_eq!(store.forget_callbacks().await, Ok(3));
        assert_eq!(store.hear(callback("msg-3", Some(run.saga.id))).await, Ok(Heard::Duplicate), "it is young");
    }
}
