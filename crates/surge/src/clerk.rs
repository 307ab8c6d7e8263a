//! Who looks after orders while buyers buy: a clerk who gives money back, ships and calls off, and an operator who says how
//! payments stand that nobody has an answer on.
//!
//! Decides which orders and which stuck checkouts: those of the run alone. What is done with each is the plan's. Each deed
//! is taken down as the merchant's are. Only a Sellonce has them; the operator works only where the shop is the run's own,
//! because a checkout that hangs does not say whose it is.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::admin::Admin;
use crate::chance::Chance;
use crate::clock::{Clock, ns};
use crate::history::{self, Act, Deed, Event, purchase_of};
use crate::merchant::confirmed;
use crate::plan::{self, Care, Word};
use crate::recorder::Recorder;

/// The mean distance between two orders that are looked after.
const ORDER_EVERY: Duration = Duration::from_millis(150);
/// The mean distance between two looks at the stuck list.
const STUCK_EVERY: Duration = Duration::from_millis(100);

/// What a clerk and an operator at work need.
pub(crate) struct Clerk<'a> {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) admin: &'a Admin,
    pub(crate) recorder: &'a Recorder,
}

impl Clerk<'_> {
    /// Looks after orders until it is over.
    pub(crate) async fn work(&self, mut stopped: watch::Receiver<bool>) {
        let mut chance = Chance::of(self.seed, "orders", 0);
        let mut number = 0;
        while is_on(chance.wait_ns(ns(ORDER_EVERY)), &mut stopped).await {
            // One that cannot be read is not looked after.
            let Ok(page) = self.admin.get("/v1/admin/orders?limit=50").await else { continue };
            let is_ours = |order: &&Value| {
                let email = order["email"].as_str().unwrap_or_default();
                purchase_of(self.seed, email).is_some()
            };
            let orders: Vec<&Value> = page["data"].as_array().into_iter().flatten().filter(is_ours).collect();
            let place = chance.below(u64::try_from(orders.len()).unwrap_or(1));
            let order = usize::try_from(place).ok().and_then(|place| orders.get(place));
            if let Some(order) = order {
                self.look_after(order, number).await;
                number += 1;
            }
        }
    }

    async fn look_after(&self, order: &Value, number: u64) {
        let Some(id) = order["id"].as_str() else { return };
        let (what, body, care) = match plan::care(self.seed, number) {
            Care::Refund { percent } => {
                let total = order["totals"]["total"]["amount"].as_i64().unwrap_or_default();
                let amount = total.saturating_mul(percent) / 100;
                ("refunds", json!({"amount": amount, "reason": "surge"}), history::Care::Refund(amount))
            }
            Care::Ship => {
                let line = |line: &Value| json!({"id": line["id"], "quantity": line["quantity"]});
                let lines = order["lines"].as_array().into_iter().flatten().map(line);
                let lines: Vec<Value> = lines.collect();
                ("shipments", json!({"lines": lines, "tracking": "none"}), history::Care::Ship)
            }
            Care::Cancel => {
                ("transitions", json!({"to": "cancelled", "reason": "surge"}), history::Care::Cancel)
            }
        };
        let began_ns = self.clock.now_ns();
        let path = format!("/v1/admin/orders/{id}/{what}");
        let done = self.admin.act(&path, &format!("surge-{}-care-{number}", self.seed), &body).await;
        // What is refused, such as shipping what was called off, has not happened.
        if let Some(confirmed) = confirmed(&done) {
            self.take_down(began_ns, Deed::Care { order: id.to_owned(), care, confirmed });
        }
    }

    /// Says how stuck payments stand until it is over, each once.
    pub(crate) async fn operate(&self, mut stopped: watch::Receiver<bool>) {
        let mut chance = Chance::of(self.seed, "stuck", 0);
        let mut known = BTreeSet::new();
        while is_on(chance.wait_ns(ns(STUCK_EVERY)), &mut stopped).await {
            let Ok(page) = self.admin.get("/v1/admin/sagas?limit=50").await else { continue };
            let stuck = page["data"].as_array().into_iter().flatten();
            // What is only asked about after its end is the shop's to find out.
            let is_open = |stuck: &&Value| stuck["kind"] == "checkout" && stuck["state"] != "released";
            let stuck = stuck.filter(is_open).filter(|stuck| !stuck["payment_id"].is_null());
            for saga in stuck.filter_map(|stuck| stuck["id"].as_str()) {
                let number = u64::try_from(known.len()).unwrap_or(u64::MAX);
                if known.insert(saga.to_owned()) {
                    self.say(saga, number).await;
                }
            }
        }
    }

    async fn say(&self, saga: &str, number: u64) {
        let said = match plan::word(self.seed, number) {
            Word::Waits => return,
            Word::NotCharged => "not_charged",
            Word::GiveUp => "give_up",
        };
        let began_ns = self.clock.now_ns();
        let path = format!("/v1/admin/sagas/{saga}/resolve");
        let body = json!({"resolution": said, "reason": "surge"});
        let done = self.admin.act(&path, &format!("surge-{}-word-{number}", self.seed), &body).await;
        // By now the payment may have been answered, and then nobody's word is taken.
        if let Some(confirmed) = confirmed(&done) {
            let (saga, said) = (saga.to_owned(), said.to_owned());
            self.take_down(began_ns, Deed::Word { saga, said, confirmed });
        }
    }

    fn take_down(&self, began_ns: u64, deed: Deed) {
        self.recorder.take_down(Event::Act(Act { began_ns, ended_ns: self.clock.now_ns(), deed }));
    }
}

/// Waits, unless it is over before: then says so.
async fn is_on(wait_ns: u64, stopped: &mut watch::Receiver<bool>) -> bool {
    timeout(Duration::from_nanos(wait_ns), stopped.wait_for(|stopped| *stopped)).await.is_err()
}
