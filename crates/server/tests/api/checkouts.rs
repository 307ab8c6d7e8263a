//! Checkouts: prices are locked, changes are confirmed, and an open one can be called off.

use std::sync::Arc;

use sellonce_checkout::address::Country;
use sellonce_checkout::money::BasisPoints;
use sellonce_checkout::totals::{ShippingMethod, Tables, TaxRate};
use serde_json::{Value, json};

use crate::on_every_store;
use crate::shop::{Plan, Shop, StoreKind, dollars, usd};
use crate::shop_client::{checkout_body, pay};

on_every_store! {
    opening_a_checkout_locks_its_prices_and_holds_nothing,
    a_changed_price_is_shown_and_must_be_confirmed_by_its_hash,
    a_line_that_is_no_longer_sold_is_left_out_and_shown,
    a_checkout_of_lines_compares_the_prices_seen,
    a_price_changed_after_the_lock_does_not_touch_the_checkout,
    an_open_checkout_is_cancelled_and_stays_so,
    a_checkout_whose_time_ran_out_is_over,
    a_completed_checkout_names_its_order_and_no_longer_changes,
    if_match_spares_a_client_from_acting_on_an_old_answer,
    a_customer_is_only_vouched_for_with_an_api_key,
    a_discount_takes_off_what_it_promises,
}

async fn opening_a_checkout_locks_its_prices_and_holds_nothing(shop: Shop) {
    let opened = shop.post("/v1/checkouts", checkout_body("MUG", 9)).send().await.expect_status(201);
    assert_eq!(opened.text("/status"), "open");
    assert_eq!(opened.at("/lines/0/available_now"), 5, "more than there is can be wanted, not completed");
    assert_eq!(opened.at("/totals/total/amount"), 10_800);
    assert_eq!(opened.at("/requires_confirmation"), false);
    assert_eq!(opened.at("/price_changes"), &json!([]));
    assert_eq!(opened.text("/expires_at"), "2026-11-27T00:15:00Z");
    assert_eq!(shop.available("MUG").await, 5);
    let read = shop.get(opened.header("location")).send().await.expect_status(200);
    assert_eq!(read.json, opened.json);
    let poster = shop.post("/v1/checkouts", checkout_body("POSTER", 3)).send().await.expect_status(201);
    assert!(poster.at("/lines/0/available_now").is_null(), "posters can be promised beyond what is there");
}

async fn a_changed_price_is_shown_and_must_be_confirmed_by_its_hash(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    shop.set_price("MUG", 1_300).await;
    let body = json!({"cart_id": cart, "email": "ada@example.com"});
    let opened = shop.post("/v1/checkouts", body).send().await.expect_status(201);
    assert_eq!(opened.at("/requires_confirmation"), true);
    let change = json!([{
        "sku": "MUG", "was": {"amount": 1_200, "currency": "USD"}, "now": {"amount": 1_300, "currency": "USD"}
    }]);
    assert_eq!(opened.at("/price_changes"), &change);
    let checkout = opened.text("/id");
    let refused = shop.complete(&checkout, "tok_ok", "k").await.expect_problem(409, "price_changed");
    assert_eq!(refused.at("/price_changes"), &change);
    assert_eq!(refused.at("/price_hash"), opened.at("/price_hash"));
    assert_eq!(refused.at("/totals/total/amount"), 1_300);

    let path = format!("/v1/checkouts/{checkout}/confirm_prices");
    let other = shop.post("/v1/checkouts", checkout_body("MUG", 1)).send().await.text("/price_hash");
    let confirm = |hash: &Value| shop.post(&path, json!({"price_hash": hash})).send();
    confirm(&json!(other)).await.expect_problem(409, "price_hash_mismatch");
    confirm(&json!("nonsense")).await.expect_fault("/price_hash");
    for _ in 0..2 {
        let confirmed = confirm(opened.at("/price_hash")).await.expect_status(200);
        assert_eq!(confirmed.at("/requires_confirmation"), false);
        assert_eq!(confirmed.at("/price_changes"), &change, "what was accepted stays visible");
    }
    let order = shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    assert_eq!(order.at("/totals/total/amount"), 1_300);
    shop.audit().await;
}

async fn a_line_that_is_no_longer_sold_is_left_out_and_shown(shop: Shop) {
    let seen = json!({"amount": 8_000, "currency": "USD"});
    let lamp = json!({"sku": "LAMP", "quantity": 1, "unit_price_seen": seen});
    let mug = json!({"sku": "MUG", "quantity": 1});
    let body = |lines: Value| json!({"lines": lines, "email": "ada@example.com"});
    let opened = shop.post("/v1/checkouts", body(json!([lamp, mug]))).send().await.expect_status(201);
    assert_eq!(opened.at("/price_changes"), &json!([{"sku": "LAMP", "was": seen, "now": null}]));
    assert_eq!(opened.at("/lines").as_array().unwrap().len(), 1);
    assert_eq!(opened.at("/totals/total/amount"), 1_200);
    shop.post("/v1/checkouts", body(json!([lamp]))).send().await.expect_problem(422, "nothing_to_sell");
}

async fn a_checkout_of_lines_compares_the_prices_seen(shop: Shop) {
    let body = |amount: i64, currency: &str| {
        json!({"email": "ada@example.com", "lines": [
            {"sku": "MUG", "quantity": 1, "unit_price_seen": {"amount": amount, "currency": currency}}
        ]})
    };
    let same = shop.post("/v1/checkouts", body(1_200, "USD")).send().await.expect_status(201);
    assert_eq!(same.at("/requires_confirmation"), false);
    let cheaper = shop.post("/v1/checkouts", body(1, "USD")).send().await.expect_status(201);
    assert_eq!(cheaper.at("/requires_confirmation"), true);
    assert_eq!(cheaper.at("/totals/total/amount"), 1_200, "what a client sends is compared, never charged");
    shop.post("/v1/checkouts", body(1_200, "EUR")).send().await.expect_problem(422, "wrong_currency");
    shop.post("/v1/checkouts", body(1_200, "???")).send().await.expect_problem(422, "wrong_currency");
    shop.post("/v1/checkouts", body(-1, "USD")).send().await.expect_fault("/lines/0/unit_price_seen/amount");
}

async fn a_price_changed_after_the_lock_does_not_touch_the_checkout(shop: Shop) {
    let kept = shop.checkout_of("MUG", 1).await;
    let price = json!({"amount": 5_000, "currency": "USD"});
    shop.post("/v1/admin/prices/MUG", price).admin().send().await.expect_status(200);
    let order = shop.complete(&kept, "tok_ok", "k").await.expect_status(201);
    assert_eq!(order.at("/totals/total/amount"), 1_200);
    let revoked = shop.checkout_of("MUG", 1).await;
    let price = json!({"amount": 6_000, "revoke_locks": true});
    let set = shop.post("/v1/admin/prices/MUG", price).admin().send().await.expect_status(200);
    assert_eq!(set.at("/locks_revoked"), 1);
    shop.complete(&revoked, "tok_ok", "k").await.expect_problem(409, "checkout_expired");
    shop.audit().await;
}

async fn an_open_checkout_is_cancelled_and_stays_so(shop: Shop) {
    let checkout = shop.checkout_of("MUG", 1).await;
    let path = format!("/v1/checkouts/{checkout}");
    for _ in 0..2 {
        assert_eq!(shop.delete(&path).send().await.expect_status(200).text("/status"), "cancelled");
    }
    shop.complete(&checkout, "tok_ok", "k").await.expect_problem(409, "checkout_expired");
    assert_eq!(shop.get(&path).send().await.text("/status"), "cancelled");
}

async fn a_checkout_whose_time_ran_out_is_over(shop: Shop) {
    let checkout = shop.post("/v1/checkouts", checkout_body("MUG", 1)).send().await;
    let (id, hash) = (checkout.text("/id"), checkout.text("/price_hash"));
    shop.clock.pass_ms(15 * 60_000);
    assert_eq!(shop.get(format!("/v1/checkouts/{id}")).send().await.text("/status"), "expired");
    shop.complete(&id, "tok_ok", "k").await.expect_problem(409, "checkout_expired");
    let confirm = shop.post(format!("/v1/checkouts/{id}/confirm_prices"), json!({"price_hash": hash}));
    confirm.send().await.expect_problem(409, "checkout_expired");
    assert_eq!(shop.available("MUG").await, 5);
}

async fn a_completed_checkout_names_its_order_and_no_longer_changes(shop: Shop) {
    let opened = shop.post("/v1/checkouts", checkout_body("MUG", 1)).send().await;
    let (id, hash) = (opened.text("/id"), opened.text("/price_hash"));
    let order = shop.complete(&id, "tok_ok", "k").await.expect_status(201);
    let path = format!("/v1/checkouts/{id}");
    let read = shop.get(&path).send().await.expect_status(200);
    assert_eq!(read.text("/status"), "completed");
    for field in ["id", "number", "token"] {
        assert_eq!(read.at(&format!("/order/{field}")), order.at(&format!("/{field}")));
    }
    shop.delete(&path).send().await.expect_problem(409, "checkout_completed");
    let confirm = shop.post(format!("{path}/confirm_prices"), json!({"price_hash": hash}));
    confirm.send().await.expect_problem(409, "checkout_completed");
}

async fn if_match_spares_a_client_from_acting_on_an_old_answer(shop: Shop) {
    let opened = shop.post("/v1/checkouts", checkout_body("MUG", 1)).send().await;
    let path = format!("/v1/checkouts/{}", opened.text("/id"));
    let stale = shop.delete(&path).header("if-match", "\"7\"").send().await;
    stale.expect_problem(412, "precondition_failed");
    shop.delete(&path).header("if-match", opened.header("etag")).send().await.expect_status(200);
}

async fn a_customer_is_only_vouched_for_with_an_api_key(shop: Shop) {
    let mut body = checkout_body("MUG", 1);
    body["customer_ref"] = json!("customer-17");
    let open = || shop.post("/v1/checkouts", body.clone());
    open().send().await.expect_problem(403, "forbidden");
    open().bearer("sk_nonsense").send().await.expect_problem(403, "forbidden");
    let opened = open().admin().send().await.expect_status(201);
    let order = shop.complete(&opened.text("/id"), "tok_ok", "k").await.expect_status(201);
    let seen = shop.get(format!("/v1/admin/orders/{}", order.text("/id"))).admin().send().await;
    assert_eq!(seen.text("/customer_ref"), "customer-17");
    assert!(order.json.get("customer_ref").is_none(), "a buyer does not see the merchant's name for them");
}

async fn a_discount_takes_off_what_it_promises(shop: Shop) {
    let discount = json!({"code": "ten", "basis_points": 1_000, "uses_max": 1});
    shop.post("/v1/admin/discounts", discount).admin().send().await.expect_status(201);
    let mut body = checkout_body("MUG", 1);
    body["discount_code"] = json!(" Ten ");
    let mut checkouts = Vec::new();
    for _ in 0..2 {
        let opened = shop.post("/v1/checkouts", body.clone()).send().await.expect_status(201);
        assert_eq!(opened.at("/totals/discount/amount"), 120);
        assert_eq!(opened.text("/discount_code"), "TEN");
        checkouts.push(opened.text("/id"));
    }
    shop.complete(&checkouts[0], "tok_ok", "k").await.expect_status(201);
    shop.complete(&checkouts[1], "tok_ok", "k").await.expect_problem(409, "discount_exhausted");
    body["discount_code"] = json!("ELEVEN");
    shop.post("/v1/checkouts", body.clone()).send().await.expect_problem(422, "unknown_discount");
    let dear = json!({"code": "RICH", "amount_off": {"amount": 500, "currency": "USD"},
        "subtotal_min": {"amount": 100_000, "currency": "USD"}});
    shop.post("/v1/admin/discounts", dear).admin().send().await.expect_status(201);
    body["discount_code"] = json!("rich");
    shop.post("/v1/checkouts", body).send().await.expect_problem(422, "discount_not_applicable");
    shop.audit().await;
}

/// Two shipping methods, one for Germany only, and German tax on top.
fn pricing() -> Tables {
    let germany = Country::parse("DE").unwrap();
    let method = |code: &str, minor: i64, countries: Vec<Country>| ShippingMethod {
        code: code.to_owned(),
        title: code.to_owned(),
        amount: dollars(minor),
        free_from: None,
        countries,
    };
    Tables {
        shipping_methods: vec![method("parcel", 500, vec![germany]), method("express", 1_500, vec![germany])],
        tax_rates: vec![TaxRate { country: germany, region: None, rate: BasisPoints::new(1_900).unwrap() }],
        ..Tables::plain(usd())
    }
}

#[tokio::test]
async fn shipping_and_tax_need_an_address_that_they_serve() {
    let plan = Plan { pricing: Arc::new(pricing()), ..Plan::default() };
    let shop = Shop::open_as(StoreKind::Memory, plan).await;
    let mut body = checkout_body("MUG", 1);
    let open = |body: &Value| shop.post("/v1/checkouts", body.clone()).send();
    open(&body).await.expect_problem(422, "address_required");
    body["shipping_address"] = json!({
        "name": "Ada", "line1": "Hauptstr. 1", "line2": " ", "city": "Berlin", "postal_code": "10115", "country": "de"
    });
    let opened = open(&body).await.expect_status(201);
    assert_eq!(opened.text("/shipping_method"), "parcel");
    assert_eq!(opened.at("/totals/total/amount"), 1_200 + 228 + 500);
    assert_eq!(opened.text("/shipping_address/country"), "DE");
    assert!(opened.json.pointer("/shipping_address/line2").is_none());
    body["shipping_method"] = json!("express");
    assert_eq!(open(&body).await.expect_status(201).at("/totals/shipping/amount"), 1_500);
    body["shipping_method"] = json!("drone");
    open(&body).await.expect_problem(422, "unknown_shipping_method");
    body["shipping_method"] = Value::Null;
    body["shipping_address"]["country"] = json!("US");
    open(&body).await.expect_problem(422, "not_shipped_there");
    body["shipping_address"]["country"] = json!("Germany");
    body["shipping_address"]["city"] = json!("");
    open(&body).await.expect_fault("/shipping_address/country").expect_fault("/shipping_address/city");
}

#[tokio::test]
async fn a_checkout_that_costs_nothing_needs_no_payment() {
    let shop = Shop::open(StoreKind::Memory).await;
    let free = shop.checkout_of("STICKER", 3).await;
    let path = format!("/v1/checkouts/{free}/complete");
    let order = shop.post(&path, json!({})).key("k").send().await.expect_status(201);
    assert_eq!(order.text("/payment_status"), "paid");
    let dear = shop.checkout_of("MUG", 1).await;
    let path = format!("/v1/checkouts/{dear}/complete");
    shop.post(&path, json!({})).key("k").send().await.expect_problem(422, "payment_missing");
    shop.post(&path, pay("tok_ok")).key("k").send().await.expect_status(201);
    shop.audit().await;
}
