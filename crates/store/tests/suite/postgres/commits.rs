//! Commits whose answers are lost, and a database that crashes under load: nothing that was answered is lost, and nothing
//! is done twice.

use sellonce_checkout::store::Failure;
use sellonce_checkout::store::sagas::{Begun, Sagas};
use sellonce_cluster::{Cluster, Database, Durability};

use crate::postgres::proxy::{Next, Proxy};
use crate::stores::{HandClock, postgres_at, subject_of};
use crate::world::{World, counters, main_location};

/// A shop behind a proxy, with ten units.
async fn behind_a_proxy() -> (Database, Proxy, World) {
    let (database, clock) = (Database::new(), HandClock::new());
    let proxy = Proxy::to(&database.url());
    let store = postgres_at(&proxy.url(&database.url()), &clock);
    let mut world = World::new(subject_of(store, &clock));
    world.put("mug", 1_000, 10).await;
    (database, proxy, world)
}

async fn sells_through(next: Next) {
    let (database, proxy, mut world) = behind_a_proxy().await;
    let checkout = world.open(&[("mug", 2)], "ada").await;
    proxy.next_commit(next);
    let run = world.reserve(checkout).await;
    assert_eq!(proxy.broken(), 1, "the commit was not broken");
    assert_eq!(world.counters("mug", &main_location()).await, counters(8, 2, 0, 0));
    proxy.next_commit(next);
    let view = world.place(&run).await;
    assert_eq!(proxy.broken(), 2, "the commit was not broken");
    assert_eq!(world.counters("mug", &main_location()).await, counters(8, 0, 2, 0));
    assert_eq!(database.psql("SELECT count(*) FROM orders"), "1", "{view:?}");
    world.assert_always_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_to_be_made() {
    sells_through(Next::LosesItsAnswer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_found_not_to_be_made_and_made() {
    sells_through(Next::IsLost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_under_load_loses_nothing_that_was_answered() {
    let mut cluster = Cluster::start(Durability::Durable);
    let database = Database::of(&cluster.url());
    let clock = HandClock::new();
    let store = postgres_at(&database.url(), &clock);
    let mut world = World::new(subject_of(store.clone(), &clock));
    world.put("mug", 1_000, 5_000).await;
    let mut calls = Vec::new();
    for number in 0..400 {
        let checkout = world.open(&[("mug", 1)], &format!("buyer-{number}")).await;
        calls.push(world.reserve_call(checkout, "key"));
    }
    let buyers: Vec<_> = calls
        .chunks(20)
        .map(|calls| {
            let (store, calls) = (store.clone(), calls.to_vec());
            tokio::spawn(async move {
                let mut answered = Vec::new();
                for call in calls {
                    match store.reserve(call).await {
                        Ok(Ok(Begun::New(run) | Begun::Known { run, .. })) => answered.push(run.saga.id),
                        Ok(Err(refusal)) => panic!("{refusal:?}"),
                        // Nothing was promised.
                        Err(Failure::Unavailable(_) | Failure::Overloaded { .. }) => {}
                        Err(broken @ Failure::Broken(_)) => panic!("{broken}"),
                    }
                }
                answered
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        tokio::task::block_in_place(|| {
            cluster.crash();
            cluster.restart();
        });
    }
    let mut answered = Vec::new();
    for buyer in buyers {
        answered.extend(buyer.await.expect("a buyer does not panic"));
    }
    assert!(answered.len() > 100, "only {} were answered", answered.len());
    for id in &answered {
        let kept = world.store().saga(*id).await.expect("the store answers");
        assert!(kept.is_some(), "{id} was answered and is gone");
    }
    world.assert_always_ok().await;
}
