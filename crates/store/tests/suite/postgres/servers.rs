//! Two servers of one database: together they sell what is there, and what one holds the other leaves alone.

use std::sync::Arc;

use sellonce_checkout::id::{CauseId, OwnerId, Uuid};
use sellonce_checkout::inventory::{Kind, Place};
use sellonce_checkout::store::catalog::Catalog;
use sellonce_checkout::store::discounts::Discounts;
use sellonce_checkout::store::inventory::{Inventory, MoveStock};
use sellonce_checkout::store::sagas::{Begun, ReserveRefusal, Sagas};
use sellonce_cluster::Database;
use sellonce_store::PostgresStore;

use crate::stores::{HandClock, postgres_at, subject_of};
use crate::witness::Witness;
use crate::world::{World, counters, lines, main_location, owner, price, sku};

/// Two stores at one database, and a world that speaks to the first.
struct Pair {
    world: World,
    stores: [Arc<PostgresStore>; 2],
    clock: Arc<HandClock>,
    database: Database,
}

impl Pair {
    fn new() -> Self {
        let (database, clock) = (Database::new(), HandClock::new());
        let stores = [postgres_at(&database.url(), &clock), postgres_at(&database.url(), &clock)];
        let world = World::new(subject_of(stores[0].clone(), &clock));
        Self { world, stores, clock, database }
    }

    fn store(&self, number: usize) -> Arc<PostgresStore> {
        self.stores[number % 2].clone()
    }
}

fn another_owner() -> OwnerId {
    OwnerId(Uuid::from_u128(0xB))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_sell_twenty_units_to_twenty_of_two_hundred_buyers() {
    let mut pair = Pair::new();
    pair.world.put("mug", 1_000, 20).await;
    let mut calls = Vec::new();
    for number in 0..200 {
        let id = pair.world.open(&[("mug", 1)], &format!("buyer-{number}")).await;
        calls.push(pair.world.reserve_call(id, "key"));
    }
    let witness = Arc::new(Witness::default());
    let buyers: Vec<_> = calls
        .into_iter()
        .enumerate()
        .map(|(number, call)| {
            let (store, witness) = (pair.store(number), Arc::clone(&witness));
            tokio::spawn(async move { witness.reserve(store.as_ref(), call).await })
        })
        .collect();
    let (mut held, mut short) = (Vec::new(), 0);
    for buyer in buyers {
        match buyer.await.expect("a buyer does not panic") {
            Ok(Begun::New(run)) => held.push(run),
            Err(ReserveRefusal::Shortage(_)) => short += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((held.len(), short), (20, 180));
    witness.assert_one_order(pair.world.store().as_ref(), "mug").await;
    for run in &held {
        pair.world.place(run).await;
    }
    assert_eq!(pair.world.counters("mug", &main_location()).await, counters(0, 0, 20, 0));
    pair.world.assert_always_ok().await;
}

/// Many rows, wanted in opposite orders by both servers at once: neither waits for the other in a circle, and what is
/// refused is tried again until it is through.
#[tokio::test(flavor = "multi_thread")]
async fn baskets_in_opposite_orders_stand_in_nobodys_way() {
    let mut pair = Pair::new();
    let skus = ["bowl", "cup", "mug", "plate"];
    for text in skus {
        pair.world.put(text, 1_000, 1_000).await;
    }
    let mut calls = Vec::new();
    for number in 0..120 {
        let mut basket: Vec<(&str, u32)> = skus.iter().map(|text| (*text, 1)).collect();
        if number % 2 == 0 {
            basket.reverse();
        }
        let id = pair.world.open(&basket, &format!("buyer-{number}")).await;
        calls.push(pair.world.reserve_call(id, "key"));
    }
    let mut buyers = Vec::new();
    for (number, call) in calls.into_iter().enumerate() {
        let store = pair.store(number);
        buyers.push(tokio::spawn(async move { store.reserve(call).await.expect("the store answers") }));
    }
    for buyer in buyers {
        assert!(matches!(buyer.await.expect("a buyer does not panic"), Ok(Begun::New(_))));
    }
    for text in skus {
        assert_eq!(pair.world.counters(text, &main_location()).await, counters(880, 120, 0, 0));
    }
    pair.world.assert_always_ok().await;
}

/// Calls that run alone make a flush of many parts, each with locks of its own: none waits until PostgreSQL looks for a
/// circle, which takes a second in which both servers stand still.
#[tokio::test(flavor = "multi_thread")]
async fn flushes_of_many_parts_do_not_stand_still_in_a_circle() {
    let mut pair = Pair::new();
    let skus = ["bowl", "cup", "mug", "plate"];
    for text in skus {
        pair.world.put(text, 1_000, 0).await;
    }
    let mut clerks = Vec::new();
    for number in 0..1_200 {
        let place = if number % 2 == 0 { number / 2 % 4 } else { 3 - number / 2 % 4 };
        let place = Place { sku: sku(skus[place]), location: main_location() };
        let cause = CauseId(pair.world.id());
        let claim = pair.world.claim("stock", &cause.to_string());
        let reason = "counted".to_owned();
        let call = MoveStock { claim, cause, place, kind: Kind::Receive, quantity: 1, reason };
        let store = pair.store(number);
        clerks.push(tokio::spawn(async move { store.move_stock(call).await.expect("the store answers") }));
    }
    for clerk in clerks {
        assert!(clerk.await.expect("a clerk does not panic").is_ok());
    }
    for text in skus {
        assert_eq!(pair.world.counters(text, &main_location()).await, counters(300, 0, 0, 0));
    }
    pair.world.assert_always_ok().await;
    // What a connection has seen is counted at the latest when it ends.
    for store in &pair.stores {
        store.close().await;
    }
    let circles = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(pair.database.psql(circles), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_at_two_servers_begin_one_saga() {
    let mut pair = Pair::new();
    pair.world.put("mug", 1_000, 50).await;
    for number in 0..20 {
        let id = pair.world.open(&[("mug", 1)], &format!("buyer-{number}")).await;
        let calls = [pair.world.reserve_call(id, "one"), pair.world.reserve_call(id, "two")];
        let [one, two] = calls.map(|call| {
            let store = pair.store(usize::from(call.claim.key.as_str() == "two"));
            tokio::spawn(async move { store.reserve(call).await.expect("the store answers") })
        });
        let answers = [one.await.expect("no panic"), two.await.expect("no panic")];
        let begun = answers.iter().filter(|answer| matches!(answer, Ok(Begun::New(_)))).count();
        assert_eq!(begun, 1, "{answers:?}");
    }
    assert_eq!(pair.world.counters("mug", &main_location()).await, counters(30, 20, 0, 0));
    pair.world.assert_always_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_has_leased_the_other_does_not_claim() {
    let mut pair = Pair::new();
    pair.world.put("mug", 1_000, 50).await;
    for number in 0..10 {
        let id = pair.world.open(&[("mug", 1)], &format!("buyer-{number}")).await;
        pair.world.reserve(id).await;
    }
    pair.clock.advance(31_000);
    let claims = [owner(), another_owner()].map(|owner| {
        let store = pair.store(usize::from(owner == another_owner()));
        tokio::spawn(async move { store.claim_sagas(owner, 100).await.expect("the store answers") })
    });
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.expect("no panic"));
    }
    claimed.sort_by_key(|run| run.saga.id);
    claimed.dedup_by_key(|run| run.saga.id);
    assert_eq!(claimed.len(), 10, "each is claimed, and by one of them");
    assert!(claimed.iter().all(|run| run.saga.fence == 2));
    for run in &claimed {
        pair.world.place(run).await;
    }
    pair.world.assert_always_ok().await;
}

/// Nothing that another process could change is kept from one flush to the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_one_server_counts_at_the_other_at_once() {
    let mut pair = Pair::new();
    pair.world.put("mug", 1_000, 5).await;
    let other = pair.store(1);
    let open = pair.world.open_call(lines(&[("mug", 1)]), crate::world::buyer("ada"));
    let opened = sellonce_checkout::store::checkouts::Checkouts::open_checkout(other.as_ref(), open);
    let before = opened.await.expect("the store answers").expect("it opens");
    assert_eq!(before.checkout.lock.totals.total, price(1_000));
    pair.store(0).set_price(&sku("mug"), price(1_200), false).await.expect("the store answers");
    let limit = sellonce_checkout::purchase_limit::PurchaseLimit { sku: sku("mug"), quantity_max: 1 };
    assert_eq!(pair.store(0).set_purchase_limit(limit).await, Ok(true));
    let open = pair.world.open_call(lines(&[("mug", 2)]), crate::world::buyer("ada"));
    let id = open.id;
    let opened = sellonce_checkout::store::checkouts::Checkouts::open_checkout(other.as_ref(), open);
    let after = opened.await.expect("the store answers").expect("it opens");
    assert_eq!(after.checkout.lock.totals.total, price(2_400));
    let refused = other.reserve(pair.world.reserve_call(id, "key")).await.expect("the store answers");
    assert!(matches!(refused, Err(ReserveRefusal::Shortage(_))), "{refused:?}");
    assert_eq!(pair.database.psql("SELECT count(*) FROM sagas"), "0");
}
