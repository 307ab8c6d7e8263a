//! The lanes in which calls wait, and the estimate of how long.
//!
//! Decides who is admitted, and which lane is drained next. Leaves locks and threads to the pipeline.

use std::collections::VecDeque;
use std::time::Duration;

use sellonce_checkout::limits;
use sellonce_checkout::store::Failure;

/// Whose books a call writes; calls of two lanes never share a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The shop's own.
    Shop,
    /// The simulated payment provider's.
    Book,
    /// The shop's, too, but nothing of stock or limits, and nobody waits for it.
    Aside,
}

impl Lane {
    /// The name in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Book => "book",
            Self::Aside => "aside",
        }
    }

    /// Whose turn it is after this one.
    fn next(self) -> Self {
        match self {
            Self::Shop => Self::Book,
            Self::Book => Self::Aside,
            Self::Aside => Self::Shop,
        }
    }
}

/// What one lane has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneCounts {
    /// Transactions that were begun.
    pub flushes: u64,
    /// Those that had something to commit, and did.
    pub commits: u64,
    /// Calls that were run; those of a flush that was run again in halves count each time.
    pub calls: u64,
}

impl LaneCounts {
    fn and(self, other: Self) -> Self {
        Self {
            flushes: self.flushes + other.flushes,
            commits: self.commits + other.commits,
            calls: self.calls + other.calls,
        }
    }
}

/// What the pipeline has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// For the shop.
    pub shop: LaneCounts,
    /// For the simulated provider's book.
    pub book: LaneCounts,
    /// For the shop's calls that run aside, where the database has a connection of their own for them.
    pub aside: LaneCounts,
    /// Calls that were refused because they would have waited too long.
    pub shed: u64,
}

impl Counts {
    fn lane(&mut self, lane: Lane) -> &mut LaneCounts {
        match lane {
            Lane::Shop => &mut self.shop,
            Lane::Book => &mut self.book,
            Lane::Aside => &mut self.aside,
        }
    }

    /// What two pipelines of one store have done together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            shop: self.shop.and(other.shop),
            book: self.book.and(other.book),
            aside: self.aside.and(other.aside),
            shed: self.shed + other.shed,
        }
    }
}

/// A transaction that was run.
#[derive(Clone, Copy)]
pub(crate) struct Transaction {
    /// The calls in it.
    pub(crate) calls: usize,
    /// Whether it had something to commit, and did.
    pub(crate) committed: bool,
    /// How long it took.
    pub(crate) took: Duration,
}

/// The calls that wait.
pub(crate) struct Lanes<J> {
    shop: VecDeque<J>,
    book: VecDeque<J>,
    aside: VecDeque<J>,
    drained_last: Lane,
    closed: bool,
    /// Whether the writer sleeps and has to be woken.
    resting: bool,
    /// Whether a transaction is being written.
    writing: bool,
    /// How long a flush takes of late, in microseconds.
    flush_micros: i64,
    counts: Counts,
}

impl<J> Lanes<J> {
    pub(crate) fn new() -> Self {
        Self {
            shop: VecDeque::new(),
            book: VecDeque::new(),
            aside: VecDeque::new(),
            drained_last: Lane::Aside,
            closed: false,
            resting: false,
            writing: false,
            flush_micros: 0,
            counts: Counts::default(),
        }
    }

    /// Queues a call, or refuses it; says whether the writer has to be woken.
    pub(crate) fn admit(
        &mut self,
        lane: Lane,
        queue_wait_ms: i64,
        make: impl FnOnce() -> J,
    ) -> Result<bool, Failure> {
        if self.closed {
            return Err(Failure::Unavailable("the store is closed".to_owned()));
        }
        let waiting = self.shop.len() + self.book.len() + self.aside.len();
        let wait_ms = self.wait_ms(waiting);
        if wait_ms > queue_wait_ms || waiting >= limits::QUEUE_CALLS_MAX {
            self.counts.shed += 1;
            return Err(Failure::Overloaded { retry_after_ms: self.retry_after_ms(wait_ms) });
        }
        self.lane(lane).push_back(make());
        Ok(std::mem::take(&mut self.resting))
    }

    /// How long a call that arrives now would wait: for the flush that is being written, and those before its own. A
    /// flush takes about the same time however full it is, because it is the fsync that takes it. Who finds nobody
    /// before them never waits, so that a slow moment in the past cannot keep everybody out.
    fn wait_ms(&self, waiting: usize) -> i64 {
        if waiting == 0 && !self.writing {
            return 0;
        }
        let flushes = i64::try_from(1 + waiting / limits::FLUSH_CALLS_MAX).unwrap_or(i64::MAX);
        flushes.saturating_mul(self.flush_micros) / 1_000
    }

    /// When to come back: not before half of the wait, and not everybody at the same time.
    fn retry_after_ms(&self, wait_ms: i64) -> i64 {
        let half = wait_ms.clamp(200, 10_000) / 2;
        // Successive multiples of the golden ratio spread evenly over an interval, with nothing drawn at random.
        let step = self.counts.shed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        half + i64::try_from(step).unwrap_or(0) * half / (1 << 32)
    }

    /// The calls of the next flush: all that wait in a lane, up to a limit. Lanes that have calls take turns.
    pub(crate) fn drain(&mut self) -> Option<(Lane, Vec<J>)> {
        let first = self.drained_last.next();
        let turns = [first, first.next(), first.next().next()];
        let lane = turns.into_iter().find(|lane| !self.lane(*lane).is_empty())?;
        let queue = self.lane(lane);
        let calls = queue.len().min(limits::FLUSH_CALLS_MAX);
        let jobs = queue.drain(..calls).collect();
        self.drained_last = lane;
        self.writing = true;
        Some((lane, jobs))
    }

    /// Counts a transaction, before its callers are answered: who comes after an answer no longer waits for its flush.
    pub(crate) fn count(&mut self, lane: Lane, transaction: Transaction) {
        self.writing = false;
        let counts = self.counts.lane(lane);
        counts.flushes += 1;
        counts.commits += u64::from(transaction.committed);
        counts.calls += u64::try_from(transaction.calls).unwrap_or(u64::MAX);
        let micros = i64::try_from(transaction.took.as_micros()).unwrap_or(i64::MAX);
        // The latest counts for half, so that the estimate follows within a few flushes.
        self.flush_micros = i64::midpoint(self.flush_micros, micros);
    }

    /// Notes that the writer sleeps.
    pub(crate) fn rest(&mut self) {
        self.resting = true;
    }

    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Closes the lanes and hands out what was still waiting in them.
    pub(crate) fn abandon(&mut self) -> Vec<J> {
        self.closed = true;
        self.shop.drain(..).chain(self.book.drain(..)).chain(self.aside.drain(..)).collect()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    fn lane(&mut self, lane: Lane) -> &mut VecDeque<J> {
        match lane {
            Lane::Shop => &mut self.shop,
            Lane::Book => &mut self.book,
            Lane::Aside => &mut self.aside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_take_turns_and_are_never_drained_together() {
        let mut lanes = Lanes::new();
        for call in 0..4 {
            let lane = if call % 2 == 0 { Lane::Shop } else { Lane::Book };
            assert!(lanes.admit(lane, 5_000, || call).is_ok());
        }
        assert_eq!(lanes.drain(), Some((Lane::Shop, vec![0, 2])));
        assert!(lanes.admit(Lane::Shop, 5_000, || 4).is_ok());
        assert_eq!(lanes.drain(), Some((Lane::Book, vec![1, 3])));
        assert_eq!(lanes.drain(), Some((Lane::Shop, vec![4])));
        assert_eq!(lanes.drain(), None);
    }

    #[test]
    fn who_would_wait_too_long_is_refused_and_told_another_time_than_the_one_before() {
        let mut lanes = Lanes::new();
        let took = Duration::from_millis(900);
        (0..16).for_each(|_| lanes.count(Lane::Shop, Transaction { calls: 1, committed: true, took }));
        let mut admitted = 0;
        let refused = loop {
            match lanes.admit(Lane::Shop, 5_000, || ()) {
                Ok(_) => admitted += 1,
                Err(refused) => break refused,
            }
        };
        assert_eq!(
            admitted,
            5 * limits::FLUSH_CALLS_MAX,
            "five flushes of 0.9 s are within 5 s, the sixth is not"
        );
        let again = lanes.admit(Lane::Book, 5_000, || ()).err();
        let retry = |failure: &Failure| {
            let Failure::Overloaded { retry_after_ms } = failure else { panic!("{failure}") };
            *retry_after_ms
        };
        let (first, second) = (retry(&refused), retry(&again.expect("it is refused, too")));
        assert_ne!(first, second);
        for retry_ms in [first, second] {
            assert!((2_500..=5_500).contains(&retry_ms), "{retry_ms}");
        }
        assert_eq!(lanes.counts().shed, 2);
    }

    #[test]
    fn a_slow_moment_in_the_past_keeps_nobody_out() {
        let mut lanes = Lanes::new();
        let took = Duration::from_secs(60);
        lanes.count(Lane::Shop, Transaction { calls: 1, committed: true, took });
        assert!(lanes.admit(Lane::Shop, 5_000, || ()).is_ok());
    }

    #[test]
    fn a_closed_lane_finishes_what_waits_and_takes_no_more() {
        let mut lanes = Lanes::new();
        assert!(lanes.admit(Lane::Shop, 5_000, || 1).is_ok());
        lanes.close();
        assert!(matches!(lanes.admit(Lane::Shop, 5_000, || 2), Err(Failure::Unavailable(_))));
        assert_eq!(lanes.drain(), Some((Lane::Shop, vec![1])));
    }
}
