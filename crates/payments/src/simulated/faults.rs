//! A provider on a bad day: calls that never arrive, answers that get lost, refusals of the moment; so many of a thousand.
//!
//! Decides which call meets which fault, by a seed: the same calls about the same payment meet the same faults again,
//! whatever happens to other payments meanwhile. Leaves what a call does to the provider behind it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, PaymentProvider, RefundOutcome, Report, Unknown};

use super::draw;

/// How often calls go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Another seed, another day.
    pub seed: u64,
    /// Of a thousand calls, how many never arrive.
    pub lost_per_mille: u32,
    /// Of a thousand calls, how many have their effect, and no answer.
    pub answer_lost_per_mille: u32,
    /// Of a thousand calls, how many are answered 503, without effect.
    pub server_error_per_mille: u32,
    /// Of a thousand calls, how many are answered 429, without effect.
    pub too_many_requests_per_mille: u32,
}

/// The most calls of a thousand that may go wrong: whoever asks twenty times has no answer once in a million.
const PER_MILLE_MAX: u32 = 500;
/// How many payments' calls are counted at once. When there are more, counting begins anew: no fault lasts for ever by it.
const COUNTED_MAX: usize = 100_000;

/// More faults than a checkout could ever get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} of 1000 calls would fail: the rates of the simulated provider's faults may add up to {PER_MILLE_MAX}"
)]
pub struct TooManyFaults(u32);

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Lost,
    AnswerLost,
    ServerError,
    TooManyRequests,
}

impl Faults {
    /// A bad day: of ten calls one never arrives and one loses its answer, of twenty one is answered 503 and one 429.
    pub const fn bad_day(seed: u64) -> Self {
        Self {
            seed,
            lost_per_mille: 100,
            answer_lost_per_mille: 100,
            server_error_per_mille: 50,
            too_many_requests_per_mille: 50,
        }
    }

    /// The rates, if they leave enough calls that go well.
    pub fn checked(self) -> Result<Self, TooManyFaults> {
        let sum = self.rates().iter().fold(0_u32, |sum, (rate, _)| sum.saturating_add(*rate));
        if sum > PER_MILLE_MAX { Err(TooManyFaults(sum)) } else { Ok(self) }
    }

    fn rates(&self) -> [(u32, Fault); 4] {
        [
            (self.lost_per_mille, Fault::Lost),
            (self.answer_lost_per_mille, Fault::AnswerLost),
            (self.server_error_per_mille, Fault::ServerError),
            (self.too_many_requests_per_mille, Fault::TooManyRequests),
        ]
    }

    /// The fault of a payment's call, by how many there were before it.
    fn of(&self, attempt_key: &str, number: u64) -> Option<Fault> {
        let mut drawn = draw::below(self.seed, &["fault", attempt_key, &number.to_string()], 1_000);
        for (rate, fault) in self.rates() {
            let rate = u64::from(rate);
            if drawn < rate {
                return Some(fault);
            }
            drawn = drawn.saturating_sub(rate);
        }
        None
    }
}

/// A provider whose calls meet faults.
pub struct Faulty<P> {
    provider: P,
    faults: Faults,
    /// How many calls there were about each payment.
    calls: Mutex<BTreeMap<String, u64>>,
}

impl<P> Faulty<P> {
    /// Puts faults before a provider.
    pub fn new(provider: P, faults: Faults) -> Self {
        Self { provider, faults, calls: Mutex::default() }
    }

    fn next(&self, attempt_key: String) -> Option<Fault> {
        let mut calls = self.calls.lock().expect("nothing panics while it counts");
        if calls.len() >= COUNTED_MAX {
            calls.clear();
        }
        let number = calls.entry(attempt_key.clone()).or_default();
        *number = number.saturating_add(1);
        self.faults.of(&attempt_key, *number)
    }

    async fn under_faults<T>(
        &self,
        attempt_key: String,
        call: impl Future<Output = Result<T, Unknown>>,
    ) -> Result<T, Unknown> {
        let unknown = |problem: &str| Err(Unknown(problem.to_owned()));
        match self.next(attempt_key) {
            None => call.await,
            Some(Fault::Lost) => unknown("the connection broke off"),
            Some(Fault::AnswerLost) => {
                drop(call.await);
                unknown("the connection broke off before the answer")
            }
            Some(Fault::ServerError) => unknown("it answered 503"),
            Some(Fault::TooManyRequests) => unknown("it answered 429: too many requests"),
        }
    }
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for Faulty<P> {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.under_faults(charge.saga.attempt_key(), self.provider.charge(charge)).await
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        self.under_faults(attempt.saga.attempt_key(), self.provider.find(attempt)).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.under_faults(attempt.saga.attempt_key(), self.provider.cancel(attempt)).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.under_faults(attempt.saga.attempt_key(), self.provider.capture(attempt)).await
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        let call = self.provider.refund(attempt, refund_key, amount);
        self.under_faults(attempt.saga.attempt_key(), call).await
    }
}
