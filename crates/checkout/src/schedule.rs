//! When a saga runs: its lease, its next run, and since when an operator should look at it.
//!
//! Decides what taking a saga over, moving it, waking it and letting go of it write of that. Leaves to where it moves
//! to `saga`, and the conditions of the writes to the stores.

use crate::callback;
use crate::clock::Timestamp;
use crate::limits::Times;
use crate::payment::Attempt;
use crate::saga::{self, State};
use crate::store::sagas::{Postpone, Run, Saga};

/// When a saga runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Until when its owner may move it.
    pub lease_until: Timestamp,
    /// When it is due, unless somebody has it then.
    pub next_run_at: Timestamp,
    /// Whether it was woken since it was taken over last; it runs again right after it is let go of.
    pub woken: bool,
    /// Since when it waits for an operator.
    pub stuck_since: Option<Timestamp>,
    /// What went wrong last, for the operator.
    pub problem: String,
}

impl Schedule {
    /// That of a saga that begins now; it belongs to who began it.
    pub fn begun(now: Timestamp, times: &Times) -> Self {
        let lease_until = now.plus_ms(times.lease_ms);
        Self {
            lease_until,
            next_run_at: lease_until,
            woken: false,
            stuck_since: None,
            problem: String::new(),
        }
    }

    /// Whether somebody has the saga.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease_until > now
    }

    /// Whether the saga should run now, and nobody has it.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_run_at <= now && !self.is_leased(now)
    }

    /// A new owner: the fence tells it from those before (I14).
    pub fn take(&mut self, saga: &mut Saga, now: Timestamp, times: &Times) {
        saga.fence = saga.fence.saturating_add(1);
        self.lease_until = now.plus_ms(times.lease_ms);
        self.next_run_at = self.lease_until;
        self.woken = false;
    }

    /// A move along the table (I6). The saga stays its owner's until it ends; whatever it was stuck at is behind it.
    ///
    /// A hint that came while somebody had it, and that no question has followed, is not forgotten with its end: the saga
    /// owes a late check then.
    pub fn move_to(&mut self, run: &mut Run, to: State, now: Timestamp, times: &Times) {
        let saga = &mut run.saga;
        let said = saga.resolved.as_ref().map(|said| said.resolution);
        let owes = |attempt: &Attempt| callback::owes_late_check(attempt.status, self.woken, said);
        let late_check = to == State::Released && run.attempt.as_ref().is_some_and(owes);
        assert!(
            saga::is_edge(saga.state, to),
            "I6: a saga goes from {} to {}",
            saga.state.as_str(),
            to.as_str()
        );
        saga.state = to;
        saga.tries = 0;
        saga.ended_at = to.is_end().then_some(now);
        saga.late_check = late_check;
        self.woken &= !to.is_end();
        self.lease_until = if to.is_end() { now } else { now.plus_ms(times.lease_ms) };
        self.next_run_at = self.lease_until;
        self.stuck_since = None;
        self.problem = String::new();
    }

    /// The saga shall run at once; if somebody has it, right after they let go of it. One that has ended owes a late check.
    pub fn wake(&mut self, saga: &mut Saga, now: Timestamp) {
        if saga.state.is_end() && !saga.late_check {
            saga.late_check = true;
            saga.tries = 0;
            self.stuck_since = None;
            self.problem = String::new();
        }
        // Also if nobody has it any more: whoever had it last may still end it, with an answer from before the hint.
        self.woken = true;
        if !self.is_leased(now) {
            self.next_run_at = self.next_run_at.min(now);
        }
    }

    /// Its late check was answered. If another hint came meanwhile, it owes one more.
    pub fn checked(&mut self, saga: &mut Saga, now: Timestamp) {
        saga.late_check = self.woken;
        saga.tries = 0;
        self.woken = false;
        (self.lease_until, self.next_run_at) = (now, now);
        self.stuck_since = None;
        self.problem = String::new();
    }

    /// Its owner lets go of it. What has waited for too long is an operator's from then on: a payment whose outcome
    /// stays unknown, also after the end, and a saga that goes on long after its hold.
    pub fn let_go(&mut self, run: &mut Run, call: &Postpone, now: Timestamp, times: &Times) {
        self.lease_until = now;
        self.next_run_at = if self.woken { now } else { call.next_run_at };
        self.woken = false;
        self.problem.clone_from(&call.problem);
        run.saga.tries = if call.unknown { run.saga.tries.saturating_add(1) } else { 0 };
        let hold_over = run.saga.created_at.plus_ms(times.hold_ms);
        let mut waits_since = if run.saga.state.is_end() { now } else { hold_over };
        if let Some(attempt) = run.attempt.as_mut() {
            attempt.unknown_since = call.unknown.then(|| attempt.unknown_since.unwrap_or(now));
            waits_since = attempt.unknown_since.map_or(waits_since, |since| waits_since.min(since));
        }
        let stuck = now.ms_since(waits_since) >= times.stuck_ms;
        self.stuck_since = stuck.then(|| self.stuck_since.unwrap_or(now));
    }
}
