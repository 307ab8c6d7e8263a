//! The simulated provider calls back: what it owes the shop, how it is sent, and how the shop reads it.
//!
//! Decides when and how often the shop is told of a change, by a seed: the same change of the same payment is told alike
//! again. Leaves keeping what is owed to the book, signing to `standard_webhooks`, and sending to the binary:
//!
//! ```text
//! every half a second or so, in each server:
//!     for callback in simulated.due_callbacks(100):
//!         POST callback.headers and callback.body to {the shop}/v1/payments/webhooks/simulated, 5 s at most
//!         simulated.called_back(callback, whether the answer was a 2xx)
//! ```
//!
//! A server that dies in between loses nothing: what it claimed is due again after half a minute. What is not taken comes
//! again after pauses that double, and is given up in the end, as real providers do.

use sellonce_checkout::callback::Callback;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::payment::{CallbackReader, CallbackRequest, NotAuthentic};
use sellonce_checkout::simulated_book::{OwedCallback, PlannedCallback};
use sellonce_checkout::store::Failure;

use super::{AUTHORIZED, CANCELLED, CAPTURED, DECLINED, NAME, REQUIRES_ACTION, Simulated, VOIDED, draw};
use crate::standard_webhooks::{ID, SIGNATURE, Secret, TIMESTAMP, verify};

/// How long a claimed callback is its server's.
const CLAIM_MS: i64 = 30_000;
/// The first pause after a callback that was not taken; it doubles up to [`PAUSE_MS_MAX`].
const PAUSE_MS_MIN: i64 = 1_000;
/// The longest pause.
const PAUSE_MS_MAX: i64 = 600_000;
/// How often a callback is tried before it is given up: for more than an hour.
const TRIES_MAX: u32 = 16;
/// The most sendings of one callback.
const COPIES_MAX: u32 = 5;

/// How the shop is called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callbacks {
    /// What they are signed with.
    pub secret: Secret,
    /// What they tell of.
    pub tells: Tells,
    /// Another seed, another day.
    pub seed: u64,
    /// A callback is sent once to so many times, 5 at most.
    pub copies_max: u32,
    /// A sending is late by up to so much, each by itself: later ones overtake earlier ones.
    pub delay_ms_max: i64,
    /// Of a thousand callbacks, how many are never sent.
    pub never_per_mille: u32,
    /// Of a thousand callbacks, how many are also sent by somebody else, who does not have the secret.
    pub forged_per_mille: u32,
}

/// What the shop is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// What the buyer did where they had to act: the shop cannot know it otherwise.
    BuyersActs,
    /// That, and all that the shop asked for and was answered, as real providers do.
    Everything,
}

/// Callbacks that cannot be made so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCallbacks {
    /// More or fewer sendings than there may be.
    #[error("a callback can be sent 1 to {COPIES_MAX} times at most, not {0}")]
    Copies(u32),
    /// A time that lies in the past.
    #[error("a callback can be late by 0 ms or more, not by {0}")]
    Delay(i64),
    /// More than all.
    #[error("{0} of 1000 callbacks is more than all of them")]
    Rate(u32),
}

impl Callbacks {
    /// Each once, at once, of what buyers do.
    pub fn new(secret: Secret) -> Self {
        Self {
            secret,
            tells: Tells::BuyersActs,
            seed: 0,
            copies_max: 1,
            delay_ms_max: 0,
            never_per_mille: 0,
            forged_per_mille: 0,
        }
    }

    /// A bad day: of everything, one to five times, up to five minutes late and overtaking each other; of a hundred two
    /// never, and one forged.
    pub fn bad_day(secret: Secret, seed: u64) -> Self {
        Self {
            secret,
            tells: Tells::Everything,
            seed,
            copies_max: COPIES_MAX,
            delay_ms_max: 300_000,
            never_per_mille: 20,
            forged_per_mille: 10,
        }
    }

    /// The settings, if they can be kept.
    pub fn checked(self) -> Result<Self, BadCallbacks> {
        if !(1..=COPIES_MAX).contains(&self.copies_max) {
            return Err(BadCallbacks::Copies(self.copies_max));
        }
        if self.delay_ms_max < 0 {
            return Err(BadCallbacks::Delay(self.delay_ms_max));
        }
        match [self.never_per_mille, self.forged_per_mille].into_iter().find(|rate| *rate > 1_000) {
            Some(rate) => Err(BadCallbacks::Rate(rate)),
            None => Ok(self),
        }
    }

    /// What a change owes: true sendings, and sometimes a forged one beside them.
    fn plan(&self, id: &str, event: &'static str) -> Vec<PlannedCallback> {
        let below = |what: &str, end: u64| draw::below(self.seed, &[what, id], end);
        let is_drawn = |what: &str, per_mille: u32| below(what, 1_000) < u64::from(per_mille);
        let copies = match is_drawn("never", self.never_per_mille) {
            true => 0,
            false => below("copies", u64::from(self.copies_max)).saturating_add(1),
        };
        let copies = u32::try_from(copies).unwrap_or(COPIES_MAX);
        let forged = is_drawn("forged", self.forged_per_mille).then_some(copies.saturating_add(1));
        let delay_end = u64::try_from(self.delay_ms_max).unwrap_or(0).saturating_add(1);
        let sending = |copy: u32| PlannedCallback {
            id: id.to_owned(),
            copy,
            event,
            delay_ms: i64::try_from(below(&format!("delay {copy}"), delay_end)).unwrap_or(0),
            forged: forged == Some(copy),
        };
        (1..=copies).chain(forged).map(sending).collect()
    }
}

/// A change that the shop may be told of.
pub(super) struct Change<'a> {
    pub(super) attempt_key: &'a str,
    pub(super) event: &'static str,
    /// What tells it from the payment's other changes.
    pub(super) name: &'a str,
    pub(super) of: Tells,
}

impl<'a> Change<'a> {
    /// A payment that takes a status; a payment takes each but once.
    pub(super) fn status(attempt_key: &'a str, status: &'static str, of: Tells) -> Option<Self> {
        let event = match status {
            REQUIRES_ACTION => "payment.requires_action",
            AUTHORIZED => "payment.authorized",
            CAPTURED => "payment.captured",
            DECLINED => "payment.declined",
            CANCELLED => "payment.cancelled",
            VOIDED => "payment.voided",
            // The provider never heard of what was lost.
            _ => return None,
        };
        Some(Self { attempt_key, event, name: status, of })
    }

    /// Money that goes back.
    pub(super) fn refund(attempt_key: &'a str, refund_key: &'a str) -> Self {
        Self { attempt_key, event: "payment.refunded", name: refund_key, of: Tells::Everything }
    }
}

/// A callback as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCallback {
    /// Its headers.
    pub headers: [(&'static str, String); 4],
    /// Its body; each copy and each try carry the same.
    pub body: Vec<u8>,
    owed: OwedCallback,
}

impl SignedCallback {
    /// Whether it only pretends to come from the provider: the shop must refuse it.
    pub fn is_forged(&self) -> bool {
        self.owed.forged
    }
}

impl Simulated {
    /// What a change owes the shop.
    pub(super) fn owed(&self, change: Option<Change<'_>>) -> Vec<PlannedCallback> {
        let (Some(callbacks), Some(change)) = (&self.settings.callbacks, change) else { return Vec::new() };
        if change.of == Tells::Everything && callbacks.tells == Tells::BuyersActs {
            return Vec::new();
        }
        callbacks.plan(&format!("{}_{}", change.attempt_key, change.name), change.event)
    }

    /// Callbacks that are due, signed now; each is this server's for half a minute, which must tell how it went by
    /// [`Simulated::called_back`].
    pub async fn due_callbacks(&self, limit: u32) -> Result<Vec<SignedCallback>, Failure> {
        let Some(callbacks) = &self.settings.callbacks else { return Ok(Vec::new()) };
        let due = self.book.claim_callbacks(limit, CLAIM_MS).await?;
        let now = self.clock.now();
        Ok(due.into_iter().map(|owed| signed(owed, &callbacks.secret, now)).collect())
    }

    /// Notes how a sending went: the shop took it with a 2xx, or it comes again after a pause.
    pub async fn called_back(&self, callback: &SignedCallback, taken: bool) -> Result<(), Failure> {
        let OwedCallback { id, copy, tries, forged, .. } = &callback.owed;
        // A forger does not insist.
        if taken || *forged || *tries >= TRIES_MAX {
            return self.book.finish_callback(id, *copy).await;
        }
        let doubled = PAUSE_MS_MIN.saturating_mul(1_i64 << tries.saturating_sub(1).min(TRIES_MAX));
        self.book.put_off_callback(id, *copy, doubled.min(PAUSE_MS_MAX)).await
    }
}

fn signed(owed: OwedCallback, secret: &Secret, now: Timestamp) -> SignedCallback {
    let body = serde_json::json!({ "type": owed.event, "data": { "payment": owed.attempt_key } });
    let body = body.to_string().into_bytes();
    let seconds = now.millis().div_euclid(1_000);
    let nobodys = Secret::from_bytes([0; 32]);
    let by = if owed.forged { &nobodys } else { secret };
    let headers = [
        ("content-type", "application/json".to_owned()),
        (ID, owed.id.clone()),
        (TIMESTAMP, seconds.to_string()),
        (SIGNATURE, by.sign(&owed.id, seconds, &body)),
    ];
    SignedCallback { headers, body, owed }
}

/// Reads the callbacks of the simulated provider.
pub struct Reader {
    secrets: Vec<Secret>,
}

impl Reader {
    /// A reader of what is signed with one of these secrets.
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self { secrets }
    }
}

impl CallbackReader for Reader {
    fn read(&self, request: &CallbackRequest<'_>, now: Timestamp) -> Result<Callback, NotAuthentic> {
        let id = verify(&self.secrets, request, now).map_err(|refused| NotAuthentic(refused.to_string()))?;
        let body: serde_json::Value = serde_json::from_slice(request.body)
            .map_err(|error| NotAuthentic(format!("its body is no JSON: {error}")))?;
        // What happened is not read: a hint is no fact, and the provider is asked.
        let attempt = body["data"]["payment"].as_str().and_then(SagaId::from_attempt_key);
        Ok(Callback { provider: NAME.to_owned(), id: id.to_owned(), attempt })
    }
}
