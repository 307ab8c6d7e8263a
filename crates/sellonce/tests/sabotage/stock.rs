//! Defects that sell what is not there, or lose what is.

use hyper::StatusCode;
use sellonce_checkout::sabotage::Sabotage;

use crate::harness::Shop;
use crate::proof::{Plan, buy, caught, until, with_units};

/// So many buyers at once; what they find wrong.
async fn rush(shop: &Shop, buyers: usize, units: usize) -> Vec<String> {
    let buyer = |number| {
        let url = shop.url();
        tokio::spawn(async move { buy(&url, &format!("buyer-{number}"), "tok_ok").await.status })
    };
    let buyers: Vec<_> = (0..buyers).map(buyer).collect();
    let mut placed = 0;
    for buyer in buyers {
        placed += usize::from(buyer.await.expect("a buyer does not panic") == StatusCode::CREATED);
    }
    oversold(placed, units)
}

/// So many buyers, one after the other; what they find wrong.
async fn queue(shop: &Shop, buyers: usize, units: usize) -> Vec<String> {
    let mut placed = 0;
    for number in 0..buyers {
        let answer = buy(&shop.url(), &format!("buyer-{number}"), "tok_ok").await;
        placed += usize::from(answer.status == StatusCode::CREATED);
    }
    oversold(placed, units)
}

fn oversold(placed: usize, units: usize) -> Vec<String> {
    let wrong = placed != units;
    wrong.then(|| format!("oversold: {placed} orders of {units} units")).into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_that_is_read_decided_on_and_written_back() {
    let story = async |shop: &mut Shop| rush(shop, 60, 20).await;
    caught(Sabotage::ReadThenWriteStock, "I1", with_units(20), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_taken_without_the_condition() {
    let story = async |shop: &mut Shop| queue(shop, 3, 2).await;
    caught(Sabotage::UpdateWithoutCondition, "I1", with_units(2), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_read_from_a_replica() {
    let story = async |shop: &mut Shop| queue(shop, 3, 2).await;
    caught(Sabotage::ReplicaRead, "I1", with_units(2), story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_given_back_twice() {
    let plan = Plan { units: 2, variables: &[("SELLONCE_SHOP__HOLD_MS", "600")] };
    let story = async |shop: &mut Shop| {
        let url = shop.url();
        let (ada, bob) =
            tokio::join!(buy(&url, "ada", "tok_requires_action"), buy(&url, "bob", "tok_requires_action"));
        assert_eq!((ada.status, bob.status), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
        until(shop, "SELECT count(*) > 0 FROM sagas WHERE state = 'released'", 1).await;
        Vec::new()
    };
    caught(Sabotage::ReleaseTwiceOnExpiry, "I1", plan, story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_looks_like_success() {
    let story = async |shop: &mut Shop| {
        buy(&shop.url(), "ada", "tok_ok").await;
        let told = buy(&shop.url(), "bob", "tok_ok").await;
        assert_eq!(told.code(), "out_of_stock");
        let wrong = told.status != StatusCode::CONFLICT;
        wrong.then(|| format!("sold out, and told {}", told.status)).into_iter().collect()
    };
    caught(Sabotage::SoldOutAnswered200, "sold out", with_units(1), story).await;
}
