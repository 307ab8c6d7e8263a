//! Payments that wait for their buyer: the provider's page, cancelling, and what is learned afterwards.

use serde_json::{Value, json};

use crate::on_every_store;
use crate::shop::Shop;
use crate::shop_client::Answer;

on_every_store! {
    a_buyer_who_confirms_has_an_order,
    a_buyer_who_refuses_can_choose_again,
    a_buyer_who_changes_their_mind_is_not_charged,
    a_cancellation_that_comes_too_late_finds_the_order,
    the_page_takes_its_form,
    only_payments_that_were_asked_for_have_a_page,
}

/// A checkout of one mug whose payment waits for its buyer, and the path of the provider's page.
async fn waiting(shop: &Shop) -> (String, String) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let waits = shop.complete(&checkout, "tok_requires_action", "k").await.expect_status(202);
    assert_eq!(waits.text("/status"), "requires_action");
    assert_eq!(shop.available("MUG").await, 4, "what the buyer wants is held meanwhile");
    let url = waits.text("/next_action/url");
    let path = url.strip_prefix("http://shop.example").expect("the page is on this server").to_owned();
    (checkout, path)
}

async fn act(shop: &Shop, path: &str, result: &str) -> Answer {
    shop.post(path, json!({"result": result})).send().await
}

async fn order_of(shop: &Shop, checkout: &str) -> Value {
    let order = shop.complete(checkout, "tok_requires_action", "k").await.expect_status(201);
    assert!(order.is_replayed());
    order.json
}

async fn a_buyer_who_confirms_has_an_order(shop: Shop) {
    let (checkout, path) = waiting(&shop).await;
    assert_eq!(act(&shop, &path, "succeed").await.expect_status(200).text("/status"), "captured");
    assert!(shop.hear_callbacks().await > 0);
    shop.run_loops().await;
    assert_eq!(order_of(&shop, &checkout).await["status"], "paid");
    assert_eq!(act(&shop, &path, "fail").await.text("/status"), "captured", "acting twice is acting once");
    shop.audit().await;
}

async fn a_buyer_who_refuses_can_choose_again(shop: Shop) {
    let (checkout, path) = waiting(&shop).await;
    assert_eq!(act(&shop, &path, "fail").await.expect_status(200).text("/status"), "declined");
    shop.hear_callbacks().await;
    shop.run_loops().await;
    let refused = shop.complete(&checkout, "tok_requires_action", "k").await;
    let refused = refused.expect_problem(402, "payment_declined");
    assert_eq!(refused.text("/decline_code"), "authentication_failed");
    assert_eq!(shop.available("MUG").await, 5);
    shop.complete(&checkout, "tok_ok", "another").await.expect_status(201);
    shop.audit().await;
}

async fn a_buyer_who_changes_their_mind_is_not_charged(shop: Shop) {
    let (checkout, path) = waiting(&shop).await;
    let cancelled = shop.delete(format!("/v1/checkouts/{checkout}")).send().await.expect_status(200);
    assert_eq!(cancelled.text("/status"), "cancelled");
    assert_eq!(shop.available("MUG").await, 5);
    assert_eq!(
        act(&shop, &path, "succeed").await.text("/status"),
        "cancelled",
        "the provider forgot nothing"
    );
    let again = shop.delete(format!("/v1/checkouts/{checkout}")).send().await.expect_status(200);
    assert_eq!(again.text("/status"), "cancelled");
    shop.audit().await;
}

async fn a_cancellation_that_comes_too_late_finds_the_order(shop: Shop) {
    let (checkout, path) = waiting(&shop).await;
    act(&shop, &path, "succeed").await.expect_status(200);
    let late = shop.delete(format!("/v1/checkouts/{checkout}")).send().await;
    late.expect_problem(409, "checkout_completed");
    assert_eq!(order_of(&shop, &checkout).await["status"], "paid");
    shop.audit().await;
}

async fn the_page_takes_its_form(shop: Shop) {
    let (checkout, path) = waiting(&shop).await;
    let form = shop.call("POST", &path).header("content-type", "application/x-www-form-urlencoded");
    let sent = form.bytes("result=succeed").send().await.expect_status(303);
    assert_eq!(sent.header("location"), path);
    act(&shop, &path, "perhaps").await.expect_fault("/result");
    shop.hear_callbacks().await;
    shop.run_loops().await;
    order_of(&shop, &checkout).await;
}

async fn only_payments_that_were_asked_for_have_a_page(shop: Shop) {
    for path in ["/simulated/payments/pay_nonsense", "/simulated/payments/pay_00000000000000000000000000"] {
        act(&shop, path, "succeed").await.expect_problem(404, "not_found");
    }
}
