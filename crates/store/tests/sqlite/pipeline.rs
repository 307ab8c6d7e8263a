//! The pipeline: how calls share transactions, and that what spoils one call spoils no other.

use std::sync::Arc;

use rusqlite::Connection;
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment;
use sellonce_checkout::simulated_book::{BookEntry, SimulatedBook};
use sellonce_checkout::store::checkouts::Checkouts;
use sellonce_checkout::store::inventory::Inventory;
use sellonce_checkout::store::sagas::{Begun, Moved, Sagas};
use sellonce_checkout::store::{Books, Failure};
use tokio::task::JoinSet;

use crate::shop::{TestShop, sku, usd};

/// Holds the file's write lock, so that the writer waits and calls gather behind it.
fn hold(shop: &TestShop) -> Connection {
    let hand = shop.hand();
    hand.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    hand
}

fn let_go(hand: &Connection) {
    hand.execute_batch("ROLLBACK").expect("the lock is held");
}

/// Lets every call that was spawned run until it waits for its answer: it is queued then.
async fn until_queued() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn entry(number: u32) -> BookEntry {
    BookEntry {
        attempt_key: format!("pay_{number}"),
        token: "tok_ok".to_owned(),
        amount: Money::new(100, usd()).expect("an amount"),
        status: "declined",
        decline_code: Some("card_declined"),
        only_from: &[],
        callbacks: Vec::new(),
    }
}

#[tokio::test]
async fn sixty_four_concurrent_reservations_of_one_sku_share_at_most_eight_commits() {
    let shop = TestShop::new();
    shop.stock("shirt", 64, Policy::Deny).await;
    let before = shop.store.counts().shop;
    let hand = hold(&shop);
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let (store, call) = (Arc::clone(&shop.store), shop.reserving(shop.opening("shirt", 1)));
        calls.spawn(async move { store.reserve(call).await });
    }
    until_queued().await;
    let_go(&hand);
    for answer in calls.join_all().await {
        assert!(matches!(answer, Ok(Ok(Begun::New(_)))), "{answer:?}");
    }
    let after = shop.store.counts().shop;
    assert_eq!(after.calls - before.calls, 64);
    let commits = after.commits - before.commits;
    assert!((1..=8).contains(&commits), "{commits} commits");
    assert!(shop.store.audit().await.expect("the audit runs").ok());
}

#[tokio::test]
async fn a_flush_of_refusals_commits_nothing() {
    let shop = TestShop::new();
    shop.stock("shirt", 0, Policy::Deny).await;
    let before = shop.store.counts().shop;
    for _ in 0..3 {
        assert!(shop.try_reserve("shirt", 1).await.is_err());
    }
    let after = shop.store.counts().shop;
    assert_eq!(after.flushes - before.flushes, 3);
    assert_eq!(after.commits, before.commits);
}

/// Thirty-two reservations, queued together; the tenth is the one that is spoiled.
async fn with_one_spoiled(shop: &TestShop, spoil: impl FnOnce(&Connection, &str)) -> Vec<(bool, bool)> {
    let open: Vec<_> = (0..32).map(|_| shop.opening("shirt", 1)).collect();
    let spoiled = open[9].id;
    let hex: String = spoiled.0.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    spoil(&shop.hand(), &hex);
    let hand = hold(shop);
    let mut calls = JoinSet::new();
    for open in open {
        let id = open.id;
        let (store, call) = (Arc::clone(&shop.store), shop.reserving(open));
        calls.spawn(async move { (id == spoiled, store.reserve(call).await) });
    }
    until_queued().await;
    let_go(&hand);
    let answers = calls.join_all().await;
    answers
        .into_iter()
        .map(|(is_spoiled, answer)| match answer {
            Ok(Ok(Begun::New(_))) => (is_spoiled, true),
            Err(Failure::Broken(_)) => (is_spoiled, false),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn a_call_that_breaks_a_constraint_fails_alone() {
    let shop = TestShop::new();
    shop.stock("shirt", 64, Policy::Deny).await;
    let answers = with_one_spoiled(&shop, |hand, id| {
        let trigger = format!(
            "CREATE TRIGGER spoil BEFORE INSERT ON sagas WHEN new.checkout_id = x'{id}'
             BEGIN SELECT RAISE(ABORT, 'spoiled'); END"
        );
        hand.execute_batch(&trigger).expect("the trigger is made");
    })
    .await;
    assert!(answers.iter().all(|(is_spoiled, granted)| is_spoiled != granted), "{answers:?}");
    assert!(shop.store.audit().await.expect("the audit runs").ok());
}

#[tokio::test]
async fn a_stock_row_that_is_not_as_it_was_read_is_not_written() {
    let shop = TestShop::new();
    shop.stock("shirt", 64, Policy::Deny).await;
    // One saga takes a unit away behind the back of the plan, each time it is run.
    let answers = with_one_spoiled(&shop, |hand, id| {
        let trigger = format!(
            "CREATE TRIGGER spoil AFTER INSERT ON sagas WHEN new.checkout_id = x'{id}'
             BEGIN UPDATE inventory SET available = available - 1; END"
        );
        hand.execute_batch(&trigger).expect("the trigger is made");
    })
    .await;
    assert!(answers.iter().all(|(is_spoiled, granted)| is_spoiled != granted), "{answers:?}");
    let report = shop.store.audit().await.expect("the audit runs");
    assert!(report.ok(), "31 units are held and none was lost: {report:?}");
}

#[tokio::test]
async fn a_call_that_panics_fails_alone() {
    let shop = TestShop::new();
    shop.stock("shirt", 64, Policy::Deny).await;
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(shop.reserve("shirt", 1).await);
    }
    let hand = hold(&shop);
    let mut calls = JoinSet::new();
    for (index, run) in runs.iter().enumerate() {
        let (store, mut call) = (Arc::clone(&shop.store), shop.placing(run));
        if index == 3 {
            // The table of payments has no such edge: an assert of the domain says so.
            call.payment.status = Some(payment::Status::Voided);
        }
        calls.spawn(async move { (index, store.place_order(call).await) });
    }
    until_queued().await;
    let_go(&hand);
    for (index, answer) in calls.join_all().await {
        match answer {
            Ok(Moved::Done(_)) => assert_ne!(index, 3),
            Err(Failure::Broken(what)) => assert!(index == 3 && what.contains("I6"), "{index}: {what}"),
            other => panic!("{other:?}"),
        }
    }
    shop.place(&runs[3]).await;
    assert!(shop.try_reserve("shirt", 1).await.is_ok(), "the writer lives");
}

#[tokio::test]
async fn the_shop_and_the_providers_book_never_share_a_transaction() {
    let shop = TestShop::new();
    shop.stock("shirt", 64, Policy::Deny).await;
    let hand = hold(&shop);
    let before = shop.store.counts();
    let mut calls = JoinSet::new();
    for number in 0..16 {
        let (store, call) = (Arc::clone(&shop.store), shop.reserving(shop.opening("shirt", 1)));
        calls.spawn(async move { store.reserve(call).await.is_ok() });
        let store = Arc::clone(&shop.store);
        calls.spawn(async move { store.book(entry(number)).await.is_ok() });
    }
    until_queued().await;
    let_go(&hand);
    assert!(calls.join_all().await.into_iter().all(|answered| answered));
    let after = shop.store.counts();
    assert_eq!(after.shop.calls - before.shop.calls, 16);
    assert_eq!(after.book.calls - before.book.calls, 16);
    // The writer may have taken the first calls of one lane before the rest arrived.
    for commits in [after.shop.commits - before.shop.commits, after.book.commits - before.book.commits] {
        assert!((1..=2).contains(&commits), "{after:?}");
    }
}

#[tokio::test]
async fn a_call_that_would_wait_too_long_is_refused_at_once() {
    let shop = TestShop::with_times(Times { queue_wait_ms: 10, ..Times::default() });
    shop.stock("shirt", 5, Policy::Deny).await;
    let reserve = || {
        let (store, call) = (Arc::clone(&shop.store), shop.reserving(shop.opening("shirt", 1)));
        async move { store.reserve(call).await }
    };
    // A flush that takes long teaches the pipeline how long flushes take.
    shop.hand()
        .execute_batch(
            "CREATE VIEW long AS
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i FROM n;
             CREATE TRIGGER slow AFTER INSERT ON sagas BEGIN SELECT count(*) FROM long; END",
        )
        .expect("the trigger is made");
    assert!(matches!(reserve().await, Ok(Ok(_))));
    let mut calls = JoinSet::new();
    let hand = hold(&shop);
    calls.spawn(reserve());
    until_queued().await;
    let refused = reserve().await;
    assert!(matches!(refused, Err(Failure::Overloaded { retry_after_ms: 1.. })), "{refused:?}");
    assert_eq!(shop.store.counts().shed, 1);
    let_go(&hand);
    assert!(matches!(calls.join_next().await, Some(Ok(Ok(Ok(_))))), "who was admitted is answered");
}

#[tokio::test]
async fn a_neighbour_that_keeps_the_lock_makes_calls_unavailable_and_nothing_is_done() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let hand = hold(&shop);
    let refused = shop.store.reserve(shop.reserving(shop.opening("shirt", 1))).await;
    assert!(
        matches!(&refused, Err(Failure::Unavailable(why)) if why.contains("another process")),
        "{refused:?}"
    );
    assert_eq!(shop.store.ping().await, Ok(()), "reading goes on");
    let_go(&hand);
    assert!(shop.try_reserve("shirt", 5).await.is_ok());
}

#[tokio::test]
async fn a_store_that_is_closed_has_answered_every_call_it_took() {
    let shop = TestShop::new();
    shop.stock("shirt", 64, Policy::Deny).await;
    let mut calls = JoinSet::new();
    for _ in 0..32 {
        let (store, call) = (Arc::clone(&shop.store), shop.reserving(shop.opening("shirt", 1)));
        calls.spawn(async move { store.reserve(call).await });
    }
    until_queued().await;
    shop.store.close().await;
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Ok(_)))), "{answers:?}");
    let closed = Err(Failure::Unavailable("the store is closed".to_owned()));
    assert_eq!(shop.store.open_checkout(shop.opening("shirt", 1)).await, closed);
    let stock = shop.store.stock(&sku("shirt")).await.expect("reading goes on").expect("a SKU");
    assert_eq!(stock.rows[0].1.counters.reserved, 32);
}
