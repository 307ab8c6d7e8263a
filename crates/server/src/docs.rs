//! The documentation that the server shows of itself: `/openapi.json`, `/docs`, a page per error code.
//!
//! Decides how the OpenAPI document reads for people; `docs/reading` takes it apart. Works without a network and
//! without a script.

mod reading;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;

use self::reading::{Reference, Surface, Type};
use crate::app::App;
use crate::extract::Path;
use crate::openapi;
use crate::problem::{Code, Problem, status};

const STYLE: &str = include_str!("../static/docs.css");
/// It changes with the server's version only.
const FOR_A_WHILE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The whole reference on one page.
#[derive(Template)]
#[template(path = "docs/reference.html")]
struct ReferencePage<'a> {
    title: &'a str,
    version: &'a str,
    paragraphs: &'a [String],
    surfaces: &'a [Surface],
    types: &'a [Type],
}

/// What one error code means.
#[derive(Template)]
#[template(path = "docs/error.html")]
struct ErrorPage<'a> {
    code: &'a str,
    status: u16,
    title: &'a str,
    advice: String,
    /// The calls that can answer with it, as `POST /v1/carts` and the anchor in the reference.
    calls: Vec<(&'a str, &'a str)>,
    all: Vec<&'static str>,
}

/// The routes of the documentation.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(async || kept("application/json", SHELF.document.clone())))
        .route("/docs", get(async || kept("text/html; charset=utf-8", SHELF.reference.clone())))
        .route(
            "/docs/docs.css",
            get(async || kept("text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes()))),
        )
        .route("/docs/errors/{code}", get(async |path: Path<String>| error_page(&path.0)))
}

/// Everything that is shown. Rendered when it is first asked for, because it does not change while the server lives.
static SHELF: LazyLock<Shelf> = LazyLock::new(|| {
    let text = openapi::document();
    let reference = Reference::of(&serde_json::from_str(&text).expect("what was written as JSON is JSON"));
    Shelf {
        document: text.into(),
        reference: reference_page(&reference).into(),
        errors: error_pages(&reference),
    }
});

struct Shelf {
    document: Bytes,
    reference: Bytes,
    errors: BTreeMap<&'static str, Bytes>,
}

fn kept(media_type: &'static str, body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type)), (CACHE_CONTROL, FOR_A_WHILE)], body)
}

fn reference_page(reference: &Reference) -> String {
    let page = ReferencePage {
        title: &reference.title,
        version: &reference.version,
        paragraphs: &reference.paragraphs,
        surfaces: &reference.surfaces,
        types: &reference.types,
    };
    page.render().expect("the template writes into memory")
}

fn error_pages(reference: &Reference) -> BTreeMap<&'static str, Bytes> {
    let page = |code: &Code| {
        let calls = reference.calls().filter(|call| call.can_answer(code.as_str()));
        let page = ErrorPage {
            code: code.as_str(),
            status: status(*code).as_u16(),
            title: code.title(),
            advice: reading::prose(code.advice()),
            calls: calls.map(|call| (call.signature.as_str(), call.anchor.as_str())).collect(),
            all: Code::ALL.iter().map(|code| code.as_str()).collect(),
        };
        (code.as_str(), Bytes::from(page.render().expect("the template writes into memory")))
    };
    Code::ALL.iter().map(page).collect()
}

fn error_page(code: &str) -> Response {
    match SHELF.errors.get(code) {
        Some(page) => kept("text/html; charset=utf-8", page.clone()).into_response(),
        None => Problem::not_found().into_response(),
    }
}
