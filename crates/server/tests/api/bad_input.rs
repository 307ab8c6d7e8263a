//! Bad input: each with a clear problem document, and nothing changed.

use serde_json::{Value, json};

use crate::contract::CONTRACT;
use crate::on_every_store;
use crate::shop::Shop;
use crate::shop_client::{Answer, checkout_body, pay};

on_every_store! {
    tampered_checkouts_are_refused_and_nothing_changes,
    every_field_that_a_request_does_not_have_is_refused,
    json_that_cannot_be_read_is_malformed,
    json_that_is_nested_too_deeply_is_malformed,
    only_json_without_an_encoding_is_taken,
    a_body_of_ten_megabytes_is_too_large,
    ids_that_are_wrong_or_foreign_all_look_the_same,
    addresses_and_methods_that_do_not_exist_are_problems_too,
    wrong_parameters_of_an_address_are_named,
}

/// The shop as a stranger could compare it: stock, orders, payments.
async fn state(shop: &Shop) -> [Value; 3] {
    let mut state = Vec::new();
    for path in ["/v1/admin/inventory", "/v1/admin/orders", "/v1/admin/simulated_payments"] {
        state.push(shop.get(path).admin().send().await.expect_status(200).json);
    }
    state.try_into().unwrap()
}

/// The body that buys what a line says, in one request.
fn buying(line: Value) -> Value {
    json!({"lines": [line], "email": "ada@example.com", "complete": pay("tok_ok")})
}

/// The same with a field of its own.
fn buying_with(field: &str, value: Value) -> Value {
    let mut body = buying(json!({"sku": "MUG", "quantity": 1}));
    body[field] = value;
    body
}

/// Checkouts that somebody has tampered with, and the field that gives each away.
fn tampered() -> Vec<(Value, &'static str)> {
    let of_quantity = |quantity: Value| buying(json!({"sku": "MUG", "quantity": quantity}));
    vec![
        (of_quantity(json!(0)), "/lines/0/quantity"),
        (of_quantity(json!(-1)), "/lines/0/quantity"),
        (of_quantity(json!(10_001)), "/lines/0/quantity"),
        (of_quantity(json!(i64::MAX)), "/lines/0/quantity"),
        (of_quantity(json!(u64::MAX)), "/lines/0/quantity"),
        (of_quantity(json!(1.5)), "/lines/0/quantity"),
        (of_quantity(json!(1e30)), "/lines/0/quantity"),
        (of_quantity(json!("1")), "/lines/0/quantity"),
        (of_quantity(json!(null)), "/lines/0/quantity"),
        (of_quantity(json!([1])), "/lines/0/quantity"),
        (buying(json!({"sku": "MUG"})), "/lines/0/quantity"),
        (buying(json!({"sku": "", "quantity": 1})), "/lines/0/sku"),
        (buying(json!({"sku": "a\u{0}b", "quantity": 1})), "/lines/0/sku"),
        (buying(json!({"sku": "x".repeat(256), "quantity": 1})), "/lines/0/sku"),
        (buying(json!({"sku": "MUG", "quantity": 1, "price": 1})), "/lines/0/price"),
        (
            buying(json!({"sku": "MUG", "quantity": 1, "unit_price": {"amount": 1, "currency": "USD"}})),
            "/lines/0/unit_price",
        ),
        (buying(json!({"sku": "MUG", "quantity": 1, "unit_price_seen": 1})), "/lines/0/unit_price_seen"),
        (
            buying(json!({"sku": "MUG", "quantity": 1, "unit_price_seen": {"amount": 1}})),
            "/lines/0/unit_price_seen/currency",
        ),
        (buying_with("lines", json!([])), "/lines"),
        (buying_with("lines", json!({"sku": "MUG"})), "/lines"),
        (buying_with("lines", Value::Null), "/cart_id"),
        (buying_with("email", json!("nobody")), "/email"),
        (buying_with("email", json!("")), "/email"),
        (buying_with("email", json!("a@example.com\r\nBcc: b@example.com")), "/email"),
        (buying_with("email", json!(format!("{}@example.com", "x".repeat(250)))), "/email"),
        (buying_with("email", json!(5)), "/email"),
        (buying_with("discount_code", json!("not a code")), "/discount_code"),
        (buying_with("shipping_method", json!("")), "/shipping_method"),
        (buying_with("shipping_address", json!("at home")), "/shipping_address"),
        (buying_with("shipping_address", json!({"name": "Ada"})), "/shipping_address/line1"),
        (buying_with("total", json!({"amount": 1, "currency": "USD"})), "/total"),
        (buying_with("totals", json!({})), "/totals"),
        (buying_with("discount", json!(1_199)), "/discount"),
        (buying_with("status", json!("completed")), "/status"),
        (buying_with("expires_at", json!("2099-01-01T00:00:00Z")), "/expires_at"),
        (buying_with("complete", json!({"payment": {"provider": "simulated"}})), "/complete/payment/token"),
        (
            buying_with(
                "complete",
                json!({"payment": {"provider": "simulated", "token": "tok_ok", "amount": 1}}),
            ),
            "/complete/payment/amount",
        ),
        (buying_with("complete", json!({"amount": 1})), "/complete/amount"),
        (json!({"lines": [{"sku": "MUG", "quantity": 1}]}), "/email"),
    ]
}

async fn tampered_checkouts_are_refused_and_nothing_changes(shop: Shop) {
    let before = state(&shop).await;
    for (body, pointer) in tampered() {
        shop.post("/v1/checkouts", body).key("k").send().await.expect_fault(pointer);
    }
    let both = json!({"cart_id": shop.cart_of("MUG", 1).await, "lines": [{"sku": "MUG", "quantity": 1}],
        "email": "ada@example.com"});
    shop.post("/v1/checkouts", both).send().await.expect_fault("/cart_id");
    for (body, status, code) in [
        (buying(json!({"sku": "NOTHING", "quantity": 1})), 422, "unknown_sku"),
        (buying(json!({"sku": "mug", "quantity": 1})), 422, "unknown_sku"),
        (buying(json!({"sku": "LAMP", "quantity": 1})), 422, "nothing_to_sell"),
        (buying_with("cart_id", json!("crt_nonsense")), 422, "validation_failed"),
        (json!({"cart_id": "crt_nonsense", "email": "ada@example.com"}), 404, "not_found"),
    ] {
        shop.post("/v1/checkouts", body).key("k").send().await.expect_problem(status, code);
    }
    assert_eq!(state(&shop).await, before);
    shop.audit().await;
}

/// From the document: no request type takes a field that it does not name.
async fn every_field_that_a_request_does_not_have_is_refused(shop: Shop) {
    let schemas = &CONTRACT.document["components"]["schemas"];
    let mut requests: Vec<String> = CONTRACT
        .operations()
        .filter_map(|operation| {
            let schema = &operation.value["requestBody"]["content"]["application/json"]["schema"];
            schema["$ref"].as_str().map(str::to_owned)
        })
        .collect();
    let mut seen = 0;
    while let Some(reference) = requests.pop() {
        let schema = &schemas[reference.rsplit('/').next().unwrap()];
        if schema["type"] == "object" {
            assert_eq!(schema["additionalProperties"], false, "{reference}");
        }
        seen += 1;
        // What it is made of is a request, too.
        let text = schema.to_string();
        let inner = text.split("\"$ref\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        requests.extend(inner.map(str::to_owned));
    }
    assert!(seen >= 15, "{seen}");
    let cart = shop.cart_of("MUG", 1).await;
    let checkout = shop.checkout_of("MUG", 1).await;
    for path in [
        "/v1/carts".to_owned(),
        format!("/v1/carts/{cart}/lines"),
        "/v1/checkouts".to_owned(),
        format!("/v1/checkouts/{checkout}/confirm_prices"),
        format!("/v1/checkouts/{checkout}/complete"),
    ] {
        let body = json!({"is_admin": true});
        let refused = shop.post(path, body).key("k").send().await.expect_fault("/is_admin");
        assert_eq!(refused.text("/errors/0/code"), "unknown_field");
    }
}

async fn raw(shop: &Shop, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    shop.call("POST", path).header("content-type", "application/json").key("k").bytes(body).send().await
}

async fn json_that_cannot_be_read_is_malformed(shop: Shop) {
    for body in [
        "",
        "{",
        "{]",
        "nonsense",
        "{\"lines\": [}",
        "{} {}",
        "{'lines': []}",
        "{\"lines\": [],}",
        "\u{feff}{}",
    ] {
        raw(&shop, "/v1/carts", body).await.expect_problem(400, "malformed_request");
    }
    let not_text: &[u8] = b"{\"lines\": [{\"sku\": \"\xff\", \"quantity\": 1}]}";
    raw(&shop, "/v1/carts", not_text).await.expect_problem(400, "malformed_request");
    raw(&shop, "/v1/carts", "[]").await.expect_fault("");
    raw(&shop, "/v1/carts", "null").await.expect_fault("");
    // By position nothing is understood, at no depth.
    raw(&shop, "/v1/carts", r#"{"lines": [["MUG", 1]]}"#).await.expect_fault("/lines/0");
    let seen = r#"{"email": "a@b.example", "lines": [{"sku": "MUG", "quantity": 1, "unit_price_seen": [1, "USD"]}]}"#;
    raw(&shop, "/v1/checkouts", seen).await.expect_fault("/lines/0/unit_price_seen");
    let twice = "{\"lines\": [], \"lines\": []}";
    raw(&shop, "/v1/carts", twice).await.expect_fault("/lines");
}

async fn json_that_is_nested_too_deeply_is_malformed(shop: Shop) {
    let nested = |depth: usize| format!("{{\"lines\": {}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    raw(&shop, "/v1/carts", nested(32)).await.expect_problem(422, "validation_failed");
    raw(&shop, "/v1/carts", nested(33)).await.expect_problem(400, "malformed_request");
    raw(&shop, "/v1/carts", "[".repeat(60_000)).await.expect_problem(400, "malformed_request");
    let text = "[".repeat(40);
    let in_text = json!({"sku": format!("{text}\"\\"), "quantity": 1});
    let cart = shop.cart_of("MUG", 1).await;
    let answer = shop.post(format!("/v1/carts/{cart}/lines"), in_text).send().await;
    answer.expect_problem(422, "unknown_sku");
}

async fn only_json_without_an_encoding_is_taken(shop: Shop) {
    let send = |kind: &str, encoding: Option<&str>| {
        let mut call = shop.call("POST", "/v1/carts").bytes("{}");
        if !kind.is_empty() {
            call = call.header("content-type", kind);
        }
        if let Some(encoding) = encoding {
            call = call.header("content-encoding", encoding);
        }
        call.send()
    };
    for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        send(kind, None).await.expect_problem(415, "unsupported_media_type");
    }
    send("application/json", Some("gzip")).await.expect_problem(415, "unsupported_media_type");
    send("Application/JSON; charset=utf-8", Some("identity")).await.expect_status(201);
}

async fn a_body_of_ten_megabytes_is_too_large(shop: Shop) {
    let huge = vec![b' '; 10 * 1024 * 1024];
    raw(&shop, "/v1/carts", huge.clone()).await.expect_problem(413, "body_too_large");
    let said = shop
        .call("POST", "/v1/carts")
        .header("content-type", "application/json")
        .header("content-length", "10485760");
    said.bytes(huge).send().await.expect_problem(413, "body_too_large");
    let limit = 64 * 1024;
    raw(&shop, "/v1/carts", format!("{{}}{}", " ".repeat(limit - 2))).await.expect_status(201);
    raw(&shop, "/v1/carts", format!("{{}}{}", " ".repeat(limit - 1)))
        .await
        .expect_problem(413, "body_too_large");
}

async fn ids_that_are_wrong_or_foreign_all_look_the_same(shop: Shop) {
    let (cart, other_cart) = (shop.cart_of("MUG", 1).await, shop.cart_of("MUG", 1).await);
    let (checkout, other_checkout) = (shop.checkout_of("MUG", 1).await, shop.checkout_of("MUG", 1).await);
    let line = shop.get(format!("/v1/carts/{cart}")).send().await.text("/lines/0/id");
    // The row of one buyer with the secret of another, a secret that is a bit off, the id alone, and nonsense.
    let wrong = |id: &str, other: &str| {
        let last = if id.ends_with('0') { "g" } else { "0" };
        vec![
            format!("{}{}", &id[..30], &other[30..]),
            format!("{}{last}", &id[..id.len() - 1]),
            id[..30].to_owned(),
            id.to_uppercase(),
            format!("{}nonsense", &id[..4]),
            "ord_00000000000000000000000000".to_owned(),
        ]
    };
    let refused = |answer: Answer| {
        let answer = answer.expect_problem(404, "not_found");
        (answer.text("/detail"), answer.text("/title"))
    };
    let mut told = Vec::new();
    for id in wrong(&cart, &other_cart) {
        told.push(refused(shop.get(format!("/v1/carts/{id}")).send().await));
        let add = json!({"sku": "MUG", "quantity": 1});
        told.push(refused(shop.post(format!("/v1/carts/{id}/lines"), add).send().await));
        let path = format!("/v1/carts/{id}/lines/{line}");
        told.push(refused(shop.patch(&path, json!({"quantity": 2})).send().await));
        told.push(refused(shop.delete(&path).send().await));
        let open = json!({"cart_id": id, "email": "eve@example.com"});
        told.push(refused(shop.post("/v1/checkouts", open).send().await));
    }
    // A line of another cart is no line of this one.
    let foreign = format!("/v1/carts/{other_cart}/lines/{line}");
    told.push(refused(shop.delete(foreign).send().await));
    for id in wrong(&checkout, &other_checkout) {
        let path = format!("/v1/checkouts/{id}");
        told.push(refused(shop.get(&path).send().await));
        told.push(refused(shop.delete(&path).send().await));
        told.push(refused(shop.complete(&id, "tok_ok", "k").await));
        let hash = "0".repeat(52);
        let confirm = shop.post(format!("{path}/confirm_prices"), json!({"price_hash": hash}));
        told.push(refused(confirm.send().await));
    }
    assert!(told.iter().all(|each| *each == told[0]), "{told:#?}");
    assert_eq!(shop.get(format!("/v1/carts/{cart}")).send().await.at("/lines/0/quantity"), 1);
    assert_eq!(shop.get(format!("/v1/checkouts/{checkout}")).send().await.text("/status"), "open");
}

async fn addresses_and_methods_that_do_not_exist_are_problems_too(shop: Shop) {
    for path in ["/v1", "/v1/nothing", "/v1/carts/", "/v1/admin", "/v1/payments/webhooks"] {
        shop.get(path).send().await.expect_problem(404, "not_found");
    }
    let refused = shop.delete("/v1/carts").send().await.expect_problem(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "POST");
    let refused = shop.post("/v1/products", checkout_body("MUG", 1)).send().await;
    refused.expect_problem(405, "method_not_allowed");
}

async fn wrong_parameters_of_an_address_are_named(shop: Shop) {
    for (query, pointer) in [
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("limit=-1", "?limit"),
        ("limit=ten", "?limit"),
        ("limit=", "?limit"),
        ("after=nonsense", "?after"),
        ("after=!", "?after"),
        ("page=2", "?page"),
        ("limit=1&limit=2", "?limit"),
    ] {
        let path = format!("/v1/products?{query}");
        shop.get(path).send().await.expect_fault(pointer);
        let path = format!("/v1/admin/orders?{query}");
        shop.get(path).admin().send().await.expect_fault(pointer);
    }
}
