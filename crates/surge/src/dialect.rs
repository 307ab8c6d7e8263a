//! How a shop is spoken to: which request asks for a step, and what its answer says.
//!
//! Decides nothing about sending: both sides are pure, so a target's file and Sellonce's own API are two dialects of one
//! trait, and the load is the same for both.

pub mod sellonce;

use crate::history::{Acknowledged, Line, Money, PriceChange, Short, Step};

/// A request, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path with its query, from the shop's root: `/v1/checkouts`.
    pub path: String,
    /// Headers by name, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The idempotency key, wherever it is sent: then the same request may be sent again.
    pub key: Option<String>,
}

/// An answer, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers by name, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }
}

/// A purchase under way: what its requests are made of. One per tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Its number in the plan.
    pub number: u64,
    /// The buyer's address (`history::email`).
    pub email: String,
    /// What is bought, with the prices that the buyer saw.
    pub lines: Vec<Line>,
    /// The test token that is paid with.
    pub token: String,
    /// The idempotency key of the paying request.
    pub key: String,
    /// What earlier answers brought, by name: ids, secrets, hashes, a URL. They never leave the process.
    pub facts: std::collections::BTreeMap<String, String>,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Go on with the next step.
    Next,
    /// The checkout is open.
    Opened {
        /// What is charged.
        total: Option<Money>,
        /// The locked lines.
        lines: Vec<Line>,
        /// The changed prices, if the buyer has to confirm them: then [`Step::Confirm`] comes next.
        confirm: Option<Vec<PriceChange>>,
    },
    /// The order stands.
    Ordered(Acknowledged),
    /// It goes on: ask again with the same request.
    UnderWay {
        /// As the shop calls it.
        status: String,
        /// After how many milliseconds.
        retry_after_ms: u64,
        /// Whether the buyer has to act at the provider first: [`Step::Approve`].
        approve: bool,
    },
    /// The payment was declined.
    Declined {
        /// Why.
        reason: String,
        /// Whether the shop says that it told this before under the same key.
        replayed: bool,
    },
    /// There is not enough.
    SoldOut(Vec<Short>),
    /// The shop is too busy; the same request may be sent again.
    Shed {
        /// After how many milliseconds.
        retry_after_ms: u64,
    },
    /// Refused for a reason that a buyer can act on.
    Refused {
        /// The shop's code.
        code: String,
    },
    /// Nothing explains it.
    Broken {
        /// What is wrong.
        what: String,
        /// Whether the status says that all is well, in a shop whose statuses mean that.
        as_success: bool,
    },
}

/// A way to speak to a shop.
pub trait Dialect: Send + Sync {
    /// The steps of a plain purchase in their order; the last is the one that pays.
    fn steps(&self) -> &[Step];

    /// The request that asks for the `index`-th step of [`Self::steps`] (`Some`), or for a step outside of that order
    /// (`None`: confirm, approve, misuse, ask, cancel, order; and to complete without steps before it, where one request
    /// opens a checkout and pays it); `None` if this shop has no such thing.
    fn request(&self, step: Step, index: Option<usize>, purchase: &Purchase) -> Option<Request>;

    /// Reads an answer, and keeps in the purchase what later requests need.
    fn read(&self, step: Step, index: Option<usize>, answer: &Answer, purchase: &mut Purchase) -> Heard;
}

/// A hash of a body that tells unequal ones apart: FNV-1a, 64 bits. Not against anybody who forges.
pub fn body_hash(body: &[u8]) -> u64 {
    body.iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
