//! The history of a run: every request with its answer, and every act of surge itself, append-only.
//!
//! Decides what is remembered of a request: enough for the auditor to judge by what buyers were told, and to replay it.
//! One event is one line of JSON; the first line of a file is the [`Opening`]. Holds no secret of a checkout or an
//! order: a purchase is linked to the shop's books by its e-mail address and by the order's id.

use serde::{Deserialize, Serialize};

/// An amount of money in minor units of its currency, as 4999 USD is 49.99.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units by the ISO 4217 exponent.
    pub amount: i64,
    /// Three letters of ISO 4217.
    pub currency: String,
}

/// What was known before the first request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The seed that the plan is a function of.
    pub seed: u64,
    /// The shop, as it was named: `sellonce (own, sqlite)`, an address, or a target's name.
    pub target: String,
    /// The workload's name.
    pub workload: String,
    /// Buyers at once (closed loop), or 0 where the clock sends (open loop).
    pub buyers: u64,
    /// The wall clock at nanosecond 0 of the run: RFC 3339 in UTC.
    pub began_at: String,
    /// What is on sale, with the stock that was set before the first request.
    pub goods: Vec<Good>,
    /// Whether every unit that is wanted must have been sold in the end: all payments succeed, nothing is killed or cut,
    /// every buyer asks until a definite answer. Then sold = min(stock, wanted).
    pub all_must_sell: bool,
    /// How long the shop waits for an answer of its payment provider, in milliseconds, before it asks again; where that
    /// is known, and the provider loses no answer but those that a buyer's token says.
    #[serde(default)]
    pub answers_within_ms: Option<u64>,
    /// The limits that were set before the first request, if any were.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<Limits>,
}

/// Limits of a run (I10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The discount code, which is the only one that buyers ask for.
    pub code: String,
    /// How often it can be used over all orders.
    pub uses_max: i64,
    /// The SKU of which a buyer may have only so many units.
    pub sku: String,
    /// How many, over all of the buyer's orders.
    pub units_max: i64,
}

/// A SKU on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Good {
    /// The SKU.
    pub sku: String,
    /// The units that were there before the first request.
    pub stock: i64,
    /// What one unit costs at the beginning.
    pub price: Money,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A request was sent, and answered or lost.
    Exchange(Exchange),
    /// A purchase is over: the buyer has a definite answer or gave up.
    Ended(Ended),
    /// Surge itself did something.
    Act(Act),
}

impl Event {
    /// The instant that orders the history: when the answer had come, the purchase was over, the act was done.
    pub fn at_ns(&self) -> u64 {
        match self {
            Self::Exchange(exchange) => exchange.answered_ns,
            Self::Ended(ended) => ended.at_ns,
            Self::Act(act) => act.ended_ns,
        }
    }
}

/// A request and what came back. All instants are nanoseconds from the run's start, of one monotonic clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The purchase that it belongs to; [`email`] is the address that the shop knows it by.
    pub purchase: u64,
    /// Which of the purchase's browser tabs: 0, or 1 for the second. Each tab has a checkout of its own, of one cart.
    pub tab: u8,
    /// What the buyer wanted.
    pub step: Step,
    /// The idempotency key, if one was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// 0 for the first request of this step and key; each repetition counts up.
    pub repeat: u32,
    /// Which server was asked: its place in the list of servers.
    pub server: u16,
    /// When the request began to be sent: before its first byte left.
    pub sent_ns: u64,
    /// When the answer had been read whole, or when it was given up.
    pub answered_ns: u64,
    /// The status of the answer; `None` if none came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
    /// What the buyer was told.
    pub told: Told,
}

/// What a buyer wants of a shop with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Looks at the catalog.
    Browse,
    /// Fills a cart (in a target's file: every step before the paying one but the last).
    Cart,
    /// Opens the checkout: prices are locked.
    Open,
    /// Confirms changed prices.
    Confirm,
    /// Pays: stock is taken, money is charged, the order is placed.
    Complete,
    /// Sends something else under a key that has been answered. It must be refused as that.
    Misuse,
    /// At the provider's page: pays, or does not.
    Approve,
    /// Asks how a checkout stands.
    Ask,
    /// Leaves: cancels the checkout.
    Cancel,
    /// Looks at the order that was acknowledged.
    Order,
}

/// What a buyer was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    /// Go on: nothing of importance (a catalog, a cart).
    Fine,
    /// The checkout is open at these prices.
    Opened {
        /// What is charged in the end.
        total: Option<Money>,
        /// The locked lines.
        lines: Vec<Line>,
        /// Whether prices have changed since the buyer saw them, and have to be confirmed.
        requires_confirmation: bool,
        /// The changed prices.
        #[serde(default)]
        price_changes: Vec<PriceChange>,
    },
    /// The order stands: an acknowledgement (I12).
    Ordered(Acknowledged),
    /// It goes on; ask again.
    UnderWay {
        /// As the shop calls it, `processing` or `requires_action`.
        status: String,
    },
    /// The payment was declined.
    Declined {
        /// The provider's reason, if it was told.
        reason: String,
        /// Of the answer's whole body: equal for equal answers (I7).
        body_hash: u64,
        /// Whether the shop says that it told this before under the same key.
        replayed: bool,
    },
    /// There is not enough.
    SoldOut {
        /// The SKUs that are short; empty if the shop does not say.
        lines: Vec<Short>,
    },
    /// Refused for another reason that a buyer can act on; nothing has happened.
    Refused {
        /// The shop's code, as `price_changed`.
        code: String,
    },
    /// The shop is too busy: 503 or 429 with `Retry-After`; nothing has happened.
    Shed {
        /// After how many milliseconds it may be asked again.
        retry_after_ms: u64,
    },
    /// An answer that nothing explains: another 5xx, a body that cannot be read, a status that is not in the contract.
    Broken {
        /// What is wrong with it, with the beginning of the answer.
        what: String,
        /// Whether its status says that all is well, in a shop whose statuses mean that.
        #[serde(default)]
        as_success: bool,
    },
    /// No answer: the connection could not be made, was cut, or nothing came in time. Nothing is known of the effect.
    Lost {
        /// Why.
        why: String,
        /// Whether the request surely never left.
        unsent: bool,
    },
}

/// An order that a buyer was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Its id in the shop.
    pub order: String,
    /// What it costs, if the answer says so.
    pub total: Option<Money>,
    /// What was bought, if the answer says so; else what was asked for.
    pub lines: Vec<Line>,
    /// Its status, if the answer says so.
    pub status: Option<String>,
    /// Of the answer's whole body: equal for equal answers (I7).
    pub body_hash: u64,
    /// Whether the shop says that it told this before under the same key.
    pub replayed: bool,
}

/// Units of a SKU at a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The SKU.
    pub sku: String,
    /// How many units.
    pub quantity: i64,
    /// What one unit costs, if it was told.
    pub unit_price: Option<Money>,
}

/// A SKU of which there is less than was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// The SKU.
    pub sku: String,
    /// How many units were asked for.
    pub requested: i64,
    /// How many there were, if it was told.
    pub available: Option<i64>,
    /// The version of the stock's ledger at which that was true, if there is one.
    pub stock_version: Option<i64>,
}

/// A price that is not what the buyer saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// The SKU.
    pub sku: String,
    /// What the buyer saw.
    pub was: Option<Money>,
    /// What it is; `None`: no longer on sale.
    pub now: Option<Money>,
}

/// How a purchase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The purchase.
    pub purchase: u64,
    /// When it was over.
    pub at_ns: u64,
    /// When it should have begun: in an open loop the clock's instant, however late the request really left.
    pub due_ns: u64,
    /// How long the buyer waited for answers, retries and their pauses among them, their own thinking apart.
    pub waited_ns: u64,
    /// Its end.
    pub end: End,
    /// What was wanted: SKU and units.
    pub wanted: Vec<Line>,
}

/// The end of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// An order was acknowledged.
    Ordered,
    /// Sold out.
    SoldOut,
    /// The payment was declined, for good.
    Declined,
    /// Left on purpose, as the plan says: an abandoned checkout.
    Abandoned,
    /// Refused for a reason that the plan explains (the cart was ordered in the other tab, the lock was revoked).
    Refused,
    /// No definite answer within the time that the buyer has.
    GaveUp,
    /// An answer that nothing explains.
    Error,
}

/// Something that surge did itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// When it began to take effect, at the earliest.
    pub began_ns: u64,
    /// When it had taken effect, at the latest.
    pub ended_ns: u64,
    /// What it was.
    pub deed: Deed,
}

/// What surge can do besides buying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Units were put in (positive) or taken out (negative).
    Stock {
        /// The SKU.
        sku: String,
        /// How many units.
        units: i64,
        /// The version of the stock's ledger after it, if there is one.
        version: Option<i64>,
        /// Whether the shop confirmed it. If not, nothing is known of it.
        confirmed: bool,
    },
    /// A price was changed.
    Price {
        /// The SKU.
        sku: String,
        /// What it was.
        was: Option<Money>,
        /// What it is.
        now: Money,
        /// Whether the shop confirmed it.
        confirmed: bool,
    },
    /// Something was done about an order.
    Care {
        /// The order's id.
        order: String,
        /// What was done.
        care: Care,
        /// Whether the shop confirmed it. If not, nothing is known of it.
        confirmed: bool,
    },
    /// An operator said how an unknown payment stands.
    Word {
        /// The saga that hung.
        saga: String,
        /// What was said: `not_charged` or `give_up`.
        said: String,
        /// Whether the shop confirmed it. If not, nothing is known of it.
        confirmed: bool,
    },
    /// A fault was there from `began_ns` to `ended_ns`.
    Fault {
        /// What fault.
        fault: Fault,
        /// Which server; its place in the list. The database has none, and 0 stands there.
        server: u16,
    },
    /// All waiting buyers were let go at once.
    DoorsOpened {
        /// How many requests the server held at that instant, as it says itself; `None` if it cannot be asked.
        held_at_server: Option<u64>,
    },
}

/// What a merchant does about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Care {
    /// So many minor units go back to the buyer.
    Refund(i64),
    /// All of it was sent.
    Ship,
    /// It was called off: its units can be sold again, its money goes back.
    Cancel,
}

/// A fault that surge brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// kill -9, until it was ready again.
    Kill,
    /// SIGSTOP, until SIGCONT.
    Pause,
    /// The database's server crashed, until it answered again.
    RestartDatabase,
    /// Bytes arrive late.
    Latency,
    /// Nothing can connect, and what was connected is cut.
    Down,
    /// Few bytes per second.
    Bandwidth,
    /// The end of a connection is told late.
    SlowClose,
    /// No byte passes, then the connection ends.
    Timeout,
    /// Connections are reset.
    ResetPeer,
    /// Bytes arrive in small pieces.
    Slicer,
    /// Connections end after so many bytes.
    LimitData,
}

impl Fault {
    /// Its name, as in the command line, the history and the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::RestartDatabase => "restart_database",
            Self::Latency => "latency",
            Self::Down => "down",
            Self::Bandwidth => "bandwidth",
            Self::SlowClose => "slow_close",
            Self::Timeout => "timeout",
            Self::ResetPeer => "reset_peer",
            Self::Slicer => "slicer",
            Self::LimitData => "limit_data",
        }
    }
}

/// A whole history: what the auditor reads.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What was known before the first request.
    pub opening: Opening,
    /// The events by their instant ([`Event::at_ns`]).
    pub events: Vec<Event>,
}

/// The address of a purchase's buyer: what links it to the shop's books. Its domain is reserved, so no mail leaves.
pub fn email(seed: u64, purchase: u64) -> String {
    format!("buyer-{purchase}.{seed}@surge.example")
}

/// The address of a purchase whose buyer also has the purchase before it: that one's address in capitals. A shop takes
/// the two for one buyer, and its books still tell which purchase it was.
pub fn second_email(seed: u64, purchase: u64) -> String {
    email(seed, purchase.saturating_sub(1)).replacen("buyer", "BUYER", 1)
}

/// The purchase that an address of [`email`] or [`second_email`] belongs to; `None` for anybody else's address and other
/// runs'.
pub fn purchase_of(seed: u64, email: &str) -> Option<u64> {
    let (first, second) = (email.strip_prefix("buyer-"), email.strip_prefix("BUYER-"));
    let (purchase, of) = first.or(second)?.strip_suffix("@surge.example")?.split_once('.')?;
    let purchase: u64 = purchase.parse().ok().filter(|_| of.parse() == Ok(seed))?;
    if second.is_some() { purchase.checked_add(1) } else { Some(purchase) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_which_purchase_it_is_of() {
        for purchase in [0, 1, 4_711, u64::MAX] {
            assert_eq!(purchase_of(7, &email(7, purchase)), Some(purchase));
            assert_eq!(purchase_of(8, &email(7, purchase)), None);
        }
        assert_eq!(second_email(7, 13).to_lowercase(), email(7, 12));
        assert_eq!(purchase_of(7, &second_email(7, 13)), Some(13));
        for other in
            ["ada@example.com", "buyer-1@surge.example", "Buyer-1.7@surge.example", "buyer-x.7@surge.example"]
        {
            assert_eq!(purchase_of(7, other), None, "{other}");
        }
    }
}
