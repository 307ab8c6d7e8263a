//! Signed callbacks by Standard Webhooks 1.0: signing them, and telling true ones from forged, changed and old ones.
//!
//! Decides when a signature holds: over the id, the time and the body byte for byte, by a secret that is known here, at most
//! [`TOLERANCE_MS`] from now. Leaves what a callback tells of to its provider's file, and hearing each id once to the store.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::limits::CALLBACK_ID_CHARS_MAX;
use sellonce_checkout::payment::CallbackRequest;
use sha2::Sha256;

/// How far a callback's time may be from ours, either way: 5 minutes.
pub const TOLERANCE_MS: i64 = 300_000;

/// The header with the callback's id.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in seconds.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// What a secret begins with in config.
const PREFIX: &str = "whsec_";
/// What a signature that we can check begins with.
const VERSION: &str = "v1,";
/// The shortest and the longest secret, in bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that a provider and the shop share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A text that is no secret; it is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a webhook secret is `whsec_` and 24 to 64 random bytes in base64: make one with `openssl rand -base64 32`"
)]
pub struct BadSecret;

/// Why a request is no callback of the provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A header is missing or not text.
    #[error("the header `{0}` is missing")]
    Missing(&'static str),
    /// A header stands there twice: nobody knows which one was signed.
    #[error("the header `{0}` stands there more than once")]
    Repeated(&'static str),
    /// The id cannot be one.
    #[error("`{ID}` must be 1 to {CALLBACK_ID_CHARS_MAX} visible ASCII characters without a full stop")]
    BadId,
    /// The time cannot be read.
    #[error("`{TIMESTAMP}` must be whole seconds since 1970")]
    BadTimestamp,
    /// It was sent too long ago; whoever caught it may be sending it again.
    #[error("it was sent {0} ms ago, and {TOLERANCE_MS} are allowed: are both clocks right?")]
    TooOld(i64),
    /// It comes from the future.
    #[error("it was sent {0} ms ahead of our clock, and {TOLERANCE_MS} are allowed: are both clocks right?")]
    TooNew(i64),
    /// No signature is of a version that can be checked.
    #[error("`{SIGNATURE}` has no signature of version v1")]
    NoSignature,
    /// No signature is by a secret that is known here.
    #[error(
        "no signature is by a known secret: is the provider's secret the one in our config, and the body unchanged?"
    )]
    WrongSignature,
}

impl Secret {
    /// Reads a secret as it stands in config, as `whsec_...`.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let digits = text.strip_prefix(PREFIX).ok_or(BadSecret)?;
        let bytes = BASE64.decode(digits.as_bytes()).map_err(|_| BadSecret)?;
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes)).ok_or(BadSecret)
    }

    /// A secret of 32 unpredictable bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// The signature of a body that is sent under an id at a time, as its header has it.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let code = self.code(id, &seconds.to_string(), body).finalize().into_bytes();
        format!("{VERSION}{}", BASE64.encode(&code))
    }

    /// The code of a message, before it is finished.
    fn code(&self, id: &str, seconds: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length makes a code");
        for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
            code.update(part);
        }
        code
    }
}

/// Never the secret itself.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The id of a request that is truly signed by one of the secrets and of this time. While a secret is being replaced, the
/// old and the new one are both given.
pub fn verify<'a>(
    secrets: &[Secret],
    request: &CallbackRequest<'a>,
    now: Timestamp,
) -> Result<&'a str, Refused> {
    let (id, sent_at) = (header(request, ID)?, header(request, TIMESTAMP)?);
    let signatures = header(request, SIGNATURE)?;
    let legible = id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
    if id.is_empty() || id.len() > CALLBACK_ID_CHARS_MAX || !legible {
        return Err(Refused::BadId);
    }
    let digits = !sent_at.is_empty() && sent_at.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = sent_at.parse::<i64>().ok().filter(|_| digits).ok_or(Refused::BadTimestamp)?;
    let age_ms = now.ms_since(Timestamp::from_millis(seconds.saturating_mul(1_000)));
    if age_ms > TOLERANCE_MS {
        return Err(Refused::TooOld(age_ms));
    }
    if age_ms < -TOLERANCE_MS {
        return Err(Refused::TooNew(age_ms.saturating_neg()));
    }
    let mut given = signatures.split(' ').filter_map(|each| each.strip_prefix(VERSION)).peekable();
    given.peek().ok_or(Refused::NoSignature)?;
    // The comparison takes the same time wherever the first difference is.
    let holds = |code: &[u8]| {
        secrets.iter().any(|secret| secret.code(id, sent_at, request.body).verify_slice(code).is_ok())
    };
    let known = given.any(|text| BASE64.decode(text.as_bytes()).is_ok_and(|code| holds(&code)));
    known.then_some(id).ok_or(Refused::WrongSignature)
}

fn header<'a>(request: &CallbackRequest<'a>, name: &'static str) -> Result<&'a str, Refused> {
    let mut found = request.headers.iter().filter(|(given, _)| *given == name).map(|(_, value)| *value);
    let value = found.next().ok_or(Refused::Missing(name))?;
    if found.next().is_some() {
        return Err(Refused::Repeated(name));
    }
    Ok(value)
}
