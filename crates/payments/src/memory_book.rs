//! The simulated provider's book in memory: for tests, and the model that the store's book is compared with.
//!
//! Decides what each call of the port [`SimulatedBook`] means. Leaves being durable to the store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::money::Money;
use sellonce_checkout::simulated_book::{
    BookEntry, Booking, OwedCallback, PlannedCallback, RefundEntry, SimulatedBook,
};
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
    /// Each sending that is owed, by its callback and its number among the copies, with when it is due.
    owed: BTreeMap<(String, u32), (OwedCallback, Timestamp)>,
}

impl Pages {
    fn owe(&mut self, attempt_key: &str, callbacks: Vec<PlannedCallback>, now: Timestamp) {
        for planned in callbacks {
            let due_at = now.plus_ms(planned.delay_ms);
            let owed = OwedCallback {
                id: planned.id.clone(),
                copy: planned.copy,
                event: planned.event.to_owned(),
                attempt_key: attempt_key.to_owned(),
                forged: planned.forged,
                tries: 0,
            };
            self.owed.insert((planned.id, planned.copy), (owed, due_at));
        }
    }
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
        let now = self.clock.now();
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
                created_at: now,
            };
            pages.bookings.insert(booking.attempt_key.clone(), booking.clone());
            pages.owe(&booking.attempt_key, entry.callbacks, now);
            return Ok(booking);
        };
        booking.asked = booking.asked.saturating_add(1);
        let moves = entry.only_from.contains(&booking.status.as_str());
        if moves {
            // The token and the amount stay those of the first asking.
            booking.status = entry.status.to_owned();
            booking.decline_code = entry.decline_code.map(str::to_owned);
        }
        let booking = booking.clone();
        if moves {
            pages.owe(&booking.attempt_key, entry.callbacks, now);
        }
        Ok(booking)
    }

    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        Ok(self.pages().bookings.get(attempt_key).cloned())
    }

    async fn refund(&self, entry: RefundEntry) -> Result<Option<Booking>, Failure> {
        let RefundEntry { attempt_key, refund_key, amount, callbacks } = entry;
        let now = self.clock.now();
        let mut pages = self.pages();
        let Pages { bookings, refunds, .. } = &mut *pages;
        let Some(booking) = bookings.get_mut(&attempt_key) else { return Ok(None) };
        let key = (attempt_key.clone(), refund_key);
        if refunds.contains(&key) {
            return Ok(Some(booking.clone()));
        }
        let refunded = booking.refunded.plus(amount).ok();
        let fitting = refunded.filter(|refunded| refunded.minor() <= booking.amount.minor());
        let Some(refunded) = fitting.filter(|_| booking.status == CAPTURED) else { return Ok(None) };
        booking.refunded = refunded;
        refunds.insert(key);
        let booking = booking.clone();
        pages.owe(&attempt_key, callbacks, now);
        Ok(Some(booking))
    }

    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let pages = self.pages();
        let rows = pages.bookings.range::<str, _>((from, Bound::Unbounded));
        Ok(rows.map(|(_, booking)| booking.clone()).take(limit).collect())
    }

    async fn claim_callbacks(&self, limit: u32, again_ms: i64) -> Result<Vec<OwedCallback>, Failure> {
        let now = self.clock.now();
        let mut pages = self.pages();
        let mut due: Vec<_> = pages.owed.values_mut().filter(|(_, due_at)| *due_at <= now).collect();
        due.sort_by_key(|(_, due_at)| *due_at);
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let claim = |(owed, due_at): &mut (OwedCallback, Timestamp)| {
            owed.tries = owed.tries.saturating_add(1);
            *due_at = now.plus_ms(again_ms);
            owed.clone()
        };
        Ok(due.into_iter().map(claim).collect())
    }

    async fn finish_callback(&self, id: &str, copy: u32) -> Result<(), Failure> {
        self.pages().owed.remove(&(id.to_owned(), copy));
        Ok(())
    }

    async fn put_off_callback(&self, id: &str, copy: u32, pause_ms: i64) -> Result<(), Failure> {
        let again_at = self.clock.now().plus_ms(pause_ms);
        if let Some((_, due_at)) = self.pages().owed.get_mut(&(id.to_owned(), copy)) {
            *due_at = again_at;
        }
        Ok(())
    }
}
