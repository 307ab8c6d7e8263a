//! A round's buyers: handed out one by one to the clients that are free, and what each was told.
//!
//! A closed loop: so many clients, and each asks for its next buyer once the one before has an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::time::{Duration, Instant};

use super::judge::{Answer, Told};

/// A round under way.
pub(super) struct Round {
    next: AtomicU32,
    buyers: u32,
    is_over: AtomicBool,
    began: Instant,
}

/// A buyer who begins to ask.
#[derive(Clone, Copy)]
pub(super) struct Buyer {
    /// From 0 on; the key of the sale.
    pub(super) number: i64,
    asked: Duration,
}

/// Ends its round when it is dropped: clients on threads of their own see that nobody waits for them any more.
pub(super) struct Waiting(Arc<Round>);

impl Round {
    /// Begins a round, now: connections are to be there already.
    pub(super) fn begin(buyers: u32) -> (Arc<Self>, Waiting) {
        let is_over = AtomicBool::new(false);
        let round = Arc::new(Self { next: AtomicU32::new(0), buyers, is_over, began: Instant::now() });
        (Arc::clone(&round), Waiting(round))
    }

    /// The next buyer; nobody when all have been served.
    pub(super) fn next(&self) -> Option<Buyer> {
        if self.is_over.load(Ordering::Relaxed) {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.buyers).then(|| Buyer { number: number.into(), asked: self.began.elapsed() })
    }

    /// A buyer's answer, now.
    pub(super) fn told(&self, buyer: Buyer, answer: Answer) -> Told {
        Told { answer, asked: buyer.asked, answered: self.began.elapsed() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}
