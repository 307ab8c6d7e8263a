//! Answers with a JSON body and the headers that go with it.
//!
//! Decides how a version becomes an `ETag` and a replay a header. Leaves security headers and the request's id to
//! `around`.

use axum::Json;
use axum::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::{IDEMPOTENT_REPLAYED, Problem};

/// What a handler of the JSON API answers.
pub(crate) type Reply<T> = Result<Answer<T>, Problem>;

/// A JSON body with its status and headers.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    status: StatusCode,
    headers: HeaderMap,
    body: T,
}

impl<T> Answer<T> {
    /// 200.
    pub(crate) fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body }
    }

    /// 201.
    pub(crate) fn created(body: T) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }
    }

    /// 202.
    pub(crate) fn accepted(body: T) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(body) }
    }

    /// Names the version of what was answered.
    pub(crate) fn version(self, version: i64) -> Self {
        self.header(ETAG, &format!("\"{version}\""))
    }

    /// Says where it is.
    pub(crate) fn location(self, path: &str) -> Self {
        self.header(LOCATION, path)
    }

    /// Says when it is worth asking again.
    pub(crate) fn retry_after_s(self, seconds: u32) -> Self {
        self.header(RETRY_AFTER, &seconds.to_string())
    }

    /// Says that an earlier request with the same key did it.
    pub(crate) fn replayed(self, replayed: bool) -> Self {
        if replayed { self.header(IDEMPOTENT_REPLAYED, "true") } else { self }
    }

    /// The same answer with another body, for calls that answer with one of several shapes.
    pub(crate) fn map<U>(self, shape: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { status: self.status, headers: self.headers, body: shape(self.body) }
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        // Versions, ids and paths of our own are visible ASCII; anything else is better left out than answered 500.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        (self.status, self.headers, Json(self.body)).into_response()
    }
}
