//! What surrounds every request: ids, limits, panics, health, and what a log may know.

use std::io;
use std::sync::{Arc, Mutex};

use axum::response::IntoResponse;
use sellonce_checkout::store::Failure;
use sellonce_checkout::totals::{Basket, Pricing, PricingProblem, Quote};
use sellonce_server::app::Settings;
use sellonce_server::health::metrics_router;
use sellonce_server::problem::Problem;
use sellonce_server::throttle::{Rate, Rates};
use serde_json::json;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use crate::shop::{Plan, Shop, StoreKind};
use crate::shop_client::{checkout_body, pay};

#[tokio::test]
async fn a_request_keeps_the_id_that_it_came_with_if_that_can_be_a_word_in_a_log() {
    let shop = Shop::open(StoreKind::Memory).await;
    let id_of = async |given: &str| {
        let answer = shop.get("/v1/nothing").header("x-request-id", given).send().await;
        answer.text("/request_id")
    };
    assert_eq!(id_of("web-1.2_3").await, "web-1.2_3");
    for given in ["", "two words", "a\"b", "a/b", &"x".repeat(129)] {
        assert!(id_of(given).await.starts_with("req_"), "{given}");
    }
    let first = shop.get("/healthz").send().await;
    let second = shop.get("/healthz").send().await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn a_trace_goes_through() {
    let shop = Shop::open(StoreKind::Memory).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(shop.get("/healthz").header("traceparent", trace).send().await.header("traceparent"), trace);
    for wrong in ["00-nonsense", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ""] {
        let answer = shop.get("/healthz").header("traceparent", wrong).send().await;
        assert!(answer.headers.get("traceparent").is_none(), "{wrong}");
    }
}

fn limited(limit_loopback: bool) -> Plan {
    let rates = Rates {
        requests: Some(Rate { burst: 5, refill_ms: 5_000 }),
        checkouts: Some(Rate { burst: 2, refill_ms: 900_000 }),
        limit_loopback,
    };
    Plan {
        settings: Settings { rates, ..Settings::new("Test shop", "http://shop.example") },
        ..Plan::default()
    }
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let shop = Shop::open_as(StoreKind::Memory, limited(false)).await;
    let ask = |peer: &str| shop.get("/healthz").from(peer).send();
    for port in 1..=5 {
        ask(&format!("203.0.113.7:{port}")).await.expect_status(200);
    }
    let refused = ask("203.0.113.7:6").await.expect_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "2", "1,001 ms, rounded up");
    ask("203.0.113.8:1").await.expect_status(200);
    shop.clock.pass_ms(1_001);
    ask("203.0.113.7:7").await.expect_status(200);
    for _ in 0..20 {
        ask("127.0.0.1:1").await.expect_status(200);
    }
}

#[tokio::test]
async fn an_address_opens_only_so_many_checkouts() {
    let shop = Shop::open_as(StoreKind::Memory, limited(true)).await;
    let open = || shop.post("/v1/checkouts", checkout_body("MUG", 1)).from("127.0.0.1:9").send();
    open().await.expect_status(201);
    open().await.expect_status(201);
    open().await.expect_problem(429, "rate_limited");
    shop.clock.pass_ms(450_000);
    open().await.expect_status(201);
}

#[test]
fn a_store_without_an_answer_is_no_secret_spilled_and_says_when_to_come_back() {
    for (failure, status, retry_after) in [
        (Failure::Overloaded { retry_after_ms: 2_100 }, 503, Some("3")),
        (Failure::Unavailable("disk /dev/sda1 is full".to_owned()), 503, Some("1")),
        (Failure::Broken("row 7 of orders".to_owned()), 500, None),
    ] {
        let problem = Problem::from(failure);
        assert!(!problem.detail().contains("sda1") && !problem.detail().contains("row 7"));
        let answer = problem.into_response();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().get("retry-after").map(|value| value.to_str().unwrap()), retry_after);
    }
}

/// A shop's own pricing, with a defect.
struct Broken;

impl Pricing for Broken {
    fn quote(&self, _: &Basket<'_>) -> Result<Quote, PricingProblem> {
        panic!("a secret of the house")
    }
}

#[tokio::test]
async fn a_defect_costs_one_request_and_tells_nothing() {
    let plan = Plan { pricing: Arc::new(Broken), ..Plan::default() };
    let shop = Shop::open_as(StoreKind::Memory, plan).await;
    let broken = shop.post("/v1/checkouts", checkout_body("MUG", 1)).send().await;
    let broken = broken.expect_problem(500, "internal");
    assert!(!String::from_utf8_lossy(&broken.bytes).contains("secret"));
    let mut body = checkout_body("MUG", 1);
    body["complete"] = pay("tok_ok");
    shop.post("/v1/checkouts", body).key("k").send().await.expect_problem(500, "internal");
    shop.get("/v1/products").send().await.expect_status(200);
}

#[tokio::test]
async fn a_server_that_drains_is_alive_and_not_ready() {
    let shop = Shop::open(StoreKind::Memory).await;
    shop.get("/readyz").send().await.expect_status(200);
    shop.app.begin_draining();
    shop.get("/healthz").send().await.expect_status(200);
    shop.get("/readyz").send().await.expect_problem(503, "unavailable");
    shop.buy("MUG", 1).await;
}

#[tokio::test]
async fn figures_are_on_a_listener_of_their_own() {
    let shop = Shop::open(StoreKind::Memory).await;
    shop.get("/metrics").send().await.expect_problem(404, "not_found");
    let router = metrics_router(Arc::new(|| "sellonce_up 1\n".to_owned()));
    let request = axum::http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    assert_eq!(head.status, 200);
    assert!(head.headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    assert_eq!(axum::body::to_bytes(body, 100).await.unwrap(), "sellonce_up 1\n");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_log_has_a_line_per_request_and_no_secret() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    // For all threads: whatever the other tests log meanwhile has no secret either.
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let shop = Shop::open(StoreKind::Memory).await;
    let cart = shop.cart_of("MUG", 1).await;
    let body = json!({"cart_id": cart, "email": "ada@example.com"});
    let checkout = shop.post("/v1/checkouts", body).send().await.expect_status(201).text("/id");
    let order = shop.complete(&checkout, "tok_ok", "secret-key").await.expect_status(201);
    let token = order.text("/token");
    let path = format!("/v1/orders/{}?token={token}", order.text("/id"));
    shop.get(path).header("x-request-id", "the-one").send().await.expect_status(200);
    shop.get(format!("/v1/nothing/{token}")).send().await.expect_status(404);
    shop.get("/v1/admin/orders").admin().send().await.expect_status(200);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in [&cart[30..], &checkout[30..], &token, "ada@example.com", &shop.admin[3..], "tok_ok"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let line = log.lines().find(|line| line.contains("the-one")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["fields"]["route"], "/v1/orders/{id}");
    assert_eq!(line["fields"]["status"], 200);
    assert_eq!(line["fields"]["method"], "GET");
}
