//! Time that passes only where a test lets it, and the loop that runs a future in it.
//!
//! Decides when a future can go on: at once, when its pause is over, or never. Nothing here waits for real.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};

/// A clock that stands still until a test moves it on, or until all that is left to do is to wait for it.
#[derive(Default)]
pub(crate) struct StandingClock {
    now_ms: AtomicI64,
    /// When each of the sleepers wants to be woken.
    alarms: Mutex<BTreeSet<i64>>,
}

impl StandingClock {
    /// Lets time pass.
    pub(crate) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Runs a future to its end; while it sleeps, time passes. `None`: it waits for something that is not time.
    pub(crate) fn run<T>(&self, mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
        loop {
            self.alarms.lock().expect("no sleeper panics").clear();
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return Some(done);
            }
            let next = self.alarms.lock().expect("no sleeper panics").first().copied();
            self.now_ms.store(next?, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms.load(Ordering::SeqCst))
    }

    async fn sleep_ms(&self, ms: i64) {
        let until = self.now().plus_ms(ms).millis();
        std::future::poll_fn(|_| {
            if self.now_ms.load(Ordering::SeqCst) >= until {
                return Poll::Ready(());
            }
            self.alarms.lock().expect("no sleeper panics").insert(until);
            Poll::Pending
        })
        .await;
    }
}
