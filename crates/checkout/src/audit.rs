//! The audit: judges the invariants I1 to I14 from what a store has written down.
//!
//! Decides, fact by fact, what must hold. Leaves reading the facts, all from one snapshot and in the order that
//! [`Fact`] names, to the stores. An invariant "in the end" is judged on what has been at rest for a while.

mod judge;
mod judge_goods;
mod judge_money;

use std::collections::{BTreeMap, BTreeSet};

use crate::book::Movement;
use crate::clock::Timestamp;
use crate::id::{CartId, CheckoutId, EventId, OrderId, SagaId};
use crate::inventory::{Place, Stock};
use crate::limits::{self, Times};
use crate::payment;
use crate::purchase_limit::{LimitKey, Uses};
use crate::refund::Refund;
use crate::saga;
use crate::session::{self, Checkout};
use crate::simulated_book::Booking;
use crate::store::orders::OrderView;
use crate::store::sagas::Run;

/// The invariants, by their numbers in docs/invariants.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// No oversell.
    I1,
    /// The ledger.
    I2,
    /// No unpaid order.
    I3,
    /// No orphaned payment.
    I4,
    /// The right price.
    I5,
    /// Legal history.
    I6,
    /// Exactly once.
    I7,
    /// Told, and only the truth.
    I8,
    /// Nothing hangs.
    I9,
    /// Limits hold.
    I10,
    /// No stuck stock.
    I11,
    /// Acknowledged is durable.
    I12,
    /// Effects with their cause.
    I13,
    /// One hand at a time.
    I14,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 14] = [
        Self::I1,
        Self::I2,
        Self::I3,
        Self::I4,
        Self::I5,
        Self::I6,
        Self::I7,
        Self::I8,
        Self::I9,
        Self::I10,
        Self::I11,
        Self::I12,
        Self::I13,
        Self::I14,
    ];

    /// Its number, as `I1`.
    pub fn id(self) -> &'static str {
        match self {
            Self::I1 => "I1",
            Self::I2 => "I2",
            Self::I3 => "I3",
            Self::I4 => "I4",
            Self::I5 => "I5",
            Self::I6 => "I6",
            Self::I7 => "I7",
            Self::I8 => "I8",
            Self::I9 => "I9",
            Self::I10 => "I10",
            Self::I11 => "I11",
            Self::I12 => "I12",
            Self::I13 => "I13",
            Self::I14 => "I14",
        }
    }

    /// What it promises, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::I1 => "no oversell",
            Self::I2 => "the ledger has no gap",
            Self::I3 => "no unpaid order",
            Self::I4 => "no orphaned payment",
            Self::I5 => "the right price",
            Self::I6 => "legal history",
            Self::I7 => "exactly once",
            Self::I8 => "told, and only the truth",
            Self::I9 => "nothing hangs",
            Self::I10 => "limits hold",
            Self::I11 => "no stuck stock",
            Self::I12 => "acknowledged is durable",
            Self::I13 => "effects with their cause",
            Self::I14 => "one hand at a time",
        }
    }
}

/// One thing that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which row, and which of its promises.
    pub what: String,
    /// What must hold.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// What was found of one invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub invariant: Invariant,
    /// How many things were judged.
    pub checked: u64,
    /// How many of them violate it.
    pub violated: u64,
    /// The first [`limits::VIOLATIONS_LISTED_MAX`] of them.
    pub violations: Vec<Violation>,
    /// Why it cannot be judged here; then it is neither kept nor violated.
    pub skipped: Option<&'static str>,
}

/// The outcome of an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The instant of the snapshot.
    pub checked_at: Timestamp,
    /// One finding per invariant, in their order.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing is violated.
    pub fn ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.violated == 0)
    }

    /// What was found of one invariant.
    pub fn finding(&self, invariant: Invariant) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.invariant == invariant)
    }
}

/// One step of a history, as written beside the row whose history it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past<S> {
    /// The status or state from then on.
    pub to: S,
    /// The fence of the hand that wrote it; 0 where no saga's hand is needed.
    pub fence: i64,
    /// When.
    pub at: Timestamp,
}

/// A delivery as the audit sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFact {
    /// The event.
    pub event: EventId,
    /// The consumer.
    pub consumer: String,
    /// Whether it was delivered or dead-lettered.
    pub over: bool,
    /// When it is tried next, if it is not over.
    pub next_at: Timestamp,
}

/// A saga as the audit sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SagaFact {
    /// The saga and its payment attempt.
    pub run: Run,
    /// Its states so far.
    pub history: Vec<Past<saga::State>>,
    /// Its payment attempt's statuses so far.
    pub payment_history: Vec<Past<payment::Status>>,
    /// Until when its owner may move it.
    pub lease_until: Option<Timestamp>,
    /// When it runs next.
    pub next_run_at: Option<Timestamp>,
    /// Since when it waits for an operator.
    pub stuck_since: Option<Timestamp>,
    /// How its reservation lines stand: each open, committed or released.
    pub reservation: Vec<Reserved>,
    /// The refunds of its payment, whether or not they are of an order.
    pub refunds: Vec<RefundFact>,
    /// How many idempotency keys name it.
    pub keys: u64,
    /// How many orders name it.
    pub orders: u64,
}

/// A refund as the audit sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFact {
    /// As it is.
    pub refund: Refund,
    /// Until when its owner makes it.
    pub lease_until: Timestamp,
}

/// How a reservation line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Held.
    Open,
    /// Sold.
    Committed,
    /// Given back.
    Released,
}

impl Reserved {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Committed => "committed",
            Self::Released => "released",
        }
    }

    /// Reads [`Reserved::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Committed, Self::Released].into_iter().find(|state| state.as_str() == text)
    }
}

/// A fact for the audit. The stores give them in this order: movements by row and version, stock rows, checkouts,
/// sagas, keys whose saga is gone, orders, bookings of the simulated provider, counters.
#[derive(Clone, Debug)]
pub enum Fact {
    /// A line of the inventory journal.
    Movement(Movement),
    /// A stock row.
    Stock {
        /// Which.
        place: Place,
        /// As it is.
        stock: Stock,
        /// Whether its policy ever was `continue`.
        ever_continued: bool,
        /// The sum of open reservation lines.
        reserved: i64,
        /// The sum over order lines of quantity - cancelled - shipped.
        committed: i64,
    },
    /// A checkout.
    Checkout {
        /// As it is.
        checkout: Box<Checkout>,
        /// Its statuses so far.
        history: Vec<Past<session::Status>>,
    },
    /// A saga.
    Saga(Box<SagaFact>),
    /// An idempotency key that names a saga which is not there.
    LostKey {
        /// The saga that it names.
        saga: SagaId,
        /// The request that it came with.
        request_id: String,
    },
    /// An order.
    Order {
        /// As it is.
        view: Box<OrderView>,
        /// The deliveries of its events.
        deliveries: Vec<DeliveryFact>,
        /// The checkout that its cart was ordered by.
        cart_ordered_by: Option<CheckoutId>,
    },
    /// What the simulated provider has booked, and the attempt with that key, if the shop has one.
    Booking(Booking),
    /// A counter.
    Limit {
        /// Which.
        key: LimitKey,
        /// What it stands at.
        uses: Uses,
    },
}

/// What the audit remembers of the ledger of one row.
#[derive(Clone, Copy, Debug)]
struct Ledger {
    last: crate::inventory::Counters,
    version: i64,
    /// received + returned + adjusted - shipped.
    flow: i64,
}

/// Judges facts as they come.
pub struct Auditor {
    now: Timestamp,
    times: Times,
    findings: BTreeMap<Invariant, Finding>,
    ledgers: BTreeMap<Place, Ledger>,
    ordered_checkouts: BTreeSet<CheckoutId>,
    ordered_carts: BTreeSet<CartId>,
    completed_checkouts: BTreeMap<CheckoutId, OrderId>,
    /// The sagas that capture the payment of an order.
    capturing: BTreeSet<SagaId>,
    /// What the shop's own books say of each attempt, for the comparison with the provider's.
    attempts: BTreeMap<SagaId, AttemptNote>,
    limits: BTreeMap<LimitKey, Uses>,
    /// What the journal says that orders did, by order and place, until they are judged.
    moved: BTreeMap<OrderId, BTreeMap<Place, judge_goods::Moved>>,
}

#[derive(Clone, Copy, Debug)]
struct AttemptNote {
    captured: i64,
    refunded: i64,
    /// Whether the saga or a refund may still change the figures.
    under_way: bool,
}

impl Auditor {
    /// An audit of a snapshot taken at `now`.
    pub fn new(now: Timestamp, times: Times) -> Self {
        let finding =
            |invariant| Finding { invariant, checked: 0, violated: 0, violations: Vec::new(), skipped: None };
        let mut findings: BTreeMap<_, _> = Invariant::ALL.into_iter().map(|i| (i, finding(i))).collect();
        if let Some(finding) = findings.get_mut(&Invariant::I12) {
            finding.skipped = Some(
                "only a client outside knows what it was told; `sellonce surge` and the kill tests judge it",
            );
        }
        Self {
            now,
            times,
            findings,
            ledgers: BTreeMap::new(),
            ordered_checkouts: BTreeSet::new(),
            ordered_carts: BTreeSet::new(),
            completed_checkouts: BTreeMap::new(),
            capturing: BTreeSet::new(),
            attempts: BTreeMap::new(),
            limits: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    /// The outcome, after the last fact.
    pub fn finish(mut self) -> Report {
        self.judge_what_is_missing();
        Report { checked_at: self.now, findings: self.findings.into_values().collect() }
    }

    /// Notes one judgement.
    fn check(&mut self, invariant: Invariant, holds: bool, violation: impl FnOnce() -> Violation) {
        let Some(finding) = self.findings.get_mut(&invariant) else { return };
        finding.checked = finding.checked.saturating_add(1);
        if !holds {
            finding.violated = finding.violated.saturating_add(1);
            if finding.violations.len() < limits::VIOLATIONS_LISTED_MAX {
                finding.violations.push(violation());
            }
        }
    }

    /// Whether something that last moved at `at` has been at rest long enough to be judged.
    fn at_rest(&self, at: Timestamp) -> bool {
        self.now.ms_since(at) >= self.times.rest_ms
    }
}

fn violation(
    what: impl std::fmt::Display,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> Violation {
    Violation { what: what.to_string(), expected: expected.to_string(), found: found.to_string() }
}
