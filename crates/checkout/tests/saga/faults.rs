//! Faults at the n-th call of the store or the provider: the server dies, the call fails or is made twice, the server
//! stands still; each before or after the call's effect.
//!
//! Decides which call is hit. Leaves what must hold afterwards to the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use async_trait::async_trait;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};

use crate::bank::Bank;

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The server is killed before the call has its effect.
    DiesBefore,
    /// The server is killed after the call had its effect, before it hears of it.
    DiesAfter,
    /// The call fails and had no effect.
    FailsBefore,
    /// The call fails and had its effect.
    FailsAfter,
    /// The call is made a second time after it had its effect.
    Twice,
    /// The server stands still before the call has its effect, until it is let go on.
    StandsStillBefore,
    /// The server stands still after the call had its effect.
    StandsStillAfter,
}

/// Which calls are hit, and what has been.
#[derive(Default)]
pub(crate) struct Faults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    plan: BTreeMap<usize, Fault>,
    calls: usize,
    hit: BTreeSet<&'static str>,
    dead: bool,
    still: bool,
    /// Whether what was polled last goes no further, for it is dead or stands still.
    halted: bool,
    watched: bool,
}

impl Faults {
    /// The calls from now on are numbered from 1; those in the plan are hit.
    pub(crate) fn plan(&self, plan: impl IntoIterator<Item = (usize, Fault)>) {
        let mut state = self.state();
        *state = State { plan: plan.into_iter().collect(), watched: state.watched, ..State::default() };
    }

    /// From now on the shop is audited after every call, not only when all is quiet.
    pub(crate) fn watch(&self) {
        self.state().watched = true;
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.state().watched
    }

    /// The names of the calls that were hit.
    pub(crate) fn hit(&self) -> BTreeSet<&'static str> {
        self.state().hit.clone()
    }

    /// How many faults of the plan are still to come.
    pub(crate) fn left(&self) -> usize {
        self.state().plan.len()
    }

    /// Whether the server was killed since this was last asked.
    pub(crate) fn was_killed(&self) -> bool {
        std::mem::take(&mut self.state().dead)
    }

    /// Whether what was polled last goes no further, for its server was killed or stands still.
    pub(crate) fn was_halted(&self) -> bool {
        std::mem::take(&mut self.state().halted)
    }

    /// Whether the server stands still.
    pub(crate) fn stands_still(&self) -> bool {
        self.state().still
    }

    /// Lets the server go on.
    pub(crate) fn go_on(&self) {
        self.state().still = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("faults do not panic")
    }

    /// Notes that a hand came too late to move its saga, which only its fence tells.
    pub(crate) fn sees_a_late_hand(&self) {
        self.state().hit.insert("a late hand");
    }

    /// Whether late hands are let through: never here, where the store must refuse them.
    pub(crate) const fn forgets_fences(&self) -> bool {
        false
    }

    pub(crate) fn turn(&self, name: &'static str) -> Option<Fault> {
        let mut state = self.state();
        state.calls += 1;
        let number = state.calls;
        let fault = state.plan.remove(&number)?;
        state.hit.insert(name);
        Some(fault)
    }

    /// Before the call's effect; `true` if the call fails without it.
    pub(crate) async fn before(&self, fault: Option<Fault>) -> bool {
        match fault {
            Some(Fault::DiesBefore) => self.die().await,
            Some(Fault::StandsStillBefore) => self.stand_still().await,
            _ => {}
        }
        fault == Some(Fault::FailsBefore)
    }

    /// After the call's effect; `true` if the call fails in spite of it.
    pub(crate) async fn after(&self, fault: Option<Fault>) -> bool {
        match fault {
            Some(Fault::DiesAfter) => self.die().await,
            Some(Fault::StandsStillAfter) => self.stand_still().await,
            _ => {}
        }
        fault == Some(Fault::FailsAfter)
    }

    async fn die(&self) {
        self.state().dead = true;
        self.halt_while(|_| true).await;
    }

    async fn stand_still(&self) {
        self.state().still = true;
        self.halt_while(|state| state.still).await;
    }

    async fn halt_while(&self, halted: impl Fn(&State) -> bool) {
        std::future::poll_fn(|_| {
            let mut state = self.state();
            if !halted(&state) {
                return Poll::Ready(());
            }
            state.halted = true;
            Poll::Pending
        })
        .await;
    }
}

/// Makes a call with the fault that its number has.
macro_rules! under_faults {
    ($faults:expr, $name:expr, $failure:expr, $call:expr) => {{
        let fault = $faults.turn($name);
        if $faults.before(fault).await {
            return Err($failure);
        }
        let answer = $call.await;
        if fault == Some($crate::faults::Fault::Twice) {
            drop($call.await);
        }
        if $faults.after(fault).await {
            return Err($failure);
        }
        answer
    }};
}

pub(crate) use under_faults;

/// The bank, whose calls can fail on the way there and back.
pub(crate) struct FaultyBank {
    pub(crate) bank: Arc<Bank>,
    pub(crate) faults: Arc<Faults>,
}

fn unknown() -> Unknown {
    Unknown("the line is down".to_owned())
}

#[async_trait]
impl PaymentProvider for FaultyBank {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        under_faults!(self.faults, "charge", unknown(), self.bank.charge(charge))
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        under_faults!(self.faults, "find", unknown(), self.bank.find(attempt))
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        under_faults!(self.faults, "cancel", unknown(), self.bank.cancel(attempt))
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        under_faults!(self.faults, "capture", unknown(), self.bank.capture(attempt))
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        under_faults!(self.faults, "refund", unknown(), self.bank.refund(attempt, refund_key, amount))
    }
}
