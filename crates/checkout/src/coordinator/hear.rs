//! Hearing what a payment provider calls back about.
//!
//! A callback decides nothing: it wakes the saga, which asks the provider. If the saga has ended, the provider is asked
//! here; money that came after the end goes back.

use crate::callback::{self, Callback, Late, LateCapture};
use crate::coordinator::Coordinator;
use crate::id::RefundId;
use crate::payment::{Attempt, PaymentProvider, Unknown};
use crate::store::Failure;
use crate::store::sagas::Run;

/// What came of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It names no payment of that provider; it is kept, and nothing follows.
    UnknownReference,
    /// It came before.
    Duplicate,
    /// The saga was woken; a background loop runs it.
    Woken,
    /// The saga has ended, and the books have its payment as it is.
    Settled,
    /// The payment turned out captured after the saga had ended; it is being given back.
    Refunding(RefundId),
    /// The saga has ended, and the provider did not say how the payment stands. The callback must not be acknowledged:
    /// its provider sends it again, and then it is asked again.
    NoAnswer(String),
}

impl Coordinator {
    /// Hears a callback that is truly its provider's.
    pub async fn hear(&self, callback: Callback) -> Result<Heard, Failure> {
        match self.store.hear(callback).await? {
            callback::Heard::UnknownReference => Ok(Heard::UnknownReference),
            callback::Heard::Duplicate => Ok(Heard::Duplicate),
            callback::Heard::Woken => Ok(Heard::Woken),
            callback::Heard::Ended(run) => self.after_the_end(&run).await,
        }
    }

    async fn after_the_end(&self, run: &Run) -> Result<Heard, Failure> {
        let Some(attempt) = run.attempt.as_ref().filter(|_| callback::may_be_late(run)) else {
            return Ok(Heard::Settled);
        };
        let asked = match self.provider(attempt) {
            Err(problem) => Err(Unknown(problem)),
            Ok(provider) => captured_late(provider, attempt).await,
        };
        let reference = match asked {
            Err(Unknown(problem)) => return Ok(Heard::NoAnswer(problem)),
            Ok(None) => return Ok(Heard::Settled),
            Ok(Some(reference)) => reference,
        };
        let refund = RefundId(self.ids.uuid());
        let call = LateCapture { saga: run.saga.id, reference, refund };
        let began = self.store.refund_late_capture(call).await?;
        Ok(if began { Heard::Refunding(refund) } else { Heard::Settled })
    }

    /// Forgets callbacks that came long ago; tells how many.
    pub async fn forget_callbacks(&self) -> Result<u64, Failure> {
        self.store.forget_callbacks().await
    }
}

/// The provider's name of a payment that it has taken although its saga had ended. What it only holds is given back.
async fn captured_late(provider: &dyn PaymentProvider, attempt: &Attempt) -> Result<Option<String>, Unknown> {
    let Some(mut report) = provider.find(attempt).await? else { return Ok(None) };
    if callback::judge_late(&report) == Late::Cancel {
        report = provider.cancel(attempt).await?;
    }
    match callback::judge_late(&report) {
        Late::Refund => Ok(Some(report.reference)),
        Late::Nothing => Ok(None),
        Late::Cancel => Err(Unknown("the provider did not cancel".to_owned())),
    }
}
