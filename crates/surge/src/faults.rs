//! Faults: servers that are killed and paused, a database that crashes, and a network that misbehaves, while buyers buy.
//!
//! Decides when, by the seed alone. Each fault is taken down with its beginning and its end, and every fault has ended
//! when the load is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::chance::Chance;
use crate::clock::{Clock, ns};
use crate::cluster::Cluster;
use crate::history::{Act, Deed, Event, Fault};
use crate::own::{OwnError, OwnServers};
use crate::proxy::Proxy;
use crate::recorder::Recorder;

/// The mean distance between two faults of the network.
const TOXIC_EVERY: Duration = Duration::from_secs(2);
/// How long a fault of the network stays, in milliseconds: from, and up to.
const TOXIC_MS: (u64, u64) = (200, 1_500);
/// How long a server is paused, in milliseconds.
const PAUSE_MS: (u64, u64) = (500, 5_000);
/// How long a database stays down before it is started again, in milliseconds: up to.
const DATABASE_DOWN_MS_MAX: u64 = 2_000;

/// Which faults there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// kill -9, with this mean distance.
    pub kill: Option<Duration>,
    /// SIGSTOP and SIGCONT, with this mean distance.
    pub pause: Option<Duration>,
    /// The database crashes and is started again, with this mean distance.
    pub restart_database: Option<Duration>,
    /// Faults of the network, drawn from these.
    pub toxics: Vec<Fault>,
}

impl FaultPlan {
    /// Whether nothing goes wrong on purpose.
    pub fn is_empty(&self) -> bool {
        self.kill.is_none()
            && self.pause.is_none()
            && self.restart_database.is_none()
            && self.toxics.is_empty()
    }
}

/// Faults while they happen.
pub(crate) struct Faults {
    stop: watch::Sender<bool>,
    loops: JoinSet<Result<(), String>>,
}

/// What the fault loops work with.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) own: Arc<OwnServers>,
    pub(crate) proxies: Arc<Vec<Proxy>>,
    /// The database's own server, if it is the run's.
    pub(crate) cluster: Option<Arc<Cluster>>,
}

impl Faults {
    /// Begins.
    pub(crate) fn start(plan: &FaultPlan, workshop: &Workshop) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut loops = JoinSet::new();
        if let Some(mean) = plan.kill {
            loops.spawn(kills(workshop.clone(), mean, stopped.clone()));
        }
        if let Some(mean) = plan.pause {
            loops.spawn(pauses(workshop.clone(), mean, stopped.clone()));
        }
        if let (Some(mean), Some(cluster)) = (plan.restart_database, &workshop.cluster) {
            loops.spawn(restarts(workshop.clone(), Arc::clone(cluster), mean, stopped.clone()));
        }
        if !plan.toxics.is_empty() {
            loops.spawn(toxics(workshop.clone(), plan.toxics.clone(), stopped));
        }
        Self { stop, loops }
    }

    /// Ends them: what is under way is ended first, so that every server runs and every line is clean.
    pub(crate) async fn stop(mut self) -> Result<(), String> {
        // Without receivers the loops have ended already.
        self.stop.send_replace(true);
        while let Some(ended) = self.loops.join_next().await {
            ended.map_err(|error| error.to_string())??;
        }
        Ok(())
    }
}

/// Waits, unless it is over before: then says so.
async fn wait(wait_ns: u64, stopped: &mut watch::Receiver<bool>) -> bool {
    timeout(Duration::from_nanos(wait_ns), stopped.wait_for(|stopped| *stopped)).await.is_err()
}

impl Workshop {
    fn take_down(&self, fault: Fault, server: usize, began_ns: u64) {
        let server = u16::try_from(server).unwrap_or(u16::MAX);
        let deed = Deed::Fault { fault, server };
        self.recorder.take_down(Event::Act(Act { began_ns, ended_ns: self.clock.now_ns(), deed }));
    }

    fn server(&self, chance: &mut Chance) -> usize {
        let count = u64::try_from(self.own.count()).unwrap_or(1);
        usize::try_from(chance.below(count)).unwrap_or_default()
    }
}

async fn kills(workshop: Workshop, mean: Duration, mut stopped: watch::Receiver<bool>) -> Result<(), String> {
    let mut chance = Chance::of(workshop.seed, "kill", 0);
    while wait(chance.wait_ns(ns(mean)), &mut stopped).await {
        let server = workshop.server(&mut chance);
        let began_ns = workshop.clock.now_ns();
        workshop.own.kill(server).await;
        let started = workshop.own.start_server(server).await;
        workshop.take_down(Fault::Kill, server, began_ns);
        started.map_err(|error| format!("after kill -9: {error}"))?;
    }
    Ok(())
}

async fn pauses(
    workshop: Workshop,
    mean: Duration,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), String> {
    let mut chance = Chance::of(workshop.seed, "pause", 0);
    while wait(chance.wait_ns(ns(mean)), &mut stopped).await {
        let server = workshop.server(&mut chance);
        let length = PAUSE_MS.0 + chance.below(PAUSE_MS.1 - PAUSE_MS.0);
        let began_ns = workshop.clock.now_ns();
        workshop.own.pause(server, true).await;
        sleep(Duration::from_millis(length)).await;
        workshop.own.pause(server, false).await;
        workshop.take_down(Fault::Pause, server, began_ns);
    }
    Ok(())
}

async fn restarts(
    workshop: Workshop,
    cluster: Arc<Cluster>,
    mean: Duration,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), String> {
    let mut chance = Chance::of(workshop.seed, "restart-database", 0);
    while wait(chance.wait_ns(ns(mean)), &mut stopped).await {
        let down_ms = chance.below(DATABASE_DOWN_MS_MAX);
        let began_ns = workshop.clock.now_ns();
        let restarted = restart(&cluster, Duration::from_millis(down_ms)).await;
        workshop.take_down(Fault::RestartDatabase, 0, began_ns);
        restarted.map_err(|error| format!("after a crash of the database: {error}"))?;
    }
    Ok(())
}

async fn restart(cluster: &Cluster, down: Duration) -> Result<(), OwnError> {
    cluster.crash().await?;
    sleep(down).await;
    cluster.start().await
}

async fn toxics(
    workshop: Workshop,
    kinds: Vec<Fault>,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), String> {
    let mut chance = Chance::of(workshop.seed, "toxic", 0);
    while wait(chance.wait_ns(ns(TOXIC_EVERY)), &mut stopped).await {
        let server = workshop.server(&mut chance);
        let kind = usize::try_from(chance.below(u64::try_from(kinds.len()).unwrap_or(1))).unwrap_or_default();
        let length = TOXIC_MS.0 + chance.below(TOXIC_MS.1 - TOXIC_MS.0);
        let began_ns = workshop.clock.now_ns();
        workshop.proxies[server].set(Some(kinds[kind]));
        sleep(Duration::from_millis(length)).await;
        workshop.proxies[server].set(None);
        workshop.take_down(kinds[kind], server, began_ns);
    }
    Ok(())
}
