//! The circuit breaker: a provider that answers nobody hears little, however many wait for it, and is back with its first
//! answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{Attempt, Capture, Charge, PaymentProvider, RefundOutcome, Report, Unknown};
use sellonce_checkout::saga;
use sellonce_payments::circuit_breaker::CircuitBreaker;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::Simulated;

use crate::{Standing, attempt_of, charge, finish, provider, settings};

/// A provider that is down at times, and counts what it hears.
struct Counted {
    simulated: Simulated,
    is_down: Arc<AtomicBool>,
    heard: Arc<AtomicI64>,
}

impl Counted {
    async fn hear<T>(&self, call: impl Future<Output = Result<T, Unknown>>) -> Result<T, Unknown> {
        self.heard.fetch_add(1, Ordering::SeqCst);
        if self.is_down.load(Ordering::SeqCst) {
            return Err(Unknown("it is down".to_owned()));
        }
        call.await
    }
}

#[async_trait]
impl PaymentProvider for Counted {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.hear(self.simulated.charge(charge)).await
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        self.hear(self.simulated.find(attempt)).await
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.hear(self.simulated.cancel(attempt)).await
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.hear(self.simulated.capture(attempt)).await
    }

    async fn refund(&self, attempt: &Attempt, key: &str, amount: Money) -> Result<RefundOutcome, Unknown> {
        self.hear(self.simulated.refund(attempt, key, amount)).await
    }
}

/// A shop's way to its provider.
struct Line {
    clock: Arc<Standing>,
    provider: CircuitBreaker<Counted>,
    is_down: Arc<AtomicBool>,
    heard: Arc<AtomicI64>,
}

impl Line {
    fn new() -> Self {
        let clock = Arc::new(Standing::default());
        let book = Arc::new(MemoryBook::new(clock.clone()));
        let (is_down, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let simulated = provider(&book, &clock, settings());
        let counted = Counted { simulated, is_down: is_down.clone(), heard: heard.clone() };
        let provider = CircuitBreaker::new(counted, clock.clone());
        Self { clock, provider, is_down, heard }
    }

    fn is_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn heard(&self) -> i64 {
        self.heard.load(Ordering::SeqCst)
    }

    /// Charges a payment; says whether there was an answer.
    fn charge(&self, number: u128) -> bool {
        finish(&self.clock, self.provider.charge(&charge(number, "tok_ok", Capture::Automatic))).0.is_ok()
    }

    fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }
}

#[test]
fn a_thousand_payments_that_wait_for_a_provider_do_not_add_up_and_are_all_made_when_it_is_back() {
    let (line, times) = (Line::new(), Times::default());
    line.is_down(true);
    // They came one after the other, and wait so.
    let came = |number: u16| (u128::from(number), 0, i64::from(number) * 30);
    let mut waiting: Vec<(u128, u32, i64)> = (0..1_000).map(came).collect();
    let mut round = |line: &Line| {
        let now = line.clock.0.load(Ordering::SeqCst);
        waiting.retain_mut(|(number, tries, at)| {
            if *at > now {
                return true;
            }
            let now = sellonce_checkout::clock::Timestamp::from_millis(now);
            *at = saga::retry_at(now, *tries, &times).millis();
            *tries += 1;
            !line.charge(*number)
        });
        line.pass(100);
        waiting.len()
    };
    for _ in 0..6_000 {
        assert_eq!(round(&line), 1_000);
    }
    assert!((590..=621).contains(&line.heard()), "in ten minutes it heard {}", line.heard());
    line.is_down(false);
    let rounds = (1..).find(|_| round(&line) == 0).expect("they are made at last");
    assert!(rounds * 100 <= times.retry_ms_max + 1_100, "it took {} ms", rounds * 100);
}

#[test]
fn a_provider_is_spared_after_twenty_calls_without_an_answer_and_asked_once_a_second() {
    let line = Line::new();
    line.is_down(true);
    (0..20).for_each(|number| assert!(!line.charge(number)));
    assert_eq!(line.heard(), 20);
    // The first one who comes may try.
    assert!(!line.charge(20));
    assert_eq!(line.heard(), 21);
    line.is_down(false);
    for _ in 0..9 {
        line.pass(100);
        assert!(!line.charge(21), "it is not asked, though it is back");
    }
    assert_eq!(line.heard(), 21);
    line.pass(100);
    assert!(line.charge(21) && line.charge(22), "one answer lets all through");
    assert_eq!(line.heard(), 23);
}

#[test]
fn a_provider_that_answers_now_and_then_is_not_spared() {
    let line = Line::new();
    for number in 0..500 {
        line.is_down(number % 20 != 0);
        assert_eq!(line.charge(number), number % 20 == 0);
    }
    assert_eq!(line.heard(), 500);
}

#[test]
fn every_kind_of_call_is_counted_and_held_back() {
    let line = Line::new();
    let payment = charge(1, "tok_ok", Capture::Manual);
    let attempt = attempt_of(&payment);
    let asked = || {
        let provider = &line.provider;
        [
            finish(&line.clock, provider.charge(&payment)).0.is_ok(),
            finish(&line.clock, provider.find(&attempt)).0.is_ok(),
            finish(&line.clock, provider.capture(&attempt)).0.is_ok(),
            finish(&line.clock, provider.cancel(&attempt)).0.is_ok(),
            finish(&line.clock, provider.refund(&attempt, "ref_1", payment.amount)).0.is_ok(),
        ]
    };
    assert_eq!((asked(), line.heard()), ([true; 5], 5));
    line.is_down(true);
    for _ in 0..4 {
        assert_eq!(asked(), [false; 5]);
    }
    assert_eq!(line.heard(), 25, "all five kinds are let through until there were twenty");
    for _ in 0..4 {
        assert_eq!(asked(), [false; 5]);
    }
    assert_eq!(line.heard(), 26, "and none of them after that, but for a single try");
}
