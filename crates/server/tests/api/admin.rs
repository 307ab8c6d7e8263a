//! The rest of the admin surface, and who may use any of it.

use serde_json::{Value, json};

use crate::contract::CONTRACT;
use crate::on_every_store;
use crate::shop::{Plan, Shop, StoreKind};

on_every_store! {
    every_call_of_the_admin_surface_needs_a_key_with_its_scope,
    a_revoked_key_opens_nothing,
    a_price_is_set_in_the_shops_currency,
    a_product_is_put_and_replaced_as_a_whole,
    a_product_that_cannot_be_is_not_put,
    discounts_are_made_once_and_listed,
    a_discount_that_cannot_be_is_not_made,
    limits_are_set_replaced_and_listed,
    the_audit_judges_every_invariant,
}

/// Every operation of the admin surface, from the document: a new one is tested without being named here.
async fn every_call_of_the_admin_surface_needs_a_key_with_its_scope(shop: Shop) {
    let mut tried = 0;
    for operation in CONTRACT.operations() {
        let is_admin = operation.path.starts_with("/v1/admin/");
        assert_eq!(is_admin, operation.value["security"][0].get("api_key").is_some(), "{}", operation.path);
        if !is_admin {
            continue;
        }
        let method: &'static str = if operation.method == "get" { "GET" } else { "POST" };
        let path = operation.path.replace("{sku}", "MUG").replace("{id}", "ord_00000000000000000000000000");
        let call = || shop.call(method, &path).json(&json!({})).key("k");
        call().send().await.expect_problem(401, "unauthorized");
        let basic = format!("Basic {}", shop.admin);
        call().header("authorization", &basic).send().await.expect_problem(401, "unauthorized");
        let foreign = format!("sk_{}", "0".repeat(52));
        for wrong in [foreign.as_str(), "sk_nonsense", "", &shop.admin[3..], &shop.admin.to_uppercase()] {
            call().bearer(wrong).send().await.expect_problem(401, "unauthorized");
        }
        let (right, wrong) =
            if method == "GET" { (&shop.reader, &shop.writer) } else { (&shop.writer, &shop.reader) };
        call().bearer(wrong).send().await.expect_problem(403, "forbidden");
        let status = call().bearer(right).send().await.status.as_u16();
        assert!(!matches!(status, 401 | 403), "{method} {path}: {status}");
        tried += 1;
    }
    assert!(tried >= 14, "{tried}");
}

async fn a_revoked_key_opens_nothing(shop: Shop) {
    let ask = || shop.get("/v1/admin/orders").bearer(&shop.reader).send();
    ask().await.expect_status(200);
    let key = shop.store.api_keys().await.unwrap().into_iter().find(|key| key.name == "admin:read").unwrap();
    assert!(shop.store.revoke_api_key(key.id).await.unwrap());
    ask().await.expect_problem(401, "unauthorized");
}

async fn a_price_is_set_in_the_shops_currency(shop: Shop) {
    let set = |sku: &str, body: Value| shop.post(format!("/v1/admin/prices/{sku}"), body).admin().send();
    let price = set("MUG", json!({"amount": 1_500})).await.expect_status(200);
    assert_eq!(price.at("/was/amount"), 1_200);
    assert_eq!(price.at("/price"), &json!({"amount": 1_500, "currency": "USD"}));
    set("MUG", json!({"amount": 1_500, "currency": "EUR"})).await.expect_problem(422, "wrong_currency");
    set("MUG", json!({"amount": -1})).await.expect_fault("/amount");
    set("MUG", json!({"amount": 1_000_000_000_000_001_i64})).await.expect_fault("/amount");
    set("MUG", json!({"amount": 15.0})).await.expect_fault("/amount");
    set("NOTHING", json!({"amount": 1})).await.expect_problem(404, "not_found");
    assert_eq!(shop.get("/v1/products/mug").send().await.at("/variants/0/price/amount"), 1_500);
}

fn lamp(handle: &str, sku: &str, listing: &str) -> Value {
    let price = json!({"amount": 4_900, "currency": "USD"});
    json!({"handle": handle, "title": "Lamp", "listing": listing, "variants": [{"sku": sku, "price": price}]})
}

async fn a_product_is_put_and_replaced_as_a_whole(shop: Shop) {
    let put = |body: Value| shop.post("/v1/admin/products", body).admin().send();
    let made = put(lamp("lamp", "LAMP", "published")).await.expect_status(201);
    assert_eq!((made.at("/created"), made.at("/handle")), (&json!(true), &json!("lamp")));
    let product = shop.get("/v1/products/lamp").send().await.expect_status(200);
    assert_eq!(
        (product.at("/variants/0/sku"), product.at("/variants/0/price/amount")),
        (&json!("LAMP"), &json!(4_900))
    );
    assert_eq!(product.at("/variants/0/in_stock"), false);
    let same = put(lamp("lamp", "LAMP", "published")).await.expect_status(200);
    assert_eq!((same.at("/created"), same.at("/changed")), (&json!(false), &json!(false)));
    let hidden = put(lamp("lamp", "LAMP", "hidden")).await.expect_status(200);
    assert_eq!(hidden.at("/changed"), true);
    shop.get("/v1/products/lamp").send().await.expect_problem(404, "not_found");
}

async fn a_product_that_cannot_be_is_not_put(shop: Shop) {
    let put = |body: Value| shop.post("/v1/admin/products", body).admin().send();
    put(lamp("lamp", "MUG", "published")).await.expect_problem(409, "already_exists");
    put(lamp("", "LAMP", "published")).await.expect_fault("/handle");
    let mut foreign = lamp("lamp", "LAMP", "published");
    foreign["variants"][0]["price"]["currency"] = json!("EUR");
    put(foreign).await.expect_problem(422, "wrong_currency");
    let mut twice = lamp("lamp", "LAMP", "published");
    twice["variants"] = json!([twice["variants"][0], twice["variants"][0]]);
    put(twice).await.expect_fault("/variants/1/sku");
    let mut none = lamp("lamp", "LAMP", "published");
    none["variants"] = json!([]);
    put(none).await.expect_fault("/variants");
    shop.get("/v1/products/lamp").send().await.expect_problem(404, "not_found");
}

async fn discounts_are_made_once_and_listed(shop: Shop) {
    let make = |body: Value| shop.post("/v1/admin/discounts", body).admin().send();
    let ten = json!({
        "code": "ten", "basis_points": 1_000, "uses_max": 5,
        "starts_at": "2026-11-27T01:00:00+01:00", "ends_at": "2026-11-30T00:00:00Z"
    });
    let made = make(ten.clone()).await.expect_status(201);
    assert_eq!(made.text("/code"), "TEN");
    assert_eq!(made.text("/starts_at"), "2026-11-27T00:00:00Z");
    make(ten).await.expect_problem(409, "already_exists");
    let five = json!({"code": "FIVE", "amount_off": {"amount": 500, "currency": "USD"}});
    make(five).await.expect_status(201);
    let first = shop.get("/v1/admin/discounts?limit=1").admin().send().await.expect_status(200);
    assert_eq!(first.text("/data/0/code"), "FIVE");
    let after = first.text("/next_cursor");
    let rest = shop.get(format!("/v1/admin/discounts?after={after}")).admin().send().await;
    assert_eq!(rest.text("/data/0/code"), "TEN");
    assert_eq!(rest.at("/data/0/uses"), 0);
}

async fn a_discount_that_cannot_be_is_not_made(shop: Shop) {
    for (body, pointer) in [
        (json!({"code": "", "basis_points": 1}), "/code"),
        (json!({"code": "two words", "basis_points": 1}), "/code"),
        (json!({"code": "X"}), "/basis_points"),
        (json!({"code": "X", "basis_points": 0}), "/basis_points"),
        (json!({"code": "X", "basis_points": 10_001}), "/basis_points"),
        (
            json!({"code": "X", "basis_points": 1, "amount_off": {"amount": 1, "currency": "USD"}}),
            "/basis_points",
        ),
        (json!({"code": "X", "amount_off": {"amount": -1, "currency": "USD"}}), "/amount_off/amount"),
        (json!({"code": "X", "basis_points": 1, "uses_max": 0}), "/uses_max"),
        (json!({"code": "X", "basis_points": 1, "starts_at": "tomorrow"}), "/starts_at"),
        (
            json!({"code": "X", "basis_points": 1, "starts_at": "2026-01-02T00:00:00Z",
                "ends_at": "2026-01-01T00:00:00Z"}),
            "/ends_at",
        ),
    ] {
        shop.post("/v1/admin/discounts", body).admin().send().await.expect_fault(pointer);
    }
    let euros = json!({"code": "X", "amount_off": {"amount": 1, "currency": "EUR"}});
    shop.post("/v1/admin/discounts", euros).admin().send().await.expect_problem(422, "wrong_currency");
    let list = shop.get("/v1/admin/discounts").admin().send().await;
    assert_eq!(list.at("/data"), &json!([]));
}

async fn limits_are_set_replaced_and_listed(shop: Shop) {
    let set = |sku: &str, quantity_max: i64| {
        shop.post("/v1/admin/limits", json!({"sku": sku, "quantity_max": quantity_max})).admin().send()
    };
    set("MUG", 2).await.expect_status(200);
    set("MUG", 3).await.expect_status(200);
    set("NOTHING", 3).await.expect_problem(422, "unknown_sku");
    set("MUG", 0).await.expect_fault("/quantity_max");
    let list = shop.get("/v1/admin/limits").admin().send().await.expect_status(200);
    assert_eq!(list.at("/data"), &json!([{"sku": "MUG", "quantity_max": 3}]));
}

async fn the_audit_judges_every_invariant(shop: Shop) {
    shop.buy("MUG", 1).await;
    let report = shop.get("/v1/admin/audit").admin().send().await.expect_status(200);
    assert_eq!(report.at("/ok"), true);
    let ids: Vec<_> = report
        .at("/invariants")
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, (1..=14).map(|number| format!("I{number}")).collect::<Vec<_>>());
    assert!(report.at("/invariants/0/checked").as_u64().unwrap() > 0);
    assert!(report.at("/invariants/11").get("skipped").is_some(), "only a client outside can judge I12");
}

#[tokio::test]
async fn a_shop_without_the_simulated_provider_has_no_book_of_it() {
    let plan = Plan { simulated_is_on: false, ..Plan::default() };
    let shop = Shop::open_as(StoreKind::Memory, plan).await;
    shop.get("/v1/admin/simulated_payments").admin().send().await.expect_problem(404, "not_found");
    let checkout = shop.checkout_of("MUG", 1).await;
    shop.complete(&checkout, "tok_ok", "k").await.expect_problem(422, "unknown_provider");
}
