//! Defects that take other money than was agreed on, or forget what was taken.

use hyper::StatusCode;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::sabotage::Sabotage;
use serde_json::json;

use crate::harness::{Shop, complete, http, open, post};
use crate::proof::{Plan, SKU, ask, bearer, book, buy, caught, order, until, with_units};

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_calculated_when_it_is_paid() {
    let story = async |shop: &mut Shop| {
        let (http, url, bearer) = (http(), shop.url(), bearer(shop));
        let checkout = open(&http, &url, SKU, 1, "ada@example.com").await.expect("a checkout opens");
        let price = format!("{url}/v1/admin/prices/{SKU}");
        let set = post(&http, &price, &[("authorization", &bearer)], json!({"amount": 5999})).await;
        assert_eq!(set.expect("the server answers").status, StatusCode::OK);
        let told = complete(&http, &url, &checkout, "once", "tok_ok").await.expect("the server answers");
        assert_eq!(told.status, StatusCode::CREATED, "{}", told.body);
        Vec::new()
    };
    caught(Sabotage::PriceRecalculatedAtPay, "I3", with_units(5), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_is_tried_again_under_a_new_key() {
    let story = async |shop: &mut Shop| {
        order(&shop.url(), "ada", "tok_timeout").await;
        Vec::new()
    };
    caught(Sabotage::RetryWithNewProviderKey, "I4", with_units(5), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_posted_twice() {
    let story = async |shop: &mut Shop| {
        let order = order(&shop.url(), "ada", "tok_ok").await;
        let bearer = bearer(shop);
        let url = format!("{}/v1/admin/orders/{order}/refunds", shop.url());
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "once")];
        let told = post(&http(), &url, &headers, json!({"amount": 1000})).await.expect("the server answers");
        assert!(told.status.is_success(), "{}", told.body);
        until(shop, "SELECT count(*) FROM refunds WHERE state = 'refunded'", 1).await;
        Vec::new()
    };
    caught(Sabotage::RefundPostedTwice, "I4", with_units(5), story).await;
}

/// The answer to a charge is lost, and nobody asks again for a minute. An operator says that nothing was charged. Then the
/// provider calls back.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_came_too_late() {
    let plan = Plan {
        units: 20,
        variables: &[
            ("SELLONCE_SHOP__RETRY_MS_MIN", "60000"),
            ("SELLONCE_PAYMENTS__SIMULATED_CALLBACKS", "everything"),
            ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_DELAY_MS_MAX", "1500"),
        ],
    };
    let story = async |shop: &mut Shop| {
        let bearer = bearer(shop);
        for number in 0..20 {
            let told = buy(&shop.url(), &format!("buyer-{number}"), "tok_timeout").await;
            assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.body);
            let payments = book(shop).await;
            let keys = payments.iter().map(|payment| payment["id"].as_str().expect("a payment has a key"));
            let key = keys.max().expect("it was booked");
            let saga = SagaId::from_attempt_key(key).expect("the key of an attempt");
            // Other callbacks come before an operator can say anything, and their checkouts become orders.
            let late = format!(
                "SELECT count(*) FROM simulated_callbacks WHERE attempt_key = '{key}' \
                 AND due_at > unixepoch('subsec') * 1000 + 500"
            );
            if ask(shop, &late) == 0 {
                continue;
            }
            let url = format!("{}/v1/admin/sagas/{saga}/resolve", shop.url());
            let headers = [("authorization", bearer.as_str()), ("idempotency-key", "once")];
            let word = json!({"resolution": "not_charged", "reason": "they said so"});
            let told = post(&http(), &url, &headers, word).await.expect("the server answers");
            assert_eq!(told.status, StatusCode::OK, "{}", told.body);
            until(shop, "SELECT count(*) FROM simulated_callbacks", 0).await;
            return Vec::new();
        }
        panic!("no callback was late enough");
    };
    caught(Sabotage::LateSuccessIgnored, "I4", plan, story).await;
}
