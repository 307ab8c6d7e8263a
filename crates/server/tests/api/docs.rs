//! The documentation: what the server says of itself, without a network.

use std::collections::BTreeSet;

use sellonce_server::problem::Code;
use serde_json::Value;

use crate::contract::CONTRACT;
use crate::shop::{Shop, StoreKind};
use crate::shop_client::media_type;

async fn page(shop: &Shop, path: &str) -> String {
    let answer = shop.get(path).send().await.expect_status(200);
    String::from_utf8(answer.bytes).unwrap()
}

/// What stands in an attribute, wherever it occurs.
fn values<'a>(html: &'a str, attribute: &str) -> BTreeSet<&'a str> {
    let opening = format!("{attribute}=\"");
    html.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_served_document_is_that_of_the_routes() {
    let shop = Shop::open(StoreKind::Memory).await;
    let served = shop.get("/openapi.json").send().await.expect_status(200);
    assert_eq!(media_type(&served.headers), "application/json");
    assert_eq!(served.json, CONTRACT.document);
    assert_eq!(served.text("/openapi"), "3.1.0");
}

#[test]
fn every_call_has_its_name_its_words_and_its_group() {
    let mut names = BTreeSet::new();
    let groups: Vec<&Value> =
        CONTRACT.document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    for operation in CONTRACT.operations() {
        let about = format!("{} {}", operation.method, operation.path);
        assert!(names.insert(operation.value["operationId"].as_str().unwrap()), "{about}");
        assert!(operation.value["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{about}");
        assert_eq!(operation.value["tags"].as_array().unwrap().len(), 1, "{about}");
        assert!(groups.contains(&&operation.value["tags"][0]), "{about}");
        for status in [429, 500, 503] {
            assert!(operation.has_answer(status), "{about}: {status}");
        }
    }
}

#[test]
fn every_code_is_promised_by_a_call_and_every_reference_leads_somewhere() {
    let text = CONTRACT.document.to_string();
    for code in Code::ALL {
        // That a method is not allowed is said at addresses, not by calls.
        let of_addresses = *code == Code::MethodNotAllowed;
        assert!(of_addresses || text.contains(&format!("\"{}\"", code.as_str())), "{}", code.as_str());
    }
    for reference in text.split("\"$ref\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(CONTRACT.document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_code_has_a_page_and_nothing_else_has() {
    let shop = Shop::open(StoreKind::Memory).await;
    for code in Code::ALL {
        let html = page(&shop, &format!("/docs/errors/{}", code.as_str())).await;
        assert!(
            html.contains(code.as_str()) && html.contains(&code.title().replace('\'', "&#39;")),
            "{}",
            code.as_str()
        );
    }
    let html = page(&shop, "/docs/errors/out_of_stock").await;
    assert!(html.contains("POST /v1/checkouts/{id}/complete"), "it names who answers with it");
    shop.get("/docs/errors/nothing").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_reference_shows_every_call_and_type_and_every_link_of_it_works() {
    let shop = Shop::open(StoreKind::Memory).await;
    let html = page(&shop, "/docs").await;
    let anchors = values(&html, "id");
    for operation in CONTRACT.operations() {
        assert!(anchors.contains(operation.value["operationId"].as_str().unwrap()), "{}", operation.path);
    }
    for name in CONTRACT.document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(anchors.contains(format!("type-{name}").as_str()), "{name}");
    }
    for link in values(&html, "href") {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(anchors.contains(anchor), "{link}"),
            // The shop itself is no part of the documentation.
            None if link == "/" => {}
            None => drop(page(&shop, link).await),
        }
    }
}

#[tokio::test]
async fn the_documentation_needs_no_network_and_no_script() {
    let shop = Shop::open(StoreKind::Memory).await;
    for path in ["/docs", "/docs/errors/not_found", "/docs/docs.css"] {
        let text = page(&shop, path).await;
        for outside in ["http://", "https://", "<script", "@import", "url("] {
            assert!(!text.contains(outside), "{path}: {outside}");
        }
    }
    let answer = shop.get("/docs").send().await;
    assert_eq!(media_type(&answer.headers), "text/html; charset=utf-8");
    assert!(answer.header("content-security-policy").contains("style-src 'self'"));
    assert!(!answer.header("content-security-policy").contains("script-src"));
}
