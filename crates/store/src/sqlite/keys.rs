//! Idempotency keys: one row per key for ever, written in the transaction that does its work (I7).
//!
//! Decides how a key's work is noted. Leaves what a known key is answered with to `sellonce_checkout::idempotency`.

use rusqlite::params;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::idempotency::{BodyHash, Claim, WorkDone};

use crate::sqlite::flush::Flush;
use crate::sqlite::statements::one;
use crate::trouble::Trouble;

/// A key that was used before.
pub(super) struct KnownKey {
    /// What its body hashed to.
    pub(super) body: BodyHash,
    /// What it did.
    pub(super) work: WorkDone,
    /// The id of the request that came first.
    pub(super) request_id: String,
}

impl Flush {
    /// What a key did before, if it did anything.
    pub(super) fn known_key(&self, claim: &Claim) -> Result<Option<KnownKey>, Trouble> {
        let sql =
            "SELECT body, saga_id, work, request_id FROM idempotency_keys WHERE scope = ?1 AND key = ?2";
        one(self.connection(), sql, params![claim.scope.0, claim.key.as_str()], |columns| {
            let body = BodyHash(columns.bytes()?);
            let saga = columns.maybe_uuid()?.map(|uuid| WorkDone::Saga(SagaId(uuid)));
            let admin = columns.maybe_string()?.map(WorkDone::Admin);
            let work = saga.or(admin).ok_or_else(|| Trouble::call("a key did nothing"))?;
            Ok(KnownKey { body, work, request_id: columns.string()? })
        })
    }

    /// Notes what a key did.
    pub(super) fn note_key(&self, claim: &Claim, work: &WorkDone) -> Result<(), Trouble> {
        let sql = "INSERT INTO idempotency_keys (scope, key, body, saga_id, work, request_id, created_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (saga, admin) = match work {
            WorkDone::Saga(id) => (Some(id.0.as_bytes()), None),
            WorkDone::Admin(text) => (None, Some(text)),
        };
        let (scope, key) = (&claim.scope.0, claim.key.as_str());
        let row = params![scope, key, claim.body.0, saga, admin, claim.request_id, self.now.millis()];
        self.execute(sql, row)?;
        Ok(())
    }
}
