//! What a buyer is told when something cannot be had.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_server::app::Settings;
use sellonce_server::throttle::{Rate, Rates};

use crate::browser::{Browser, SITE};
use crate::shop::{Plan, Shop, StoreKind};

#[tokio::test]
async fn who_comes_too_late_is_told_what_is_left() {
    let shop = Shop::open(StoreKind::Memory).await;
    let (early, late) = (Browser::new(&shop), Browser::new(&shop));
    early.add("mug", "MUG", "4").await;
    late.add("mug", "MUG", "3").await;
    late.add("shirt", "SHIRT-S", "1").await;
    let review = late.check_out().await;
    let first = early.check_out().await;
    early.pay(&first, "tok_ok").await.is(StatusCode::OK, "/orders/");
    late.open(&review.path).await.says("Only 1 left at this moment");

    let short = late.pay(&review, "tok_ok").await;
    short.is(StatusCode::CONFLICT, &review.path).says("There is not enough left");
    short.says("Mug 3 1").says("Nothing was charged").does_not_say("Shirt");
    assert_eq!((shop.available("MUG").await, shop.available("SHIRT-S").await), (1, 3));

    let cart = late.open("/cart").await;
    let fewer = late.send(&crate::html::forms(&cart.html)[0], &[("quantity", "1")]).await;
    fewer.says("Subtotal 37.00 USD");
    let review = late.check_out().await;
    late.pay(&review, "tok_ok").await.is(StatusCode::OK, "/orders/");
    shop.audit().await;
}

#[tokio::test]
async fn what_is_sold_out_cannot_be_put_into_the_cart_by_its_page() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    let shirt = browser.open("/products/shirt").await;
    shirt.says("Sold out").says("Only 3 left");
    assert_eq!(shirt.form("/cart").fields["sku"], "SHIRT-S", "what can be bought is chosen");
    browser.add("shirt", "SHIRT-S", "3").await;
    let review = browser.check_out().await;
    browser.pay(&review, "tok_ok").await;
    let shirt = browser.open("/products/shirt").await;
    shirt.does_not_say("Add to cart");
    browser.open("/").await.says("Shirt 25.00 USD Sold out").says("Poster 9.50 USD Made to order");
}

#[tokio::test]
async fn two_tabs_of_one_cart_make_one_order() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let form = browser.open("/checkout").await.form("/checkout");
    let (first, second) = (browser.check_out().await, browser.check_out().await);
    browser.pay(&first, "tok_ok").await.is(StatusCode::OK, "/orders/");
    let late = browser.pay(&second, "tok_ok").await;
    late.is(StatusCode::CONFLICT, &second.path).says("This cart has been ordered");
    browser
        .open(&second.path)
        .await
        .is(StatusCode::CONFLICT, &second.path)
        .says("This cart has been ordered");
    let third = browser.send(&form, &[("email", "ada@example.com")]).await;
    third.is(StatusCode::CONFLICT, "/checkout").says("This cart has been ordered");
    assert_eq!(shop.available("MUG").await, 4);
}

#[tokio::test]
async fn a_second_tab_waits_while_the_first_one_pays() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let (first, second) = (browser.check_out().await, browser.check_out().await);
    browser.pay(&first, "tok_requires_action").await.says("Please confirm your payment");
    let late = browser.pay(&second, "tok_ok").await;
    late.is(StatusCode::CONFLICT, &second.path).says("A payment for this cart is under way");
    // Another click in the first tab finds it under way, too.
    browser
        .send(&first.pay_form(), &[])
        .await
        .is(StatusCode::OK, &first.path)
        .says("Please confirm your payment");
}

#[tokio::test]
async fn a_checkout_whose_time_has_run_out_is_over_and_its_cart_is_not() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    review.says("These prices are kept for another 15 minutes");
    shop.clock.pass_ms(15 * 60_000);
    browser.open(&review.path).await.is(StatusCode::CONFLICT, &review.path).says("This checkout is over");
    let late = browser.pay(&review, "tok_ok").await;
    late.is(StatusCode::CONFLICT, &review.path).says("This checkout is over").says("Nothing was charged");
    browser.open("/cart").await.says("Mug");
}

#[tokio::test]
async fn a_buyer_who_wants_more_than_one_buyer_can_have_is_told_so() {
    let shop = Shop::open(StoreKind::Memory).await;
    let limit = PurchaseLimit { sku: Sku::parse("MUG").unwrap(), quantity_max: 2 };
    assert!(shop.store.set_purchase_limit(limit).await.unwrap());
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "3").await;
    let review = browser.check_out().await;
    let refused = browser.pay(&review, "tok_ok").await;
    refused.is(StatusCode::CONFLICT, &review.path).says("That is more than one buyer can have").says("“Mug”");
    assert_eq!(shop.available("MUG").await, 5);
}

#[tokio::test]
async fn what_cannot_be_put_into_a_cart_is_told() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    for quantity in ["", "0", "-1", "1.5", "many", "10001", "99999999999"] {
        let refused = browser.add("mug", "MUG", quantity).await;
        refused.is(StatusCode::UNPROCESSABLE_ENTITY, "/cart").says("That is not possible");
    }
    for sku in ["", "NO-SUCH", "LAMP", " MUG"] {
        browser
            .add("mug", sku, "1")
            .await
            .is(StatusCode::UNPROCESSABLE_ENTITY, "/cart")
            .says("This is not for sale");
    }
    assert_eq!(browser.cookie("sellonce_cart"), None, "nothing was begun");
}

#[tokio::test]
async fn what_is_not_there_or_somebody_elses_looks_the_same() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let order = browser.pay(&review, "tok_ok").await;
    let (order_path, token) = order.path.split_once("?token=").unwrap();
    let other_end =
        |text: &str| format!("{}{}", &text[..text.len() - 2], if text.ends_with("00") { "10" } else { "00" });
    for path in [
        "/nowhere".to_owned(),
        "/products/lamp".to_owned(),
        "/products/no-such".to_owned(),
        "/products/%FF".to_owned(),
        "/orders/ord_1".to_owned(),
        order_path.to_owned(),
        format!("{order_path}?token={}", other_end(token)),
        "/checkout/chk_1".to_owned(),
        other_end(&review.path),
        format!("{}/details", other_end(&review.path)),
        "/static/no-such.css".to_owned(),
        "/static/demo/no-such.svg".to_owned(),
    ] {
        let missing = browser.open(&path).await;
        missing.is(StatusCode::NOT_FOUND, &path).says("There is nothing here");
        assert!(missing.links().contains(&"/".to_owned()), "{path} has a way to the shop");
    }
    browser
        .open("/cart/lines/lin_1")
        .await
        .is(StatusCode::METHOD_NOT_ALLOWED, "/cart")
        .says("only takes forms");
}

/// A provider that never answers.
struct Silent;

#[async_trait]
impl PaymentProvider for Silent {
    async fn charge(&self, _: &Charge) -> Result<Report, Unknown> {
        std::future::pending().await
    }

    async fn find(&self, _: &Attempt) -> Result<Option<Report>, Unknown> {
        std::future::pending().await
    }

    async fn cancel(&self, _: &Attempt) -> Result<Report, Unknown> {
        std::future::pending().await
    }

    async fn capture(&self, _: &Attempt) -> Result<Report, Unknown> {
        std::future::pending().await
    }

    async fn refund(&self, _: &Attempt, _: &str, _: Money) -> Result<RefundOutcome, Unknown> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_shop_that_cannot_answer_says_so_and_finishes_what_was_begun() {
    let silent: Arc<dyn PaymentProvider> = Arc::new(Silent);
    let plan = Plan {
        settings: Settings { request_ms: 50, ..Settings::new("Test shop", SITE) },
        simulated_is_on: false,
        providers: BTreeMap::from([("simulated".to_owned(), silent)]),
        ..Plan::default()
    };
    let shop = Shop::open_as(StoreKind::Memory, plan).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let busy = browser.pay(&review, "tok_ok").await;
    busy.is(StatusCode::SERVICE_UNAVAILABLE, &review.path).says("The shop cannot answer at this moment");
    busy.says("Try again").says("tell us this: req_");
    assert!(busy.headers.contains_key(RETRY_AFTER));
    browser.open(&review.path).await.says("Your payment is under way");
}

#[tokio::test]
async fn who_asks_too_often_gets_a_page_that_says_so() {
    let rates = Rates { requests: Some(Rate { burst: 2, refill_ms: 60_000 }), ..Rates::default() };
    let plan = Plan { settings: Settings { rates, ..Settings::new("Test shop", SITE) }, ..Plan::default() };
    let shop = Shop::open_as(StoreKind::Memory, plan).await;
    let browser = Browser::new(&shop);
    for _ in 0..2 {
        browser.open("/").await.is(StatusCode::OK, "/");
    }
    let refused = browser.open("/").await;
    refused.is(StatusCode::TOO_MANY_REQUESTS, "/").says("One moment, please");
    assert!(refused.headers.contains_key(RETRY_AFTER));
}
