//! What operators do about sagas that hang.

use sellonce_checkout::id::{SagaId, Uuid};
use sellonce_checkout::idempotency::BodyHash;
use sellonce_checkout::saga::Resolution;
use sellonce_checkout::store::sagas::{Moved, Postpone, ResolveRefusal, ResolveSaga, RetryRefusal, Run};

use crate::stores::on_every_store;
use crate::world::{World, from, owner};

/// A saga whose payment has had no answer for too long.
async fn stuck(world: &mut World, name: &str) -> Run {
    let checkout = world.open(&[("mug", 1)], name).await;
    let mut run = world.reserve(checkout).await;
    for _ in 0..2 {
        let next_run_at = world.store().now().plus_ms(3_600_000);
        let call = Postpone { from: from(&run), next_run_at, unknown: true, problem: "no answer".to_owned() };
        assert_eq!(world.store().postpone(call).await, Ok(Moved::Done(())));
        world.clock().advance(3_600_000);
        let claimed = world.store().claim_sagas(owner(), 10).await.expect("the store answers");
        run = claimed.into_iter().find(|each| each.saga.id == run.saga.id).expect("it is due");
    }
    let next_run_at = world.store().now().plus_ms(3_600_000);
    let call = Postpone { from: from(&run), next_run_at, unknown: true, problem: "no answer".to_owned() };
    assert_eq!(world.store().postpone(call).await, Ok(Moved::Done(())));
    run
}

fn word(world: &World, saga: SagaId, key: &str, resolution: Resolution) -> ResolveSaga {
    ResolveSaga {
        claim: world.claim("sagas", key),
        saga,
        resolution,
        actor: "key_tests".to_owned(),
        reason: "their statement says so".to_owned(),
        owner: owner(),
    }
}

on_every_store! {
    stuck_sagas_come_in_pages_in_the_order_in_which_they_began: |world| {
        world.put("mug", 1000, 5).await;
        let (first, second) = (stuck(&mut world, "ada").await, stuck(&mut world, "bob").await);
        let page = world.store().stuck_sagas(None, 1).await.expect("the store answers");
        assert_eq!((page.rows.len(), page.rows[0].run.saga.id, page.has_more), (1, first.saga.id, true));
        assert_eq!((page.rows[0].problem.as_str(), page.rows[0].run.saga.tries), ("no answer", 3));
        let page = world.store().stuck_sagas(Some(first.saga.id), 1).await.expect("the store answers");
        assert_eq!((page.rows[0].run.saga.id, page.has_more), (second.saga.id, false));
    }

    a_retried_saga_runs_at_once: |world| {
        world.put("mug", 1000, 5).await;
        let run = stuck(&mut world, "ada").await;
        assert_eq!(world.store().claim_sagas(owner(), 10).await, Ok(vec![]), "it waits");
        assert!(world.store().retry_saga(run.saga.id).await.expect("it answers").is_ok());
        let stuck = world.store().stuck_sagas(None, 10).await.expect("the store answers").rows;
        assert_eq!((stuck.len(), stuck[0].problem.as_str()), (1, "no answer"), "what went wrong stays noted");
        let claimed = world.store().claim_sagas(owner(), 10).await.expect("the store answers");
        assert_eq!(claimed.len(), 1);
        world.place(&claimed[0]).await;
        let ended = world.store().retry_saga(run.saga.id).await.expect("it answers");
        assert!(matches!(ended, Err(RetryRefusal::Ended(_))), "{ended:?}");
        let unknown = SagaId(Uuid::from_u128(77));
        assert_eq!(world.store().retry_saga(unknown).await, Ok(Err(RetryRefusal::NotFound)));
    }

    an_operators_word_is_noted_once_and_takes_the_saga_over: |world| {
        world.put("mug", 1000, 5).await;
        let old = stuck(&mut world, "ada").await;
        let call = word(&world, old.saga.id, "said", Resolution::Captured);
        let said = world.store().resolve_saga(call.clone()).await.expect("it answers").expect("it is taken");
        assert_eq!((said.run.saga.fence, said.replayed), (old.saga.fence + 1, false));
        let resolved = said.run.saga.resolved.clone().expect("it is noted");
        assert_eq!((resolved.resolution, resolved.actor.as_str()), (Resolution::Captured, "key_tests"));
        assert_eq!(world.store().saga(old.saga.id).await, Ok(Some(said.run.clone())));
        let again = world.store().resolve_saga(call.clone()).await.expect("it answers").expect("it is told again");
        assert_eq!((again.replayed, again.run.saga.fence, again.request_id), (true, said.run.saga.fence, said.request_id));
        let mut other = call;
        other.claim.body = BodyHash::of(b"other");
        assert_eq!(world.store().resolve_saga(other).await, Ok(Err(ResolveRefusal::KeyReused)));
        let late = world.place_call(&old);
        assert_eq!(world.store().place_order(late).await, Ok(Moved::Lost), "whoever had it has lost it");
        world.place(&said.run).await;
        let after = word(&world, old.saga.id, "after", Resolution::GiveUp);
        let refused = world.store().resolve_saga(after).await.expect("it answers");
        assert!(matches!(refused, Err(ResolveRefusal::Ended(_))), "{refused:?}");
    }

    a_payment_that_is_known_is_not_resolved: |world| {
        world.put("mug", 1000, 5).await;
        let checkout = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(checkout).await;
        let call = word(&world, run.saga.id, "said", Resolution::NotCharged);
        let refused = world.store().resolve_saga(call).await.expect("it answers");
        assert_eq!(refused, Err(ResolveRefusal::NotUnknown(Box::new(run.clone()))));
        assert_eq!(world.store().saga(run.saga.id).await, Ok(Some(run)), "nothing has changed");
        let nobody = word(&world, SagaId(Uuid::from_u128(77)), "said", Resolution::GiveUp);
        assert_eq!(world.store().resolve_saga(nobody).await, Ok(Err(ResolveRefusal::NotFound)));
    }
}
