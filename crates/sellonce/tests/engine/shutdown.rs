//! A server that is told to stop loses no answer.

use std::process::Command;
use std::time::Duration;

use hyper::StatusCode;

use crate::harness::{Shop, complete, get, http, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_under_way_is_answered_before_the_server_stops() {
    let mut shop = Shop::with_stock("mug", 5);
    let client = http();
    let checkout = open(&client, &shop.url(), "mug", 1, "ada@example.com").await.expect("a checkout opens");
    let url = shop.url();
    let buyer = tokio::spawn(async move { complete(&http(), &url, &checkout, "slow", "tok_slow").await });
    wait_until_reserved(&mut shop).await;
    let stopped = Command::new("kill").args(["-TERM", &shop.pid().to_string()]).status();
    assert!(stopped.expect("kill can be run").success());
    let answer = buyer.await.expect("a buyer does not panic").expect("the answer is not lost");
    assert!(
        matches!(answer.status, StatusCode::CREATED | StatusCode::ACCEPTED),
        "{} {}",
        answer.status,
        answer.body
    );
    assert!(shop.wait().success(), "a server that was asked to stop ends well");
    shop.assert_audit_ok();
}

async fn wait_until_reserved(shop: &mut Shop) {
    let bearer = format!("Bearer {}", shop.key());
    let url = format!("{}/v1/admin/inventory/mug", shop.url());
    for _ in 0..200 {
        let stock = get(&http(), &url, &[("authorization", &bearer)]).await.expect("the server answers");
        if stock.body["reserved"] == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing was reserved");
}
