//! Sixteen defects that shops really have, planted one at a time: whoever doubts a shop is doubted with them first.
//!
//! Decides which defects there are, what each of them shows, and which one this process has. Leaves breaking a line to
//! that line, and reading the choice to the binary. All of it stands behind the feature `sabotage`: a build without it
//! has not a byte of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::clock::Timestamp;
use crate::inventory::Place;

/// The list: what a defect is, its variant, and its name in `SELLONCE_SABOTAGE`.
macro_rules! defects {
    ($($(#[$doc:meta])+ $defect:ident = $name:literal,)+) => {
        /// A planted defect. Each says what shows it: to a client, in the provider's book, or to the audit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Sabotage {
            $($(#[$doc])+ $defect,)+
        }

        impl Sabotage {
            /// Every defect.
            pub const ALL: &[Self] = &[$(Self::$defect,)+];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$defect => $name,)+
                }
            }
        }
    };
}

defects! {
    /// Stock is read, decided on and written back: of the checkouts that share a transaction, each reads what was there
    /// before any of them, and the last one's figure is what stays.
    ///
    /// Shows when buyers of one SKU come at the same time: more orders than units. Audit: I1, I2.
    ReadThenWriteStock = "read-then-write-stock",
    /// The UPDATE that takes units lacks `available >= n`. The schema lets no counter fall below zero, so what is available
    /// stays at zero then.
    ///
    /// Shows at the first buyer of what is sold out: an order. Audit: I1, I2.
    UpdateWithoutCondition = "update-without-condition",
    /// What a saga holds is given back by a sweeper and by the saga itself, when its hold is over.
    ///
    /// Shows when somebody else holds units of the SKU at that moment: their units are for sale, and their sagas can
    /// neither sell nor release them. Audit: I1 (reserved), later I11.
    ReleaseTwiceOnExpiry = "release-twice-on-expiry",
    /// The deliveries of a placed order are written a tenth of a second after it, in a transaction of their own.
    ///
    /// Shows when a server is killed under load: paid orders of which nobody is told (where money is taken at once; in two
    /// steps the order is paid, and told of, by a later transaction). Audit: I13.
    OutboxOutsideTransaction = "outbox-outside-transaction",
    /// The idempotency key is written a tenth of a second after the saga has begun, in a transaction of its own.
    ///
    /// Shows when one request to open and complete comes several times at once, or again after a kill: several orders
    /// under one key. Audit: I7.
    KeyAfterEffect = "key-after-effect",
    /// A key that is known is answered without comparing what was asked.
    ///
    /// Shows to the client: another body under the same key is told the first one's end instead of
    /// `idempotency_key_reused`. The audit sees nothing.
    KeyWithoutBody = "key-without-body",
    /// The buyer is charged today's prices, not the locked ones.
    ///
    /// Shows when a price is changed between opening and completing: the provider's book has another amount than the
    /// order. Audit: I3.
    PriceRecalculatedAtPay = "price-recalculated-at-pay",
    /// A charge that had no answer is tried again under a new key.
    ///
    /// Shows with lost answers (`tok_timeout`), and with kills: the provider's book has a second captured payment,
    /// with `-again` behind its key. Audit: I4. (Where money is taken in two steps, a second one is set aside.)
    RetryWithNewProviderKey = "retry-with-new-provider-key",
    /// A payment that turns out captured after its saga has ended is left as it is.
    ///
    /// Shows when an operator resolves an unknown payment as `not_charged` and the provider calls back later that it was:
    /// the buyer paid for nothing. Audit: I4.
    LateSuccessIgnored = "late-success-ignored",
    /// A callback that comes again has its effect again. Ours only wake a saga, which does no harm twice; so this plants
    /// the shop whose handler takes the units of a paid order from stock.
    ///
    /// Shows when callbacks are sent in copies: units disappear that nobody bought. Audit: I1 (reserved).
    CallbackNotDeduplicated = "callback-not-deduplicated",
    /// A callback's own word is believed, whatever is known already. Ours carry no state that is read, and the provider
    /// is asked; so this reads it from the id that the simulated provider gives them.
    ///
    /// Shows when callbacks overtake each other: a paid order's payment waits for its buyer again. Audit: I6, I5.
    OlderCallbackOverwrites = "older-callback-overwrites",
    /// A hand that lost its saga is not found out: neither state nor fence is compared, and it writes the fence that it
    /// knows.
    ///
    /// Shows with two servers, when one is paused for longer than its lease and its payment call has no answer: it lets
    /// go of a saga that another one has finished. Audit: I14.
    NoFenceCheck = "no-fence-check",
    /// Whether a lease has run out is judged by the server's own clock, which is five minutes ahead of the database's.
    ///
    /// Shows with payments that take longer than `sweep_ms` (`tok_slow`): they are asked for by a second hand while the
    /// first one waits; the provider's book counts it (`asked`). The fences keep the audit clean.
    LeaseByLocalClock = "lease-by-local-clock",
    /// A refund of an order is posted a second time, under another key.
    ///
    /// Shows with refunds in part: the provider's book has given back twice as much. Audit: I4.
    RefundPostedTwice = "refund-posted-twice",
    /// A buyer who comes too late is told so with status 200.
    ///
    /// Shows to the client: 200 without an order. The audit sees nothing.
    SoldOutAnswered200 = "sold-out-answered-200",
    /// A checkout takes what is available from a replica that lags, and writes what it makes of it. There is no replica
    /// here; so this remembers each row's figure, and looks again only every sixteenth time.
    ///
    /// Shows without any load: the last unit is sold again and again. Audit: I1, I2.
    ReplicaRead = "replica-read",
}

impl Sabotage {
    /// Reads [`Sabotage::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|defect| defect.as_str() == name)
    }
}

static CHOSEN: OnceLock<Option<Sabotage>> = OnceLock::new();

/// Chooses the defect of this process, or that it has none; whoever chooses first has chosen.
pub fn choose(defect: Option<Sabotage>) {
    CHOSEN.get_or_init(|| defect);
}

/// Whether this process has a defect.
pub fn is(defect: Sabotage) -> bool {
    CHOSEN.get().copied().flatten() == Some(defect)
}

/// How far the local clock is ahead.
const AHEAD_MS: i64 = 300_000;

/// The instant as the server's own clock shows it.
pub fn local_clock(now: Timestamp) -> Timestamp {
    now.plus_ms(AHEAD_MS)
}

/// How many looks see the same figure.
const LOOKS: u32 = 16;

/// What the replica says is available at a place, where `available` is true.
pub fn replica(place: &Place, available: i64) -> i64 {
    static FIGURES: Mutex<BTreeMap<Place, (i64, u32)>> = Mutex::new(BTreeMap::new());
    let mut figures = FIGURES.lock().unwrap_or_else(PoisonError::into_inner);
    let (figure, looks) = figures.entry(place.clone()).or_insert((available, 0));
    if *looks == LOOKS {
        (*figure, *looks) = (available, 0);
    }
    *looks = looks.saturating_add(1);
    *figure
}
