//! API keys of the admin surface.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::id::{ApiKeyId, SecretHash};
use crate::store::Failure;

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What the merchant calls it.
    pub name: String,
    /// What it may do: `admin:read`, `admin:write`.
    pub scopes: Vec<String>,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked; it opens nothing from then on.
    pub revoked_at: Option<Timestamp>,
}

/// The part of the store that knows who may administer.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Stores a new key.
    async fn create_api_key(&self, key: ApiKey) -> Result<(), Failure>;
    /// Every key, revoked ones among them, oldest first.
    async fn api_keys(&self) -> Result<Vec<ApiKey>, Failure>;
    /// The key with this secret, unless it was revoked.
    async fn api_key(&self, secret: SecretHash) -> Result<Option<ApiKey>, Failure>;
    /// Revokes a key; `false` if there is none, or it was revoked before.
    async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, Failure>;
}
