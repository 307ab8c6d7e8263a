//! API keys.

use async_trait::async_trait;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{ApiKeyId, SecretHash};
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::accounts::{Accounts, ApiKey};

use crate::calls::{Database, DatabaseStore};
use crate::rows::catalog::{api_key, api_key_columns};
use crate::sql::values;

#[async_trait]
impl<D: Database> Accounts for DatabaseStore<D> {
    async fn create_api_key(&self, key: ApiKey) -> Result<(), Failure> {
        self.write_aside(move |tables| {
            let insert = "INSERT INTO api_keys (id, name, scopes, secret, created_at, revoked_at) \
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (id, scopes) = (key.id.0.as_bytes(), key.scopes.join(" "));
            let (created_at, revoked_at) = (key.created_at.millis(), key.revoked_at.map(Timestamp::millis));
            let row = values![id, &key.name, &scopes, &key.secret.0, created_at, revoked_at];
            tables.sql()?.execute(insert, row)?;
            Ok(())
        })
        .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, Failure> {
        let all = concat!("SELECT ", api_key_columns!(), " FROM api_keys ORDER BY created_at, id");
        self.read(move |sql, _| sql.many(all, &[], api_key)).await
    }

    async fn api_key(&self, secret: SecretHash) -> Result<Option<ApiKey>, Failure> {
        // Looked up by the hash of a secret of full entropy: a time that depends on it tells nothing of the secret.
        let row =
            concat!("SELECT ", api_key_columns!(), " FROM api_keys WHERE secret = ?1 AND revoked_at IS NULL");
        self.read(move |sql, _| sql.one(row, values![&secret.0], api_key)).await
    }

    async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, Failure> {
        self.write_aside(move |tables| {
            let update = "UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
            let revoked = tables.sql()?.execute(update, values![id.0.as_bytes(), tables.now().millis()])?;
            Ok(revoked == 1)
        })
        .await
    }
}
