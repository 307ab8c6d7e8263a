//! Defects that show when a server dies, or when two hands are at one saga.

use std::time::Duration;

use sellonce_checkout::sabotage::Sabotage;
use sellonce_cluster::Database;

use crate::harness::{Shop, complete, http, open};
use crate::load::{Load, ready};
use crate::proof::{Plan, SKU, book, buy, caught, findings, judge, set_up, until, with_units};

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_are_written_after_the_order() {
    let story = async |shop: &mut Shop| {
        let load = Load::start(vec![shop.url()], SKU, 24);
        for orders in [20, 40] {
            until(shop, &format!("SELECT count(*) > {orders} FROM orders"), 1).await;
            shop.kill();
            shop.start();
            ready(&shop.url()).await;
        }
        load.stop().await;
        Vec::new()
    };
    caught(Sabotage::OutboxOutsideTransaction, "I13", with_units(100_000), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_judged_by_another_clock() {
    let plan = Plan { units: 5, variables: &[("SELLONCE_SHOP__PAYMENT_CALL_MS", "2900")] };
    let story = async |shop: &mut Shop| {
        let url = shop.url();
        let paying = tokio::spawn(async move { buy(&url, "ada", "tok_slow").await });
        let mut asked = 0;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let booked = book(shop).await;
            asked = booked.first().and_then(|booking| booking["asked"].as_i64()).unwrap_or(asked);
        }
        assert!(asked > 0, "the provider was not asked");
        paying.abort();
        let wrong = asked != 1;
        wrong.then(|| format!("asked {asked} times while the first hand waits")).into_iter().collect()
    };
    caught(Sabotage::LeaseByLocalClock, "asked", plan, story).await;
}

/// A server is stopped while its provider is being asked, for longer than its lease and than the call may take. The other
/// one finishes the checkout. The first goes on without an answer, and lets go of what is not its own any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_that_lost_its_saga_and_is_not_found_out() {
    tokio::join!(
        outlive_a_lease(Sabotage::NoFenceCheck.as_str(), Some("I14")),
        outlive_a_lease("none", None)
    );
}

async fn outlive_a_lease(name: &str, wanted: Option<&str>) {
    let database = Database::new();
    let mut shop = Shop::on_postgres(database.url(), 2, SKU, 5);
    set_up(&mut shop, name);
    shop.set("SELLONCE_SHOP__COMPLETE_WAIT_MS", "200");
    shop.set("SELLONCE_SHOP__PAYMENT_CALL_MS", "700");
    shop.set("SELLONCE_SHOP__LEASE_MS", "1000");
    (0..2).for_each(|server| shop.start_server(server, &[]));
    for round in 0..3 {
        pause_while_asking(&shop, &database, round).await;
        // On a busy machine it may be stopped too late, when it has let go of the saga already.
        let shown = |by| findings(&shop).iter().any(|finding| finding.starts_with(by));
        if wanted.is_none_or(shown) {
            break;
        }
    }
    judge(&shop, Vec::new(), wanted).await;
}

/// Buys at the first server, which is stopped meanwhile; the second one places the order.
async fn pause_while_asking(shop: &Shop, database: &Database, round: usize) {
    let (url, key) = (shop.url_of(0), format!("round-{round}"));
    let checkout = open(&http(), &url, SKU, 1, "ada@example.com").await.expect("a checkout opens");
    let paying = tokio::spawn(async move { complete(&http(), &url, &checkout, &key, "tok_slow").await });
    until_more(database, "simulated_payments", round).await;
    shop.signal(0, "STOP");
    until_more(database, "orders", round).await;
    shop.signal(0, "CONT");
    paying.await.expect("no panic").expect("the first server answers in the end");
}

/// Polls until a table has more rows than that.
async fn until_more(database: &Database, table: &str, rows: usize) {
    let question = format!("SELECT count(*) > {rows} FROM {table}");
    for _ in 0..400 {
        if tokio::task::block_in_place(|| database.psql(&question)) == "t" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{question}: {}", database.psql(&question));
}
