//! Flushes: how calls share transactions and statements, and that what spoils one call spoils no other.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sellonce_checkout::store::Failure;
use sellonce_checkout::store::sagas::{Begun, Reserve, Sagas};
use sellonce_cluster::Database;
use sellonce_store::PostgresStore;

use crate::stores::{HandClock, postgres_at, subject_of};
use crate::world::{World, counters, main_location};

struct Shop {
    world: World,
    store: Arc<PostgresStore>,
    database: Database,
}

async fn shop(units: i64) -> Shop {
    let (database, clock) = (Database::new(), HandClock::new());
    let store = postgres_at(&database.url(), &clock);
    let mut world = World::new(subject_of(store.clone(), &clock));
    world.put("shirt", 5_000, units).await;
    Shop { world, store, database }
}

/// Another transaction that holds what it has locked until it is let go.
#[expect(
    clippy::zombie_processes,
    reason = "whoever lets go waits for it; a test that panics ends with its process"
)]
fn hold(database: &Database, lock: &str) -> Child {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", &database.url()]).stdin(Stdio::piped());
    let mut child = psql.spawn().expect("psql can be run");
    let stdin = child.stdin.as_mut().expect("stdin is piped");
    std::io::Write::write_all(stdin, format!("BEGIN; {lock};\n").as_bytes()).expect("psql reads");
    for _ in 0..500 {
        let holding = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND application_name = 'psql' AND state = 'idle in transaction' AND query NOT LIKE 'BEGIN%'";
        if database.psql(holding) == "1" {
            return child;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the lock is not taken");
}

fn let_go(mut holder: Child) {
    drop(holder.stdin.take());
    holder.wait().expect("psql ends");
}

async fn calls(shop: &mut Shop, count: usize) -> Vec<Reserve> {
    let mut calls = Vec::new();
    for number in 0..count {
        let id = shop.world.open(&[("shirt", 1)], &format!("buyer-{number}")).await;
        calls.push(shop.world.reserve_call(id, "key"));
    }
    calls
}

/// All of them queued while the stock is held by another hand.
async fn at_once(shop: &Shop, calls: Vec<Reserve>) -> Vec<Result<bool, Failure>> {
    // Calls gather behind the one that waits for the stock.
    let holder = hold(&shop.database, "LOCK TABLE inventory IN ACCESS EXCLUSIVE MODE");
    let running: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let store = shop.store.clone();
            tokio::spawn(async move { store.reserve(call).await })
        })
        .collect();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    let_go(holder);
    let mut answers = Vec::new();
    for call in running {
        let answer = call.await.expect("a buyer does not panic");
        answers.push(answer.map(|begun| matches!(begun, Ok(Begun::New(_)))));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_concurrent_reservations_of_one_sku_share_at_most_eight_commits() {
    let mut shop = shop(64).await;
    let calls = calls(&mut shop, 64).await;
    let before = shop.store.counts().shop;
    let answers = at_once(&shop, calls).await;
    assert!(answers.iter().all(|answer| *answer == Ok(true)), "{answers:?}");
    let after = shop.store.counts().shop;
    let commits = after.commits - before.commits;
    assert!((1..=8).contains(&commits), "{commits} commits");
    let flushes: u64 = shop.database.psql("SELECT count(*) FROM flushes").parse().expect("a number");
    assert!(flushes >= commits, "every flush that wrote something has left its row");
    assert_eq!(shop.world.counters("shirt", &main_location()).await, counters(0, 64, 0, 0));
    shop.world.assert_always_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_of_refusals_commits_nothing() {
    let mut shop = shop(0).await;
    let calls = calls(&mut shop, 3).await;
    let before = shop.store.counts().shop;
    for call in calls {
        assert!(matches!(shop.store.reserve(call).await, Ok(Err(_))));
    }
    let after = shop.store.counts().shop;
    assert_eq!((after.flushes - before.flushes, after.commits - before.commits), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_breaks_a_constraint_fails_alone() {
    let mut shop = shop(64).await;
    let calls = calls(&mut shop, 32).await;
    let spoiled = calls[9].saga.0;
    shop.database.psql(&format!(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$; \
         CREATE TRIGGER spoil BEFORE INSERT ON sagas FOR EACH ROW WHEN (NEW.id = '{spoiled}') \
         EXECUTE FUNCTION spoil()"
    ));
    let answers = at_once(&shop, calls).await;
    for (number, answer) in answers.iter().enumerate() {
        match answer {
            Ok(true) => assert_ne!(number, 9),
            Err(Failure::Broken(_)) => assert_eq!(number, 9),
            other => panic!("{number}: {other:?}"),
        }
    }
    assert_eq!(shop.world.counters("shirt", &main_location()).await, counters(33, 31, 0, 0));
    shop.world.assert_always_ok().await;
}

/// What a flush has to lock first is what its own tries have seen, not what was sold before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_locks_first_waits_for_no_stock_of_others() {
    let mut shop = shop(64).await;
    shop.world.put("cup", 1_000, 10).await;
    let cup = shop.world.open(&[("cup", 1)], "earlier").await;
    let earlier = shop.world.reserve_call(cup, "key");
    assert!(matches!(shop.store.reserve(earlier).await, Ok(Ok(Begun::New(_)))));
    // A sequence is not rolled back: three tries are refused, as if another server had been quicker, and the fourth is not.
    shop.database.psql(
        "CREATE SEQUENCE tries; \
         CREATE FUNCTION be_quicker() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('tries') <= 3 THEN RAISE EXCEPTION 'too late' USING ERRCODE = 'serialization_failure'; END IF; \
             RETURN NEW; END $$; \
         CREATE TRIGGER be_quicker BEFORE UPDATE ON inventory FOR EACH ROW WHEN (NEW.sku = 'shirt') \
         EXECUTE FUNCTION be_quicker()",
    );
    let call = calls(&mut shop, 1).await.remove(0);
    let holder = hold(&shop.database, "SELECT 1 FROM inventory WHERE sku = 'cup' FOR UPDATE");
    let answered = tokio::time::timeout(Duration::from_secs(10), shop.store.reserve(call)).await;
    let_go(holder);
    assert!(matches!(answered, Ok(Ok(Ok(Begun::New(_))))), "{answered:?}");
    assert_eq!(shop.database.psql("SELECT last_value FROM tries"), "4");
    shop.world.assert_always_ok().await;
}
