//! API keys on SQLite.

use async_trait::async_trait;
use rusqlite::params;
use sellonce_checkout::id::{ApiKeyId, SecretHash};
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::accounts::{Accounts, ApiKey};

use crate::rows::catalog::{api_key, api_key_columns};
use crate::sqlite::SqliteStore;
use crate::sqlite::statements::{many, one};

#[async_trait]
impl Accounts for SqliteStore {
    async fn create_api_key(&self, key: ApiKey) -> Result<(), Failure> {
        self.write(move |flush| {
            let sql = "INSERT INTO api_keys (id, name, scopes, secret, created_at, revoked_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (scopes, revoked_at) = (key.scopes.join(" "), key.revoked_at.map(|at| at.millis()));
            let id = key.id.0.as_bytes();
            flush.execute(
                sql,
                params![id, key.name, scopes, key.secret.0, key.created_at.millis(), revoked_at],
            )?;
            Ok(())
        })
        .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, Failure> {
        let sql = concat!("SELECT ", api_key_columns!(), " FROM api_keys ORDER BY created_at, rowid");
        self.read(move |connection, _| many(connection, sql, [], api_key)).await
    }

    async fn api_key(&self, secret: SecretHash) -> Result<Option<ApiKey>, Failure> {
        // Looked up by the hash of a secret of full entropy: a time that depends on it tells nothing of the secret.
        let sql =
            concat!("SELECT ", api_key_columns!(), " FROM api_keys WHERE secret = ?1 AND revoked_at IS NULL");
        self.read(move |connection, _| one(connection, sql, [secret.0], api_key)).await
    }

    async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, Failure> {
        self.write(move |flush| {
            let sql = "UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
            Ok(flush.execute(sql, params![id.0.as_bytes(), flush.now.millis()])? == 1)
        })
        .await
    }
}
