//! Orders, as their buyers see them and as merchants move them.

use serde_json::{Value, json};

use crate::on_every_store;
use crate::shop::Shop;

on_every_store! {
    an_order_is_shown_to_who_has_its_token_and_to_nobody_else,
    merchants_see_who_did_what_and_buyers_see_what_happened,
    orders_are_listed_newest_first,
    an_order_is_packed_shipped_and_delivered,
    an_illegal_transition_names_what_is_allowed,
    a_cancelled_order_gives_back_stock_and_money,
    goods_that_are_not_restocked_are_gone,
    a_refund_is_under_way_until_the_money_is_back,
    a_transition_says_what_it_needs,
    an_order_that_changed_meanwhile_is_not_moved,
    what_was_promised_beyond_stock_cannot_be_shipped_before_it_arrives,
}

async fn an_order_is_shown_to_who_has_its_token_and_to_nobody_else(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let other = shop.buy("MUG", 1).await;
    let text = |order: &Value, field: &str| order[field].as_str().unwrap().to_owned();
    let (id, token) = (text(&order, "id"), text(&order, "token"));
    let path = format!("/v1/orders/{id}");
    let by_header = shop.get(&path).bearer(&token).send().await.expect_status(200);
    assert_eq!(by_header.json, order);
    let by_link = shop.get(format!("{path}?token={token}")).send().await.expect_status(200);
    assert_eq!(by_link.json, order);
    shop.get(&path).send().await.expect_problem(401, "unauthorized");
    assert_eq!(shop.get(&path).send().await.header("www-authenticate"), "Bearer");
    let foreign = text(&other, "token");
    for wrong in [foreign.as_str(), "nonsense", shop.admin.as_str()] {
        shop.get(&path).bearer(wrong).send().await.expect_problem(404, "not_found");
    }
    for unknown in ["ord_00000000000000000000000000", "ord_nonsense", "nonsense"] {
        let path = format!("/v1/orders/{unknown}");
        shop.get(path).bearer(&token).send().await.expect_problem(404, "not_found");
    }
}

async fn merchants_see_who_did_what_and_buyers_see_what_happened(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let path = format!("/v1/admin/orders/{}", order["id"].as_str().unwrap());
    let seen = shop.get(&path).admin().send().await.expect_status(200);
    assert_eq!(seen.at("/available_transitions"), &json!(["processing", "cancelled", "refunded"]));
    assert_eq!(seen.text("/events/1/actor"), "engine");
    assert_eq!(seen.text("/payment/status"), "captured");
    assert_eq!(seen.at("/payment/captured/amount"), 1_200);
    assert!(seen.json.get("token").is_none(), "the buyer's token is the buyer's");
    assert!(seen.text("/checkout_id").len() < 40, "without its secret");
    let events: Vec<_> = order["events"].as_array().unwrap().iter().map(|event| &event["status"]).collect();
    assert_eq!(events, ["pending", "paid"]);
    let book = shop.get("/v1/admin/simulated_payments").admin().send().await;
    assert_eq!(book.at("/data/0/id"), seen.at("/payment/id"), "the books can be compared");
}

async fn orders_are_listed_newest_first(shop: Shop) {
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(shop.buy("MUG", 1).await["number"].clone());
    }
    let first = shop.get("/v1/admin/orders?limit=2").bearer(&shop.reader).send().await.expect_status(200);
    assert_eq!(*first.at("/data/0/number"), numbers[2]);
    let after = first.text("/next_cursor");
    let rest = shop.get(format!("/v1/admin/orders?limit=2&after={after}")).admin().send().await;
    assert_eq!(*rest.at("/data/0/number"), numbers[0]);
    assert_eq!(rest.at("/has_more"), false);
}

/// Asks for a transition under a key of its own.
async fn go(shop: &Shop, order: &Value, body: Value) -> crate::shop_client::Answer {
    let path = format!("/v1/admin/orders/{}/transitions", order["id"].as_str().unwrap());
    let key = body.to_string().replace(' ', "");
    shop.post(path, body).admin().key(&key).send().await
}

async fn an_order_is_packed_shipped_and_delivered(shop: Shop) {
    let order = shop.buy("MUG", 2).await;
    go(&shop, &order, json!({"to": "processing"})).await.expect_status(200);
    let shipped = go(&shop, &order, json!({"to": "shipped", "tracking": "1Z999"})).await.expect_status(200);
    assert_eq!(shipped.text("/fulfillment_status"), "shipped");
    assert_eq!(shipped.text("/events/3/reason"), "1Z999");
    assert!(shipped.text("/events/3/actor").starts_with("key_"));
    assert_eq!(shipped.at("/allocations/0/shipped"), 2);
    let delivered =
        go(&shop, &order, json!({"to": "delivered", "reason": "signed"})).await.expect_status(200);
    assert_eq!(delivered.at("/available_transitions"), &json!(["refunded"]));
    let again = go(&shop, &order, json!({"to": "shipped", "tracking": "1Z999"})).await.expect_status(200);
    assert!(again.is_replayed());
    shop.audit().await;
}

async fn an_illegal_transition_names_what_is_allowed(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let refused =
        go(&shop, &order, json!({"to": "delivered"})).await.expect_problem(409, "illegal_transition");
    assert_eq!(refused.text("/from"), "paid");
    assert_eq!(refused.text("/to"), "delivered");
    assert_eq!(refused.at("/allowed"), &json!(["processing", "cancelled", "refunded"]));
    for to in ["pending", "paid"] {
        go(&shop, &order, json!({"to": to})).await.expect_problem(409, "illegal_transition");
    }
    shop.audit().await;
}

async fn a_cancelled_order_gives_back_stock_and_money(shop: Shop) {
    let order = shop.buy("MUG", 2).await;
    let cancelled = go(&shop, &order, json!({"to": "cancelled", "reason": "typo"})).await.expect_status(200);
    assert_eq!(cancelled.text("/status"), "cancelled");
    assert_eq!(cancelled.at("/payment/refund_pending/amount"), 2_400);
    assert_eq!(shop.available("MUG").await, 5);
    shop.run_loops().await;
    let path = format!("/v1/admin/orders/{}", order["id"].as_str().unwrap());
    let refunded = shop.get(path).admin().send().await;
    assert_eq!(refunded.text("/status"), "refunded");
    assert_eq!(refunded.at("/payment/refunded/amount"), 2_400);
    shop.audit().await;
}

async fn goods_that_are_not_restocked_are_gone(shop: Shop) {
    let order = shop.buy("MUG", 2).await;
    go(&shop, &order, json!({"to": "cancelled", "restock": false})).await.expect_status(200);
    assert_eq!(shop.available("MUG").await, 3);
    shop.audit().await;
}

async fn a_refund_is_under_way_until_the_money_is_back(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let waits = go(&shop, &order, json!({"to": "refunded"})).await.expect_status(202);
    assert_eq!(waits.text("/status"), "paid");
    assert_eq!(waits.text("/payment_status"), "refund_pending");
    shop.run_loops().await;
    let end = go(&shop, &order, json!({"to": "refunded"})).await.expect_status(200);
    assert!(end.is_replayed());
    assert_eq!(end.text("/status"), "refunded");
    shop.audit().await;
}

async fn a_transition_says_what_it_needs(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    for (body, pointer) in [
        (json!({"to": "sent"}), "/to"),
        (json!({"to": "shipped"}), "/tracking"),
        (json!({"to": "shipped", "tracking": ""}), "/tracking"),
        (json!({"to": "shipped", "tracking": "1Z", "reason": "x"}), "/reason"),
        (json!({"to": "processing", "tracking": "1Z"}), "/tracking"),
        (json!({"to": "processing", "restock": true}), "/restock"),
        (json!({"to": "cancelled", "reason": "line\nbreak"}), "/reason"),
    ] {
        let path = format!("/v1/admin/orders/{}/transitions", order["id"].as_str().unwrap());
        shop.post(path, body).admin().key("k").send().await.expect_fault(pointer);
    }
    go(&shop, &order, json!({"to": "processing"})).await.expect_status(200);
    go(&shop, &order, json!({"to": "shipped", "tracking": "none"})).await.expect_status(200);
}

async fn an_order_that_changed_meanwhile_is_not_moved(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let path = format!("/v1/admin/orders/{}", order["id"].as_str().unwrap());
    let tag = shop.get(&path).admin().send().await.header("etag").to_owned();
    go(&shop, &order, json!({"to": "processing"})).await.expect_status(200);
    let cancel = || shop.post(format!("{path}/transitions"), json!({"to": "cancelled"})).admin().key("k");
    cancel().header("if-match", &tag).send().await.expect_problem(412, "precondition_failed");
    cancel().header("if-match", "\"2\"").send().await.expect_status(200);
}

async fn what_was_promised_beyond_stock_cannot_be_shipped_before_it_arrives(shop: Shop) {
    let order = shop.buy("POSTER", 2).await;
    go(&shop, &order, json!({"to": "processing"})).await.expect_status(200);
    let ship = json!({"to": "shipped", "tracking": "none"});
    go(&shop, &order, ship.clone()).await.expect_problem(409, "not_on_hand");
    let arrive = json!({"kind": "receive", "quantity": 2, "reason": "printed"});
    let path = "/v1/admin/inventory/POSTER/movements";
    shop.post(path, arrive).admin().key("k").send().await.expect_status(201);
    go(&shop, &order, ship).await.expect_status(200);
    shop.audit().await;
}
