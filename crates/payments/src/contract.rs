//! The contract of the payment port as a suite: what every provider, and every book of the simulated one, must pass.
//!
//! Decides what is asked of a provider and which answers are wrong. Leaves building one to the tests that call it: a new
//! provider or book gets the whole suite by one call. A case panics where a promise is broken.

pub mod book;
pub mod callbacks;
pub mod cancellations;
pub mod charges;
pub mod refunds;

use std::sync::Arc;

use sellonce_checkout::id::{Ids, RefundId, SagaId};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::{
    Attempt, Capture, Charge, Outcome, PaymentProvider, RefundOutcome, Report, Status, Unknown,
};

/// How often a question is asked before a provider counts as one that never answers.
const ASKED_MAX: usize = 20;

/// A provider under test.
pub struct Subject {
    /// The provider as two servers of one shop have it.
    pub servers: [Arc<dyn PaymentProvider>; 2],
    /// Draws the keys of payments and refunds; new ones in every run if the provider remembers earlier runs.
    pub ids: Arc<dyn Ids>,
    /// What is paid in.
    pub currency: Currency,
    /// Another currency.
    pub other_currency: Currency,
    /// What is paid with.
    pub tokens: Tokens,
}

/// The tokens by which a provider can be told how a payment shall go; without one, its cases are left out.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// Charged.
    pub approved: &'static str,
    /// Refused.
    pub declined: &'static str,
    /// The buyer has to act.
    pub needs_buyer: Option<&'static str>,
    /// Charged, and the first answer is lost.
    pub answer_lost: Option<&'static str>,
    /// The first asking has no effect and no answer.
    pub asking_lost: Option<&'static str>,
}

impl Tokens {
    /// The test tokens of the simulated provider.
    pub const SIMULATED: Self = Self {
        approved: "tok_ok",
        declined: "tok_declined",
        needs_buyer: Some("tok_requires_action"),
        answer_lost: Some("tok_timeout"),
        asking_lost: Some("tok_timeout_not_charged"),
    };
}

/// Asks a provider everything that the contract promises.
pub async fn check(subject: &Subject) {
    charges::check(subject).await;
    cancellations::check(subject).await;
    refunds::check(subject).await;
}

/// One payment that a case makes: each is its own.
struct Payment<'a> {
    subject: &'a Subject,
    charge: Charge,
    attempt: Attempt,
}

/// What every payment of the suite costs, in minor units.
const AMOUNT: i64 = 1_000;

impl<'a> Payment<'a> {
    fn new(subject: &'a Subject, token: &str, capture: Capture) -> Self {
        let saga = SagaId(subject.ids.uuid());
        let amount = money(AMOUNT, subject.currency);
        let zero = Money::zero(subject.currency);
        let charge = Charge { saga, amount, token: token.to_owned(), capture };
        let attempt = Attempt {
            saga,
            provider: "under_test".to_owned(),
            token: token.to_owned(),
            amount,
            capture,
            status: Status::Created,
            captured: zero,
            refunded: zero,
            refund_pending: zero,
            provider_reference: None,
            unknown_since: None,
        };
        Self { subject, charge, attempt }
    }

    /// A payment that was charged and went through.
    async fn approved(subject: &'a Subject, capture: Capture) -> Self {
        let payment = Self::new(subject, subject.tokens.approved, capture);
        let expected = match capture {
            Capture::Automatic => Outcome::Captured,
            Capture::Manual => Outcome::Authorized,
        };
        assert_eq!(payment.charge(0).await, expected, "the token for approval is approved");
        payment
    }

    /// Asks one server to charge, once.
    async fn charge_once(&self, server: usize) -> Result<Outcome, Unknown> {
        let report = self.subject.servers[server].charge(&self.charge).await?;
        Ok(self.outcome(report))
    }

    async fn charge(&self, server: usize) -> Outcome {
        known(async || self.charge_once(server).await).await
    }

    async fn find(&self, server: usize) -> Option<Outcome> {
        let found = known(async || self.subject.servers[server].find(&self.attempt).await).await;
        found.map(|report| self.outcome(report))
    }

    async fn cancel(&self, server: usize) -> Outcome {
        self.outcome(known(async || self.subject.servers[server].cancel(&self.attempt).await).await)
    }

    async fn capture(&self, server: usize) -> Outcome {
        self.outcome(known(async || self.subject.servers[server].capture(&self.attempt).await).await)
    }

    async fn refund_money(&self, server: usize, key: &str, amount: Money) -> RefundOutcome {
        known(async || self.subject.servers[server].refund(&self.attempt, key, amount).await).await
    }

    /// Whether an amount in minor units went back.
    async fn refund(&self, server: usize, key: &str, minor: i64) -> bool {
        let outcome = self.refund_money(server, key, money(minor, self.subject.currency)).await;
        outcome == RefundOutcome::Refunded
    }

    fn refund_key(&self) -> String {
        RefundId(self.subject.ids.uuid()).to_string()
    }

    /// How the payment stands by a report, which must be of this payment.
    fn outcome(&self, report: Report) -> Outcome {
        assert_eq!(report.attempt_key, self.charge.saga.attempt_key(), "a report carries its payment's key");
        assert_eq!(
            report.amount,
            money(AMOUNT, self.subject.currency),
            "the amount is that of the first asking"
        );
        assert!(!report.reference.is_empty(), "a payment has a name at its provider");
        report.outcome
    }
}

/// Asks until there is an answer.
async fn known<T>(ask: impl AsyncFn() -> Result<T, Unknown>) -> T {
    for _ in 0..ASKED_MAX {
        if let Ok(answer) = ask().await {
            return answer;
        }
    }
    panic!("asked {ASKED_MAX} times, the provider never answered");
}

fn money(minor: i64, currency: Currency) -> Money {
    Money::new(minor, currency).expect("the suite's amounts are small")
}
