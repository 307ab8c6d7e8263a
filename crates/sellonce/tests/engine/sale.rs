//! One sale, whole: from the import to the mail, and what a retry is told afterwards.

use std::time::Duration;

use hyper::StatusCode;

use crate::harness::{Shop, complete, get, http, open};

#[tokio::test]
async fn a_sale_ends_in_a_paid_order_a_mail_and_a_clean_audit() {
    let shop = Shop::with_stock("mug", 3);
    let http = http();
    let checkout = open(&http, &shop.url(), "mug", 2, "ada@example.com").await.expect("a checkout opens");
    let order = complete(&http, &shop.url(), &checkout, "first", "tok_ok").await.expect("the server answers");
    assert_eq!(order.status, StatusCode::CREATED, "{}", order.body);
    assert_eq!(order.text("/status"), "paid");
    assert_eq!(order.body["totals"]["total"], serde_json::json!({"amount": 9998, "currency": "USD"}));
    let mails = wait_for_mails(&shop, 1).await;
    assert!(mails[0].contains("ada@example.com") && mails[0].contains(order.text("/id")), "{}", mails[0]);
    let url = format!("{}/v1/orders/{}", shop.url(), order.text("/id"));
    assert_eq!(get(&http, &url, &[]).await.expect("the server answers").status, StatusCode::UNAUTHORIZED);
    let bearer = format!("Bearer {}", order.text("/token"));
    let read = get(&http, &url, &[("authorization", &bearer)]).await.expect("the server answers");
    assert_eq!(read.body["number"], order.body["number"]);
    shop.assert_audit_ok();
}

#[tokio::test]
async fn a_retry_after_a_restart_is_told_the_same_byte_for_byte() {
    let mut shop = Shop::with_stock("mug", 3);
    let http = http();
    let checkout = open(&http, &shop.url(), "mug", 1, "ada@example.com").await.expect("a checkout opens");
    let first = complete(&http, &shop.url(), &checkout, "once", "tok_ok").await.expect("the server answers");
    shop.kill();
    shop.start();
    // The old connection died with the old server.
    let http = crate::harness::http();
    let again = complete(&http, &shop.url(), &checkout, "once", "tok_ok").await.expect("the server answers");
    assert_eq!((again.status, &again.bytes, again.replayed), (StatusCode::CREATED, &first.bytes, true));
    let other =
        complete(&http, &shop.url(), &checkout, "another", "tok_ok").await.expect("the server answers");
    assert_eq!((other.status, other.text("/id")), (StatusCode::OK, first.text("/id")));
}

#[tokio::test]
async fn a_declined_payment_holds_nothing_and_another_try_succeeds() {
    let shop = Shop::with_stock("mug", 1);
    let http = http();
    let checkout = open(&http, &shop.url(), "mug", 1, "ada@example.com").await.expect("a checkout opens");
    let url = shop.url();
    let declined = complete(&http, &url, &checkout, "one", "tok_declined").await.expect("the server answers");
    assert_eq!((declined.status, declined.code()), (StatusCode::PAYMENT_REQUIRED, "payment_declined"));
    let again = complete(&http, &url, &checkout, "one", "tok_declined").await.expect("the server answers");
    assert_eq!((again.status, &again.bytes), (StatusCode::PAYMENT_REQUIRED, &declined.bytes));
    let paid = complete(&http, &url, &checkout, "two", "tok_ok").await.expect("the server answers");
    assert_eq!(paid.status, StatusCode::CREATED, "{}", paid.body);
    shop.assert_audit_ok();
}

#[tokio::test]
async fn an_answer_that_the_provider_lost_is_asked_for_and_charged_once() {
    let mut shop = Shop::with_stock("mug", 2);
    let http = http();
    for (token, email) in [("tok_timeout", "ada@example.com"), ("tok_timeout_not_charged", "bob@example.com")]
    {
        let checkout = open(&http, &shop.url(), "mug", 1, email).await.expect("a checkout opens");
        let order = complete(&http, &shop.url(), &checkout, "k", token).await.expect("the server answers");
        assert_eq!(order.status, StatusCode::CREATED, "{token}: {}", order.body);
    }
    let bearer = format!("Bearer {}", shop.key());
    let url = format!("{}/v1/admin/simulated_payments", shop.url());
    let book = get(&http, &url, &[("authorization", &bearer)]).await.expect("the server answers").body;
    let captured = book["data"].as_array().expect("a list").iter().filter(|row| row["status"] == "captured");
    assert_eq!(captured.count(), 2, "{book}");
    shop.assert_audit_ok();
}

async fn wait_for_mails(shop: &Shop, count: usize) -> Vec<String> {
    for _ in 0..200 {
        let mails = shop.mails();
        if mails.len() >= count {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no mail was delivered");
}
