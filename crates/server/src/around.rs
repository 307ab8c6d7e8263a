//! Around every request: its id, its limits, the problem document of a refusal, security headers, one line of log.
//!
//! Decides all that is the same for every route, in one layer, because each layer costs every request. No secret
//! passes here into a log: of the path only the route's pattern is noted, and of the query nothing.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use sellonce_checkout::id::encode;
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::extract::RequestId;
use crate::pages;
use crate::problem::{Code, Problem};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest id that a client or a proxy may give to a request.
const REQUEST_ID_BYTES_MAX: usize = 128;
/// What a page may load: its own style, pictures of the catalog, and forms back to the shop; no script.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' https: http: data:; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
/// What is no page loads nothing.
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Answers a request within all that holds for every route.
pub(crate) async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let _held = Held::begin();
    let about = About::of(&request, &app);
    request.extensions_mut().insert(RequestId(about.id.clone()));
    let mut answer = within_limits(&app, &about, request, next).await;
    write_problem(&app, &mut answer, &about);
    write_headers(answer.headers_mut(), &about);
    log(&about, &answer, begun.elapsed());
    answer
}

/// A request that is being answered, as the gauge counts it; dropped with the answer, or with a client that hung up.
struct Held;

impl Held {
    fn begin() -> Self {
        metrics::gauge!("sellonce_http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        metrics::gauge!("sellonce_http_requests_in_flight").decrement(1.0);
    }
}

/// What is noted of a request before it is answered.
struct About {
    id: String,
    traceparent: Option<HeaderValue>,
    method: Method,
    /// The pattern of its route, as `/v1/carts/{id}`: the path itself may be a secret.
    route: Option<MatchedPath>,
    peer: Option<SocketAddr>,
    /// Whether a person looks at the answer: a browser that asks for a page.
    wants_page: bool,
}

impl About {
    fn of(request: &Request, app: &App) -> Self {
        let headers = request.headers();
        let accepts_html = headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|text| text.contains("text/html"));
        Self {
            id: given_id(headers).unwrap_or_else(|| format!("req_{}", encode(app.ids.uuid().as_bytes()))),
            traceparent: headers.get(TRACEPARENT).filter(|value| is_traceparent(value)).cloned(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            peer: request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0),
            wants_page: accepts_html && !request.uri().path().starts_with("/v1/"),
        }
    }
}

/// The id that the client gave, if it can be a word in a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (plain && (1..=REQUEST_ID_BYTES_MAX).contains(&id.len())).then(|| id.to_owned())
}

/// W3C Trace Context, version 00: `00-<32 hex>-<16 hex>-<2 hex>`.
fn is_traceparent(value: &HeaderValue) -> bool {
    let parts: Vec<&[u8]> = value.as_bytes().split(|byte| *byte == b'-').collect();
    let hex = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [2, 32, 16, 2] && parts[0] == b"00" && parts.iter().all(|part| hex(part))
}

async fn within_limits(app: &App, about: &About, request: Request, next: Next) -> Response {
    if let Some(peer) = about.peer
        && let Err(early) = app.throttle().request(peer.ip(), app.store.now())
    {
        return Problem::new(Code::RateLimited, "Too many requests come from this address.")
            .retry_after_ms(early.retry_after_ms)
            .into_response();
    }
    let limit = Duration::from_millis(app.settings.request_ms);
    // What a panic leaves behind is the request's alone: the ports are shared, and keep themselves whole.
    match timeout(limit, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            tracing::error!(request_id = about.id, panic = text, "a handler panicked");
            Problem::internal().into_response()
        }
        Err(_) => {
            Problem::new(Code::Unavailable, "The answer took too long.").retry_after_ms(1_000).into_response()
        }
    }
}

/// Writes the document of a refusal; a refusal that the router made itself gets one, too.
fn write_problem(app: &App, answer: &mut Response, about: &About) {
    let made_by_router = || {
        let status = answer.status();
        let is_error = status.is_client_error() || status.is_server_error();
        (is_error && !answer.headers().contains_key(CONTENT_TYPE)).then(|| Problem::of_status(status))
    };
    let Some(problem) = answer.extensions().get::<Problem>().cloned().or_else(made_by_router) else { return };
    if about.wants_page {
        pages::write_problem(app, &problem, &about.id, answer);
    } else {
        problem.write(answer, &about.id);
    }
}

fn write_headers(headers: &mut HeaderMap, about: &About) {
    let is_page = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|media_type| media_type.starts_with("text/html"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let mut unless_set = |name, value| {
        headers.entry(name).or_insert(value);
    };
    unless_set(CONTENT_SECURITY_POLICY, if is_page { PAGE_POLICY } else { DATA_POLICY });
    unless_set(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Carts, orders and prices of the moment belong into nobody's cache; what may be kept says so itself.
    unless_set(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&about.id) {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Some(traceparent) = &about.traceparent {
        headers.insert(TRACEPARENT, traceparent.clone());
    }
}

fn log(about: &About, answer: &Response, took: Duration) {
    let route = about.route.as_ref().map_or("-", MatchedPath::as_str);
    let status = answer.status().as_u16();
    let labels =
        [("method", about.method.to_string()), ("route", route.to_owned()), ("status", status.to_string())];
    metrics::counter!("sellonce_http_requests_total", &labels).increment(1);
    metrics::histogram!("sellonce_http_request_seconds", "route" => route.to_owned())
        .record(took.as_secs_f64());
    tracing::info!(
        method = %about.method,
        route,
        status,
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        request_id = about.id,
        trace_id = about.traceparent.as_ref().and_then(|value| value.to_str().ok()).and_then(|text| text.get(3..35)),
        "request"
    );
}
