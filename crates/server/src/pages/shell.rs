//! What every page is wrapped in, and how a template becomes an answer.
//!
//! Decides what the frame shows, and whether a page's address may be told. Leaves all other security headers and the request's id to `around`.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, REFERRER_POLICY};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::assets;
use crate::app::App;
use crate::problem::Problem;

/// What a page answers: itself, a way to another page, or a refusal that gets a page of its own.
pub(super) type Page = Result<Response, Problem>;

/// What the frame of a page shows.
pub(super) struct Shell {
    /// The shop's name.
    pub(super) shop: String,
    /// The address of the style sheet.
    pub(super) style: &'static str,
    /// The units in the visitor's cart.
    pub(super) cart_units: u64,
    /// Whether payments are only simulated.
    pub(super) test_payments: bool,
    /// The words in the search field.
    pub(super) search: String,
}

impl Shell {
    /// The frame for a visitor with so many units in the cart.
    pub(super) fn new(app: &App, cart_units: u64) -> Self {
        Self {
            shop: app.settings.title.clone(),
            style: assets::style_path(),
            cart_units,
            test_payments: app.settings.test_payments,
            search: String::new(),
        }
    }
}

/// Writes a page whose address is no secret.
///
/// The origin of its forms can be told: without a referrer, browsers name none.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Page {
    let mut answer = secret_page(status, template)?;
    answer.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(answer)
}

/// Writes a page whose address is a secret, which is told to nobody, not even to this shop.
pub(super) fn secret_page(status: StatusCode, template: &impl Template) -> Page {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be written");
        Problem::internal()
    })?;
    Ok((status, Html(html)).into_response())
}

/// Sends the visitor on after a form, so that a reload repeats nothing.
pub(super) fn go_to(path: &str) -> Page {
    Ok(Redirect::to(path).into_response())
}
