//! Forms: what a page of this shop sends, and how what other sites send is told apart.
//!
//! Decides whose forms are read. Every handler that changes anything takes its request through here.
//!
//! Three things keep another site from acting for a visitor: the cart's cookie does not travel with its forms
//! (`SameSite=Lax`), a checkout's address is a secret that it does not know, and browsers say where a form comes from,
//! which is looked at here.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::extract;
use crate::problem::{Code, Problem};

/// What a form of this shop's own pages has sent.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        if !is_own(&head, &app.settings.public_url) {
            return Err(Problem::new(Code::Forbidden, "This form was sent by a page of another site."));
        }
        let bytes = extract::read(&head.headers, body).await?;
        let request = Request::from_parts(head, Body::from(bytes));
        match axum::Form::from_request(request, app).await {
            Ok(axum::Form(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::new(Code::MalformedRequest, rejection.body_text())),
        }
    }
}

/// Whether a form comes from a page of this shop, as far as the browser says.
fn is_own(head: &Parts, public_url: &str) -> bool {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    // A page cannot set or suppress it. Browsers leave it out where the connection is no secret: http, but for
    // loopback.
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match text(ORIGIN.as_str()) {
        // No browser sends another site's form without either header.
        None => true,
        // A page that gives away no referrer has no origin to tell; those of ours have the secret in their address.
        Some("null") => head.uri.path().starts_with("/checkout/"),
        Some(origin) => {
            let host =
                text(HOST.as_str()).or_else(|| head.uri.authority().map(|authority| authority.as_str()));
            origin == origin_of(public_url) || (host.is_some() && host == authority_of(origin))
        }
    }
}

/// The scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + "://".len());
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    &url[..end]
}

/// The host and port of an origin.
fn authority_of(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}
