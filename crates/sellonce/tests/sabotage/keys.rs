//! Defects of idempotency keys.

use std::collections::BTreeSet;

use hyper::StatusCode;
use sellonce_checkout::sabotage::Sabotage;
use serde_json::json;

use crate::harness::{Shop, complete, http, open, post};
use crate::proof::{SKU, caught, with_units};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_written_after_the_effect() {
    let story = async |shop: &mut Shop| {
        let same = |_| {
            let url = format!("{}/v1/checkouts", shop.url());
            tokio::spawn(async move {
                let body = json!({
                    "lines": [{"sku": SKU, "quantity": 1}], "email": "ada@example.com",
                    "complete": {"payment": {"provider": "simulated", "token": "tok_ok"}},
                });
                let told = post(&http(), &url, &[("idempotency-key", "once")], body).await;
                let told = told.expect("the server answers");
                (told.status == StatusCode::CREATED).then(|| told.text("/id").to_owned())
            })
        };
        let requests: Vec<_> = (0..20).map(same).collect();
        let mut orders = BTreeSet::new();
        for request in requests {
            orders.extend(request.await.expect("a request does not panic"));
        }
        let wrong = orders.len() != 1;
        wrong.then(|| format!("{} orders under one key", orders.len())).into_iter().collect()
    };
    caught(Sabotage::KeyAfterEffect, "I7", with_units(50), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_known_whatever_is_asked() {
    let story = async |shop: &mut Shop| {
        let (http, url) = (http(), shop.url());
        let checkout = open(&http, &url, SKU, 1, "ada@example.com").await.expect("a checkout opens");
        let first = complete(&http, &url, &checkout, "once", "tok_ok").await.expect("the server answers");
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
        let other = complete(&http, &url, &checkout, "once", "tok_slow").await.expect("the server answers");
        let wrong = other.code() != "idempotency_key_reused";
        wrong.then(|| format!("another body, and told {} {}", other.status, other.body)).into_iter().collect()
    };
    caught(Sabotage::KeyWithoutBody, "another body", with_units(5), story).await;
}
