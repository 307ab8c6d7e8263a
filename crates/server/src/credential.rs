//! Who asks: API keys of the admin surface, and the tokens that show an order to its buyer.
//!
//! Decides whether a credential permits a call. Leaves keeping them to the store, which has hashes only.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sellonce_checkout::id::{ApiKeyId, ApiSecret};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::store::accounts::ApiKey;

use crate::app::App;
use crate::extract::{IdempotencyKey, RequestId};
use crate::problem::{Code, Problem};

/// The scope of calls that read.
pub const ADMIN_READ: &str = "admin:read";
/// The scope of calls that change something.
pub const ADMIN_WRITE: &str = "admin:write";

/// The bearer token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The API key of a request, if it has one that is known and not revoked.
pub(crate) async fn api_key(headers: &HeaderMap, app: &App) -> Result<Option<ApiKey>, Problem> {
    let Some(secret) = bearer(headers).and_then(ApiSecret::parse) else { return Ok(None) };
    Ok(app.store.api_key(secret.hash()).await?)
}

/// A request whose API key may read.
pub(crate) struct AdminReader;

/// A request whose API key may change things.
pub(crate) struct AdminWriter(pub(crate) ApiKeyId);

impl FromRequestParts<App> for AdminReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        permit(&parts.headers, app, ADMIN_READ).await.map(|_| Self)
    }
}

impl FromRequestParts<App> for AdminWriter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        permit(&parts.headers, app, ADMIN_WRITE).await.map(Self)
    }
}

/// A request that moves stock or money for a merchant: who asks, and under which key.
pub(crate) struct AdminMove {
    pub(crate) by: ApiKeyId,
    scope: Scope,
    key: Key,
    request_id: String,
}

impl AdminMove {
    /// What makes the request idempotent.
    pub(crate) fn claim(self, body: BodyHash) -> Claim {
        Claim { scope: self.scope, key: self.key, body, request_id: self.request_id }
    }
}

impl FromRequestParts<App> for AdminMove {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let AdminWriter(by) = AdminWriter::from_request_parts(parts, app).await?;
        let IdempotencyKey(key) = IdempotencyKey::of(&parts.headers)?;
        let RequestId(request_id) = RequestId::from_request_parts(parts, app).await?;
        Ok(Self { by, scope: Scope::admin(by, parts.uri.path()), key, request_id })
    }
}

async fn permit(headers: &HeaderMap, app: &App, scope: &str) -> Result<ApiKeyId, Problem> {
    let Some(key) = api_key(headers, app).await? else {
        return Err(Problem::new(
            Code::Unauthorized,
            "This call needs `Authorization: Bearer` with an API key that is known and not revoked.",
        ));
    };
    if key.scopes.iter().any(|given| given == scope) {
        return Ok(key.id);
    }
    Err(Problem::new(Code::Forbidden, format!("This call needs an API key with the scope `{scope}`.")))
}
