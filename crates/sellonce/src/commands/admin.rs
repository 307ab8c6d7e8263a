//! `admin key`: makes, lists and revokes API keys, beside a running server if need be.

use sellonce_checkout::id::{ApiKeyId, ApiSecret, Ids};
use sellonce_checkout::store::accounts::ApiKey;

use super::{Stop, store};
use crate::config::Config;
use crate::output;
use crate::system::SystemIds;

/// Prints the key alone on stdout, so that a script can take it.
pub(super) async fn create_key(config: Config, name: String, read_only: bool) -> Result<(), Stop> {
    let name = sellonce_checkout::address::typed_text("the key's name", &name)
        .map_err(|malformed| Stop::Usage(malformed.to_string()))?;
    let store = store::open_beside(&config)?;
    let secret = ApiSecret::draw(&SystemIds);
    let mut scopes = vec!["admin:read".to_owned()];
    if !read_only {
        scopes.push("admin:write".to_owned());
    }
    let id = ApiKeyId(SystemIds.uuid());
    let key = ApiKey { id, name, scopes, secret: secret.hash(), created_at: store.now(), revoked_at: None };
    store.create_api_key(key).await?;
    output::note(format_args!("made {id}; this is the only time that the key is shown:"));
    output::result(secret.reveal());
    Ok(())
}

pub(super) async fn list_keys(config: Config) -> Result<(), Stop> {
    let store = store::open_existing(&config)?;
    for key in store.api_keys().await? {
        let state = if key.revoked_at.is_some() { "revoked" } else { "live" };
        output::result(format_args!("{}  {state}  {}  {}", key.id, key.scopes.join(","), key.name));
    }
    Ok(())
}

pub(super) async fn revoke_key(config: Config, id: String) -> Result<(), Stop> {
    let id = ApiKeyId::parse(&id).ok_or_else(|| {
        Stop::Usage(format!("`{id}` is not a key's id; `sellonce admin key list` shows them, as key_..."))
    })?;
    let store = store::open_existing(&config)?;
    if store.revoke_api_key(id).await? {
        output::note(format_args!("revoked {id}"));
        return Ok(());
    }
    output::note(format_args!("there is no live key {id}"));
    Err(Stop::Found)
}
