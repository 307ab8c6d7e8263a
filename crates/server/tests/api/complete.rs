//! Completing: every end that a saga can have, as its buyer is told of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};
use sellonce_server::app::Settings;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::on_every_store;
use crate::shop::{Plan, Shop, StoreKind};
use crate::shop_client::{checkout_body, pay};

on_every_store! {
    a_sale_is_paid_and_its_stock_is_sold,
    a_declined_payment_holds_nothing_and_leaves_the_checkout_open,
    what_is_sold_out_is_named_with_what_is_left,
    an_answer_that_got_lost_is_found_out,
    a_total_that_the_buyer_did_not_expect_is_not_charged,
    one_buyer_cannot_have_more_than_the_limit,
    another_checkout_of_an_ordered_cart_is_refused,
    opening_and_completing_in_one_request_is_one_sale,
    what_cannot_be_completed_is_not_opened_either,
    only_providers_that_are_switched_on_are_taken,
}

async fn a_sale_is_paid_and_its_stock_is_sold(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 2).await;
    let order = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    assert_eq!(order.text("/status"), "paid");
    assert_eq!(order.text("/payment_status"), "paid");
    assert_eq!(order.text("/fulfillment_status"), "unfulfilled");
    assert_eq!(order.at("/available_transitions"), &json!([]));
    assert_eq!(order.at("/lines/0/quantity"), 2);
    assert_eq!(order.at("/totals/total/amount"), 2_400);
    assert_eq!(order.header("location"), format!("/v1/orders/{}", order.text("/id")));
    assert_eq!(shop.available("MUG").await, 3);
    shop.audit().await;
}

async fn a_declined_payment_holds_nothing_and_leaves_the_checkout_open(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 2).await;
    let declined = shop.complete(&checkout, "tok_insufficient_funds", "k1").await;
    let declined = declined.expect_problem(402, "payment_declined");
    assert_eq!(declined.text("/decline_code"), "insufficient_funds");
    assert_eq!(shop.available("MUG").await, 5);
    let read = shop.get(format!("/v1/checkouts/{checkout}")).send().await;
    assert_eq!(read.text("/status"), "open");
    shop.complete(&checkout, "tok_ok", "k2").await.expect_status(201);
    shop.audit().await;
}

async fn what_is_sold_out_is_named_with_what_is_left(shop: Shop) {
    let body = json!({"email": "ada@example.com", "lines": [
        {"sku": "MUG", "quantity": 6}, {"sku": "SHIRT-M", "quantity": 1}, {"sku": "SHIRT-S", "quantity": 1}
    ]});
    let checkout = shop.post("/v1/checkouts", body).send().await.expect_status(201).text("/id");
    let refused = shop.complete(&checkout, "tok_ok", "k").await.expect_problem(409, "out_of_stock");
    let lines = refused.at("/lines").as_array().unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["sku"].as_str().unwrap(), line["requested"].clone(), line["available"].clone()))
        .collect();
    assert_eq!(told, [("MUG", json!(6), json!(5)), ("SHIRT-M", json!(1), json!(0))]);
    assert_eq!(shop.available("SHIRT-S").await, 3, "all or nothing");
    shop.audit().await;
}

async fn an_answer_that_got_lost_is_found_out(shop: Shop) {
    for token in ["tok_timeout", "tok_timeout_not_charged", "tok_flaky", "tok_slow"] {
        let checkout = shop.checkout_of("MUG", 1).await;
        let order = shop.complete(&checkout, token, "k").await.expect_status(201);
        assert_eq!(order.text("/status"), "paid", "{token}");
    }
    let book = shop.get("/v1/admin/simulated_payments").admin().send().await.expect_status(200);
    let captured = |booking: &&serde_json::Value| booking["status"] == "captured";
    assert_eq!(book.at("/data").as_array().unwrap().iter().filter(captured).count(), 4);
    shop.audit().await;
}

async fn a_total_that_the_buyer_did_not_expect_is_not_charged(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let path = format!("/v1/checkouts/{checkout}/complete");
    let complete = |amount: i64, currency: &str| {
        let mut body = pay("tok_ok");
        body["expected_total"] = json!({"amount": amount, "currency": currency});
        shop.post(&path, body).key("k").send()
    };
    let refused = complete(1, "USD").await.expect_problem(409, "price_changed");
    assert_eq!(refused.at("/totals/total/amount"), 1_200);
    complete(1_200, "JPY").await.expect_problem(422, "wrong_currency");
    complete(-1, "USD").await.expect_fault("/expected_total/amount");
    complete(1_200, "USD").await.expect_status(201);
    shop.audit().await;
}

async fn one_buyer_cannot_have_more_than_the_limit(shop: Shop) {
    let limit = json!({"sku": "MUG", "quantity_max": 2});
    shop.post("/v1/admin/limits", limit).admin().send().await.expect_status(200);
    shop.buy("MUG", 2).await;
    let checkout = shop.checkout_of("MUG", 1).await;
    let refused = shop.complete(&checkout, "tok_ok", "k").await.expect_problem(409, "purchase_limit_reached");
    assert_eq!(refused.text("/sku"), "MUG");
    shop.audit().await;
}

async fn another_checkout_of_an_ordered_cart_is_refused(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    let body = json!({"cart_id": cart, "email": "ada@example.com"});
    let mut tabs = Vec::new();
    for _ in 0..2 {
        tabs.push(shop.post("/v1/checkouts", body.clone()).send().await.expect_status(201).text("/id"));
    }
    shop.complete(&tabs[0], "tok_ok", "a").await.expect_status(201);
    shop.complete(&tabs[1], "tok_ok", "b").await.expect_problem(409, "cart_already_ordered");
    shop.audit().await;
}

async fn opening_and_completing_in_one_request_is_one_sale(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    let of_cart = json!({"cart_id": cart, "email": "ada@example.com", "complete": pay("tok_ok")});
    let mut of_lines = checkout_body("MUG", 1);
    of_lines["complete"] = pay("tok_ok");
    for body in [of_cart, of_lines] {
        shop.post("/v1/checkouts", body.clone()).send().await.expect_problem(400, "idempotency_key_missing");
        let order = shop.post("/v1/checkouts", body.clone()).key("k").send().await.expect_status(201);
        assert_eq!(order.text("/status"), "paid");
        let again = shop.post("/v1/checkouts", body).key("k").send().await.expect_status(201);
        assert!(again.is_replayed());
        assert_eq!(again.bytes, order.bytes);
    }
    assert_eq!(shop.available("MUG").await, 3);
    shop.audit().await;
}

async fn what_cannot_be_completed_is_not_opened_either(shop: Shop) {
    let mut body = checkout_body("MUG", 6);
    body["complete"] = pay("tok_ok");
    shop.post("/v1/checkouts", body.clone()).key("k").send().await.expect_problem(409, "out_of_stock");
    body["lines"][0]["quantity"] = json!(5);
    shop.post("/v1/checkouts", body).key("k").send().await.expect_status(201);
    shop.audit().await;
}

async fn only_providers_that_are_switched_on_are_taken(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let path = format!("/v1/checkouts/{checkout}/complete");
    let pay_with = |provider: &str, token: &str| {
        shop.post(&path, json!({"payment": {"provider": provider, "token": token}})).key("k").send()
    };
    pay_with("stripe", "tok_ok").await.expect_problem(422, "unknown_provider");
    for token in ["", "two words", "tok\u{e9}", &"x".repeat(256)] {
        pay_with("simulated", token).await.expect_fault("/payment/token");
    }
    pay_with("simulated", "tok_unheard_of").await.expect_problem(402, "payment_declined");
}

#[tokio::test]
async fn a_sale_that_takes_long_is_told_as_under_way_and_then_as_it_ended() {
    let times = Times { complete_wait_ms: 0, ..Times::default() };
    let shop = Shop::open_as(StoreKind::Memory, Plan { times, ..Plan::default() }).await;
    let mut body = checkout_body("MUG", 1);
    body["complete"] = pay("tok_timeout");
    let waits = shop.post("/v1/checkouts", body.clone()).key("k").send().await.expect_status(202);
    assert_eq!(waits.text("/status"), "processing");
    assert!(waits.at("/next_action").is_null());
    assert_eq!(waits.header("retry-after"), "1");
    let checkout = format!("/v1/checkouts/{}", waits.text("/checkout_id"));
    assert_eq!(shop.get(&checkout).send().await.expect_status(200).text("/status"), "processing");
    shop.delete(&checkout).send().await.expect_problem(409, "completion_in_progress");
    let other = shop.post(format!("{checkout}/complete"), pay("tok_ok")).key("other").send().await;
    other.expect_problem(409, "completion_in_progress");
    let again = shop.post("/v1/checkouts", body.clone()).key("k").send().await.expect_status(202);
    assert!(again.json.get("checkout_id").is_none(), "its secret is told once");

    shop.clock.pass_ms(60_000);
    shop.run_loops().await;
    let end = shop.post("/v1/checkouts", body.clone()).key("k").send().await.expect_status(201);
    assert!(end.is_replayed());
    let order = shop.post(format!("{checkout}/complete"), pay("tok_ok")).key("other").send().await;
    assert_eq!(order.expect_status(200).text("/id"), end.text("/id"));
    shop.audit().await;
}

#[tokio::test]
async fn a_buyer_who_has_to_act_is_sent_there() {
    let shop = Shop::open(StoreKind::Memory).await;
    let checkout = shop.checkout_of("MUG", 1).await;
    let waits = shop.complete(&checkout, "tok_requires_action", "k").await.expect_status(202);
    assert_eq!(waits.text("/status"), "requires_action");
    assert_eq!(waits.text("/next_action/type"), "redirect");
    assert!(waits.text("/next_action/url").starts_with("http://shop.example/"));
    assert!(waits.json.get("checkout_id").is_none(), "the client has it already");
    assert_eq!(shop.get(format!("/v1/checkouts/{checkout}")).send().await.text("/status"), "requires_action");
}

/// A provider that answers when it is let.
struct Gate(Semaphore);

#[async_trait]
impl PaymentProvider for Gate {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.0.acquire().await.unwrap().forget();
        Ok(Report {
            attempt_key: charge.saga.attempt_key(),
            amount: charge.amount,
            reference: "gate".to_owned(),
            outcome: sellonce_checkout::payment::Outcome::Captured,
        })
    }

    async fn find(&self, _: &Attempt) -> Result<Option<Report>, Unknown> {
        Ok(None)
    }

    async fn cancel(&self, _: &Attempt) -> Result<Report, Unknown> {
        Err(Unknown("not asked here".to_owned()))
    }

    async fn capture(&self, _: &Attempt) -> Result<Report, Unknown> {
        Err(Unknown("not asked here".to_owned()))
    }

    async fn refund(&self, _: &Attempt, _: &str, _: Money) -> Result<RefundOutcome, Unknown> {
        Err(Unknown("not asked here".to_owned()))
    }
}

#[tokio::test]
async fn a_buyer_who_hangs_up_has_bought_all_the_same() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let providers: BTreeMap<String, Arc<dyn PaymentProvider>> =
        BTreeMap::from([("gate".to_owned(), Arc::<Gate>::clone(&gate) as Arc<dyn PaymentProvider>)]);
    let settings = Settings { request_ms: 50, ..Settings::new("Test shop", "http://shop.example") };
    let shop = Shop::open_as(StoreKind::Memory, Plan { providers, settings, ..Plan::default() }).await;
    let checkout = shop.checkout_of("MUG", 1).await;
    let path = format!("/v1/checkouts/{checkout}/complete");
    let body = json!({"payment": {"provider": "gate", "token": "card"}});
    let complete = || shop.post(&path, body.clone()).key("k").send();
    complete().await.expect_problem(503, "unavailable");
    complete().await.expect_problem(409, "completion_in_progress");
    gate.0.add_permits(1);
    // The saga goes on in a task of its own; until it ends, the answer says when to ask again.
    let ended = async {
        loop {
            let answer = complete().await;
            if answer.status != 409 {
                return answer.expect_status(201);
            }
            tokio::task::yield_now().await;
        }
    };
    let order = tokio::time::timeout(Duration::from_secs(10), ended).await.expect("it takes too long");
    assert!(order.is_replayed());
    assert_eq!(shop.available("MUG").await, 4);
}
