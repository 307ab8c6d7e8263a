//! The database's clock, as far as a server knows it between two looks.
//!
//! Decides how the instants of a database are carried on by the process's own clock, so that expiries and leases are
//! compared with the same clock on all servers. Leaves looking at it to the engine, which does so in every flush.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};

/// The clock of a database. Never goes backwards while the process lives.
pub(super) struct DatabaseClock {
    own: Arc<dyn Clock>,
    /// How much the database's clock is ahead of the process's.
    ahead_ms: AtomicI64,
    latest_ms: AtomicI64,
}

impl DatabaseClock {
    /// A clock that goes as the process's own until the database's was looked at.
    pub(super) fn new(own: Arc<dyn Clock>) -> Self {
        Self { own, ahead_ms: AtomicI64::new(0), latest_ms: AtomicI64::new(i64::MIN) }
    }

    /// Notes what the database's clock showed just now; returns the instant from then on.
    pub(super) fn set(&self, shown: Timestamp) -> Timestamp {
        self.ahead_ms.store(shown.ms_since(self.own.now()), Ordering::Relaxed);
        self.now()
    }
}

#[async_trait]
impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let now = self.own.now().plus_ms(self.ahead_ms.load(Ordering::Relaxed)).millis();
        let latest = self.latest_ms.fetch_max(now, Ordering::Relaxed);
        Timestamp::from_millis(latest.max(now))
    }

    async fn sleep_ms(&self, ms: i64) {
        self.own.sleep_ms(ms).await;
    }
}
