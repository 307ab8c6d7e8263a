//! The simulated provider's book in memory: for tests, and the model that the store's book is compared with.
//!
//! Decides what each call of the port [`SimulatedBook`] means. Leaves being durable to the store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::money::Money;
use sellonce_checkout::simulated_book::{BookEntry, Booking, SimulatedBook};
use sellonce_checkout::store::Failure;

use crate::simulated::CAPTURED;

/// A book that forgets when it is dropped.
pub struct MemoryBook {
    clock: Arc<dyn Clock>,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    bookings: BTreeMap<String, Booking>,
    /// Each refund by its payment's key and its own.
    refunds: BTreeSet<(String, String)>,
}

impl MemoryBook {
    /// An empty book; the clock dates its bookings.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, pages: Mutex::default() }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().expect("nothing panics while it has the pages open")
    }
}

#[async_trait]
impl SimulatedBook for MemoryBook {
    async fn book(&self, entry: BookEntry) -> Result<Booking, Failure> {
        let mut pages = self.pages();
        let Some(booking) = pages.bookings.get_mut(&entry.attempt_key) else {
            let booking = Booking {
                attempt_key: entry.attempt_key,
                token: entry.token,
                amount: entry.amount,
                status: entry.status.to_owned(),
                decline_code: entry.decline_code.map(str::to_owned),
                refunded: Money::zero(entry.amount.currency()),
                asked: 1,
                created_at: self.clock.now(),
            };
            pages.bookings.insert(booking.attempt_key.clone(), booking.clone());
            return Ok(booking);
        };
        booking.asked = booking.asked.saturating_add(1);
        if entry.only_from.contains(&booking.status.as_str()) {
            // The token and the amount stay those of the first asking.
            booking.status = entry.status.to_owned();
            booking.decline_code = entry.decline_code.map(str::to_owned);
        }
        Ok(booking.clone())
    }

    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        Ok(self.pages().bookings.get(attempt_key).cloned())
    }

    async fn refund(
        &self,
        attempt_key: &str,
        refund_key: &str,
        amount: Money,
    ) -> Result<Option<Booking>, Failure> {
        let mut pages = self.pages();
        let Pages { bookings, refunds } = &mut *pages;
        let Some(booking) = bookings.get_mut(attempt_key) else { return Ok(None) };
        let key = (attempt_key.to_owned(), refund_key.to_owned());
        if refunds.contains(&key) {
            return Ok(Some(booking.clone()));
        }
        let refunded = booking.refunded.plus(amount).ok();
        let fitting = refunded.filter(|refunded| refunded.minor() <= booking.amount.minor());
        let Some(refunded) = fitting.filter(|_| booking.status == CAPTURED) else { return Ok(None) };
        booking.refunded = refunded;
        refunds.insert(key);
        Ok(Some(booking.clone()))
    }

    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let pages = self.pages();
        let rows = pages.bookings.range::<str, _>((from, Bound::Unbounded));
        Ok(rows.map(|(_, booking)| booking.clone()).take(limit).collect())
    }
}
