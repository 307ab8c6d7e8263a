//! Idempotency: what a key stands for, and what a request under a known key is answered with.
//!
//! Decides between doing the work, telling its recorded end again, telling its present state, and refusing. Leaves
//! the header to the server and the key's row, inserted in the transaction that does the work (I7), to the store.

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::email::Email;
use crate::id::{ApiKeyId, CartId, CheckoutId, SagaId};
use crate::limits;
use crate::limits::Times;
#[cfg(feature = "sabotage")]
use crate::sabotage::{self, Sabotage};
use crate::saga;

/// The client's key: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<str>);

impl Key {
    /// Reads the header's value.
    pub fn parse(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=limits::IDEMPOTENCY_KEY_CHARS_MAX).contains(&text.len());
        (visible && fits).then(|| Self(text.into()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Within what a key is unique. Never a credential that buyers share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(pub Vec<u8>);

impl Scope {
    /// The checkout that is completed.
    pub fn checkout(id: CheckoutId) -> Self {
        Self::of(b'c', id.0.as_bytes())
    }

    /// The cart that is checked out and completed in one request.
    pub fn cart(id: CartId) -> Self {
        Self::of(b't', id.0.as_bytes())
    }

    /// The buyer who checks out and completes in one request, without a cart.
    pub fn buyer(email: &Email) -> Self {
        Self::of(b'e', &Sha256::digest(email.normalized()))
    }

    /// A call of the admin surface: the API key and the path.
    pub fn admin(key: ApiKeyId, path: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(key.0.as_bytes());
        hash.update(path);
        Self::of(b'a', &hash.finalize())
    }

    fn of(kind: u8, parts: &[u8]) -> Self {
        Self(std::iter::once(kind).chain(parts.iter().copied()).collect())
    }
}

/// The SHA-256 of a request's body: the same key with another body is a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BodyHash(pub [u8; 32]);

impl BodyHash {
    /// The hash of a body.
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }
}

/// What a request brings to be idempotent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Within what the key is unique.
    pub scope: Scope,
    /// The client's key.
    pub key: Key,
    /// What the body hashes to.
    pub body: BodyHash,
    /// The request's id; a replay carries the first one in its body, so that bodies are equal.
    pub request_id: String,
}

/// What a request with a known key of a checkout is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The key came with another body before.
    Reused,
    /// Its first request is still being answered.
    InProgress,
    /// Its saga goes on: the present state.
    Present,
    /// Its saga ended: the recorded end, told again.
    Replay,
    /// It ended so long ago that only the effect is known: the order as it is now.
    Effect,
}

/// What a saga shows to a request that comes with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where the saga stands.
    pub state: saga::State,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
}

/// Decides on a request whose key is known.
pub fn decide(
    recorded: BodyHash,
    given: BodyHash,
    progress: Progress,
    now: Timestamp,
    times: &Times,
) -> Decision {
    #[cfg(feature = "sabotage")]
    let given = if sabotage::is(Sabotage::KeyWithoutBody) { recorded } else { given };
    if recorded != given {
        return Decision::Reused;
    }
    match progress.ended_at {
        Some(ended) if now.ms_since(ended) > times.outcome_keep_ms => Decision::Effect,
        Some(_) => Decision::Replay,
        // A first request is answered within this time, or its server died; either way the state can be told.
        None if progress.state == saga::State::AwaitingBuyer => Decision::Present,
        None if now.ms_since(progress.created_at) < times.complete_wait_ms => Decision::InProgress,
        None => Decision::Present,
    }
}

/// What a key's work was, as the key's row keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkDone {
    /// A checkout's saga.
    Saga(SagaId),
    /// Something else that the admin surface did, named so that it can be found again.
    Admin(String),
}
