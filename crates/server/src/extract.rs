//! What a request brings, read into types: the body, parameters of the address, keys, versions.
//!
//! Decides when a request cannot be read, and answers each such case with a problem document. Leaves what the values
//! mean to the handlers, and who may ask to `credential`.

use std::error::Error;
use std::net::SocketAddr;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use sellonce_checkout::idempotency::{BodyHash, Key};
use sellonce_checkout::limits;
use serde::de::DeserializeOwned;

use crate::accept::BodyTooLate;
use crate::app::App;
use crate::fault::Faults;
use crate::problem::{Code, Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The id of the request that is being answered, as `X-Request-Id` says it.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Put there by `around`, which every request passes.
impl FromRequestParts<App> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::internal)
    }
}

/// A JSON body, and what its bytes hash to.
pub(crate) struct JsonBody<T> {
    pub(crate) value: T,
    pub(crate) hash: BodyHash,
}

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        check_media_type(&head.headers)?;
        let bytes = read(&head.headers, body).await?;
        check_depth(&bytes)?;
        Ok(Self { value: parse(&bytes)?, hash: BodyHash::of(&bytes) })
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let media_type = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "The body must come with `Content-Type: application/json`.",
        ));
    }
    // Inflating what others have deflated is a way to be flooded.
    if headers.contains_key(CONTENT_ENCODING) && !text(CONTENT_ENCODING).eq_ignore_ascii_case("identity") {
        return Err(Problem::new(Code::UnsupportedMediaType, "Send the body without `Content-Encoding`."));
    }
    Ok(())
}

/// Reads a whole body within its bounds.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    const MAX: usize = limits::BODY_REQUEST_BYTES_MAX;
    let too_large =
        || Problem::new(Code::BodyTooLarge, format!("The body has more than {} KiB.", MAX / 1024));
    let said: Option<u64> = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|text| text.parse().ok());
    if said.is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| bytes > MAX)) {
        return Err(too_large());
    }
    to_bytes(body, MAX).await.map_err(|error| {
        if BodyTooLate::caused(&error) {
            return Problem::new(Code::RequestTimeout, "The body did not come in time.");
        }
        let source = error.source();
        if source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>()) {
            return too_large();
        }
        Problem::new(Code::MalformedRequest, "The body broke off.")
    })
}

/// Looks only at brackets outside of texts: what is wrong otherwise is found by the parser.
fn check_depth(json: &[u8]) -> Result<(), Problem> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits::JSON_DEPTH_MAX {
            let detail = format!("The JSON is nested deeper than {} levels.", limits::JSON_DEPTH_MAX);
            return Err(Problem::new(Code::MalformedRequest, detail));
        }
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        if error.inner().is_data() {
            return Faults::of_serde(error.path(), &error.inner().to_string(), '/').into_problem();
        }
        not_json(error.inner())
    })?;
    deserializer.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::MalformedRequest, format!("The body is not JSON: {error}."))
}

/// The parts of the path that its route names.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path: Result<_, PathRejection> = axum::extract::Path::from_request_parts(parts, app).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}

/// The query of the address; unknown parameters are refused as unknown fields are.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let query: Result<_, QueryRejection> = axum::extract::Query::from_request_parts(parts, app).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| wrong_query(&rejection))
    }
}

fn wrong_query(rejection: &QueryRejection) -> Problem {
    type Found = serde_path_to_error::Error<serde::de::value::Error>;
    let mut source = rejection.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<Found>() {
            return Faults::of_serde(found.path(), &found.inner().to_string(), '?').into_problem();
        }
        source = error.source();
    }
    Problem::new(Code::MalformedRequest, "The query of the address cannot be read.")
}

/// The `Idempotency-Key` that a call needs.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(pub(crate) Key);

impl IdempotencyKey {
    /// Reads the key of a call that needs one.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Err(Problem::new(
                Code::IdempotencyKeyMissing,
                "This call moves stock or money: it needs the header `Idempotency-Key`.",
            ));
        };
        let key = value.to_str().ok().and_then(Key::parse).filter(|_| values.next().is_none());
        key.map(Self).ok_or_else(|| {
            Problem::new(
                Code::IdempotencyKeyInvalid,
                "The header `Idempotency-Key` must come once, with 1 to 255 visible ASCII characters.",
            )
        })
    }
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

/// The version that the client saw, if it said so in `If-Match`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl IfMatch {
    /// Compares with the version that is there.
    pub(crate) fn check(self, version: i64) -> Result<(), Problem> {
        if self.0.is_none_or(|expected| expected == version) { Ok(()) } else { Err(changed()) }
    }
}

/// The problem of a client that saw another version.
pub(crate) fn changed() -> Problem {
    Problem::new(Code::PreconditionFailed, "It is no longer the version that `If-Match` names.")
}

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        // A tag that we never gave out cannot match, and neither can a weak one.
        let digits = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        digits.and_then(|digits| digits.parse().ok()).map(|version| Self(Some(version))).ok_or_else(changed)
    }
}

/// Counts a checkout that the request is about to open against its address.
pub(crate) struct MayOpenCheckout;

impl FromRequestParts<App> for MayOpenCheckout {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Ok(Self);
        };
        app.throttle().checkout(peer.ip(), app.store.now()).map_err(|early| {
            Problem::new(Code::RateLimited, "This address has opened too many checkouts.")
                .retry_after_ms(early.retry_after_ms)
        })?;
        Ok(Self)
    }
}
