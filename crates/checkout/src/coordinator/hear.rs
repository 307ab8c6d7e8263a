//! Hearing what a payment provider calls back about, and asking about payments whose saga has ended.
//!
//! A callback decides nothing: it wakes the saga, which asks the provider. So does one about a saga that has ended, as its
//! late check; money that came after the end goes back.

use crate::callback::{self, Callback, Heard, Late, LateCapture};
use crate::coordinator::drive::from;
use crate::coordinator::{Coordinator, Driven};
use crate::id::RefundId;
use crate::payment::{Attempt, PaymentProvider, Unknown};
use crate::saga;
use crate::store::Failure;
use crate::store::sagas::{LateCheck, Moved, Run};

impl Coordinator {
    /// Hears a callback that is truly its provider's. What was heard is durable: it may be acknowledged.
    pub async fn hear(&self, callback: Callback) -> Result<Heard, Failure> {
        self.store.hear(callback).await
    }

    /// Asks the provider whether money came after the end of a saga, as long as it owes that question.
    pub(super) async fn check_late(&self, run: Run) -> Result<Driven, Failure> {
        let Some(attempt) = run.attempt.as_ref().filter(|_| run.saga.late_check) else {
            return self.ended(run).await;
        };
        let asked = match self.provider(attempt) {
            Err(problem) => Err(Unknown(problem)),
            Ok(provider) => captured_late(provider, attempt).await,
        };
        let reference = match asked {
            Ok(reference) => reference,
            Err(Unknown(problem)) => {
                let at = saga::retry_at(self.store.now(), run.saga.tries, &self.store.shop().times);
                return self.let_go(run, at, Some(problem)).await;
            }
        };
        let captured =
            reference.map(|reference| LateCapture { reference, refund: RefundId(self.ids.uuid()) });
        let call = LateCheck { from: from(&run), captured };
        match self.store.finish_late_check(call).await? {
            Moved::Done(()) => self.ended(run).await,
            Moved::Lost => self.after_losing(&run).await,
        }
    }

    /// Forgets callbacks that came long ago; tells how many.
    pub async fn forget_callbacks(&self) -> Result<u64, Failure> {
        self.store.forget_callbacks().await
    }
}

/// The provider's name of a payment that it has taken although its saga had ended. What it only holds is given back, and what
/// it has not seen it is told never to make: a charge may still be on its way.
async fn captured_late(provider: &dyn PaymentProvider, attempt: &Attempt) -> Result<Option<String>, Unknown> {
    let found = provider.find(attempt).await?;
    let report = match found.filter(|report| callback::judge_late(report) != Late::Cancel) {
        Some(report) => report,
        None => provider.cancel(attempt).await?,
    };
    match callback::judge_late(&report) {
        Late::Refund => Ok(Some(report.reference)),
        Late::Nothing => Ok(None),
        Late::Cancel => Err(Unknown("the provider did not cancel".to_owned())),
    }
}
