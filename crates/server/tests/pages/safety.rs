//! Forms of other sites, hostile texts, and secrets that stay with whom they belong to.

use axum::http::StatusCode;
use axum::http::header::{ORIGIN, SET_COOKIE};
use sellonce_server::app::Settings;

use crate::browser::{Browser, SITE};
use crate::html::Form;
use crate::shop::{Plan, Shop, StoreKind};

/// What browsers say of a form, and whether it is one of ours.
type Said = &'static [(&'static str, &'static str)];

const FOREIGN: &[Said] = &[
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", SITE)],
    &[("origin", "https://evil.example")],
    &[("origin", "http://shop.example.evil.example")],
    &[("origin", "http://shop.example:8081")],
];
const OWN: &[Said] = &[
    &[],
    &[("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "none")],
    &[("origin", SITE)],
    &[("origin", "https://shop.example")],
    &[("sec-fetch-site", "same-origin"), ("origin", "null")],
];

#[tokio::test]
async fn forms_of_other_sites_are_refused_wherever_they_are_sent() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    let product = browser.open("/products/mug").await;
    let cart = browser.add("mug", "MUG", "1").await;
    let checkout = browser.open("/checkout").await;
    let review = browser.check_out().await;
    let details = browser.open(&format!("{}/details", review.path)).await;
    let lines = crate::html::forms(&cart.html);
    let prices = Form { action: format!("{}/prices", review.path), fields: product.form("/cart").fields };
    let forms = [
        product.form("/cart"),
        lines[0].clone(),
        lines[1].clone(),
        checkout.form("/checkout"),
        details.form("/checkout"),
        review.pay_form(),
        prices,
    ];
    for form in &forms {
        for said in FOREIGN {
            let (path, mut asking) = browser.post(form, &[("email", "ada@example.com")]);
            for (name, value) in *said {
                asking = asking.header(name, value);
            }
            let refused = browser.follow((path, asking)).await;
            refused.is(StatusCode::FORBIDDEN, &form.action).says("This came from another site");
        }
    }
    // Whoever gives away no origin must know the secret of the address.
    let (path, asking) = browser.post(&forms[0], &[]);
    browser.follow((path, asking.header(ORIGIN, "null"))).await.is(StatusCode::FORBIDDEN, "/cart");
    browser.open("/cart").await.says("Subtotal 12.00 USD");
    assert_eq!(shop.available("MUG").await, 5);

    for said in OWN {
        let (path, mut asking) = browser.post(&forms[0], &[]);
        for (name, value) in *said {
            asking = asking.header(name, value);
        }
        browser.follow((path, asking)).await.is(StatusCode::OK, "/cart");
    }
    let (path, asking) = browser.post(&review.pay_form(), &[]);
    browser.follow((path, asking.header(ORIGIN, "null"))).await.is(StatusCode::OK, "/orders/");
}

const HOSTILE: &str = "<script>alert(1)</script>\"' onload=x <b>&amp;";

#[tokio::test]
async fn hostile_texts_are_shown_as_the_texts_they_are() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    shop.put_named("odd/h\u{e4}ndle \"<x>", HOSTILE).await;
    let list = browser.open("/?q=script").await;
    list.says(HOSTILE);
    let link = list.links().into_iter().find(|link| link.starts_with("/products/")).unwrap();
    let product = browser.open(&link).await;
    product.is(StatusCode::OK, "/products/odd%2Fh").says(HOSTILE);
    browser.open(&format!("/?q={}", "%3Cscript%3E%22%27")).await.says("<script>\"'");
    let cart = browser.send(&product.form("/cart"), &[]).await;
    cart.says(HOSTILE);

    let address = [
        ("email", "o'hara+<b>@example.com"),
        ("name", HOSTILE),
        ("line1", HOSTILE),
        ("line2", HOSTILE),
        ("city", HOSTILE),
        ("region", HOSTILE),
        ("postal_code", HOSTILE),
        ("phone", HOSTILE),
        ("country", "DE"),
        ("discount_code", HOSTILE),
    ];
    let form = browser.open("/checkout").await.form("/checkout");
    let wrong = browser.send(&form, &address).await;
    wrong.is(StatusCode::UNPROCESSABLE_ENTITY, "/checkout");
    assert_eq!(wrong.form("/checkout").fields["name"], HOSTILE);
    let fixed = [("email", "o'hara&co@example.com"), ("discount_code", "")];
    let review = browser.send(&wrong.form("/checkout"), &fixed).await;
    review.is(StatusCode::OK, "/checkout/chk_").says(HOSTILE).says("o'hara&co@example.com");
    browser.open(&format!("{}/details", review.path)).await.is(StatusCode::OK, &review.path);
    browser.pay(&review, HOSTILE).await.is(StatusCode::PAYMENT_REQUIRED, &review.path);
    let order = browser.pay(&browser.open(&review.path).await, "tok_ok").await;
    order.is(StatusCode::OK, "/orders/").says(HOSTILE);
}

#[tokio::test]
async fn a_cart_opens_only_to_who_has_its_cookie() {
    let shop = Shop::open(StoreKind::Memory).await;
    let owner = Browser::new(&shop);
    owner.add("mug", "MUG", "1").await;
    let id = owner.cookie("sellonce_cart").unwrap();
    let guess = format!("{}{}", &id[..30], "0".repeat(id.len() - 30));
    let thief = Browser::new(&shop);
    for cookie in [guess.as_str(), "crt_", "", "../../etc", "crt_~"] {
        thief.set_cookie("sellonce_cart", cookie);
        thief.open("/cart").await.says("There is nothing in it yet");
    }
    thief.set_cookie("a", "b");
    thief.set_cookie("sellonce_cart", &id);
    thief.open("/cart").await.says("Mug");
}

#[tokio::test]
async fn the_cookie_is_for_the_server_alone_and_is_secure_where_the_shop_is() {
    for (site, is_secure) in [(SITE, false), ("https://shop.example", true)] {
        let plan = Plan { settings: Settings::new("Test shop", site), ..Plan::default() };
        let shop = Shop::open_as(StoreKind::Memory, plan).await;
        let browser = Browser::new(&shop);
        let form = browser.open("/products/mug").await.form("/cart");
        let answer = browser.answer(browser.post(&form, &[])).await;
        let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("sellonce_cart=crt_"), "{cookie}");
        for part in ["; Path=/;", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_eq!(cookie.ends_with("; Secure"), is_secure, "{cookie}");
    }
}

#[tokio::test]
async fn the_banner_of_test_payments_stands_on_every_page_of_a_test_shop() {
    for is_test in [true, false] {
        let settings = Settings { test_payments: is_test, ..Settings::new("Test shop", SITE) };
        let shop = Shop::open_as(StoreKind::Memory, Plan { settings, ..Plan::default() }).await;
        let browser = Browser::new(&shop);
        let cart = browser.add("mug", "MUG", "1").await;
        let review = browser.check_out().await;
        let order = browser.pay(&review, "tok_ok").await;
        for page in [browser.open("/").await, cart, review, order, browser.open("/nowhere").await] {
            assert_eq!(page.text().contains("Test payments:"), is_test, "{}", page.path);
        }
    }
}
