//! Several servers on one PostgreSQL: they share the stock, and one that was paused changes nothing that is no longer its
//! own (I14).

use std::time::Duration;

use hyper::StatusCode;
use sellonce_cluster::Database;
use serde_json::json;

use crate::harness::{Shop, complete, get, http, open};
use crate::load::ready;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_of_twenty_units_at_two_servers_make_twenty_orders() {
    let database = Database::new();
    let mut shop = Shop::on_postgres(database.url(), 2, "last-ones", 20);
    (0..2).for_each(|server| shop.start_server(server, &[]));
    let buyers = (0..200).map(|number| {
        // Opened at one server, completed at the other.
        let (here, there) = (shop.url_of(number % 2), shop.url_of((number + 1) % 2));
        tokio::spawn(async move {
            let http = http();
            let email = format!("buyer-{number}@example.com");
            let checkout = open(&http, &here, "last-ones", 1, &email).await.expect("a checkout opens");
            complete(&http, &there, &checkout, "once", "tok_ok").await.expect("the server answers")
        })
    });
    let (mut placed, mut sold_out) = (0, 0);
    for buyer in buyers.collect::<Vec<_>>() {
        let answer = buyer.await.expect("a buyer does not panic");
        match answer.status {
            StatusCode::CREATED => placed += 1,
            StatusCode::CONFLICT if answer.code() == "out_of_stock" => sold_out += 1,
            other => panic!("{other} {}", answer.body),
        }
    }
    assert_eq!((placed, sold_out), (20, 180));
    let key = format!("Bearer {}", shop.key());
    let url = format!("{}/v1/admin/inventory/last-ones", shop.url_of(1));
    let stock = get(&http(), &url, &[("authorization", &key)]).await.expect("the server answers").body;
    let counters = json!([stock["available"], stock["reserved"], stock["committed"], stock["on_hand"]]);
    assert_eq!(counters, json!([0, 0, 20, 20]));
    shop.assert_audit_ok();
}

/// A server is stopped while its provider is being asked, for longer than its lease. The other one takes the checkout over
/// and finishes it. What the first does when it goes on is done in vain.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_paused_for_longer_than_its_lease_changes_nothing() {
    let database = Database::new();
    let mut shop = Shop::on_postgres(database.url(), 2, "thing", 5);
    shop.set("SELLONCE_SHOP__COMPLETE_WAIT_MS", "1000");
    shop.set("SELLONCE_SHOP__PAYMENT_CALL_MS", "3000");
    shop.set("SELLONCE_SHOP__LEASE_MS", "4500");
    (0..2).for_each(|server| shop.start_server(server, &[]));
    let (first, second) = (shop.url_of(0), shop.url_of(1));
    let checkout = open(&http(), &first, "thing", 2, "ada@example.com").await.expect("a checkout opens");
    let paying = {
        let (first, checkout) = (first.clone(), checkout.clone());
        tokio::spawn(async move { complete(&http(), &first, &checkout, "slow", "tok_slow").await })
    };
    until(&database, "SELECT count(*) FROM simulated_payments", "1").await;
    shop.signal(0, "STOP");
    until(&database, "SELECT count(*) FROM orders WHERE status = 'paid'", "1").await;
    shop.signal(0, "CONT");
    let told = paying.await.expect("no panic").expect("the first server answers in the end");
    assert!(
        [StatusCode::CREATED, StatusCode::ACCEPTED].contains(&told.status),
        "{} {}",
        told.status,
        told.body
    );
    ready(&first).await;
    let again = complete(&http(), &second, &checkout, "slow", "tok_slow").await.expect("the server answers");
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
    assert_eq!(
        database.psql("SELECT count(*), max(captured) FROM payments WHERE status = 'captured'"),
        "1|9998"
    );
    let history = database.psql("SELECT history FROM sagas");
    let fences: Vec<&str> = history.split(',').filter_map(|step| step.split(':').nth(1)).collect();
    assert_eq!(fences, ["1", "2"], "placed by whoever took it over: {history}");
    shop.assert_audit_ok();
}

/// Polls until a question has the answer.
async fn until(database: &Database, question: &str, answer: &str) {
    for _ in 0..400 {
        if tokio::task::block_in_place(|| database.psql(question)) == answer {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{question}: {}", database.psql(question));
}
