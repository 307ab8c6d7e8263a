//! The time limit of provider calls: whoever does not answer in time has not answered.
//!
//! Decides that a late answer is none, and that nothing follows from it: the call may have had its effect. Leaves asking
//! again to the coordinator. The limit runs on the port `Clock`, so that a simulated provider can be late in no time.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use sellonce_checkout::clock::Clock;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};

/// A provider each of whose calls ends within the limit: with its answer, or unknown.
pub struct TimeLimited<P> {
    provider: P,
    clock: Arc<dyn Clock>,
    call_ms: i64,
}

impl<P> TimeLimited<P> {
    /// Limits a provider's calls to `call_ms` ([`sellonce_checkout::limits::Times::payment_call_ms`]).
    pub fn new(provider: P, clock: Arc<dyn Clock>, call_ms: i64) -> Self {
        Self { provider, clock, call_ms }
    }

    async fn limited<T>(&self, call: impl Future<Output = Result<T, Unknown>> + Unpin) -> Result<T, Unknown> {
        // The call is looked at first: an answer that is there when the time is up counts.
        match select(call, self.clock.sleep_ms(self.call_ms)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(Unknown(format!("nothing was heard for {} ms", self.call_ms))),
        }
    }
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for TimeLimited<P> {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.limited(self.provider.charge(charge)).await
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        self.limited(self.provider.find(attempt)).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.limited(self.provider.cancel(attempt)).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.limited(self.provider.capture(attempt)).await
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        self.limited(self.provider.refund(attempt, refund_key, amount)).await
    }
}
