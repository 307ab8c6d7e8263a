//! Giving money back: the refunds that orders start, and the one that undoes the payment of a saga.
//!
//! Leaves what may go back to `order::change`, and when it is asked for again to the store.

use crate::coordinator::Coordinator;
use crate::coordinator::drive::seen;
use crate::id::EventId;
use crate::payment::{Attempt, Outcome, PaymentProvider, RefundOutcome, Report, Unknown};
use crate::store::Failure;
use crate::store::orders::{Refund, RefundResult};

impl Coordinator {
    /// Takes over refunds that are due; the caller makes each.
    pub async fn claim_refunds(&self, limit: u32) -> Result<Vec<Refund>, Failure> {
        self.store.claim_refunds(self.owner, limit).await
    }

    /// Makes a refund, or tries to; the store remembers how it went.
    pub async fn refund(&self, refund: Refund) -> Result<(), Failure> {
        let result = match self.providers.get(&refund.attempt.provider) {
            None => RefundResult::Unknown(format!(
                "payment provider `{}` is not switched on",
                refund.attempt.provider
            )),
            Some(provider) => {
                let key = refund.id.to_string();
                match provider.refund(&refund.attempt, &key, refund.amount).await {
                    Ok(RefundOutcome::Refunded) => RefundResult::Refunded(EventId(self.ids.uuid())),
                    Ok(RefundOutcome::Refused(code)) => RefundResult::Refused(code),
                    Err(Unknown(problem)) => RefundResult::Unknown(problem),
                }
            }
        };
        self.store.finish_refund(refund.id, result).await?;
        Ok(())
    }

    /// Gives back all that the provider took, which may differ from what it should have taken.
    pub(super) async fn refund_all(
        &self,
        provider: &dyn PaymentProvider,
        attempt: &Attempt,
    ) -> Result<Report, Unknown> {
        let report = seen(provider.find(attempt).await)?;
        if report.outcome == Outcome::Refunded {
            return Ok(report);
        }
        let key = format!("{}-refund", attempt.saga.attempt_key());
        match provider.refund(attempt, &key, report.amount).await? {
            RefundOutcome::Refunded => Ok(Report { outcome: Outcome::Refunded, ..report }),
            RefundOutcome::Refused(code) => Err(Unknown(format!("the refund was refused: {code}"))),
        }
    }
}
