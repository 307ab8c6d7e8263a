//! The load: lets the planned buyers come, as many and when the plan says.
//!
//! Decides who comes when. Leaves what a buyer does to `buyer`. The buyers may be shared out to several processes; what
//! each of them does is the same as if it were one.

mod buyer;
mod door;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::buyer::Buyer;
use self::door::Door;
pub(crate) use self::door::Usher;
use crate::clock::{Clock, ns};
use crate::dialect::Dialect;
use crate::history::{Good, Limits};
use crate::plan::{Arrival, Planner, Workload, due_instants};
use crate::recorder::Recorder;
use crate::wire::{self, Protocol, STREAMS_PER_CONNECTION, Wire};

/// Checkouts opened at once by those who wait for the door: opening is not yet what the rush is about.
const OPENING_MAX: usize = 500;

/// What a process has to do of a rush: all that its buyers need to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) workload: Workload,
    pub(crate) arrival: Arrival,
    /// All buyers, those of other processes among them.
    pub(crate) buyers: u64,
    /// Which part of them is this process's: those whose number leaves `part` when divided by `parts`.
    pub(crate) part: u64,
    pub(crate) parts: u64,
    pub(crate) doors: Vec<wire::Door>,
    pub(crate) protocol: Protocol,
    /// Local addresses to connect from; any if there is none.
    pub(crate) sources: Vec<IpAddr>,
    pub(crate) goods: Vec<Good>,
    /// What buyers run into, if limits are set.
    pub(crate) limits: Option<Limits>,
    /// After which time a buyer without a definite answer gives up.
    pub(crate) patience_ns: u64,
    /// Whether a buyer may vanish at their bank: where holds do not run out soon, they say no there instead.
    pub(crate) may_vanish: bool,
}

impl Job {
    /// How many buyers are this process's.
    pub(crate) fn own_buyers(&self) -> u64 {
        (self.buyers + self.parts - 1 - self.part) / self.parts
    }

    /// How many connections this process makes.
    pub(crate) fn lanes(&self) -> usize {
        let buyers = usize::try_from(self.own_buyers()).unwrap_or(usize::MAX).max(1);
        match self.protocol {
            Protocol::Http1 => buyers,
            Protocol::Http2 => buyers.div_ceil(STREAMS_PER_CONNECTION),
        }
    }
}

/// What the buyers of a process share.
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) planner: Planner,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) wire: Wire,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) goods: Vec<Good>,
    pub(crate) limits: Option<Limits>,
    /// How many of those who wait for the door open their checkouts at once.
    pub(crate) opening: Semaphore,
    /// After which time a buyer without a definite answer gives up.
    pub(crate) patience_ns: u64,
    pub(crate) may_vanish: bool,
}

impl Scene {
    fn of(job: &Job, dialect: Arc<dyn Dialect>, recorder: Arc<Recorder>) -> Self {
        Self {
            seed: job.seed,
            clock: job.clock,
            planner: Planner::new(job.seed, job.workload, job.goods.len()),
            dialect,
            wire: Wire::new(job.doors.clone(), job.protocol, job.lanes(), &job.sources),
            recorder,
            goods: job.goods.clone(),
            limits: job.limits.clone(),
            opening: Semaphore::new(OPENING_MAX),
            patience_ns: job.patience_ns,
            may_vanish: job.may_vanish,
        }
    }
}

/// Lets buyers come until the plan is over and the last has a definite answer or has given up.
pub(crate) async fn run(job: &Job, dialect: Arc<dyn Dialect>, recorder: Arc<Recorder>, usher: &impl Usher) {
    let scene = Arc::new(Scene::of(job, dialect, recorder));
    match job.arrival {
        Arrival::DoorsOpen => doors_open(job, &scene, usher).await,
        Arrival::Closed { ramp, hold } => closed_loop(job, &scene, ramp, hold).await,
        Arrival::Open { rate, hold } => open_loop(job, &scene, rate, hold).await,
    }
}

/// The numbers of this process's buyers, with their lanes.
fn numbers(job: &Job) -> impl Iterator<Item = (u64, u64)> + use<> {
    let (part, parts) = (job.part, job.parts);
    (0..job.own_buyers()).map(move |lane| (part + lane * parts, lane))
}

fn buyer(scene: &Arc<Scene>, number: u64, lane: u64, due_ns: u64) -> Buyer {
    let lane = usize::try_from(lane).unwrap_or_default();
    Buyer { scene: Arc::clone(scene), number, lane, due_ns }
}

async fn doors_open(job: &Job, scene: &Arc<Scene>, usher: &impl Usher) {
    let door = Door::closed();
    let mut shopping = JoinSet::new();
    for (number, lane) in numbers(job) {
        let buyer = buyer(scene, number, lane, scene.clock.now_ns());
        let place = door.place();
        shopping.spawn(async move { buyer.buy(Some(place)).await });
    }
    door.lead(job.own_buyers(), usher, &scene.clock).await;
    while shopping.join_next().await.is_some() {}
}

async fn closed_loop(job: &Job, scene: &Arc<Scene>, ramp: Duration, hold: Duration) {
    let (parts, buyers) = (job.parts, job.buyers);
    let next = Arc::new(AtomicU64::new(buyers + job.part));
    let until_ns = scene.clock.now_ns().saturating_add(ns(ramp)).saturating_add(ns(hold));
    let mut shopping = JoinSet::new();
    for (number, lane) in numbers(job) {
        let wait = ramp.mul_f64(number as f64 / buyers.max(1) as f64);
        let (scene, next) = (Arc::clone(scene), Arc::clone(&next));
        shopping.spawn(async move {
            sleep(wait).await;
            let mut purchase = number;
            loop {
                buyer(&scene, purchase, lane, scene.clock.now_ns()).buy(None).await;
                if hold.is_zero() || scene.clock.now_ns() >= until_ns {
                    return;
                }
                purchase = next.fetch_add(parts, Ordering::Relaxed);
            }
        });
    }
    while shopping.join_next().await.is_some() {}
}

/// The clock sends, not the last answer: whoever is slow is waited for longer, and asked no less often.
async fn open_loop(job: &Job, scene: &Arc<Scene>, rate: u32, hold: Duration) {
    let began_ns = scene.clock.now_ns();
    let mut shopping = JoinSet::new();
    let due = (0_u64..).zip(due_instants(scene.seed, rate, hold));
    for (number, due) in due.filter(|(number, _)| number % job.parts == job.part) {
        let due_ns = began_ns.saturating_add(due);
        let wait = due_ns.saturating_sub(scene.clock.now_ns());
        // Below the timer's grain they are sent together: their waits count from when they were due.
        if wait > 1_000_000 {
            sleep(Duration::from_nanos(wait)).await;
        }
        let buyer = buyer(scene, number, number / job.parts, due_ns);
        shopping.spawn(async move { buyer.buy(None).await });
        while shopping.try_join_next().is_some() {}
    }
    while shopping.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(buyers: u64, part: u64, parts: u64) -> Job {
        Job {
            seed: 1,
            clock: Clock::start(),
            workload: Workload::FlashSale,
            arrival: Arrival::DoorsOpen,
            buyers,
            part,
            parts,
            doors: Vec::new(),
            protocol: Protocol::Http2,
            sources: Vec::new(),
            goods: Vec::new(),
            limits: None,
            patience_ns: 1,
            may_vanish: false,
        }
    }

    #[test]
    fn every_buyer_is_in_exactly_one_process() {
        for (buyers, parts) in [(0, 1), (1, 1), (1, 3), (10, 3), (50_000, 3), (7, 7)] {
            let of_part =
                |part| numbers(&job(buyers, part, parts)).map(|(number, _)| number).collect::<Vec<_>>();
            let mut all: Vec<u64> = (0..parts).flat_map(of_part).collect();
            all.sort_unstable();
            assert_eq!(all, (0..buyers).collect::<Vec<_>>(), "{buyers} in {parts}");
        }
    }

    #[test]
    fn a_connection_has_no_more_streams_than_it_may() {
        assert_eq!(job(50_000, 0, 1).lanes(), 500);
        assert_eq!(job(1, 0, 1).lanes(), 1);
        assert_eq!(Job { protocol: Protocol::Http1, ..job(10, 1, 3) }.lanes(), 3);
    }
}
