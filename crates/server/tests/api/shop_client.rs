//! A client of the shop. It holds every answer against the contract before the test sees it.

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;

use crate::contract::CONTRACT;
use crate::shop::Shop;

/// A request that is being put together.
pub(crate) struct Call<'a> {
    shop: &'a Shop,
    method: &'static str,
    path: String,
    builder: Builder,
    body: Vec<u8>,
    peer: Option<SocketAddr>,
}

/// An answer that keeps the contract.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    /// The body, or null if it is not JSON.
    pub(crate) json: Value,
}

impl Shop {
    pub(crate) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call("GET", path)
    }

    pub(crate) fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call("DELETE", path)
    }

    pub(crate) fn post(&self, path: impl Into<String>, body: Value) -> Call<'_> {
        self.call("POST", path).json(&body)
    }

    pub(crate) fn patch(&self, path: impl Into<String>, body: Value) -> Call<'_> {
        self.call("PATCH", path).json(&body)
    }

    pub(crate) fn call(&self, method: &'static str, path: impl Into<String>) -> Call<'_> {
        let path = path.into();
        let builder = Request::builder().method(method).uri(&path);
        Call { shop: self, method, path, builder, body: Vec::new(), peer: None }
    }

    /// A new cart with units of one SKU; its id.
    pub(crate) async fn cart_of(&self, sku: &str, quantity: i64) -> String {
        let lines = json!({"lines": [{"sku": sku, "quantity": quantity}]});
        self.post("/v1/carts", lines).send().await.expect_status(201).text("/id")
    }

    /// A new checkout of units of one SKU; its id.
    pub(crate) async fn checkout_of(&self, sku: &str, quantity: i64) -> String {
        self.post("/v1/checkouts", checkout_body(sku, quantity)).send().await.expect_status(201).text("/id")
    }

    /// Completes a checkout with a test token under a key.
    pub(crate) async fn complete(&self, checkout: &str, token: &str, key: &str) -> Answer {
        let path = format!("/v1/checkouts/{checkout}/complete");
        self.post(path, pay(token)).key(key).send().await
    }

    /// Buys units of one SKU; the order.
    pub(crate) async fn buy(&self, sku: &str, quantity: i64) -> Value {
        let checkout = self.checkout_of(sku, quantity).await;
        self.complete(&checkout, "tok_ok", &checkout).await.expect_status(201).json
    }
}

/// The body that opens a checkout of units of one SKU.
pub(crate) fn checkout_body(sku: &str, quantity: i64) -> Value {
    json!({"lines": [{"sku": sku, "quantity": quantity}], "email": "ada@example.com"})
}

/// The body that pays with a test token.
pub(crate) fn pay(token: &str) -> Value {
    json!({"payment": {"provider": "simulated", "token": token}})
}

impl Call<'_> {
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    pub(crate) fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// With the key that may do everything.
    pub(crate) fn admin(self) -> Self {
        let key = self.shop.admin.clone();
        self.bearer(&key)
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().unwrap());
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let sent = self.body.clone();
        let mut request = self.builder.body(Body::from(self.body)).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let (head, body) = self.shop.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: head.status, headers: head.headers, bytes, json };
        CONTRACT.check(self.method, &self.path, &sent, &answer);
        answer
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// A refusal with this status and code.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect_status(status);
        assert_eq!(answer.text("/code"), code, "{}", answer.json);
        answer
    }

    /// What stands at a JSON pointer of the body.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {}", self.json))
    }

    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        self.at(pointer)
            .as_str()
            .unwrap_or_else(|| panic!("{pointer} is no text in {}", self.json))
            .to_owned()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    pub(crate) fn is_replayed(&self) -> bool {
        self.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
    }

    /// Whether it says that a field is wrong.
    #[track_caller]
    pub(crate) fn expect_fault(self, pointer: &str) -> Self {
        let answer = self.expect_problem(422, "validation_failed");
        let errors = answer.at("/errors").as_array().unwrap();
        assert!(errors.iter().any(|error| error["pointer"] == pointer), "{pointer} in {}", answer.json);
        answer
    }
}

/// The media type of an answer.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap())
}
