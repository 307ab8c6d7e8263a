//! Where pages lead, and what they load.

use std::collections::{BTreeSet, VecDeque};

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::browser::{Browser, Page};
use crate::shop::{Shop, StoreKind};

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    for number in 0..30 {
        shop.put_named(&format!("thing-{number}"), &format!("Thing {number}")).await;
    }
    browser.add("mug", "MUG", "1").await;
    let paid = browser.check_out().await;
    let order = browser.pay(&paid, "tok_ok").await;
    browser.add("mug", "MUG", "1").await;
    let review = browser.check_out().await;
    browser.add("shirt", "SHIRT-S", "9").await;
    let too_many = browser.check_out().await;
    let short = browser.pay(&too_many, "tok_ok").await;
    let missing = browser.open("/nowhere").await;

    let starts = [&order, &review, &short, &missing];
    let mut waiting: VecDeque<String> = starts.iter().flat_map(|page| page.links()).collect();
    let mut seen = BTreeSet::new();
    while let Some(path) = waiting.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = browser.open(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        waiting.extend(page.links());
    }
    for expected in ["/", "/cart", "/checkout", "/products/mug", "/products/thing-29"] {
        assert!(seen.contains(expected), "{expected} is among {seen:?}");
    }
    assert!(seen.iter().any(|path| path.contains("after=")));
}

fn header(page: &Page, name: axum::http::HeaderName) -> &str {
    page.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn the_style_sheet_is_kept_for_ever_under_a_name_that_changes_with_it() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    let style = browser.open("/").await.links().into_iter().find(|link| link.ends_with(".css")).unwrap();
    let sheet = browser.open(&style).await;
    assert_eq!(header(&sheet, CONTENT_TYPE), "text/css; charset=utf-8");
    assert!(header(&sheet, CACHE_CONTROL).contains("immutable"));
    assert!(sheet.html.contains("prefers-color-scheme: dark"));
    browser.open("/static/shop-0000000000000000.css").await.is(StatusCode::NOT_FOUND, "/static/");
}

#[tokio::test]
async fn the_pictures_of_the_demo_are_pictures_and_nothing_else() {
    let shop = Shop::open(StoreKind::Memory).await;
    let browser = Browser::new(&shop);
    for name in ["/static/icon.svg", "/static/demo/enamel-mug.svg", "/static/demo/winter-lantern.svg"] {
        let picture = browser.open(name).await;
        assert_eq!(header(&picture, CONTENT_TYPE), "image/svg+xml");
        assert!(header(&picture, CACHE_CONTROL).starts_with("public"));
        let tags = crate::html::tags(&picture.html);
        assert!(
            tags.iter().all(|tag| tag.name != "script" && tag.name != "style" && !tag.has("style")),
            "{name}"
        );
    }
}
