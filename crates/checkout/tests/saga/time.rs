//! Time that passes only where a test lets it, and the loop that runs a future in it.
//!
//! Decides when a future can go on: at once, when its pause is over, when the store answers, or never. A pause costs no
//! time of ours; a store that works in another thread is waited for.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};

/// A clock that stands still until a test moves it on, or until all that is left to do is to wait for it.
#[derive(Default)]
pub(crate) struct StandingClock {
    now_ms: AtomicI64,
    /// When each of the sleepers wants to be woken.
    alarms: Mutex<BTreeSet<i64>>,
}

/// Wakes the thread that runs a future.
struct Bell {
    rung: AtomicBool,
    runner: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        self.runner.unpark();
    }
}

impl StandingClock {
    /// Lets time pass.
    pub(crate) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Runs a future to its end; while it sleeps, time passes. `None`: it is halted, and waits for nothing else.
    pub(crate) fn run<T>(
        &self,
        mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>,
        halted: impl Fn() -> bool,
    ) -> Option<T> {
        let bell = Arc::new(Bell { rung: AtomicBool::new(false), runner: thread::current() });
        let waker = Waker::from(bell.clone());
        loop {
            self.alarms.lock().expect("no sleeper panics").clear();
            bell.rung.store(false, Ordering::SeqCst);
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(done);
            }
            if bell.rung.load(Ordering::SeqCst) {
                continue;
            }
            if halted() {
                return None;
            }
            let next = self.alarms.lock().expect("no sleeper panics").first().copied();
            match next {
                Some(next) => self.now_ms.store(next, Ordering::SeqCst),
                None => bell.wait(),
            }
        }
    }
}

impl Bell {
    /// Waits until it rings, for half a minute at most.
    fn wait(&self) {
        for _ in 0..300 {
            if self.rung.load(Ordering::SeqCst) {
                return;
            }
            thread::park_timeout(Duration::from_millis(100));
        }
        panic!("the future waits for something that never comes");
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
