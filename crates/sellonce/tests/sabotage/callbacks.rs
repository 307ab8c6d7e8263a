//! Defects of hearing a provider that calls back.

use std::time::Duration;

use hyper::StatusCode;
use sellonce_checkout::sabotage::Sabotage;
use serde_json::json;

use crate::harness::{Shop, complete, http, open, post};
use crate::proof::{Plan, SKU, caught, order, until};

const OWED: &str = "SELECT count(*) FROM simulated_callbacks";

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_comes_again_and_has_its_effect_again() {
    let plan = Plan {
        units: 50,
        variables: &[
            ("SELLONCE_PAYMENTS__SIMULATED_CALLBACKS", "everything"),
            ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_COPIES_MAX", "5"),
        ],
    };
    let story = async |shop: &mut Shop| {
        for number in 0..6 {
            order(&shop.url(), &format!("buyer-{number}"), "tok_ok").await;
        }
        until(shop, OWED, 0).await;
        Vec::new()
    };
    caught(Sabotage::CallbackNotDeduplicated, "I1", plan, story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_was_overtaken_and_is_believed() {
    let plan = Plan {
        units: 50,
        variables: &[
            ("SELLONCE_PAYMENTS__SIMULATED_CALLBACKS", "everything"),
            ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_DELAY_MS_MAX", "1000"),
        ],
    };
    let story = async |shop: &mut Shop| {
        let (http, url, token) = (http(), shop.url(), "tok_requires_action");
        for number in 0..6 {
            let key = format!("key-{number}");
            let checkout = open(&http, &url, SKU, 1, "ada@example.com").await.expect("a checkout opens");
            let told = complete(&http, &url, &checkout, &key, token).await.expect("the server answers");
            assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.body);
            let page = told.text("/next_action/url").to_owned();
            let acted = post(&http, &page, &[], json!({"result": "succeed"})).await;
            assert!(acted.expect("the page answers").status.is_success());
            // A callback may have woken it: then another hand asks how it stands.
            let mut told = complete(&http, &url, &checkout, &key, token).await;
            for _ in 0..100 {
                if told.as_ref().is_ok_and(|told| told.status == StatusCode::CREATED) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                told = complete(&http, &url, &checkout, &key, token).await;
            }
            assert!(told.is_ok_and(|told| told.status == StatusCode::CREATED), "it was paid for");
        }
        until(shop, OWED, 0).await;
        Vec::new()
    };
    caught(Sabotage::OlderCallbackOverwrites, "I6", plan, story).await;
}
