//! The simulated provider, its book, the time limit and the circuit breaker, from outside; time passes only where a test lets it.

use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::id::{Ids, SagaId, Uuid};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::{Attempt, Capture, Charge, Status};
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_payments::simulated::{Settings, Simulated};

mod bad_days;
mod callbacks;
mod circuit_breaker;
mod contract;
mod faults;
mod interleavings;
mod standard_webhooks;
mod time_limit;
mod tokens;

/// A clock that stands still until it is moved on, and when those who wait for it want to be woken.
#[derive(Default)]
struct Standing(AtomicI64, Mutex<BTreeSet<i64>>);

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_ms(&self, ms: i64) {
        let until = self.now().plus_ms(ms);
        let over = |_: &mut Context<'_>| {
            if until <= self.now() {
                return Poll::Ready(());
            }
            self.1.lock().expect("no panics").insert(until.millis());
            Poll::Pending
        };
        std::future::poll_fn(over).await;
    }
}

/// Runs a future to its end; whenever it waits, time passes, until it is next woken or for a millisecond. Tells how many
/// did.
fn finish<T>(clock: &Standing, future: impl Future<Output = T>) -> (T, i64) {
    let began = clock.now();
    let mut future = pin!(future);
    loop {
        clock.1.lock().expect("no panics").clear();
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return (done, clock.now().ms_since(began));
        }
        let now = clock.0.load(Ordering::SeqCst);
        assert!(now - began.millis() < 10_000_000, "the future waits for something else than time");
        let next = clock.1.lock().expect("no panics").first().copied();
        clock.0.store(next.unwrap_or(now + 1), Ordering::SeqCst);
    }
}

/// Ids in the order of a counter.
#[derive(Default)]
struct Counting(AtomicU64);

impl Ids for Counting {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }

    fn secret16(&self) -> [u8; 16] {
        [0; 16]
    }

    fn secret32(&self) -> [u8; 32] {
        [0; 32]
    }
}

fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

fn dollars(amount: i64) -> Money {
    Money::new(amount * 100, usd()).expect("a small amount")
}

fn settings() -> Settings {
    Settings::new("https://shop.example/")
}

fn provider(
    book: &Arc<impl SimulatedBook + 'static>,
    clock: &Arc<Standing>,
    settings: Settings,
) -> Simulated {
    Simulated::new(book.clone(), clock.clone(), settings)
}

/// A charge of ten dollars, the same one for the same number.
fn charge(number: u128, token: &str, capture: Capture) -> Charge {
    Charge { saga: SagaId(Uuid::from_u128(number)), amount: dollars(10), token: token.to_owned(), capture }
}

fn attempt_of(charge: &Charge) -> Attempt {
    let zero = dollars(0);
    Attempt {
        saga: charge.saga,
        provider: "simulated".to_owned(),
        token: charge.token.clone(),
        amount: charge.amount,
        capture: charge.capture,
        status: Status::Created,
        captured: zero,
        refunded: zero,
        refund_pending: zero,
        provider_reference: None,
        unknown_since: None,
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
