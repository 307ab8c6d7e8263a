//! Carts: who has the id may change the cart, and nobody else learns that it exists.

use serde_json::json;

use crate::on_every_store;
use crate::shop::Shop;

on_every_store! {
    a_cart_keeps_the_price_that_its_buyer_saw,
    adding_a_sku_again_makes_its_line_grow_at_todays_price,
    a_line_takes_another_quantity_or_goes,
    a_cart_that_another_tab_changed_is_not_overwritten,
    a_cart_with_a_line_that_cannot_be_is_not_made,
    an_ordered_cart_no_longer_changes,
}

async fn a_cart_keeps_the_price_that_its_buyer_saw(shop: Shop) {
    let lines = json!({"lines": [{"sku": "MUG", "quantity": 2}, {"sku": "POSTER", "quantity": 1}]});
    let made = shop.post("/v1/carts", lines).send().await.expect_status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.header("location"), format!("/v1/carts/{}", made.text("/id")));
    assert_eq!(made.at("/subtotal"), &json!({"amount": 3_350, "currency": "USD"}));
    shop.set_price("MUG", 9_900).await;
    let read = shop.get(format!("/v1/carts/{}", made.text("/id"))).send().await.expect_status(200);
    assert_eq!(read.json, made.json);
    let empty = shop.post("/v1/carts", json!({})).send().await.expect_status(201);
    assert_eq!(empty.at("/subtotal"), &json!({"amount": 0, "currency": "USD"}));
}

async fn adding_a_sku_again_makes_its_line_grow_at_todays_price(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    shop.set_price("MUG", 1_500).await;
    let path = format!("/v1/carts/{cart}/lines");
    let grown = shop.post(path, json!({"sku": "MUG", "quantity": 2})).send().await.expect_status(200);
    assert_eq!(grown.at("/lines").as_array().unwrap().len(), 1);
    assert_eq!(grown.at("/lines/0/quantity"), 3);
    assert_eq!(grown.at("/subtotal/amount"), 4_500);
    assert_eq!(grown.header("etag"), "\"2\"");
}

async fn a_line_takes_another_quantity_or_goes(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    let line = shop.get(format!("/v1/carts/{cart}")).send().await.text("/lines/0/id");
    let path = format!("/v1/carts/{cart}/lines/{line}");
    let changed = shop.patch(&path, json!({"quantity": 4})).send().await.expect_status(200);
    assert_eq!(changed.at("/lines/0/quantity"), 4);
    let removed = shop.delete(&path).send().await.expect_status(200);
    assert_eq!(removed.at("/lines"), &json!([]));
    shop.delete(&path).send().await.expect_problem(404, "not_found");
    shop.patch(&path, json!({"quantity": 4})).send().await.expect_problem(404, "not_found");
}

async fn a_cart_that_another_tab_changed_is_not_overwritten(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    let line = shop.get(format!("/v1/carts/{cart}")).send().await.text("/lines/0/id");
    let path = format!("/v1/carts/{cart}/lines/{line}");
    let set = |quantity: i64, tag: &str| {
        shop.patch(&path, json!({"quantity": quantity})).header("if-match", tag).send()
    };
    set(2, "\"1\"").await.expect_status(200);
    for tag in ["\"1\"", "W/\"2\"", "nonsense", "\"1\", \"3\""] {
        set(3, tag).await.expect_problem(412, "precondition_failed");
    }
    set(3, "\"2\"").await.expect_status(200);
    set(4, "*").await.expect_status(200);
    let read = shop.get(format!("/v1/carts/{cart}")).send().await;
    assert_eq!(read.at("/lines/0/quantity"), 4);
}

async fn a_cart_with_a_line_that_cannot_be_is_not_made(shop: Shop) {
    let lines = json!({"lines": [{"sku": "MUG", "quantity": 0}, {"sku": " ", "quantity": -5}]});
    let refused = shop.post("/v1/carts", lines).send().await;
    for pointer in ["/lines/0/quantity", "/lines/1/sku", "/lines/1/quantity"] {
        let errors = refused.at("/errors").as_array().unwrap();
        assert!(errors.iter().any(|error| error["pointer"] == pointer), "{pointer}: {}", refused.json);
    }
    for sku in ["NOTHING", "LAMP"] {
        let lines = json!({"lines": [{"sku": "MUG", "quantity": 1}, {"sku": sku, "quantity": 1}]});
        shop.post("/v1/carts", lines).send().await.expect_problem(422, "unknown_sku");
    }
    let many: Vec<_> = (0..101).map(|_| json!({"sku": "MUG", "quantity": 1})).collect();
    shop.post("/v1/carts", json!({"lines": many})).send().await.expect_fault("/lines");
    let cart = shop.cart_of("MUG", 10_000).await;
    let more = json!({"sku": "MUG", "quantity": 1});
    shop.post(format!("/v1/carts/{cart}/lines"), more).send().await.expect_fault("/quantity");
}

async fn an_ordered_cart_no_longer_changes(shop: Shop) {
    let cart = shop.cart_of("MUG", 1).await;
    let body = json!({"cart_id": cart, "email": "ada@example.com"});
    let checkout = shop.post("/v1/checkouts", body.clone()).send().await.expect_status(201).text("/id");
    shop.complete(&checkout, "tok_ok", "k").await.expect_status(201);
    let read = shop.get(format!("/v1/carts/{cart}")).send().await;
    assert_eq!(read.text("/status"), "ordered");
    let more = json!({"sku": "MUG", "quantity": 1});
    let path = format!("/v1/carts/{cart}/lines");
    shop.post(path, more).send().await.expect_problem(409, "cart_already_ordered");
    shop.post("/v1/checkouts", body).send().await.expect_problem(409, "cart_already_ordered");
    shop.audit().await;
}
