//! Giving money back: the refunds that orders start, and the one that undoes the payment of a saga.
//!
//! Leaves what may go back to `order::change`, and when it is asked for again to the store.

use crate::coordinator::Coordinator;
use crate::coordinator::drive::seen;
use crate::id::EventId;
use crate::payment::{Attempt, Outcome, PaymentProvider, RefundOutcome, Report, Unknown};
use crate::refund::{self, Refund};
#[cfg(feature = "sabotage")]
use crate::sabotage::{self, Sabotage};
use crate::store::Failure;
use crate::store::orders::DueRefund;

impl Coordinator {
    /// Takes over refunds that are due; the caller makes each.
    pub async fn claim_refunds(&self, limit: u32) -> Result<Vec<DueRefund>, Failure> {
        self.store.claim_refunds(self.owner, limit).await
    }

    /// Makes a refund, or tries to; the store remembers how it went.
    pub async fn refund(&self, due: DueRefund) -> Result<(), Failure> {
        let DueRefund { refund, attempt } = due;
        let outcome = match self.provider(&attempt) {
            Err(problem) => refund::Outcome::Unknown(problem),
            Ok(provider) => match self.give_money_back(provider, &refund, &attempt).await {
                Ok(RefundOutcome::Refunded) => refund::Outcome::Refunded(EventId(self.ids.uuid())),
                Ok(RefundOutcome::Refused(code)) => refund::Outcome::Refused(code),
                Err(Unknown(problem)) => refund::Outcome::Unknown(problem),
            },
        };
        self.store.finish_refund(refund.id, outcome).await?;
        Ok(())
    }

    /// A refund of an order names its amount; one without an order is of all that there is.
    async fn give_money_back(
        &self,
        provider: &dyn PaymentProvider,
        refund: &Refund,
        attempt: &Attempt,
    ) -> Result<RefundOutcome, Unknown> {
        let key = refund.id.to_string();
        match refund.order {
            Some(_) => {
                #[cfg(feature = "sabotage")]
                if sabotage::is(Sabotage::RefundPostedTwice) {
                    drop(provider.refund(attempt, &format!("{key}-again"), refund.amount).await);
                }
                provider.refund(attempt, &key, refund.amount).await
            }
            None => refund_whole(provider, attempt, &key).await.map(|(outcome, _)| outcome),
        }
    }

    /// Gives back all of a saga's payment, as its compensation; a refusal is asked again.
    pub(super) async fn refund_all(
        &self,
        provider: &dyn PaymentProvider,
        attempt: &Attempt,
    ) -> Result<Report, Unknown> {
        let key = format!("{}-refund", attempt.saga.attempt_key());
        match refund_whole(provider, attempt, &key).await? {
            (RefundOutcome::Refunded, report) => Ok(report),
            (RefundOutcome::Refused(code), _) => Err(Unknown(format!("the refund was refused: {code}"))),
        }
    }
}

/// Gives back all that the provider took, which may differ from what it should have taken; how it stands then.
async fn refund_whole(
    provider: &dyn PaymentProvider,
    attempt: &Attempt,
    key: &str,
) -> Result<(RefundOutcome, Report), Unknown> {
    let report = seen(provider.find(attempt).await)?;
    if report.outcome == Outcome::Refunded {
        return Ok((RefundOutcome::Refunded, report));
    }
    let outcome = provider.refund(attempt, key, report.amount).await?;
    Ok((outcome, Report { outcome: Outcome::Refunded, ..report }))
}
