//! The background loops: resume sagas, make refunds, deliver mails, call back for the simulated provider.
//!
//! Decides when the loops look for work and that they end with the process. Leaves what the work is to the
//! coordinator and the mail folder.

use std::sync::Arc;
use std::time::Duration;

use sellonce_checkout::coordinator::Coordinator;
use sellonce_checkout::limits;
use sellonce_checkout::outbox;
use sellonce_checkout::store::Store;
use sellonce_checkout::store::deliveries::{DeliveryResult, MAIL};
use sellonce_delivery::folder::MailFolder;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::provider::Caller;

/// How long the loop that forgets callbacks rests; they are kept for days.
const FORGET_PAUSE_MS: i64 = 60_000;

/// What the loops work with.
#[derive(Clone)]
pub(crate) struct Workers {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) coordinator: Arc<Coordinator>,
    pub(crate) mail: Arc<MailFolder>,
    /// Who sends the simulated provider's callbacks, if that provider is switched on.
    pub(crate) caller: Option<Arc<Caller>>,
}

/// The loops while they run.
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
}

impl Running {
    /// Ends the loops; what they have begun is finished first.
    pub(crate) async fn stop(mut self) {
        // Without receivers the loops have ended already.
        let _ended = self.stop.send(true);
        while self.loops.join_next().await.is_some() {}
    }
}

impl Workers {
    /// Starts the loops.
    pub(crate) fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let mut loops = JoinSet::new();
        let pause = self.store.shop().times.sweep_ms;
        let workers = self.clone();
        loops.spawn(repeat(pause, stopped.clone(), move || workers.clone().resume_sagas()));
        let workers = self.clone();
        loops.spawn(repeat(pause, stopped.clone(), move || workers.clone().make_refunds()));
        let workers = self.clone();
        loops.spawn(repeat(FORGET_PAUSE_MS, stopped.clone(), move || workers.clone().forget_callbacks()));
        let workers = self.clone();
        loops.spawn(repeat(pause, stopped.clone(), move || workers.clone().call_back()));
        loops.spawn(repeat(pause, stopped, move || self.clone().deliver_mails()));
        Running { stop, loops }
    }

    /// Takes over what is due and drives each saga as far as it goes now. Says whether there may be more.
    async fn resume_sagas(self) -> bool {
        let claimed = match self.coordinator.claim(limits::CLAIM_MAX).await {
            Ok(claimed) => claimed,
            Err(failure) => return trouble("sagas cannot be claimed", &failure),
        };
        let full = is_full(claimed.len());
        let mut driven = JoinSet::new();
        for run in claimed {
            let workers = self.clone();
            driven.spawn(async move {
                let id = run.saga.id;
                let now = workers.store.now();
                if let Err(failure) = workers.coordinator.drive(run, now).await {
                    tracing::warn!(saga = %id.0, %failure, "a saga could not go on; it is tried again");
                }
            });
        }
        while driven.join_next().await.is_some() {}
        full
    }

    /// Takes over refunds that are due and makes them, each by itself: one slow answer does not keep the others.
    async fn make_refunds(self) -> bool {
        let claimed = match self.coordinator.claim_refunds(limits::CLAIM_MAX).await {
            Ok(claimed) => claimed,
            Err(failure) => return trouble("refunds cannot be claimed", &failure),
        };
        let full = is_full(claimed.len());
        let mut made = JoinSet::new();
        for due in claimed {
            if due.refund.order.is_none() && due.refund.tries == 0 {
                let (refund, saga) = (due.refund.id.0, due.refund.saga.0);
                tracing::warn!(%refund, %saga, "a payment came after its checkout had ended; it goes back");
            }
            let workers = self.clone();
            made.spawn(async move {
                let id = due.refund.id;
                if let Err(failure) = workers.coordinator.refund(due).await {
                    tracing::warn!(refund = %id.0, %failure, "a refund could not go on; it is tried again");
                }
            });
        }
        while made.join_next().await.is_some() {}
        full
    }

    /// Sends the simulated provider's callbacks, as a real provider would from afar.
    async fn call_back(self) -> bool {
        let Some(caller) = &self.caller else { return false };
        caller.call_back().await.unwrap_or_else(|failure| trouble("callbacks cannot be sent", &failure))
    }

    /// Forgets callbacks that nobody sends again.
    async fn forget_callbacks(self) -> bool {
        match self.coordinator.forget_callbacks().await {
            Ok(forgotten) => forgotten >= u64::from(limits::CLAIM_MAX),
            Err(failure) => trouble("old callbacks cannot be forgotten", &failure),
        }
    }

    async fn deliver_mails(self) -> bool {
        let owner = self.coordinator.owner();
        let claimed = match self.store.claim_deliveries(MAIL, owner, limits::CLAIM_MAX).await {
            Ok(claimed) => claimed,
            Err(failure) => return trouble("deliveries cannot be claimed", &failure),
        };
        let full = is_full(claimed.len());
        for due in claimed {
            let result = match self.mail.deliver(&due).await {
                Ok(()) => DeliveryResult::Delivered,
                Err(problem) => {
                    tracing::warn!(event = %due.event.id.0, %problem, "a mail could not be delivered");
                    outbox::after_failure(due.tries, problem.to_string(), self.store.now())
                }
            };
            if let Err(failure) = self.store.finish_delivery(due.event.id, MAIL, result).await {
                // It is delivered again under the same event id: at least once.
                tracing::warn!(event = %due.event.id.0, %failure, "a delivery could not be noted");
            }
        }
        full
    }
}

/// Runs `work` again and again until the process stops: at once while there is more, else after a pause.
async fn repeat<F>(pause_ms: i64, mut stopped: watch::Receiver<bool>, work: impl Fn() -> F)
where
    F: Future<Output = bool>,
{
    let pause = Duration::from_millis(u64::try_from(pause_ms).unwrap_or(1_000));
    while !*stopped.borrow() {
        if work().await {
            continue;
        }
        // An error means that the sender is gone: the process ends.
        if let Ok(Err(_)) = tokio::time::timeout(pause, stopped.changed()).await {
            return;
        }
    }
}

fn is_full(claimed: usize) -> bool {
    u32::try_from(claimed).is_ok_and(|claimed| claimed >= limits::CLAIM_MAX)
}

fn trouble(what: &str, failure: &sellonce_checkout::store::Failure) -> bool {
    tracing::warn!(%failure, "{what}; trying again");
    false
}
