//! The door: everybody waits before it, and it opens once, for all at the same instant.
//!
//! Decides in which order: all have their checkouts open; then all send their paying request but its last byte; then,
//! when the server holds them all, the last bytes follow. Nobody waits for a buyer who left. Leaves to an usher when
//! the next of these steps is taken: there may be buyers in other processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::wire::Gate;

/// The longest wait until all stand before the door: a server waits 10 seconds for the rest of a request.
const LINE_UP_MAX: Duration = Duration::from_secs(7);
/// How often is looked whether all are there.
const LOOK: Duration = Duration::from_millis(5);

/// Who says when the buyers of this process may go on.
pub(crate) trait Usher: Sync {
    /// All of them have their checkouts open; ends when they may line up.
    fn ready(&self) -> impl Future<Output = ()> + Send;
    /// So many of them stand before the door; ends when it may be opened.
    fn standing(&self, standing: u64) -> impl Future<Output = ()> + Send;
    /// It was opened, between these two instants.
    fn opened(&self, began_ns: u64, ended_ns: u64);
}

/// The door.
pub(super) struct Door {
    gate: Gate,
    opener: watch::Sender<bool>,
    standing: Arc<AtomicU64>,
    /// Those whose checkouts are open.
    ready: AtomicU64,
    /// Those who will not stand before it.
    left: AtomicU64,
    line_up: watch::Sender<bool>,
    opened_ns: AtomicU64,
}

impl Door {
    pub(super) fn closed() -> Arc<Self> {
        let (gate, opener, standing) = Gate::closed();
        let (line_up, _) = watch::channel(false);
        Arc::new(Self {
            gate,
            opener,
            standing,
            ready: AtomicU64::new(0),
            left: AtomicU64::new(0),
            line_up,
            opened_ns: AtomicU64::new(0),
        })
    }

    /// A buyer's place before it.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        Place { door: Arc::clone(self) }
    }

    /// Leads so many buyers through it.
    pub(super) async fn lead(&self, buyers: u64, usher: &impl Usher, clock: &Clock) {
        while self.ready.load(Ordering::Relaxed) + self.left.load(Ordering::Relaxed) < buyers {
            sleep(LOOK).await;
        }
        usher.ready().await;
        self.line_up.send_replace(true);
        let all_stand = async {
            while self.standing.load(Ordering::Relaxed) < self.ready.load(Ordering::Relaxed) {
                sleep(LOOK).await;
            }
        };
        // Whoever is not there by then comes a moment later.
        let _all_or_most = timeout(LINE_UP_MAX, all_stand).await;
        usher.standing(self.standing.load(Ordering::Relaxed)).await;
        let began_ns = clock.now_ns();
        self.opened_ns.store(began_ns, Ordering::Relaxed);
        self.opener.send_replace(true);
        usher.opened(began_ns, clock.now_ns());
    }
}

/// A buyer's place before the door; whoever drops it has left.
pub(super) struct Place {
    door: Arc<Door>,
}

impl Place {
    /// Waits until all are ready; gives the time that passed.
    pub(super) async fn line_up(&self, clock: &Clock) -> u64 {
        let begun_ns = clock.now_ns();
        let mut line_up = self.door.line_up.subscribe();
        if !*line_up.borrow_and_update() {
            self.door.ready.fetch_add(1, Ordering::Relaxed);
            // A door that is gone holds nobody back.
            let _called_or_gone = line_up.wait_for(|called| *called).await;
        }
        clock.now_ns().saturating_sub(begun_ns)
    }

    /// The gate for the paying request.
    pub(super) fn gate(&self) -> Gate {
        self.door.gate.clone()
    }

    /// When the door was opened; 0 if it is closed.
    pub(super) fn opened_ns(&self) -> u64 {
        self.door.opened_ns.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.left.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Takes down what the door says, in its order.
    #[derive(Default)]
    struct Witness(Mutex<Vec<String>>);

    impl Witness {
        fn note(&self, what: String) {
            self.0.lock().unwrap().push(what);
        }
    }

    impl Usher for Witness {
        async fn ready(&self) {
            self.note("ready".to_owned());
        }

        async fn standing(&self, standing: u64) {
            self.note(format!("{standing} stand"));
        }

        fn opened(&self, began_ns: u64, ended_ns: u64) {
            assert!(began_ns <= ended_ns);
            self.note("opened".to_owned());
        }
    }

    #[tokio::test]
    async fn the_door_waits_for_all_but_those_who_left() {
        let (door, clock, witness) = (Door::closed(), Clock::start(), Witness::default());
        let (first, second, leaves) = (door.place(), door.place(), door.place());
        let buyer = async |place: Place| {
            place.line_up(&clock).await;
            assert_eq!(place.opened_ns(), 0, "nobody is let in before the door is open");
            // What a body does when all but its last byte is sent.
            place.door.standing.fetch_add(1, Ordering::Relaxed);
            let mut open = place.door.opener.subscribe();
            open.wait_for(|open| *open).await.unwrap();
            assert!(place.opened_ns() > 0);
        };
        drop(leaves);
        tokio::join!(door.lead(3, &witness, &clock), buyer(first), buyer(second));
        assert_eq!(*witness.0.lock().unwrap(), ["ready", "2 stand", "opened"]);
    }
}
