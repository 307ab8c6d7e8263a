//! Identifiers: a type per thing, the capability ids of carts and checkouts, and the port that draws them.
//!
//! Decides how an id reads outside (`ord_...`) and what opens a cart or a checkout. Leaves drawing randomness to the
//! binary.

use std::fmt;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
pub use uuid::Uuid;

/// Where ids and secrets come from. Implementations use the system's random source, tests a seeded one.
pub trait Ids: Send + Sync {
    /// A new UUID, version 7: ids that are drawn later sort later.
    fn uuid(&self) -> Uuid;
    /// 16 unpredictable bytes.
    fn secret16(&self) -> [u8; 16];
    /// 32 unpredictable bytes.
    fn secret32(&self) -> [u8; 32];
}

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What the id begins with outside.
            pub const PREFIX: &'static str = $prefix;

            /// Reads the outside form; anything else is no id.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.strip_prefix(Self::PREFIX)?;
                decode::<16>(digits).map(|bytes| Self(Uuid::from_bytes(bytes)))
            }
        }

        /// The outside form: the prefix and 26 characters of base32.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, encode(self.0.as_bytes()))
            }
        }
    )+};
}

id! {
    /// A product.
    ProductId = "prd_";
    /// A cart, without its secret.
    CartId = "crt_";
    /// A line of a cart.
    CartLineId = "lin_";
    /// A checkout, without its secret.
    CheckoutId = "chk_";
    /// One run of the checkout's steps; its payment attempt and its reservation carry the same UUID.
    SagaId = "sag_";
    /// An order.
    OrderId = "ord_";
    /// An event of an order's history.
    EventId = "evt_";
    /// A refund.
    RefundId = "ref_";
    /// What an inventory movement was made for: a saga, an order, or a call of the admin surface.
    CauseId = "mov_";
    /// An API key, without its secret.
    ApiKeyId = "key_";
    /// A server process, as the owner of leases.
    OwnerId = "own_";
}

impl SagaId {
    /// The payment attempt of this saga as the provider knows it: `pay_...`, one key for every try of its charge.
    pub fn attempt_key(self) -> String {
        format!("pay_{}", encode(self.0.as_bytes()))
    }

    /// Reads [`SagaId::attempt_key`] back.
    pub fn from_attempt_key(text: &str) -> Option<Self> {
        decode::<16>(text.strip_prefix("pay_")?).map(|bytes| Self(Uuid::from_bytes(bytes)))
    }
}

/// The id that opens a cart or a checkout: its UUID, by which the row is found, and a secret only its buyer has.
///
/// Shown once, to the buyer; the store keeps a hash of the secret, and logs, metrics and admin pages have the UUID.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// Which row it opens.
    pub uuid: Uuid,
    /// What proves that its holder may.
    secret: [u8; 16],
}

impl Capability {
    /// A new capability from the id source.
    pub fn draw(ids: &dyn Ids) -> Self {
        Self { uuid: ids.uuid(), secret: ids.secret16() }
    }

    /// Reads the outside form with its prefix (`crt_`, `chk_`).
    pub fn parse(prefix: &str, text: &str) -> Option<Self> {
        let bytes = decode::<32>(text.strip_prefix(prefix)?)?;
        let (uuid, secret) = bytes.split_at(16);
        Some(Self { uuid: Uuid::from_slice(uuid).ok()?, secret: secret.try_into().ok()? })
    }

    /// The outside form: the prefix and 52 characters of base32.
    pub fn reveal(&self, prefix: &str) -> String {
        let mut bytes = [0; 32];
        let (uuid, secret) = bytes.split_at_mut(16);
        uuid.copy_from_slice(self.uuid.as_bytes());
        secret.copy_from_slice(&self.secret);
        format!("{prefix}{}", encode(&bytes))
    }

    /// What the store keeps of the secret.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }
}

/// Never the secret: a capability that reaches a log by mistake opens nothing.
impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capability({})", self.uuid)
    }
}

/// The SHA-256 of a secret of full entropy, as the store keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// The hash of a secret.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The secret that shows an order to who has no account: `GET /v1/orders/{id}` takes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OrderToken(pub [u8; 32]);

impl OrderToken {
    /// A new token from the id source.
    pub fn draw(ids: &dyn Ids) -> Self {
        Self(ids.secret32())
    }

    /// Reads the outside form: 52 characters of base32.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// The outside form.
    pub fn reveal(&self) -> String {
        encode(&self.0)
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Never the secret.
impl fmt::Debug for OrderToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderToken(..)")
    }
}

/// The secret of an API key: opens the admin surface, and is shown once, when the key is made.
#[derive(Clone, Copy)]
pub struct ApiSecret([u8; 32]);

impl ApiSecret {
    /// What the secret begins with outside, so that scanners of source code find one that was committed by mistake.
    pub const PREFIX: &'static str = "sk_";

    /// A new secret from the id source.
    pub fn draw(ids: &dyn Ids) -> Self {
        Self(ids.secret32())
    }

    /// Reads the outside form: the prefix and 52 characters of base32.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text.strip_prefix(Self::PREFIX)?).map(Self)
    }

    /// The outside form.
    pub fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, encode(&self.0))
    }

    /// What the store keeps of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

/// Never the secret.
impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(..)")
    }
}

/// Crockford's base32 in lower case: it sorts as the bytes do, and has no `i`, `l`, `o` to be misread.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    specification.encoding().expect("32 distinct ASCII symbols are a base32 alphabet")
});

/// The base32 of ids and secrets, without padding.
pub fn encode(bytes: &[u8]) -> String {
    BASE32.encode(bytes)
}

/// Reads [`encode`]'s form of exactly `N` bytes; one text for one value, so case and padding bits must be as written.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE32.decode(text.as_bytes()).ok()?.try_into().ok()
}
