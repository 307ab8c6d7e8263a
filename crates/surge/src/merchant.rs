//! The merchant, while buyers buy: changes prices, receives goods, takes some away.
//!
//! Decides nothing: the errands are the plan's. Each is taken down with whether the shop confirmed it; one that it did
//! not confirm is asked again under the same key, so that in the end it is known.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::admin::AdminError;
use crate::chance::Chance;
use crate::clock::{Clock, ns};
use crate::history::{Act, Deed, Event, Good, Money};
use crate::keeper::Keeper;
use crate::plan::{Errand, errand};
use crate::recorder::Recorder;

/// The mean distance between two errands.
const EVERY: Duration = Duration::from_millis(300);

/// What a merchant at work needs.
pub(crate) struct Merchant<'a> {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) keeper: &'a Keeper,
    pub(crate) goods: &'a [Good],
    pub(crate) recorder: &'a Recorder,
}

impl Merchant<'_> {
    /// Runs errands until it is over.
    pub(crate) async fn work(&self, mut stopped: watch::Receiver<bool>) {
        let mut chance = Chance::of(self.seed, "errands", 0);
        for number in 0_u64.. {
            let wait = Duration::from_nanos(chance.wait_ns(ns(EVERY)));
            if timeout(wait, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
                return;
            }
            let began_ns = self.clock.now_ns();
            if let Some(deed) = self.run(errand(self.seed, self.goods.len(), number), number).await {
                let act = Act { began_ns, ended_ns: self.clock.now_ns(), deed };
                self.recorder.take_down(Event::Act(act));
            }
        }
    }

    /// Runs one errand; `None` if the shop refused it, so that nothing happened.
    async fn run(&self, errand: Errand, number: u64) -> Option<Deed> {
        match errand {
            Errand::Price { sku, percent } => {
                let Good { sku, price, .. } = &self.goods[sku];
                let now = Money { amount: price.amount * percent / 100, currency: price.currency.clone() };
                let set = self.keeper.set_price(sku, &now).await;
                let confirmed = confirmed(&set)?;
                Some(Deed::Price { sku: sku.clone(), was: set.ok().flatten(), now, confirmed })
            }
            Errand::Stock { sku, units } => {
                let sku = &self.goods[sku].sku;
                let moved =
                    self.keeper.move_stock(sku, units, &format!("surge-{}-errand-{number}", self.seed)).await;
                let confirmed = confirmed(&moved)?;
                Some(Deed::Stock { sku: sku.clone(), units, version: moved.ok().flatten(), confirmed })
            }
        }
    }
}

/// Whether the shop confirmed something; `None` if it refused it, so that nothing happened.
pub(crate) fn confirmed<T>(result: &Result<T, AdminError>) -> Option<bool> {
    match result {
        Ok(_) => Some(true),
        Err(AdminError::Silent(_)) => Some(false),
        Err(AdminError::Refused { .. }) => None,
    }
}
