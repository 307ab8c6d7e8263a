//! The stuck list: what hangs, and what an operator can do about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};
use serde_json::json;

use crate::shop::{Plan, Shop, StoreKind};

/// A provider that never answers.
struct Silent;

fn silence<T>() -> Result<T, Unknown> {
    Err(Unknown("it never answers".to_owned()))
}

#[async_trait]
impl PaymentProvider for Silent {
    async fn charge(&self, _: &Charge) -> Result<Report, Unknown> {
        silence()
    }

    async fn find(&self, _: &Attempt) -> Result<Option<Report>, Unknown> {
        silence()
    }

    async fn cancel(&self, _: &Attempt) -> Result<Report, Unknown> {
        silence()
    }

    async fn capture(&self, _: &Attempt) -> Result<Report, Unknown> {
        silence()
    }

    async fn refund(&self, _: &Attempt, _: &str, _: Money) -> Result<RefundOutcome, Unknown> {
        silence()
    }
}

/// A shop with a checkout of one mug whose payment has been unknown for too long; its id and its saga's.
async fn stuck(kind: StoreKind) -> (Shop, String, String) {
    let silent = Arc::new(Silent) as Arc<dyn PaymentProvider>;
    let providers = BTreeMap::from([("silent".to_owned(), silent)]);
    let shop = Shop::open_as(kind, Plan { providers, ..Plan::default() }).await;
    let checkout = shop.checkout_of("MUG", 1).await;
    let body = json!({"payment": {"provider": "silent", "token": "t"}});
    let path = format!("/v1/checkouts/{checkout}/complete");
    shop.post(path, body).key("k").send().await.expect_status(202);
    let empty = shop.get("/v1/admin/sagas").admin().send().await.expect_status(200);
    assert_eq!(empty.at("/data"), &json!([]));
    for _ in 0..2 {
        shop.clock.pass_ms(20 * 60_000);
        for run in shop.coordinator.claim(100).await.unwrap() {
            shop.coordinator.drive(run, shop.clock.now()).await.unwrap();
        }
    }
    let list = shop.get("/v1/admin/sagas").admin().send().await.expect_status(200);
    assert_eq!(list.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(
        (list.text("/data/0/kind"), list.text("/data/0/problem").contains("never")),
        ("checkout".to_owned(), true)
    );
    assert_eq!(list.at("/data/0/amount/amount"), 1_200);
    let saga = list.text("/data/0/id");
    (shop, checkout, saga)
}

const KINDS: [StoreKind; 3] = [StoreKind::Memory, StoreKind::Sqlite, StoreKind::Postgres];

#[tokio::test]
async fn an_operator_who_knows_better_ends_what_hangs() {
    for kind in KINDS {
        let (shop, checkout, saga) = stuck(kind).await;
        let path = format!("/v1/admin/sagas/{saga}/resolve");
        let said = json!({"resolution": "not_charged", "reason": "their support says so"});
        let resolved = shop.post(&path, said.clone()).admin().key("a").send().await.expect_status(200);
        assert_eq!(
            (resolved.text("/state"), resolved.at("/order_id")),
            ("released".to_owned(), &json!(null))
        );
        let again = shop.post(&path, said).admin().key("a").send().await.expect_status(200);
        assert!(again.is_replayed());
        assert_eq!(shop.available("MUG").await, 5);
        let refused = shop.get(format!("/v1/checkouts/{checkout}")).send().await;
        assert_eq!(refused.text("/status"), "expired", "its time ran out meanwhile");
        let late = json!({"resolution": "captured", "reason": "or not"});
        let late = shop.post(&path, late).admin().key("b").send().await;
        late.expect_problem(409, "saga_ended");
        let list = shop.get("/v1/admin/sagas").admin().send().await;
        assert_eq!(list.at("/data"), &json!([]));
        shop.audit().await;
    }
}

#[tokio::test]
async fn money_that_an_operator_saw_becomes_the_order() {
    for kind in KINDS {
        let (shop, _, saga) = stuck(kind).await;
        let said = json!({"resolution": "captured", "reason": "it is on the statement"});
        let path = format!("/v1/admin/sagas/{saga}/resolve");
        let resolved = shop.post(path, said).admin().key("a").send().await.expect_status(200);
        assert_eq!(resolved.text("/state"), "placed");
        let order = resolved.text("/order_id");
        let read = shop.get(format!("/v1/admin/orders/{order}")).admin().send().await.expect_status(200);
        assert!(read.text("/events/1/actor").starts_with("key_"), "whose word it was stays known");
        assert_eq!(read.text("/events/1/reason"), "it is on the statement");
    }
}

#[tokio::test]
async fn what_hangs_can_be_tried_at_once() {
    for kind in KINDS {
        let (shop, _, saga) = stuck(kind).await;
        assert!(shop.coordinator.claim(100).await.unwrap().is_empty(), "it waits");
        let path = format!("/v1/admin/sagas/{saga}/retry");
        let retried = shop.post(&path, json!({})).admin().send().await.expect_status(202);
        assert_eq!(retried.text("/id"), saga);
        assert_eq!(shop.coordinator.claim(100).await.unwrap().len(), 1);
        let reader = shop.post(&path, json!({})).bearer(&shop.reader).send().await;
        reader.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn a_word_is_only_taken_on_what_is_unknown() {
    for kind in KINDS {
        let shop = Shop::open(kind).await;
        let checkout = shop.checkout_of("MUG", 1).await;
        shop.complete(&checkout, "tok_requires_action", "k").await.expect_status(202);
        let run = shop.store.claim_sagas(shop.coordinator.owner(), 10).await.unwrap();
        assert!(run.is_empty(), "it waits for its buyer");
        for (path, status, code) in [
            ("/v1/admin/sagas/sag_00000000000000000000000000/resolve", 404, "not_found"),
            ("/v1/admin/sagas/nonsense/resolve", 404, "not_found"),
        ] {
            let said = json!({"resolution": "give_up", "reason": "x"});
            shop.post(path, said).admin().key("a").send().await.expect_problem(status, code);
        }
        let path = "/v1/admin/sagas/sag_00000000000000000000000000/resolve";
        let wrong = json!({"resolution": "perhaps", "reason": ""});
        let wrong = shop.post(path, wrong).admin().key("a").send().await;
        wrong.expect_fault("/resolution").expect_fault("/reason");
        let silent = shop.post(path, json!({"resolution": "captured"})).admin().key("a").send().await;
        silent.expect_fault("/reason");
    }
}

#[tokio::test]
async fn a_refund_that_was_refused_is_on_the_list_until_another_begins() {
    for kind in KINDS {
        let shop = Shop::open(kind).await;
        let order = shop.buy("MUG", 1).await;
        let id = order["id"].as_str().unwrap();
        let path = format!("/v1/admin/orders/{id}/refunds");
        shop.post(&path, json!({"amount": 700})).admin().key("a").send().await.expect_status(202);
        let due = shop.coordinator.claim_refunds(10).await.unwrap().remove(0).refund;
        let refused = sellonce_checkout::refund::Outcome::Refused("closed".to_owned());
        assert!(shop.store.finish_refund(due.id, refused).await.unwrap());
        let list = shop.get("/v1/admin/sagas").admin().send().await.expect_status(200);
        assert_eq!(
            (list.text("/data/0/kind"), list.text("/data/0/state")),
            ("refund".to_owned(), "refused".to_owned())
        );
        assert_eq!(
            (list.text("/data/0/order_id").as_str(), list.at("/data/0/next_run_at")),
            (id, &json!(null))
        );
        shop.post(&path, json!({"amount": 700})).admin().key("b").send().await.expect_status(202);
        let list = shop.get("/v1/admin/sagas").admin().send().await;
        assert_eq!(list.at("/data"), &json!([]));
    }
}
