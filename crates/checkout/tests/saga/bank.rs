//! A payment provider that does what a payment's token says, with a book of its own.
//!
//! Decides how a charge ends and which answers are lost. Keeps the contract of the port, and holds the shop to its part
//! of it: the same key is always asked with the same amount and token, and never before the shop has written it down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Charge, Outcome, PaymentProvider, RefundOutcome, Report, Unknown};
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::sagas::Sagas;

use crate::time::StandingClock;

/// The provider's name in requests.
pub(crate) const NAME: &str = "bank";

/// How a charge ends once it is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Approve,
    Decline,
    /// The money is only set aside, whatever was asked for.
    Authorize,
    /// The buyer has to act.
    Act,
}

/// What a token asks for, as `approve lost_after=2`.
#[derive(Clone, Copy, Debug)]
struct Script {
    wish: Wish,
    /// How many askings are lost before they are booked.
    lost_before: u32,
    /// How many answers to charges and questions are lost after the charge was booked.
    lost_after: u32,
    /// How many answers to refunds are lost after they were booked.
    lost_refunds: u32,
    /// How much more is booked than was asked for.
    more: i64,
    /// How long the first answer takes.
    slow_ms: i64,
    /// How long each call takes that has no answer.
    silent_ms: i64,
    /// How many refunds are refused for good.
    refused_refunds: u32,
}

impl Script {
    fn parse(token: &str) -> Self {
        let mut words = token.split(' ');
        let wish = match words.next() {
            Some("approve") => Wish::Approve,
            Some("decline") => Wish::Decline,
            Some("authorize") => Wish::Authorize,
            Some("act") => Wish::Act,
            other => panic!("no token of this bank: {other:?}"),
        };
        let mut given: BTreeMap<&str, i64> = words
            .filter_map(|word| word.split_once('='))
            .map(|(name, number)| (name, number.parse().expect("a number")))
            .collect();
        let mut number = |name: &str| given.remove(name).unwrap_or(0);
        let mut count = |name: &str| u32::try_from(number(name)).expect("a small number");
        let [lost_before, lost_after] = [count("lost_before"), count("lost_after")];
        let [lost_refunds, refused_refunds] = [count("lost_refunds"), count("refused_refunds")];
        let [more, slow_ms, silent_ms] = [number("more"), number("slow_ms"), number("silent_ms")];
        assert!(given.is_empty(), "no words of this bank: {given:?}");
        Self { wish, lost_before, lost_after, lost_refunds, more, slow_ms, silent_ms, refused_refunds }
    }
}

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
    asked_for: Option<(Money, String)>,
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
            Wish::Approve => Standing::Captured,
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
    store: Arc<MemoryStore>,
    book: Mutex<BTreeMap<String, Payment>>,
    /// Answers nobody, whatever it books.
    mute: Mutex<bool>,
}

impl Bank {
    pub(crate) fn new(clock: Arc<StandingClock>, store: Arc<MemoryStore>) -> Self {
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

    /// Every buyer who is waited for acts; tells how many there were.
    pub(crate) fn buyers_act(&self, approve: bool) -> usize {
        let mut book = self.book();
        let mut waiting: Vec<_> =
            book.values_mut().filter(|payment| payment.standing == Standing::Waiting).collect();
        for payment in &mut waiting {
            payment.standing = if approve { Standing::Captured } else { Standing::Declined };
        }
        waiting.len()
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
    fn with<T>(&self, key: &str, amount: Money, token: &str, then: impl FnOnce(&mut Payment) -> T) -> T {
        let mut book = self.book();
        let script = Script::parse(token);
        let fresh = || Payment {
            standing: Standing::Nothing,
            amount: Money::new(amount.minor() + script.more, amount.currency()).expect("a small amount"),
            refunds: BTreeMap::new(),
            asked: 0,
            asked_for: None,
            script,
        };
        then(book.entry(key.to_owned()).or_insert_with(fresh))
    }

    fn of<T>(&self, attempt: &Attempt, then: impl FnOnce(&mut Payment) -> T) -> T {
        self.with(&attempt.saga.attempt_key(), attempt.amount, &attempt.token, then)
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
        let run = self.store.saga(charge.saga).await.expect("the memory answers");
        let written = run.and_then(|run| run.attempt).map(|attempt| (attempt.amount, attempt.token));
        assert_eq!(
            written,
            Some((charge.amount, charge.token.clone())),
            "I4: charged without a written attempt"
        );
        let (script, first, lost, report) = self.with(&key, charge.amount, &charge.token, |payment| {
            let asked = (charge.amount, charge.token.clone());
            let before = payment.asked_for.get_or_insert_with(|| asked.clone());
            assert_eq!(*before, asked, "a key is always asked with the same amount and token");
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
        let (script, lost, report) = self.of(attempt, |payment| {
            let lost = lose(&mut payment.script.lost_after);
            (payment.script, lost, payment.report(&key))
        });
        self.answer(script, lost, report).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        let key = attempt.saga.attempt_key();
        let (script, report) = self.of(attempt, |payment| {
            payment.standing = match payment.standing {
                Standing::Nothing | Standing::Waiting => Standing::Cancelled,
                Standing::Authorized => Standing::Voided,
                Standing::Captured | Standing::Declined | Standing::Cancelled | Standing::Voided => {
                    payment.standing
                }
            };
            (payment.script, payment.report(&key))
        });
        let report = report.expect("what was cancelled is booked");
        self.answer(script, false, report).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        let key = attempt.saga.attempt_key();
        let (script, report) = self.of(attempt, |payment| {
            if payment.standing == Standing::Authorized {
                payment.standing = Standing::Captured;
            }
            (payment.script, payment.report(&key))
        });
        let report = report.ok_or_else(|| Unknown("nothing was set aside".to_owned()))?;
        self.answer(script, false, report).await
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        let (script, lost, outcome) = self.of(attempt, |payment| {
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
