//! The recorder: takes the history down while it happens, and counts along for who watches.
//!
//! Decides nothing: what is counted here is for the progress line; figures of the verdict come from the history.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::history::{End, Ended, Event, Exchange, Told};

/// Takes down events from many tasks.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    events: Mutex<Vec<Event>>,
    /// Counts for the progress line.
    pub(crate) live: Live,
}

/// How it goes, at this moment.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Purchases begun.
    pub(crate) begun: AtomicU64,
    /// Purchases that are over.
    pub(crate) ended: AtomicU64,
    /// Units acknowledged.
    pub(crate) sold: AtomicI64,
    /// Purchases that were sold out.
    pub(crate) sold_out: AtomicU64,
    /// Requests that were shed.
    pub(crate) shed: AtomicU64,
    /// Requests that were lost.
    pub(crate) lost: AtomicU64,
    /// Requests that nothing explains.
    pub(crate) errors: AtomicU64,
}

impl Recorder {
    /// A purchase begins.
    pub(crate) fn begins(&self) {
        self.live.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was answered or lost.
    pub(crate) fn exchange(&self, exchange: Exchange) {
        let live = &self.live;
        match &exchange.told {
            Told::Shed { .. } => live.shed.fetch_add(1, Ordering::Relaxed),
            Told::Lost { .. } => live.lost.fetch_add(1, Ordering::Relaxed),
            Told::Broken { .. } => live.errors.fetch_add(1, Ordering::Relaxed),
            Told::Fine
            | Told::Opened { .. }
            | Told::Ordered(_)
            | Told::UnderWay { .. }
            | Told::Declined { .. }
            | Told::SoldOut { .. }
            | Told::Refused { .. } => 0,
        };
        self.take_down(Event::Exchange(exchange));
    }

    /// A purchase is over.
    pub(crate) fn ended(&self, ended: Ended) {
        let live = &self.live;
        live.ended.fetch_add(1, Ordering::Relaxed);
        match ended.end {
            End::Ordered => {
                let units = ended.wanted.iter().map(|line| line.quantity).sum();
                live.sold.fetch_add(units, Ordering::Relaxed);
            }
            End::SoldOut => {
                live.sold_out.fetch_add(1, Ordering::Relaxed);
            }
            End::Declined | End::Abandoned | End::Refused | End::GaveUp | End::Error => {}
        }
        self.take_down(Event::Ended(ended));
    }

    /// Any event.
    pub(crate) fn take_down(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// All events so far, in their order.
    pub(crate) fn take(&self) -> Vec<Event> {
        let mut events = std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        events.sort_by_key(Event::at_ns);
        events
    }
}
