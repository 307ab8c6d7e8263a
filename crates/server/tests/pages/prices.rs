//! Prices that change between the cart and the checkout, and what is added to them there.

use std::sync::Arc;

use axum::http::StatusCode;
use sellonce_checkout::address::Country;
use sellonce_checkout::catalog::Listing;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::money::BasisPoints;
use sellonce_checkout::totals::{ShippingMethod, Tables, TaxRate};
use sellonce_server::app::Settings;

use crate::browser::Browser;
use crate::shop::{Plan, Shop, StoreKind, dollars};

#[tokio::test]
async fn changed_prices_are_paid_only_after_the_buyer_has_accepted_them() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "2").await;
    browser.add("poster", "POSTER", "1").await;
    browser.add("shirt", "SHIRT-S", "1").await;
    shop.set_price("MUG", 1_500).await;
    shop.list("poster", Listing::Hidden).await;

    let review = browser.check_out().await;
    review.says("Prices have changed since you filled your cart");
    review.says("Mug was 12.00 USD now 15.00 USD").says("was 9.50 USD no longer sold: left out");
    review.says("Total 55.00 USD");
    assert!(!review.can_be_paid());

    let accepted = browser.send(&review.form(&format!("{}/prices", review.path)), &[]).await;
    accepted.is(StatusCode::OK, &review.path).does_not_say("Prices have changed");
    browser.pay(&accepted, "tok_ok").await.is(StatusCode::OK, "/orders/").says("Total 55.00 USD");
    shop.audit().await;
}

#[tokio::test]
async fn a_form_that_knows_nothing_of_the_changes_pays_nothing() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let mut form = browser.check_out().await.pay_form();
    browser.add("mug", "MUG", "1").await;
    shop.set_price("MUG", 1_500).await;
    let review = browser.check_out().await;
    form.action.clone_from(&review.path);
    let again = browser.send(&form, &[]).await;
    again.is(StatusCode::OK, &review.path).says("Prices have changed");
    let forged = browser.send(&review.form(&format!("{}/prices", review.path)), &[("price_hash", "0")]).await;
    forged.is(StatusCode::OK, &review.path).says("Prices have changed");
    assert_eq!(shop.available("MUG").await, 5);
}

#[tokio::test]
async fn a_price_that_changes_after_the_lock_is_not_paid() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    shop.set_price("MUG", 9_900).await;
    browser.pay(&review, "tok_ok").await.is(StatusCode::OK, "/orders/").says("Total 12.00 USD");
}

/// A shop that ships in two ways, taxes one country and needs to know where it ships.
async fn far_shop() -> Shop {
    let country = |code: &str| Country::parse(code).unwrap();
    let method = |code: &str, title: &str, minor, countries| ShippingMethod {
        code: code.to_owned(),
        title: title.to_owned(),
        amount: dollars(minor),
        free_from: None,
        countries,
    };
    let shipping_methods = vec![
        method("standard", "By post", 490, Vec::new()),
        method("fast", "By courier", 1_990, vec![country("DE")]),
    ];
    let rate = BasisPoints::new(1_000).unwrap();
    let tables = Tables {
        shipping_methods: shipping_methods.clone(),
        tax_rates: vec![TaxRate { country: country("DE"), region: None, rate }],
        prices_include_tax: false,
    };
    let settings = Settings {
        shipping_methods,
        address_required: true,
        ..Settings::new("Test shop", "http://shop.example")
    };
    let plan = Plan { settings, pricing: Arc::new(tables), ..Plan::default() };
    Shop::open_as(StoreKind::Memory, plan).await
}

const ADDRESS: &[(&str, &str)] = &[
    ("email", "ada@example.com"),
    ("name", "Ada Lovelace"),
    ("line1", "Hauptstraße 1"),
    ("postal_code", "10115"),
    ("city", "Berlin"),
    ("country", "DE"),
];

#[tokio::test]
async fn shipping_and_tax_are_shown_before_anybody_pays() {
    let shop = far_shop().await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let form = browser.open("/checkout").await;
    form.says("By post").says("By courier").says("only to DE").says("Shipping address");
    let mut typed = ADDRESS.to_vec();
    typed.push(("shipping_method", "fast"));
    let review = browser.send(&form.form("/checkout"), &typed).await;
    review.says("Shipping: By courier 19.90 USD").says("Tax 1.20 USD").says("Total 33.10 USD");
    review.says("Hauptstraße 1 10115 Berlin Germany");

    let details = browser.open(&format!("{}/details", review.path)).await;
    let form = details.form(&format!("{}/details", review.path));
    assert_eq!((form.fields["city"].as_str(), form.fields["country"].as_str()), ("Berlin", "DE"));
    assert_eq!(form.fields["shipping_method"], "fast");
    let other = browser.send(&form, &[("country", "FR"), ("shipping_method", "standard")]).await;
    other.is(StatusCode::OK, "/checkout/chk_").says("Shipping: By post 4.90 USD").says("Total 16.90 USD");
    assert_ne!(other.path, review.path);
}

#[tokio::test]
async fn mistakes_in_the_form_are_told_beside_their_fields_and_nothing_is_lost() {
    let shop = far_shop().await;
    let browser = Browser::new(&shop);
    browser.add("mug", "MUG", "1").await;
    let form = browser.open("/checkout").await.form("/checkout");
    let wrong = |change: (&'static str, &'static str), field: &'static str, says: &'static str| {
        let (browser, form) = (&browser, &form);
        async move {
            let mut typed = ADDRESS.to_vec();
            typed.push(change);
            let page = browser.send(form, &typed).await;
            page.is(StatusCode::UNPROCESSABLE_ENTITY, "/checkout")
                .says("Please check what is marked")
                .says(says);
            assert!(page.html.contains(&format!("id=\"{field}-wrong\"")), "{field}");
            let kept = page.form("/checkout").fields;
            assert_eq!(kept["name"], if change.0 == "name" { "" } else { "Ada Lovelace" });
        }
    };
    wrong(("email", "ada"), "email", "reads like name@example.com").await;
    wrong(("name", "  "), "name", "must not be empty").await;
    wrong(("city", ""), "city", "must not be empty").await;
    wrong(("country", ""), "country", "two-letter code").await;
    wrong(("discount_code", "no such"), "discount_code", "must be 1 to 64").await;
    wrong(("discount_code", "NOSUCH"), "discount_code", "We do not know this code").await;
    let mut elsewhere = ADDRESS.to_vec();
    elsewhere.extend([("country", "FR"), ("shipping_method", "fast")]);
    let page = browser.send(&form, &elsewhere).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY, "/checkout").says("This does not go to your country");
}

#[tokio::test]
async fn a_discount_is_shown_and_its_last_use_goes_to_one_buyer() {
    let shop = Shop::open(StoreKind::Memory).await;
    let discount = Discount {
        code: DiscountCode::parse("HALF").unwrap(),
        reduction: Reduction::Percentage(BasisPoints::new(5_000).unwrap()),
        subtotal_min: Some(dollars(1_000)),
        starts_at: None,
        ends_at: None,
        uses_max: Some(1),
    };
    assert!(shop.store.create_discount(discount).await.unwrap());
    let buyers = [Browser::new(&shop), Browser::new(&shop)];
    let mut reviews = Vec::new();
    for buyer in &buyers {
        buyer.add("mug", "MUG", "1").await;
        let form = buyer.open("/checkout").await.form("/checkout");
        let review = buyer.send(&form, &[("email", "ada@example.com"), ("discount_code", " half ")]).await;
        review.says("Discount HALF −6.00 USD").says("Total 6.00 USD");
        reviews.push(review);
    }
    buyers[0].pay(&reviews[0], "tok_ok").await.is(StatusCode::OK, "/orders/");
    let late = buyers[1].pay(&reviews[1], "tok_ok").await;
    late.is(StatusCode::CONFLICT, &reviews[1].path).says("The discount is used up");
    let details = buyers[1].open(&format!("{}/details", reviews[1].path)).await;
    let form = details.form(&format!("{}/details", reviews[1].path));
    let full = buyers[1].send(&form, &[("discount_code", "")]).await;
    buyers[1].pay(&full, "tok_ok").await.is(StatusCode::OK, "/orders/").says("Total 12.00 USD");

    let small = Browser::new(&shop);
    small.add("poster", "POSTER", "1").await;
    let form = small.open("/checkout").await.form("/checkout");
    let small = small.send(&form, &[("email", "ada@example.com"), ("discount_code", "HALF")]).await;
    small.is(StatusCode::UNPROCESSABLE_ENTITY, "/checkout").says("a subtotal of at least 10.00 USD");
}
