//! The clock of a run: nanoseconds from its start, the same in all of its processes.
//!
//! Decides that the kernel's monotonic clock is read, which processes of one machine share and nobody can set.

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Counts from the instant at which it was started; copies and other processes of the machine count the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// The monotonic clock's nanoseconds at the start.
    started_ns: u64,
}

impl Clock {
    /// Starts counting.
    pub(crate) fn start() -> Self {
        Self { started_ns: monotonic_ns() }
    }

    /// Nanoseconds since the start.
    pub(crate) fn now_ns(&self) -> u64 {
        monotonic_ns().saturating_sub(self.started_ns)
    }
}

fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or_default())
}

/// Milliseconds of nanoseconds.
pub(crate) fn ms(ns: u64) -> u64 {
    ns / 1_000_000
}

/// Nanoseconds of a duration.
pub(crate) fn ns(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
