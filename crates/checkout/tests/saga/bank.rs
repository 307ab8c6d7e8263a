//! A payment provider that does what a payment's token says, with a book of its own.
//!
//! Decides how a charge ends and which answers are lost. Keeps the contract of the port, and holds the shop to its part
//! of it: the same key is always asked with the same amount and token, and never before the shop has written it down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{
    Attempt, Capture, Charge, Outcome, PaymentProvider, RefundOutcome, Report, Unknown,
};
use sellonce_checkout::store::Store;

use crate::script::{Script, Wish};
use crate::time::StandingClock;

/// The provider's name in requests.
pub(crate) const NAME: &str = "bank";

/// How a payment stands in the bank's book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Asked for, and nothing booked.
    Nothing,
    Waiting,
    Authorized,
    Captured,
    Declined,
    Cancelled,
    Voided,
}

/// A payment in the bank's book.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) standing: Standing,
    /// What the bank has booked, which a token can make another amount than was asked for.
    pub(crate) amount: Money,
    /// What went back, by refund key.
    pub(crate) refunds: BTreeMap<String, Money>,
    /// How often it was asked to charge.
    pub(crate) asked: u32,
    /// Whether it was asked to cancel.
    called_off: bool,
    asked_for: Option<(Money, String, Capture)>,
    capture: Capture,
    script: Script,
}

impl Payment {
    pub(crate) fn refunded_minor(&self) -> i64 {
        self.refunds.values().map(|amount| amount.minor()).sum()
    }

    /// What the bank has taken and not given back.
    pub(crate) fn kept_minor(&self) -> i64 {
        let taken = if self.standing == Standing::Captured { self.amount.minor() } else { 0 };
        taken - self.refunded_minor()
    }

    fn book(&mut self) {
        self.standing = match self.script.wish {
            Wish::Approve => taken(self.capture),
            Wish::ApproveAtOnce => Standing::Captured,
            Wish::Decline => Standing::Declined,
            Wish::Authorize => Standing::Authorized,
            Wish::Act => Standing::Waiting,
        };
    }

    fn report(&self, key: &str) -> Option<Report> {
        let whole = self.refunded_minor() == self.amount.minor();
        let outcome = match self.standing {
            Standing::Nothing => return None,
            Standing::Captured if whole && !self.refunds.is_empty() => Outcome::Refunded,
            Standing::Captured => Outcome::Captured,
            Standing::Authorized => Outcome::Authorized,
            Standing::Waiting => Outcome::RequiresAction(format!("https://bank.example/{key}")),
            Standing::Declined => Outcome::Declined("insufficient_funds".to_owned()),
            Standing::Cancelled => Outcome::Cancelled,
            Standing::Voided => Outcome::Voided,
        };
        let (attempt_key, amount, reference) = (key.to_owned(), self.amount, format!("bank-{key}"));
        Some(Report { attempt_key, amount, reference, outcome })
    }
}

/// The bank.
pub(crate) struct Bank {
    clock: Arc<StandingClock>,
    store: Arc<dyn Store>,
    book: Mutex<BTreeMap<String, Payment>>,
    /// Answers nobody, whatever it books.
    mute: Mutex<bool>,
}

impl Bank {
    pub(crate) fn new(clock: Arc<StandingClock>, store: Arc<dyn Store>) -> Self {
        Self { clock, store, book: Mutex::default(), mute: Mutex::new(false) }
    }

    /// Every payment by its attempt's key.
    pub(crate) fn payments(&self) -> BTreeMap<String, Payment> {
        self.book().clone()
    }

    /// Stops answering, or answers again.
    pub(crate) fn be_mute(&self, mute: bool) {
        *self.mute.lock().expect("the bank does not panic") = mute;
    }

    /// Hears everything from now on, and loses no answer any more.
    pub(crate) fn answers_again(&self) {
        self.be_mute(false);
        for payment in self.book().values_mut() {
            payment.script.loses_nothing();
        }
    }

    /// Every buyer who is waited for acts; tells how many there were.
    pub(crate) fn buyers_act(&self, approve: bool) -> usize {
        let mut book = self.book();
        let mut waiting: Vec<_> =
            book.values_mut().filter(|payment| payment.standing == Standing::Waiting).collect();
        for payment in &mut waiting {
            payment.standing = if approve { taken(payment.capture) } else { Standing::Declined };
        }
        waiting.len()
    }

    /// Against its word the bank takes what it had declined, cancelled or given back; tells the keys of those payments.
    pub(crate) fn takes_late(&self) -> Vec<String> {
        let mut book = self.book();
        let over = [Standing::Declined, Standing::Cancelled, Standing::Voided];
        let late = book.iter_mut().filter(|(_, payment)| over.contains(&payment.standing));
        late.map(|(key, payment)| {
            payment.standing = Standing::Captured;
            key.clone()
        })
        .collect()
    }

    /// Against its word the bank sets aside what it had declined; tells the keys of those payments.
    pub(crate) fn sets_aside_late(&self) -> Vec<String> {
        let mut book = self.book();
        let declined = book.iter_mut().filter(|(_, payment)| payment.standing == Standing::Declined);
        declined
            .map(|(key, payment)| {
                payment.standing = Standing::Authorized;
                key.clone()
            })
            .collect()
    }

    /// A clerk gives back what was set aside; tells of how many payments.
    pub(crate) fn voids_by_hand(&self) -> usize {
        let mut book = self.book();
        let set_aside = book.values_mut().filter(|payment| payment.standing == Standing::Authorized);
        set_aside.map(|payment| payment.standing = Standing::Voided).count()
    }

    /// A clerk gives back what was taken and not given back yet; tells of how many payments.
    pub(crate) fn gives_back_by_hand(&self) -> usize {
        let mut book = self.book();
        let kept: Vec<_> = book.values_mut().filter(|payment| payment.kept_minor() > 0).collect();
        let count = kept.len();
        for payment in kept {
            payment.refunds.insert("by hand".to_owned(), payment.amount);
        }
        count
    }

    fn book(&self) -> MutexGuard<'_, BTreeMap<String, Payment>> {
        self.book.lock().expect("the bank does not panic")
    }

    /// The payment under a key, booked or not.
    fn of<T>(&self, charge: &Charge, then: impl FnOnce(&mut Payment) -> T) -> T {
        let mut book = self.book();
        let script = Script::parse(&charge.token);
        let fresh = || Payment {
            standing: Standing::Nothing,
            amount: plus(charge.amount, script.more),
            refunds: BTreeMap::new(),
            asked: 0,
            called_off: false,
            asked_for: None,
            capture: charge.capture,
            script,
        };
        then(book.entry(charge.saga.attempt_key()).or_insert_with(fresh))
    }

    /// The answer, unless it is lost.
    async fn answer<T>(&self, script: Script, lost: bool, answer: T) -> Result<T, Unknown> {
        if lost || *self.mute.lock().expect("the bank does not panic") {
            self.clock.sleep_ms(script.silent_ms).await;
            return Err(Unknown("no answer".to_owned()));
        }
        Ok(answer)
    }
}

fn plus(amount: Money, cents: i64) -> Money {
    Money::new(amount.minor() + cents, amount.currency()).expect("a small amount")
}

/// How a payment stands that was approved.
fn taken(capture: Capture) -> Standing {
    match capture {
        Capture::Automatic => Standing::Captured,
        Capture::Manual => Standing::Authorized,
    }
}

/// The charge of an attempt.
fn charge_of(attempt: &Attempt) -> Charge {
    let Attempt { saga, amount, ref token, capture, .. } = *attempt;
    Charge { saga, amount, token: token.clone(), capture }
}

/// Counts one of what shall be lost.
fn lose(left: &mut u32) -> bool {
    let lost = *left > 0;
    *left = left.saturating_sub(1);
    lost
}

#[async_trait]
impl PaymentProvider for Bank {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        let key = charge.saga.attempt_key();
        // What the provider hears of was durable before.
        let run = self.store.saga(charge.saga).await.expect("the store answers");
        let written =
            run.and_then(|run| run.attempt).map(|attempt| (attempt.amount, attempt.token, attempt.capture));
        let asked = (charge.amount, charge.token.clone(), charge.capture);
        assert_eq!(written, Some(asked.clone()), "I4: charged without a written attempt");
        let (script, first, lost, report) = self.of(charge, |payment| {
            let before = payment.asked_for.get_or_insert_with(|| asked.clone());
            assert_eq!(*before, asked, "a key is always asked with the same amount, token and capture");
            payment.asked += 1;
            if payment.standing == Standing::Nothing && !lose(&mut payment.script.lost_before) {
                payment.book();
            }
            let lost = payment.standing != Standing::Nothing && lose(&mut payment.script.lost_after);
            (payment.script, payment.asked == 1, lost, payment.report(&key))
        });
        if first {
            self.clock.sleep_ms(script.slow_ms).await;
        }
        let lost = lost || report.is_none();
        self.answer(script, lost, report).await?.ok_or_else(|| Unknown("lost on its way".to_owned()))
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        let key = attempt.saga.attempt_key();
        let (script, lost, report) = self.of(&charge_of(attempt), |payment| {
            let captured = payment.standing == Standing::Captured && !payment.called_off;
            let lost =
                lose(&mut payment.script.lost_after) || (captured && lose(&mut payment.script.lost_captures));
            (payment.script, lost, payment.report(&key))
        });
        self.answer(script, lost, report).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        let key = attempt.saga.attempt_key();
        let (script, lost, report) = self.of(&charge_of(attempt), |payment| {
            payment.called_off = true;
            payment.standing = match payment.standing {
                Standing::Nothing | Standing::Waiting => Standing::Cancelled,
                Standing::Authorized => Standing::Voided,
                Standing::Captured | Standing::Declined | Standing::Cancelled | Standing::Voided => {
                    payment.standing
                }
            };
            (payment.script, payment.script.only_tells, payment.report(&key))
        });
        let report = report.expect("what was cancelled is booked");
        self.answer(script, lost, report).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        let key = attempt.saga.attempt_key();
        let (script, lost, report) = self.of(&charge_of(attempt), |payment| {
            let set_aside = payment.standing == Standing::Authorized;
            if set_aside && lose(&mut payment.script.unheard_captures) {
                return (payment.script, true, payment.report(&key));
            }
            let refused = set_aside && payment.script.refuses_capture;
            if set_aside && !refused {
                payment.standing = Standing::Captured;
                payment.amount = plus(payment.amount, payment.script.takes_more);
            }
            let report = payment.report(&key);
            let outcome = Outcome::Declined("capture_refused".to_owned());
            let report = report
                .map(|report| if refused { Report { outcome: outcome.clone(), ..report } } else { report });
            let lost = lose(&mut payment.script.lost_captures)
                || (payment.standing == Standing::Captured && payment.script.only_tells);
            (payment.script, lost, report)
        });
        let report = report.ok_or_else(|| Unknown("nothing was set aside".to_owned()))?;
        self.answer(script, lost, report).await
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        let (script, lost, outcome) = self.of(&charge_of(attempt), |payment| {
            assert_eq!(payment.standing, Standing::Captured, "the shop gives back only what was taken");
            if lose(&mut payment.script.refused_refunds) {
                return (payment.script, false, RefundOutcome::Refused("account_closed".to_owned()));
            }
            let before = *payment.refunds.entry(refund_key.to_owned()).or_insert(amount);
            assert_eq!(before, amount, "a refund key is always asked with the same amount");
            assert!(payment.refunded_minor() <= payment.amount.minor(), "I5: more went back than was taken");
            (payment.script, lose(&mut payment.script.lost_refunds), RefundOutcome::Refunded)
        });
        self.answer(script, lost, outcome).await
    }
}
