//! What payment providers call back about: heard once, whoever else tries.

use sellonce_payments::standard_webhooks::Secret;
use serde_json::json;

use crate::on_every_store;
use crate::shop::{Plan, Shop, StoreKind, secret};
use crate::shop_client::Answer;

on_every_store! {
    a_callback_that_comes_again_is_heard_once,
    a_forged_callback_is_refused_and_changes_nothing,
    a_callback_that_names_nothing_of_ours_is_received,
    money_that_comes_after_the_end_goes_back,
}

/// Sends a callback, signed now by a secret.
async fn send(shop: &Shop, id: &str, payment: &str, by: &Secret) -> Answer {
    let seconds = sellonce_checkout::clock::Clock::now(shop.clock.as_ref()).millis().div_euclid(1_000);
    let body = json!({"type": "payment.captured", "data": {"payment": payment}}).to_string();
    shop.call("POST", "/v1/payments/webhooks/simulated")
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", &seconds.to_string())
        .header("webhook-signature", &by.sign(id, seconds, body.as_bytes()))
        .bytes(body)
        .send()
        .await
}

/// The key of the only payment at the provider.
async fn payment(shop: &Shop) -> String {
    let book = shop.get("/v1/admin/simulated_payments").admin().send().await.expect_status(200);
    book.text("/data/0/id")
}

async fn a_callback_that_comes_again_is_heard_once(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    shop.complete(&checkout, "tok_requires_action", "k").await.expect_status(202);
    let payment = payment(&shop).await;
    for _ in 0..3 {
        send(&shop, "msg_1", &payment, &secret()).await.expect_status(200);
    }
    // It lied: nothing was captured, and nobody believes a callback without asking.
    for run in shop.coordinator.claim(100).await.unwrap() {
        let now = sellonce_checkout::clock::Clock::now(shop.clock.as_ref());
        shop.coordinator.drive(run, now).await.unwrap();
    }
    assert_eq!(shop.get(format!("/v1/checkouts/{checkout}")).send().await.text("/status"), "requires_action");
    shop.audit().await;
}

async fn a_forged_callback_is_refused_and_changes_nothing(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    shop.complete(&checkout, "tok_requires_action", "k").await.expect_status(202);
    let payment = payment(&shop).await;
    let forger = Secret::from_bytes([8; 32]);
    let refused = send(&shop, "msg_1", &payment, &forger).await;
    refused.expect_problem(400, "callback_not_authentic");
    let unsigned = shop.post("/v1/payments/webhooks/simulated", json!({})).send().await;
    unsigned.expect_problem(400, "callback_not_authentic");
    let nobody = shop.post("/v1/payments/webhooks/nobody", json!({})).send().await;
    nobody.expect_problem(404, "not_found");
    assert!(shop.coordinator.claim(100).await.unwrap().is_empty(), "nothing was woken");
}

async fn a_callback_that_names_nothing_of_ours_is_received(shop: Shop) {
    for payment in ["pay_nonsense", "pay_00000000000000000000000000"] {
        send(&shop, &format!("msg_of_{payment}"), payment, &secret()).await.expect_status(200);
    }
}

async fn money_that_comes_after_the_end_goes_back(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    shop.complete(&checkout, "tok_declined", "k").await.expect_status(402);
    let payment = payment(&shop).await;
    // The provider's word was that nothing was taken; it is asked again, and says so again.
    send(&shop, "msg_1", &payment, &secret()).await.expect_status(200);
    shop.run_loops().await;
    shop.hear_callbacks().await;
    shop.audit().await;
    assert_eq!(shop.available("MUG").await, 5);
}

#[tokio::test]
async fn a_shop_without_the_provider_hears_nobody() {
    let plan = Plan { simulated_is_on: false, ..Plan::default() };
    let shop = Shop::open_as(StoreKind::Memory, plan).await;
    let answer = shop.post("/v1/payments/webhooks/simulated", json!({})).send().await;
    answer.expect_problem(404, "not_found");
}
