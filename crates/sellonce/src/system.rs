//! The system's clock and random source: the implementations of the ports `checkout::clock` and `checkout::id`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::id::{Ids, Uuid};

/// The system's clock, read once at start and carried on by the monotonic clock: setting the system's time while the
/// process runs ends no lease and extends no price lock.
pub(crate) struct SystemClock {
    started_at_ms: i64,
    started: Instant,
    /// The latest answer; the clock never goes behind it.
    latest_ms: AtomicI64,
}

impl SystemClock {
    /// Reads the system's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the implementation of the Clock port")]
    pub(crate) fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_at_ms = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
        Self { started_at_ms, started: Instant::now(), latest_ms: AtomicI64::new(started_at_ms) }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = self.started_at_ms.saturating_add(passed);
        let latest = self.latest_ms.fetch_max(now, Ordering::Relaxed);
        Timestamp::from_millis(latest.max(now))
    }

    async fn sleep_ms(&self, ms: i64) {
        if let Ok(ms) = u64::try_from(ms) {
            tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
        }
    }
}

/// The system's random source.
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret16(&self) -> [u8; 16] {
        random()
    }

    fn secret32(&self) -> [u8; 32] {
        random()
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    bytes
}
