//! The load: lets the planned buyers come, as many and when the plan says.
//!
//! Decides who comes when. Leaves what a buyer does to `buyer`.

mod buyer;
mod door;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::buyer::Buyer;
use self::door::Door;
use crate::clock::{Clock, ns};
use crate::dialect::Dialect;
use crate::history::{Act, Deed, Event, Good};
use crate::plan::{Arrival, Planner, due_instants};
use crate::recorder::Recorder;
use crate::wire::Wire;

/// Checkouts opened at once by those who wait for the door: opening is not yet what the rush is about.
pub(crate) const OPENING_MAX: usize = 500;

/// What all buyers share.
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) planner: Planner,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) wire: Wire,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) goods: Vec<Good>,
    /// How many of those who wait for the door open their checkouts at once.
    pub(crate) opening: Semaphore,
    /// After which time a buyer without a definite answer gives up.
    pub(crate) patience_ns: u64,
}

/// Whom to ask how many requests the servers hold; `None` if they cannot be asked.
pub(crate) type HeldAtServer<'a> = &'a (dyn Fn() -> Option<u64> + Sync);

/// Lets buyers come until the plan is over and the last has a definite answer or has given up.
pub(crate) async fn run(scene: &Arc<Scene>, arrival: Arrival, buyers: u64, held: HeldAtServer<'_>) {
    match arrival {
        Arrival::DoorsOpen => doors_open(scene, buyers, held).await,
        Arrival::Closed { ramp, hold } => closed_loop(scene, buyers, ramp, hold).await,
        Arrival::Open { rate, hold } => open_loop(scene, rate, hold).await,
    }
}

fn buyer(scene: &Arc<Scene>, number: u64, lane: u64, due_ns: u64) -> Buyer {
    let lane = usize::try_from(lane).unwrap_or_default();
    Buyer { scene: Arc::clone(scene), number, lane, due_ns }
}

async fn doors_open(scene: &Arc<Scene>, buyers: u64, held: HeldAtServer<'_>) {
    let door = Door::closed();
    let mut shopping = JoinSet::new();
    for number in 0..buyers {
        let buyer = buyer(scene, number, number, scene.clock.now_ns());
        let place = door.place();
        shopping.spawn(async move { buyer.buy(Some(place)).await });
    }
    door.line_up(buyers).await;
    let held_at_server = wait_until_held(door.standing(), held).await;
    let began_ns = scene.clock.now_ns();
    let ended_ns = door.open(&scene.clock);
    scene.recorder.take_down(Event::Act(Act {
        began_ns,
        ended_ns,
        deed: Deed::DoorsOpened { held_at_server },
    }));
    while shopping.join_next().await.is_some() {}
}

/// Waits a moment for the server to say that it holds all who stand before the door.
async fn wait_until_held(standing: u64, held: HeldAtServer<'_>) -> Option<u64> {
    let mut most = held();
    for _ in 0..20 {
        if most.is_none_or(|held| held >= standing) {
            break;
        }
        sleep(Duration::from_millis(100)).await;
        most = most.max(held());
    }
    most
}

async fn closed_loop(scene: &Arc<Scene>, buyers: u64, ramp: Duration, hold: Duration) {
    let next = Arc::new(AtomicU64::new(buyers));
    let until_ns = scene.clock.now_ns().saturating_add(ns(ramp)).saturating_add(ns(hold));
    let mut shopping = JoinSet::new();
    for number in 0..buyers {
        let wait = ramp.mul_f64(number as f64 / buyers.max(1) as f64);
        let (scene, next) = (Arc::clone(scene), Arc::clone(&next));
        shopping.spawn(async move {
            sleep(wait).await;
            let mut purchase = number;
            loop {
                buyer(&scene, purchase, number, scene.clock.now_ns()).buy(None).await;
                if hold.is_zero() || scene.clock.now_ns() >= until_ns {
                    return;
                }
                purchase = next.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while shopping.join_next().await.is_some() {}
}

/// The clock sends, not the last answer: whoever is slow is waited for longer, and asked no less often.
async fn open_loop(scene: &Arc<Scene>, rate: u32, hold: Duration) {
    let began_ns = scene.clock.now_ns();
    let mut shopping = JoinSet::new();
    for (number, due) in (0_u64..).zip(due_instants(scene.seed, rate, hold)) {
        let due_ns = began_ns.saturating_add(due);
        let wait = due_ns.saturating_sub(scene.clock.now_ns());
        // Below the timer's grain they are sent together: their waits count from when they were due.
        if wait > 1_000_000 {
            sleep(Duration::from_nanos(wait)).await;
        }
        let buyer = buyer(scene, number, number, due_ns);
        shopping.spawn(async move { buyer.buy(None).await });
        while shopping.try_join_next().is_some() {}
    }
    while shopping.join_next().await.is_some() {}
}
