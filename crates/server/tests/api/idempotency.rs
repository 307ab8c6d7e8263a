//! Idempotency: a key stands for one thing that is done, whoever repeats it and however often.

use futures_util::future::join_all;
use serde_json::json;

use crate::on_every_store;
use crate::shop::Shop;
use crate::shop_client::pay;

on_every_store! {
    a_repetition_is_answered_byte_for_byte,
    a_repetition_tells_the_order_as_it_was_first_told,
    a_declined_payment_is_declined_again_in_the_same_words,
    a_key_with_another_body_is_refused,
    a_key_is_needed_and_must_be_readable,
    an_answer_without_effect_is_not_kept,
    another_key_on_a_completed_checkout_finds_its_order,
    two_buyers_with_the_same_key_do_not_meet,
    after_three_days_a_repetition_finds_its_effect,
    fifty_clicks_at_once_are_one_sale,
    a_movement_is_made_once_per_key,
}

async fn a_repetition_is_answered_byte_for_byte(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let first = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    assert!(!first.is_replayed());
    for _ in 0..3 {
        let again = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
        assert!(again.is_replayed());
        assert_eq!(again.bytes, first.bytes);
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
    assert_eq!(shop.available("MUG").await, 4);
    shop.audit().await;
}

async fn a_repetition_tells_the_order_as_it_was_first_told(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let first = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    let path = format!("/v1/admin/orders/{}/transitions", first.text("/id"));
    shop.clock.pass_ms(1_000);
    shop.post(&path, json!({"to": "cancelled"})).admin().key("c").send().await.expect_status(200);
    shop.run_loops().await;
    let again = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    assert_eq!(again.bytes, first.bytes);
    let now = shop.complete(&checkout, "tok_ok", "other").await.expect_status(200);
    assert_eq!(now.text("/status"), "refunded");
}

async fn a_declined_payment_is_declined_again_in_the_same_words(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let first = shop.complete(&checkout, "tok_declined", "k").await.expect_problem(402, "payment_declined");
    assert_eq!(first.text("/request_id"), first.header("x-request-id"));
    let again = shop.complete(&checkout, "tok_declined", "k").await.expect_problem(402, "payment_declined");
    assert!(again.is_replayed());
    assert_eq!(again.bytes, first.bytes, "the first request's id is in both");
}

async fn a_key_with_another_body_is_refused(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    shop.complete(&checkout, "tok_slow", "k").await.expect_problem(422, "idempotency_key_reused");
    let spaced = pay("tok_ok").to_string().replace(':', ": ");
    let path = format!("/v1/checkouts/{checkout}/complete");
    let call = shop.call("POST", path).header("content-type", "application/json").key("k").bytes(spaced);
    call.send().await.expect_problem(422, "idempotency_key_reused");
}

async fn a_key_is_needed_and_must_be_readable(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let path = format!("/v1/checkouts/{checkout}/complete");
    let call = || shop.post(&path, pay("tok_ok"));
    call().send().await.expect_problem(400, "idempotency_key_missing");
    let endless = "k".repeat(256);
    for key in ["", "two words", "tab\there", "k\u{e9}y", &endless] {
        call().key(key).send().await.expect_problem(400, "idempotency_key_invalid");
    }
    call().key("one").key("two").send().await.expect_problem(400, "idempotency_key_invalid");
    assert_eq!(shop.available("MUG").await, 5);
    let longest = "k".repeat(255);
    call().key(&longest).send().await.expect_status(201);
}

async fn an_answer_without_effect_is_not_kept(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 6).await;
    shop.complete(&checkout, "tok_ok", "k").await.expect_problem(409, "out_of_stock");
    let more = json!({"kind": "receive", "quantity": 1, "reason": "delivery"});
    let path = "/v1/admin/inventory/MUG/movements";
    shop.post(path, more).admin().key("m").send().await.expect_status(201);
    let order = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    assert!(!order.is_replayed());
    shop.audit().await;
}

async fn another_key_on_a_completed_checkout_finds_its_order(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let order = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    let found = shop.complete(&checkout, "tok_declined", "other").await.expect_status(200);
    assert_eq!(found.text("/id"), order.text("/id"));
    assert!(!found.is_replayed());
    assert_eq!(shop.available("MUG").await, 4);
}

async fn two_buyers_with_the_same_key_do_not_meet(shop: Shop) {
    let checkouts = [shop.checkout_of("MUG", 1).await, shop.checkout_of("MUG", 1).await];
    let first = shop.complete(&checkouts[0], "tok_ok", "same").await.expect_status(201);
    let second = shop.complete(&checkouts[1], "tok_ok", "same").await.expect_status(201);
    assert_ne!(first.text("/id"), second.text("/id"));
    // Without a cart the scope is the e-mail address, in whatever case it is written.
    let body = |email: &str| json!({"lines": [{"sku": "MUG", "quantity": 1}], "email": email, "complete": pay("tok_ok")});
    let buy = |email: &str| shop.post("/v1/checkouts", body(email)).key("same").send();
    let ada = buy("ada@example.com").await.expect_status(201);
    let grace = buy("grace@example.com").await.expect_status(201);
    assert_ne!(ada.text("/id"), grace.text("/id"));
    buy("ADA@example.com").await.expect_problem(422, "idempotency_key_reused");
    assert!(buy("ada@example.com").await.expect_status(201).is_replayed());
    shop.audit().await;
}

async fn after_three_days_a_repetition_finds_its_effect(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let first = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    shop.clock.pass_ms(73 * 3_600_000);
    let late = shop.complete(&checkout, "tok_ok", "k").await.expect_status(200);
    assert_eq!(late.text("/id"), first.text("/id"));
    assert_eq!(shop.available("MUG").await, 4);
}

async fn fifty_clicks_at_once_are_one_sale(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let answers = join_all((0..50).map(|_| shop.complete(&checkout, "tok_timeout", "k"))).await;
    let mut orders = Vec::new();
    for answer in answers {
        match answer.status.as_u16() {
            201 => orders.push(answer.bytes),
            409 => drop(answer.expect_problem(409, "completion_in_progress")),
            other => panic!("{other}"),
        }
    }
    assert!(!orders.is_empty());
    assert!(orders.iter().all(|order| *order == orders[0]));
    assert_eq!(shop.available("MUG").await, 4);
    shop.audit().await;
}

async fn a_movement_is_made_once_per_key(shop: Shop) {
    let path = "/v1/admin/inventory/MUG/movements";
    let receive = |quantity: i64, key: &str| {
        let body = json!({"kind": "receive", "quantity": quantity, "reason": "delivery"});
        shop.post(path, body).admin().key(key).send()
    };
    let first = receive(4, "k").await.expect_status(201);
    let again = receive(4, "k").await.expect_status(201);
    assert!(again.is_replayed() && !first.is_replayed());
    assert_eq!(again.bytes, first.bytes);
    receive(5, "k").await.expect_problem(422, "idempotency_key_reused");
    let of_other = json!({"kind": "receive", "quantity": 4, "reason": "delivery"});
    let other = shop.post("/v1/admin/inventory/SHIRT-S/movements", of_other).admin().key("k");
    assert!(!other.send().await.expect_status(201).is_replayed(), "the path is part of the scope");
    let body = json!({"kind": "receive", "quantity": 4, "reason": "delivery"});
    let of_other_key = shop.post(path, body).bearer(&shop.writer).key("k").send().await.expect_status(201);
    assert!(!of_other_key.is_replayed(), "the API key is part of the scope");
    assert_eq!(shop.available("MUG").await, 13);
    shop.audit().await;
}
