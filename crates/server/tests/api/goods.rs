//! Orders that ship in parts, come back in parts, and whose money goes back in parts.

use serde_json::{Value, json};

use crate::on_every_store;
use crate::shop::{Plan, Shop, StoreKind};
use crate::shop_client::Answer;

on_every_store! {
    an_order_ships_in_parts,
    what_is_not_there_is_not_shipped,
    what_came_back_can_be_sold_again,
    money_goes_back_in_parts,
    more_than_was_taken_does_not_go_back,
    a_change_is_made_once_and_only_of_the_order_that_was_seen,
    a_change_says_what_it_needs,
}

async fn change(shop: &Shop, order: &Value, what: &str, body: Value) -> Answer {
    let path = format!("/v1/admin/orders/{}/{what}", order["id"].as_str().unwrap());
    let key = body.to_string().replace(' ', "");
    shop.post(path, body).admin().key(&key).send().await
}

async fn an_order_ships_in_parts(shop: Shop) {
    let order = shop.buy("MUG", 3).await;
    let first = json!({"lines": [{"id": 1, "quantity": 1}], "tracking": "1Z001"});
    let first = change(&shop, &order, "shipments", first).await.expect_status(200);
    assert_eq!(
        (first.text("/status"), first.text("/fulfillment_status")),
        ("processing".to_owned(), "partially_shipped".to_owned())
    );
    let rest = json!({"lines": [{"id": 1, "quantity": 2}], "tracking": "1Z002"});
    let rest = change(&shop, &order, "shipments", rest).await.expect_status(200);
    assert_eq!(rest.text("/status"), "shipped");
    assert_eq!(rest.at("/shipments/1/lines/0"), &json!({"id": 1, "location": "main", "quantity": 2}));
    assert_eq!(rest.text("/shipments/0/tracking"), "1Z001");
    assert!(rest.text("/shipments/0/actor").starts_with("key_"));
    let id = order["id"].as_str().unwrap();
    let read = shop.get(format!("/v1/admin/orders/{id}")).admin().send().await.expect_status(200);
    assert_eq!(read.json, rest.json);
    shop.audit().await;
}

async fn what_is_not_there_is_not_shipped(shop: Shop) {
    let order = shop.buy("MUG", 2).await;
    let lines =
        |id: u32, quantity: i64| json!({"lines": [{"id": id, "quantity": quantity}], "tracking": "none"});
    let many = change(&shop, &order, "shipments", lines(1, 3)).await;
    many.expect_problem(409, "too_many_units");
    change(&shop, &order, "shipments", lines(7, 1)).await.expect_fault("/lines");
    change(&shop, &order, "shipments", lines(1, 0)).await.expect_fault("/lines/0/quantity");
    let poster = shop.buy("POSTER", 1).await;
    change(&shop, &poster, "shipments", lines(1, 1)).await.expect_problem(409, "not_on_hand");
    change(&shop, &order, "transitions", json!({"to": "cancelled"})).await.expect_status(200);
    change(&shop, &order, "shipments", lines(1, 1)).await.expect_problem(409, "illegal_transition");
    shop.audit().await;
}

async fn what_came_back_can_be_sold_again(shop: Shop) {
    let order = shop.buy("MUG", 3).await;
    let shipment = json!({"lines": [{"id": 1, "quantity": 3}], "tracking": "none"});
    change(&shop, &order, "shipments", shipment).await.expect_status(200);
    assert_eq!(shop.available("MUG").await, 2);
    let back = json!({"lines": [{"id": 1, "quantity": 1}], "reason": "too small"});
    let back = change(&shop, &order, "returns", back).await.expect_status(200);
    assert_eq!((shop.available("MUG").await, back.at("/returns/0/restocked")), (3, &json!(true)));
    let broken = json!({"lines": [{"id": 1, "quantity": 1}], "restock": false});
    let broken = change(&shop, &order, "returns", broken).await.expect_status(200);
    assert_eq!((shop.available("MUG").await, broken.at("/lines/0/returned")), (3, &json!(2)));
    assert_eq!(broken.text("/payment_status"), "paid", "goods bring no money with them");
    let more = json!({"lines": [{"id": 1, "quantity": 2}]});
    change(&shop, &order, "returns", more).await.expect_problem(409, "too_many_units");
    shop.audit().await;
}

async fn money_goes_back_in_parts(shop: Shop) {
    let order = shop.buy("MUG", 2).await;
    let part = json!({"amount": 500, "currency": "USD", "reason": "chipped"});
    let part = change(&shop, &order, "refunds", part).await.expect_status(202);
    assert_eq!(
        (part.text("/status"), part.at("/payment/refund_pending/amount")),
        ("paid".to_owned(), &json!(500))
    );
    shop.run_loops().await;
    let id = order["id"].as_str().unwrap();
    let read = shop.get(format!("/v1/admin/orders/{id}")).admin().send().await;
    assert_eq!(read.text("/payment_status"), "partially_refunded");
    change(&shop, &order, "refunds", json!({"amount": 1_900})).await.expect_status(202);
    shop.run_loops().await;
    let read = shop.get(format!("/v1/admin/orders/{id}")).admin().send().await;
    assert_eq!(
        (read.text("/status"), read.at("/payment/refunded/amount")),
        ("refunded".to_owned(), &json!(2_400))
    );
    shop.audit().await;
}

async fn more_than_was_taken_does_not_go_back(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let too_much = change(&shop, &order, "refunds", json!({"amount": 1_201})).await;
    too_much.expect_problem(409, "refund_exceeds_captured");
    change(&shop, &order, "refunds", json!({"amount": 1_000})).await.expect_status(202);
    let rest = change(&shop, &order, "refunds", json!({"amount": 201})).await;
    let rest = rest.expect_problem(409, "refund_exceeds_captured");
    assert!(rest.text("/detail").contains("2.00 USD"), "{}", rest.json);
    let euros = json!({"amount": 1, "currency": "EUR"});
    change(&shop, &order, "refunds", euros).await.expect_problem(422, "wrong_currency");
    change(&shop, &order, "refunds", json!({"amount": 0})).await.expect_fault("/amount");
    shop.audit().await;
}

async fn a_change_is_made_once_and_only_of_the_order_that_was_seen(shop: Shop) {
    let order = shop.buy("MUG", 2).await;
    let id = order["id"].as_str().unwrap();
    let shipment = json!({"lines": [{"id": 1, "quantity": 1}], "tracking": "none"});
    let path = format!("/v1/admin/orders/{id}/shipments");
    let first = shop.post(&path, shipment.clone()).admin().key("a").send().await.expect_status(200);
    let again = shop.post(&path, shipment.clone()).admin().key("a").send().await.expect_status(200);
    assert!(again.is_replayed() && again.json == first.json);
    let other = json!({"lines": [{"id": 1, "quantity": 2}], "tracking": "none"});
    let reused = shop.post(&path, other).admin().key("a").send().await;
    reused.expect_problem(422, "idempotency_key_reused");
    let stale = shop.post(&path, shipment.clone()).admin().key("b").header("if-match", "\"1\"").send().await;
    stale.expect_problem(412, "precondition_failed");
    let keyless = shop.post(&path, shipment.clone()).admin().send().await;
    keyless.expect_problem(400, "idempotency_key_missing");
    let reader = shop.post(&path, shipment).bearer(&shop.reader).key("c").send().await;
    reader.expect_problem(403, "forbidden");
}

async fn a_change_says_what_it_needs(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    change(&shop, &order, "shipments", json!({"lines": [], "tracking": "none"})).await.expect_fault("/lines");
    let untracked = json!({"lines": [{"id": 1, "quantity": 1}], "tracking": ""});
    change(&shop, &order, "shipments", untracked).await.expect_fault("/tracking");
    change(&shop, &order, "refunds", json!({"amount": -1})).await.expect_fault("/amount");
    let unknown = json!({"amount": 1, "price": 2});
    change(&shop, &order, "refunds", unknown).await.expect_fault("/price");
    let nobody = json!({"id": "ord_00000000000000000000000000"});
    change(&shop, &nobody, "refunds", json!({"amount": 1})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn money_in_two_steps_is_taken_when_the_order_stands() {
    for kind in [StoreKind::Memory, StoreKind::Sqlite, StoreKind::Postgres] {
        let plan = Plan { capture: sellonce_checkout::payment::Capture::Manual, ..Plan::default() };
        let shop = Shop::open_as(kind, plan).await;
        let order = shop.buy("MUG", 1).await;
        assert_eq!((&order["status"], &order["payment_status"]), (&json!("paid"), &json!("paid")));
        let book = shop.get("/v1/admin/simulated_payments").admin().send().await;
        assert_eq!(book.text("/data/0/status"), "captured");
        change(&shop, &order, "refunds", json!({"amount": 1_200})).await.expect_status(202);
        shop.run_loops().await;
        shop.audit().await;
    }
}
