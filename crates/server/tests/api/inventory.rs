//! Stock, as merchants see and move it.

use serde_json::{Value, json};

use crate::on_every_store;
use crate::shop::Shop;
use crate::shop_client::Answer;

on_every_store! {
    stock_is_shown_by_location_and_in_sum,
    stock_is_listed_in_pages,
    a_merchant_receives_adjusts_and_takes_back,
    what_is_held_or_sold_cannot_be_adjusted_away,
    a_movement_that_cannot_be_changes_nothing,
    the_journal_shows_every_movement_with_its_cause,
}

const MUGS: &str = "/v1/admin/inventory/MUG";

async fn move_mugs(shop: &Shop, key: &str, body: Value) -> Answer {
    shop.post(format!("{MUGS}/movements"), body).admin().key(key).send().await
}

async fn stock_is_shown_by_location_and_in_sum(shop: Shop) {
    let body = json!({"kind": "receive", "quantity": 2, "location": "cellar", "reason": "delivery"});
    move_mugs(&shop, "k", body).await.expect_status(201);
    shop.buy("MUG", 6).await;
    let stock = shop.get(MUGS).bearer(&shop.reader).send().await.expect_status(200);
    let figures: Vec<_> = ["available", "reserved", "committed", "backordered", "on_hand"]
        .map(|field| stock.at(&format!("/{field}")).as_i64().unwrap())
        .to_vec();
    assert_eq!(figures, [1, 0, 6, 0, 7]);
    assert_eq!(stock.at("/locations").as_array().unwrap().len(), 2);
    assert_eq!(stock.text("/locations/0/location"), "cellar");
    let versions =
        stock.at("/locations").as_array().unwrap().iter().map(|row| row["version"].as_i64().unwrap());
    assert_eq!(versions.sum::<i64>(), stock.at("/version").as_i64().unwrap());
    shop.get("/v1/admin/inventory/NOTHING").admin().send().await.expect_problem(404, "not_found");
}

async fn stock_is_listed_in_pages(shop: Shop) {
    let first = shop.get("/v1/admin/inventory?limit=4").admin().send().await.expect_status(200);
    let after = first.text("/next_cursor");
    let rest = shop.get(format!("/v1/admin/inventory?limit=4&after={after}")).admin().send().await;
    let skus: Vec<_> = [first.at("/data"), rest.at("/data")]
        .iter()
        .flat_map(|rows| rows.as_array().unwrap())
        .map(|row| row["sku"].as_str().unwrap())
        .collect();
    assert_eq!(skus, ["LAMP", "MUG", "POSTER", "SHIRT-M", "SHIRT-S", "STICKER"]);
}

async fn a_merchant_receives_adjusts_and_takes_back(shop: Shop) {
    for (kind, quantity, left) in
        [("receive", 10, 15), ("adjust", -3, 12), ("adjust", 1, 13), ("return", 2, 15)]
    {
        let body = json!({"kind": kind, "quantity": quantity, "reason": "stock count"});
        let moved = move_mugs(&shop, &format!("{kind}{quantity}"), body).await.expect_status(201);
        assert_eq!(moved.at("/after/available"), left);
        assert_eq!(moved.text("/location"), "main", "the first location of the shop");
        assert!(moved.text("/cause").starts_with("mov_"));
    }
    shop.audit().await;
}

async fn what_is_held_or_sold_cannot_be_adjusted_away(shop: Shop) {
    shop.buy("MUG", 3).await;
    let body = json!({"kind": "adjust", "quantity": -3, "reason": "stock count"});
    move_mugs(&shop, "k", body).await.expect_problem(409, "stock_not_available");
    assert_eq!(shop.available("MUG").await, 2);
}

async fn a_movement_that_cannot_be_changes_nothing(shop: Shop) {
    let body = |kind: &str, quantity: Value| json!({"kind": kind, "quantity": quantity, "reason": "x"});
    for (body, pointer) in [
        (body("receive", json!(0)), "/quantity"),
        (body("receive", json!(-1)), "/quantity"),
        (body("adjust", json!(0)), "/quantity"),
        (body("receive", json!(1_000_000_001)), "/quantity"),
        (body("receive", json!(1.5)), "/quantity"),
        (body("receive", json!("1")), "/quantity"),
        (body("ship", json!(1)), "/kind"),
        (json!({"kind": "receive", "quantity": 1, "reason": " "}), "/reason"),
        (json!({"kind": "receive", "quantity": 1}), "/reason"),
        (json!({"kind": "receive", "quantity": 1, "reason": "x", "after": {}}), "/after"),
    ] {
        move_mugs(&shop, "k", body).await.expect_fault(pointer);
    }
    let attic = json!({"kind": "receive", "quantity": 1, "location": "attic", "reason": "x"});
    move_mugs(&shop, "k", attic).await.expect_problem(422, "unknown_location");
    let path = "/v1/admin/inventory/NOTHING/movements";
    shop.post(path, body("receive", json!(1))).admin().key("k").send().await.expect_problem(404, "not_found");
    shop.post(format!("{MUGS}/movements"), body("receive", json!(1)))
        .admin()
        .send()
        .await
        .expect_problem(400, "idempotency_key_missing");
    assert_eq!(shop.available("MUG").await, 5);
    shop.audit().await;
}

async fn the_journal_shows_every_movement_with_its_cause(shop: Shop) {
    let order = shop.buy("MUG", 1).await;
    let path = format!("/v1/admin/orders/{}/transitions", order["id"].as_str().unwrap());
    shop.post(path, json!({"to": "cancelled"})).admin().key("k").send().await.expect_status(200);
    let mut rows = Vec::new();
    let mut path = format!("{MUGS}/movements?limit=3");
    loop {
        let page = shop.get(path).admin().send().await.expect_status(200);
        for row in page.at("/data").as_array().unwrap() {
            let cause = row["cause"].as_str().unwrap()[..4].to_owned();
            rows.push((row["version"].as_i64().unwrap(), row["kind"].as_str().unwrap().to_owned(), cause));
        }
        if page.at("/has_more") == false {
            break;
        }
        path = format!("{MUGS}/movements?limit=3&after={}", page.text("/next_cursor"));
    }
    let expect =
        [(1, "receive", "mov_"), (2, "reserve", "sag_"), (3, "commit", "sag_"), (4, "cancel", "ord_")];
    assert_eq!(rows, expect.map(|(version, kind, cause)| (version, kind.to_owned(), cause.to_owned())));
    shop.get("/v1/admin/inventory/NOTHING/movements").admin().send().await.expect_problem(404, "not_found");
}
