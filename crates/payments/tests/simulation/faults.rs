//! What goes wrong between a server and its store or provider: it dies, stands still, fails, or is not told; at any call,
//! before or after its effect, by chance.
//!
//! Decides how often. Leaves the calls to `faulty_store`, and what must hold all the same to `whole`.

use std::sync::Arc;

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::id::Ids;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, Outcome, PaymentProvider, RefundOutcome, Report, Unknown};

use crate::world::{Node, World};

/// Of a thousand calls, how many go wrong in which way.
struct Rates {
    /// The server dies; as often before as after it.
    dies: u64,
    /// The server stands still until its lease has run out.
    stands_still: u64,
    /// It has no effect, and fails.
    has_no_effect: u64,
    /// It has its effect, and fails.
    is_not_told: u64,
}

/// Of calls that do something.
const STEPS: Rates = Rates { dies: 12, stands_still: 12, has_no_effect: 60, is_not_told: 50 };
/// Of calls that look for something to do: there are many, and most find nothing.
const SWEEPS: Rates = Rates { dies: 1, stands_still: 1, has_no_effect: 20, is_not_told: 20 };
/// Of a thousand calls, before which, and after which, some time passes.
const TAKES_TIME: u64 = 100;
/// Of a thousand calls, after which the shop is audited in the middle of it all.
const WATCHED: u64 = 20;

fn rates(name: &str) -> &'static Rates {
    if name.starts_with("claim_") { &SWEEPS } else { &STEPS }
}

/// The faults of one node.
pub(crate) struct Faults {
    pub(crate) world: Arc<World>,
    pub(crate) node: Node,
    pub(crate) defect: Option<Defect>,
}

impl Faults {
    /// Before a call's effect; `true` if the call fails without it.
    pub(crate) async fn before(&self, name: &str) -> bool {
        self.pause("before", name).await;
        self.fails(rates(name).has_no_effect, "has no effect", name)
    }

    /// After a call's effect; `true` if the call fails in spite of it.
    pub(crate) async fn after(&self, name: &str) -> bool {
        self.pause("after", name).await;
        self.fails(rates(name).is_not_told, "is not told", name)
    }

    /// Notes that a hand came too late to move its saga, which only its fence tells.
    pub(crate) fn sees_a_late_hand(&self) {
        self.world.sees("a hand comes too late, which only its fence tells");
    }

    /// Whether late hands are let through.
    pub(crate) fn forgets_fences(&self) -> bool {
        self.defect == Some(Defect::ForgetsFences)
    }

    pub(crate) fn is_watched(&self) -> bool {
        let watched = self.world.happens(WATCHED);
        if watched {
            self.world.sees("the shop is audited in the middle of it all");
        }
        watched
    }

    fn fails(&self, per_mille: u64, how: &str, name: &str) -> bool {
        let fails = !self.world.is_calm() && self.world.happens(per_mille);
        if fails {
            self.world.sees(format!("{name} {how}"));
        }
        fails
    }

    async fn pause(&self, when: &str, name: &str) {
        self.world.give_way().await;
        if self.world.is_calm() {
            return;
        }
        if self.world.happens(TAKES_TIME) {
            self.world.sleep_ms(self.world.up_to_ms(2_000)).await;
        }
        if self.world.happens(rates(name).stands_still) {
            self.world.sees(format!("a server stands still {when} {name}"));
            self.world.sleep_ms(30_000 + self.world.up_to_ms(30_000)).await;
        }
        if self.world.happens(rates(name).dies) {
            self.world.sees(format!("a server dies {when} {name}"));
            self.world.kill(self.node);
            std::future::pending::<()>().await;
        }
    }
}

/// Makes a call under what goes wrong.
macro_rules! under_faults {
    ($faults:expr, $name:expr, $failure:expr, $call:expr) => {{
        if $faults.before($name).await {
            return Err($failure);
        }
        let answer = $call.await;
        if $faults.after($name).await {
            return Err($failure);
        }
        answer
    }};
}

pub(crate) use under_faults;

/// A defect that is planted, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Money goes back under a key of its own each time it is asked for.
    RefundsUnderNewKeys,
    /// A cancellation counts as confirmed without the provider having heard of it.
    CancelsWithoutAsking,
    /// A server that stood still moves a saga that another one has taken over meanwhile.
    ForgetsFences,
}

/// A provider at the other end of a line that is slow at times.
pub(crate) struct Line<P> {
    pub(crate) provider: P,
    pub(crate) faults: Faults,
}

impl<P> Line<P> {
    /// What takes longer than the time limit arrives, and nobody is there any more to hear of it.
    async fn slow<T>(
        &self,
        name: &str,
        call: impl Future<Output = Result<T, Unknown>>,
    ) -> Result<T, Unknown> {
        let down = || Unknown("the line is down".to_owned());
        let world = &self.faults.world;
        if world.provider_is_silent() {
            return Err(down());
        }
        under_faults!(self.faults, name, down(), async {
            let answer = call.await;
            if !world.is_calm() && world.happens(50) {
                world.sees("the provider is slow");
                world.sleep_ms(world.up_to_ms(20_000)).await;
            }
            answer
        })
    }
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for Line<P> {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.slow("charge", self.provider.charge(charge)).await
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        self.slow("find", self.provider.find(attempt)).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        if self.faults.defect == Some(Defect::CancelsWithoutAsking) {
            let (attempt_key, reference) = (attempt.saga.attempt_key(), "reference".to_owned());
            return Ok(Report {
                attempt_key,
                amount: attempt.amount,
                reference,
                outcome: Outcome::Cancelled,
            });
        }
        self.slow("cancel", self.provider.cancel(attempt)).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.slow("capture", self.provider.capture(attempt)).await
    }

    async fn refund(&self, attempt: &Attempt, key: &str, amount: Money) -> Result<RefundOutcome, Unknown> {
        let new = format!("{key}-{}", self.faults.world.uuid());
        let key = if self.faults.defect == Some(Defect::RefundsUnderNewKeys) { &new } else { key };
        self.slow("refund", self.provider.refund(attempt, key, amount)).await
    }
}
