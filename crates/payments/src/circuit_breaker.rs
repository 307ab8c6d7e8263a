//! The circuit breaker of a provider: one that answers nobody is hardly asked, until it answers somebody.
//!
//! Decides which calls reach a provider that has answered none of the last ones. Leaves asking again to the coordinator: a
//! call that is not let through has no effect, and its outcome is unknown as that of any other without an answer.
//!
//! Every payment under way is asked for again and again, so what a provider that is down would hear grows with how many
//! wait for it, just when it has to come back. Here it hears one call in a second from each server, however many wait, and
//! the first answer lets all of them through. (The pattern is Nygard's, "Release It!".)

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};

/// After how many calls in a row without an answer a provider is spared. Of one that answers two of three calls, so many
/// go without an answer once in three billion times.
const UNANSWERED_MAX: u32 = 20;
/// How often a provider that is spared is asked all the same.
const PROBE_MS: i64 = 1_000;

/// A provider that is spared while it answers nobody.
pub struct CircuitBreaker<P> {
    provider: P,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

/// What was seen of the provider lately.
struct Seen {
    /// How many calls in a row had no answer.
    unanswered: u32,
    /// From when on the next one is let through, if too many had none.
    probe_at: Timestamp,
}

impl<P> CircuitBreaker<P> {
    /// Spares a provider; one that each of its calls ends in time, such as [`crate::time_limit::TimeLimited`].
    pub fn new(provider: P, clock: Arc<dyn Clock>) -> Self {
        let seen = Seen { unanswered: 0, probe_at: Timestamp::from_millis(0) };
        Self { provider, clock, seen: Mutex::new(seen) }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics while it looks")
    }

    fn lets_through(&self) -> bool {
        let now = self.clock.now();
        let mut seen = self.seen();
        if seen.unanswered < UNANSWERED_MAX {
            return true;
        }
        let is_probe = seen.probe_at <= now;
        if is_probe {
            seen.probe_at = now.plus_ms(PROBE_MS);
        }
        is_probe
    }

    async fn guarded<T>(&self, call: impl Future<Output = Result<T, Unknown>>) -> Result<T, Unknown> {
        if !self.lets_through() {
            return Err(Unknown(format!("it was not asked, for it answered none of {UNANSWERED_MAX} calls")));
        }
        let answer = call.await;
        let mut seen = self.seen();
        seen.unanswered = if answer.is_ok() { 0 } else { seen.unanswered.saturating_add(1) };
        answer
    }
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for CircuitBreaker<P> {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.guarded(self.provider.charge(charge)).await
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        self.guarded(self.provider.find(attempt)).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.guarded(self.provider.cancel(attempt)).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.guarded(self.provider.capture(attempt)).await
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        self.guarded(self.provider.refund(attempt, refund_key, amount)).await
    }
}
