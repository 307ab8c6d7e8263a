//! Problem documents (RFC 9457): the one form in which a request is refused.
//!
//! Decides the status of each code and the shape of the document. Leaves the codes, and what they mean, to
//! `checkout::error`, and writing the document with the request's id to `around`.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
pub use sellonce_checkout::error::Code;
#[cfg(feature = "sabotage")]
use sellonce_checkout::sabotage::{self, Sabotage};
use sellonce_checkout::store::Failure;
use serde::Serialize;
use utoipa::ToSchema;

use crate::fault::Fault;
use crate::shape::status::OrderStatus;
use crate::shape::{PriceChange, ShortLine, Totals};

/// Marks an answer that an earlier request with the same key was given.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The content type of a problem document.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request is refused; `?` in a handler answers with it.
#[derive(Clone, Debug)]
pub struct Problem(Box<Draft>);

#[derive(Clone, Debug)]
struct Draft {
    facts: Facts,
    retry_after_ms: Option<i64>,
    /// The id of the request that was refused first, if this one repeats it.
    replay_of: Option<String>,
}

/// A problem document (RFC 9457). Programs look at `code`; the fields behind `errors` come with the codes that name them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/docs/errors/out_of_stock", "title": "There is not enough left", "status": 409,
    "detail": "MUG-BLUE: 3 wanted, 1 left.", "instance": "urn:sellonce:request:req_01ja2b3c",
    "code": "out_of_stock", "request_id": "req_01ja2b3c",
    "lines": [{"sku": "MUG-BLUE", "requested": 3, "available": 1, "stock_version": 17}]
}))]
pub(crate) struct Facts {
    /// The page that explains the code.
    #[serde(rename = "type")]
    kind: String,
    /// What the code means, in a few words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong with this request, for people.
    detail: String,
    /// This occurrence: the request's id as a URN.
    instance: String,
    /// The stable name of the problem, for programs.
    code: &'static str,
    /// The id of the request that was refused first, to be told to the operator.
    request_id: String,
    /// The fields that are wrong (`validation_failed`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) errors: Vec<Fault>,
    /// The SKUs that are short (`out_of_stock`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) lines: Option<Vec<ShortLine>>,
    /// The SKU that has a limit (`purchase_limit_reached`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) sku: Option<String>,
    /// The unit prices that changed (`price_changed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) price_changes: Option<Vec<PriceChange>>,
    /// What confirms exactly these changes (`price_changed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) price_hash: Option<String>,
    /// The locked amounts (`price_changed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) totals: Option<Totals>,
    /// The provider's reason (`payment_declined`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) decline_code: Option<String>,
    /// Where the order stands (`illegal_transition`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) from: Option<OrderStatus>,
    /// Where it was asked to go (`illegal_transition`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) to: Option<OrderStatus>,
    /// Where it could go (`illegal_transition`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) allowed: Option<Vec<OrderStatus>>,
}

impl Problem {
    /// A problem with what is wrong this time, in one sentence for people.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let facts = Facts {
            kind: format!("/docs/errors/{}", code.as_str()),
            title: code.title(),
            status: status(code).as_u16(),
            detail: detail.into(),
            instance: String::new(),
            code: code.as_str(),
            request_id: String::new(),
            errors: Vec::new(),
            lines: None,
            sku: None,
            price_changes: None,
            price_hash: None,
            totals: None,
            decline_code: None,
            from: None,
            to: None,
            allowed: None,
        };
        Self(Box::new(Draft { facts, retry_after_ms: None, replay_of: None }))
    }

    /// What is wrong, unknown and foreign all look the same.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing at this address, or it is somebody else's.")
    }

    /// A defect of ours: the client learns nothing of it but the request's id.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "Something went wrong on our side; it has been noted.")
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.facts.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What it means, in a few words.
    pub fn title(&self) -> &'static str {
        self.0.facts.title
    }

    /// What is wrong this time.
    pub fn detail(&self) -> &str {
        &self.0.facts.detail
    }

    /// The stable name of the problem.
    pub fn code(&self) -> &'static str {
        self.0.facts.code
    }

    /// Adds the machine fields that its code promises.
    #[must_use]
    pub(crate) fn with(mut self, add: impl FnOnce(&mut Facts)) -> Self {
        add(&mut self.0.facts);
        self
    }

    /// Tells when it is worth coming back.
    #[must_use]
    pub fn retry_after_ms(mut self, retry_after_ms: i64) -> Self {
        self.0.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// Repeats the answer that an earlier request was given, if there was one.
    #[must_use]
    pub(crate) fn replay_of(mut self, first: Option<String>) -> Self {
        self.0.replay_of = first;
        self
    }

    /// The document, as the answer to the request with this id.
    pub(crate) fn document(mut self, request_id: &str) -> Vec<u8> {
        let facts = &mut self.0.facts;
        facts.request_id = self.0.replay_of.unwrap_or_else(|| request_id.to_owned());
        facts.instance = format!("urn:sellonce:request:{}", facts.request_id);
        serde_json::to_vec(facts).expect("texts, numbers and lists can always be written as JSON")
    }

    /// Writes the document into the answer that carries the problem.
    pub(crate) fn write(self, answer: &mut Response, request_id: &str) {
        *answer.body_mut() = Body::from(self.document(request_id));
        answer.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        answer.headers_mut().remove(CONTENT_LENGTH);
    }

    /// What an answer that was made without a code means: refusals of the router itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(Code::MethodNotAllowed, "This address takes other methods; see the Allow header.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(Code::BodyTooLarge, "The body is too large."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(Code::UnsupportedMediaType, "The body's type is not supported here.")
            }
            StatusCode::REQUEST_TIMEOUT => Self::new(Code::RequestTimeout, "The request took too long."),
            status if status.is_client_error() => {
                Self::new(Code::MalformedRequest, "The request cannot be read.")
            }
            _ => Self::internal(),
        }
    }
}

/// Carries the problem in its extensions; `around` writes the document, because it knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::SoldOutAnswered200) && self.0.facts.code == Code::OutOfStock.as_str() {
            *answer.status_mut() = StatusCode::OK;
        }
        let headers = answer.headers_mut();
        if let Some(ms) = self.0.retry_after_ms {
            // Whole seconds, rounded up: never too early.
            headers.insert(RETRY_AFTER, HeaderValue::from((ms.max(1) + 999) / 1_000));
        }
        if self.0.replay_of.is_some() {
            headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer.extensions_mut().insert(self);
        answer
    }
}

/// A store that gives no answer. Noted here, where it is handled; the client learns nothing of the database.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Overloaded { retry_after_ms } => {
                metrics::counter!("sellonce_requests_shed_total").increment(1);
                Self::new(Code::Overloaded, "Too many buyers at this moment; nothing was done.")
                    .retry_after_ms(retry_after_ms)
            }
            Failure::Unavailable(reason) => {
                tracing::error!(reason, "the database is unavailable");
                Self::new(Code::Unavailable, "The shop's database cannot be reached at this moment.")
                    .retry_after_ms(1_000)
            }
            Failure::Broken(reason) => {
                tracing::error!(reason, "the database holds something that cannot be");
                Self::internal()
            }
        }
    }
}

/// The status of each code.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::MalformedRequest
        | Code::IdempotencyKeyMissing
        | Code::IdempotencyKeyInvalid
        | Code::CallbackNotAuthentic => StatusCode::BAD_REQUEST,
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::PaymentDeclined => StatusCode::PAYMENT_REQUIRED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::CompletionInProgress
        | Code::OutOfStock
        | Code::PriceChanged
        | Code::PriceHashMismatch
        | Code::CheckoutExpired
        | Code::CheckoutCompleted
        | Code::CartAlreadyOrdered
        | Code::PurchaseLimitReached
        | Code::DiscountExhausted
        | Code::IllegalTransition
        | Code::NotOnHand
        | Code::TooManyUnits
        | Code::RefundExceedsCaptured
        | Code::SagaEnded
        | Code::PaymentNotUnknown
        | Code::StockNotAvailable
        | Code::AlreadyExists => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::ValidationFailed
        | Code::IdempotencyKeyReused
        | Code::UnknownDiscount
        | Code::DiscountNotApplicable
        | Code::PaymentMissing
        | Code::UnknownProvider
        | Code::UnknownSku
        | Code::WrongCurrency
        | Code::NothingToSell
        | Code::AddressRequired
        | Code::UnknownShippingMethod
        | Code::NotShippedThere
        | Code::AmountOutOfRange
        | Code::UnknownLocation => StatusCode::UNPROCESSABLE_ENTITY,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Overloaded | Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}
