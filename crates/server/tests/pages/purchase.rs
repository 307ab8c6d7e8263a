//! From the first look to the order.

use axum::http::StatusCode;
use sellonce_checkout::catalog::Listing;

use crate::browser::{Browser, Page};
use crate::html;
use crate::shop::{Shop, StoreKind};

const BUYER: &[(&str, &str)] = &[("email", "ada@example.com")];

impl Browser<'_> {
    /// Puts units of a product's only or given variant into the cart.
    pub(crate) async fn add(&self, handle: &str, sku: &str, quantity: &str) -> Page {
        let product = self.open(&format!("/products/{handle}")).await;
        self.send(&product.form("/cart"), &[("sku", sku), ("quantity", quantity)]).await
    }

    /// Checks out what is in the cart.
    pub(crate) async fn check_out(&self) -> Page {
        let form = self.open("/checkout").await.form("/checkout");
        self.send(&form, BUYER).await
    }

    /// Pays a checkout that is shown.
    pub(crate) async fn pay(&self, review: &Page, token: &str) -> Page {
        self.send(&review.pay_form(), &[("token", token)]).await
    }
}

#[tokio::test]
async fn a_buyer_finds_a_mug_puts_two_into_the_cart_and_pays_for_them() {
    for kind in [StoreKind::Memory, StoreKind::Sqlite] {
        a_whole_purchase(Shop::open(kind).await).await;
    }
}

async fn a_whole_purchase(shop: Shop) {
    let browser = Browser::new(&shop);
    browser.open("/").await.is(StatusCode::OK, "/").says("Mug").says("12.00 USD").does_not_say("Lamp");
    let found = browser.open("/?q=mu").await;
    found.says("Results for “mu”").says("Mug").does_not_say("Shirt");
    assert!(found.links().contains(&"/products/mug".to_owned()));

    let cart = browser.add("mug", "MUG", "2").await;
    cart.is(StatusCode::OK, "/cart").says("Subtotal 24.00 USD").says("Cart 2 in it");
    let review = browser.check_out().await;
    review
        .is(StatusCode::OK, "/checkout/chk_")
        .says("2 × 12.00 USD")
        .says("Total 24.00 USD")
        .says("ada@example.com");
    assert_eq!(shop.available("MUG").await, 5, "a checkout holds nothing");

    let order = browser.pay(&review, "tok_ok").await;
    order
        .is(StatusCode::OK, "/orders/ord_")
        .says("Thank you for your order")
        .says("Total 24.00 USD")
        .says("Paid");
    assert_eq!(shop.available("MUG").await, 3);
    browser.open("/cart").await.says("There is nothing in it yet");
    let again = browser.open(&review.path).await;
    assert_eq!(again.path, order.path, "the checkout leads to its order from now on");
    shop.audit().await;
}

#[tokio::test]
async fn a_declined_buyer_chooses_again_and_gets_the_order() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let declined = browser.pay(&review, "tok_insufficient_funds").await;
    declined.is(StatusCode::PAYMENT_REQUIRED, &review.path).says("The payment did not go through");
    declined.says("not enough money").says("Nothing was charged");
    assert_eq!(shop.available("MUG").await, 5, "nothing is held");
    assert_ne!(declined.pay_form().fields["key"], review.pay_form().fields["key"]);
    browser.pay(&declined, "tok_ok").await.is(StatusCode::OK, "/orders/");
    assert_eq!(shop.available("MUG").await, 4);
    shop.audit().await;
}

#[tokio::test]
async fn every_payment_on_the_page_does_what_it_says() {
    let shop = Shop::open(StoreKind::Memory).await;
    for (token, ends_at) in [
        ("tok_ok", "/orders/"),
        ("tok_slow", "/orders/"),
        ("tok_timeout", "/orders/"),
        ("tok_timeout_not_charged", "/orders/"),
        ("tok_flaky", "/orders/"),
        ("tok_declined", "/checkout/"),
        ("tok_insufficient_funds", "/checkout/"),
    ] {
        let browser = Browser::new(&shop);
        browser.add("poster", "POSTER", "1").await;
        let review = browser.check_out().await;
        assert!(review.html.contains(&format!("value=\"{token}\"")), "{token} can be chosen");
        let end = browser.pay(&review, token).await;
        assert!(end.path.starts_with(ends_at), "{token} ends at {}", end.path);
    }
    shop.audit().await;
}

#[tokio::test]
async fn the_pay_form_sent_twice_places_one_order() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let first = browser.pay(&review, "tok_ok").await;
    // A reload of the answer, or the back button and another click: the same form.
    let second = browser.pay(&review, "tok_ok").await;
    assert_eq!(first.path, second.path);
    // With another choice it is another request, which must not be paid either.
    browser.pay(&review, "tok_slow").await.is(StatusCode::OK, &first.path);
    assert_eq!(shop.store.orders(None, 10).await.unwrap().rows.len(), 1);
    assert_eq!(shop.available("MUG").await, 4);
    shop.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_clicks_at_once_place_one_order() {
    for kind in [StoreKind::Memory, StoreKind::Sqlite] {
        ten_clicks_at_once(Shop::open(kind).await).await;
    }
}

async fn ten_clicks_at_once(shop: Shop) {
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let clicks = (0..10).map(|_| browser.pay(&review, "tok_flaky"));
    for page in futures_util::future::join_all(clicks).await {
        let shows_it = page.path.starts_with("/orders/") || page.path.starts_with(&review.path);
        assert!(shows_it, "{}: {}", page.path, page.text());
    }
    browser.open(&review.path).await.is(StatusCode::OK, "/orders/");
    assert_eq!(shop.store.orders(None, 10).await.unwrap().rows.len(), 1);
    assert_eq!(shop.available("MUG").await, 4);
    shop.audit().await;
}

#[tokio::test]
async fn a_form_that_was_declined_is_not_sent_again_with_another_choice() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    browser.pay(&review, "tok_declined").await;
    let again = browser.pay(&review, "tok_ok").await;
    again.is(StatusCode::UNPROCESSABLE_ENTITY, &review.path).says("Please choose once more");
    browser.pay(&again, "tok_ok").await.is(StatusCode::OK, "/orders/");
}

#[tokio::test]
async fn what_costs_nothing_is_ordered_without_a_payment() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("sticker", "STICKER", "3").await;
    let review = browser.check_out().await;
    review.says("Nothing to pay").does_not_say("Payment");
    browser.send(&review.pay_form(), &[]).await.is(StatusCode::OK, "/orders/").says("Total 0.00 USD");
}

#[tokio::test]
async fn a_payment_that_waits_has_a_page_that_looks_again_by_itself() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let waiting = browser.pay(&review, "tok_requires_action").await;
    waiting.is(StatusCode::OK, &review.path).says("Please confirm your payment");
    assert!(waiting.html.contains("http-equiv=\"refresh\""));
    assert!(!waiting.can_be_paid(), "nobody pays twice");

    shop.clock.pass_ms(11 * 60_000);
    shop.run_loops().await;
    let over = browser.open(&waiting.path).await;
    over.is(StatusCode::CONFLICT, &review.path).says("This checkout is over").says("Nothing was charged");
    assert_eq!(shop.available("MUG").await, 5);
}

#[tokio::test]
async fn a_buyer_whom_the_bank_asks_back_confirms_there_and_finds_the_order_here() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    let waiting = browser.pay(&review, "tok_requires_action").await;
    let link = html::tags(&waiting.html).into_iter().find(|tag| tag.attribute("target") == "_blank");
    let url = link.expect("there is a way to the provider").attribute("href").to_owned();
    let path = url.strip_prefix("http://shop.example").expect("the page is on this server");
    let asks = browser.open(path).await;
    asks.is(StatusCode::OK, "/simulated/payments/").says("Confirm your payment").says("12.00 USD");
    let done = browser.send(&asks.form("/simulated/payments/"), &[("result", "succeed")]).await;
    done.is(StatusCode::OK, "/simulated/payments/")
        .says("The payment is confirmed")
        .does_not_say("Refuse it");
    shop.hear_callbacks().await;
    shop.run_loops().await;
    browser.open(&waiting.path).await.is(StatusCode::OK, "/orders/").says("Paid");
}

#[tokio::test]
async fn who_left_the_page_that_waits_is_told_of_the_decline_later() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    browser.pay(&review, "tok_declined").await;
    let later = browser.open(&format!("{}?paid", review.path)).await;
    later.says("The payment did not go through");
    assert!(later.can_be_paid());
}

#[tokio::test]
async fn a_cart_is_changed_emptied_and_grows_by_what_is_added() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    browser.add("mug", "MUG", "2").await.says("Cart 3 in it");
    let cart = browser.add("shirt", "SHIRT-S", "1").await;
    cart.says("Subtotal 61.00 USD");
    let lines = crate::html::forms(&cart.html);
    let changed = browser.send(&lines[0], &[("quantity", "1")]).await;
    changed.is(StatusCode::OK, "/cart").says("Subtotal 37.00 USD");
    let removed = browser.send(&lines[1], &[]).await;
    removed.says("Subtotal 25.00 USD").does_not_say("Mug");
    browser.send(&lines[1], &[]).await.is(StatusCode::OK, "/cart").says("Subtotal 25.00 USD");
    browser.send(&lines[2], &[("quantity", "0")]).await.says("There is nothing in it yet");
    browser.open("/checkout").await.is(StatusCode::OK, "/cart");
}

#[tokio::test]
async fn the_cookie_of_an_ordered_cart_begins_a_new_cart() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let first = browser.cookie("sellonce_cart");
    let review = browser.check_out().await;
    browser.pay(&review, "tok_ok").await;
    browser.add("mug", "MUG", "1").await.says("Cart 1 in it");
    assert_ne!(browser.cookie("sellonce_cart"), first);
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let shop = Shop::open(StoreKind::Memory).await;
    for number in 0..50 {
        shop.put_named(&format!("thing-{number}"), &format!("Thing {number}")).await;
    }
    let browser = Browser::new(&shop);
    let mut path = "/?q=thing".to_owned();
    let mut seen = Vec::new();
    for pages in 1.. {
        let page = browser.open(&path).await;
        seen.extend(page.links().into_iter().filter(|link| link.starts_with("/products/")));
        let Some(next) = page.links().into_iter().find(|link| link.contains("after=")) else {
            assert_eq!(pages, 3);
            page.says("First page");
            break;
        };
        path = next;
    }
    assert_eq!(seen.len(), 50);
}

#[tokio::test]
async fn a_variant_is_chosen_from_a_few_or_from_a_long_list() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    for (handle, variants, kind) in [("few", 12, "type=\"radio\""), ("many", 13, "<option value=\"many")] {
        let skus: Vec<String> = (0..variants).map(|number| format!("{handle}-{number:02}")).collect();
        let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
        shop.put_product(handle, handle, Listing::Published, &skus).await;
        let product = browser.open(&format!("/products/{handle}")).await;
        assert_eq!(product.html.matches(kind).count(), variants);
        assert_eq!(product.form("/cart").fields["sku"], skus[0], "the first one is chosen");
        browser.add(handle, skus[7], "1").await.says(&format!("Of kind {}", skus[7]));
    }
}
