//! The rush: the part of a run in which buyers buy, the merchant works and faults happen.
//!
//! Decides into how many processes the buyers go and what is checked before. Leaves the buyers to `load`, other
//! processes to `crew`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::clerk::Clerk;
use crate::clock::{Clock, ns};
use crate::crew;
use crate::day;
use crate::faults::{Faults, Workshop};
use crate::history::{Act, Deed, Event};
use crate::keeper::Keeper;
use crate::load::{self, Job, Usher};
use crate::machine::Machine;
use crate::merchant::Merchant;
use crate::metrics::Watch;
use crate::plan::Arrival;
use crate::recorder::Recorder;
use crate::run::Stop;
use crate::settings::{Settings, ShopChoice};
use crate::stage::Stage;
use crate::wire::Protocol;

/// Files that a process has open besides its connections.
const SPARE_FILES: u64 = 500;
/// Local addresses that the connections of one process come from: each has some 28,000 ports.
const SOURCES: u8 = 8;
/// Processes that have local addresses of their own.
const WORKERS_MAX: u64 = 200;
/// Stands for "nobody has said".
const UNKNOWN: u64 = u64::MAX;

/// Cuts the load into jobs, one per process, after a look whether the machine can do it.
pub(crate) fn jobs(
    settings: &Settings,
    arrival: Arrival,
    stage: &Stage,
    seed: u64,
    machine: &Machine,
) -> Result<Vec<Job>, Stop> {
    let per_process = machine.open_files_max.saturating_sub(SPARE_FILES).max(1);
    let servers = u64::try_from(stage.doors.len()).unwrap_or(1);
    let connections = if settings.connections { settings.buyers } else { 0 };
    if stage.own.is_some() {
        let proxied = !stage.proxies.is_empty();
        let fits = Load { connections, servers, proxied }.fits(machine.open_files_max);
        fits.map_err(Stop::Unusable)?;
    }
    let parts = settings.workers.unwrap_or(connections.div_ceil(per_process)).clamp(1, WORKERS_MAX);
    if parts > 1 && matches!(settings.shop, ShopChoice::Target { .. }) {
        return Err(Stop::Unusable(format!(
            "a target is loaded by one process, which may have {} files open here: fewer --buyers",
            machine.open_files_max
        )));
    }
    let near = stage.doors.iter().all(|door| matches!(door.address.ip(), IpAddr::V4(ip) if ip.is_loopback()));
    let sources = |part: u64| -> Vec<IpAddr> {
        let third = u8::try_from(part + 1).unwrap_or(u8::MAX);
        (1..=SOURCES).map(|last| Ipv4Addr::new(127, 0, third, last).into()).collect()
    };
    let clock = Clock::start();
    let job = |part: u64| Job {
        seed,
        clock,
        workload: settings.workload,
        arrival,
        buyers: settings.buyers,
        part,
        parts,
        doors: stage.doors.clone(),
        protocol: if settings.connections { Protocol::Http1 } else { Protocol::Http2 },
        // Elsewhere loopback has one address.
        sources: if settings.connections && near && cfg!(target_os = "linux") {
            sources(part)
        } else {
            Vec::new()
        },
        goods: stage.goods.clone(),
        limits: stage.limits.clone(),
        patience_ns: ns(settings.patience),
        may_vanish: stage.own.is_some() && day::holds_run_out(settings.workload),
    };
    Ok((0..parts).map(job).collect())
}

/// Real connections to own servers.
struct Load {
    connections: u64,
    servers: u64,
    /// Whether they go through proxies, which this process holds.
    proxied: bool,
}

impl Load {
    /// Whether processes may have so many files open.
    fn fits(&self, open_files_max: u64) -> Result<(), String> {
        let Self { connections, servers, proxied } = *self;
        let per_process = open_files_max.saturating_sub(SPARE_FILES).max(1);
        if connections.div_ceil(servers.max(1)) > per_process {
            let needed = connections.div_ceil(per_process);
            return Err(format!(
                "{connections} connections need {needed} servers, for one process may have {open_files_max} files \
                 open here: --servers {needed} --database postgres"
            ));
        }
        // A proxy has two files for each that comes, and buyers of one process are in the same.
        let most = per_process / 3;
        if proxied && connections > most {
            return Err(format!(
                "with --toxic {connections} connections go through this process, which may have {open_files_max} \
                 files open: --connections {most} at most"
            ));
        }
        Ok(())
    }
}

/// Lets buyers come, while the merchant works and faults happen.
pub(crate) async fn run(
    settings: &Settings,
    stage: &Stage,
    jobs: &[Job],
    recorder: &Arc<Recorder>,
    watch: &Watch,
) -> Result<(), Stop> {
    let Some(first) = jobs.first() else { return Ok(()) };
    let (seed, clock) = (first.seed, first.clock);
    let faults = stage.own.as_ref().map(|own| {
        let (recorder, own, proxies) = (Arc::clone(recorder), Arc::clone(own), Arc::clone(&stage.proxies));
        let cluster = stage.cluster.clone();
        Faults::start(&settings.faults, &Workshop { seed, clock, recorder, own, proxies, cluster })
    });
    let (stop, stopped) = watch::channel(false);
    let foreman = Foreman { recorder, watch, held: AtomicU64::new(UNKNOWN) };
    let buying = async {
        let bought = if let [job] = jobs {
            load::run(job, Arc::clone(&stage.dialect), Arc::clone(recorder), &foreman).await;
            Ok(())
        } else {
            crew::lead(&settings.binary, jobs, recorder, &foreman).await
        };
        stop.send_replace(true);
        bought
    };
    let (bought, (), faults) = tokio::join!(
        buying,
        keep_shop(settings, stage, first, recorder, &stopped),
        end_faults(faults, first.arrival.length(), stopped.clone())
    );
    faults.map_err(Stop::Unusable)?;
    bought.map_err(Stop::Internal)
}

/// The merchant, the clerk and the operator at their work, as long as buyers buy.
async fn keep_shop(
    settings: &Settings,
    stage: &Stage,
    job: &Job,
    recorder: &Recorder,
    stopped: &watch::Receiver<bool>,
) {
    if !settings.workload.has_merchant() {
        return;
    }
    let (seed, clock) = (job.seed, job.clock);
    let merchant = Merchant { seed, clock, keeper: &stage.keeper, goods: &stage.goods, recorder };
    let clerk = match &stage.keeper {
        Keeper::Sellonce(admin) if settings.workload.has_clerk() => {
            Some(Clerk { seed, clock, admin, recorder })
        }
        Keeper::Sellonce(_) | Keeper::Target(_) => None,
    };
    let look_after = async {
        let Some(clerk) = &clerk else { return };
        if settings.shop.is_thrown_away() {
            tokio::join!(clerk.work(stopped.clone()), clerk.operate(stopped.clone()));
        } else {
            clerk.work(stopped.clone()).await;
        }
    };
    tokio::join!(merchant.work(stopped.clone()), look_after);
}

/// Ends the faults with the load's time, or with the load where it has none: who is still waiting for an answer then must
/// get one.
async fn end_faults(
    faults: Option<Faults>,
    length: Option<Duration>,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), String> {
    let Some(faults) = faults else { return Ok(()) };
    let over = stopped.wait_for(|stopped| *stopped);
    // Either way it is over.
    match length {
        Some(length) => drop(timeout(length, over).await),
        None => drop(over.await),
    }
    faults.stop().await
}

/// Opens the door when the servers hold all who stand before it, and takes that down.
struct Foreman<'a> {
    recorder: &'a Recorder,
    watch: &'a Watch,
    held: AtomicU64,
}

impl Usher for Foreman<'_> {
    async fn ready(&self) {}

    /// Waits a moment for the servers to say that they hold all of them.
    async fn standing(&self, standing: u64) {
        let mut most = self.watch.now();
        for _ in 0..20 {
            if most.is_none_or(|held| held >= standing) {
                break;
            }
            sleep(Duration::from_millis(100)).await;
            most = most.max(self.watch.now());
        }
        self.held.store(most.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    fn opened(&self, began_ns: u64, ended_ns: u64) {
        let held_at_server = Some(self.held.load(Ordering::Relaxed)).filter(|held| *held != UNKNOWN);
        let deed = Deed::DoorsOpened { held_at_server };
        self.recorder.take_down(Event::Act(Act { began_ns, ended_ns, deed }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_connections_as_processes_may_have_files() {
        let check = |connections, servers, proxied, words: &str| {
            let refused = Load { connections, servers, proxied }.fits(20_000).err().unwrap_or_default();
            assert!(
                refused.contains(words) && refused.is_empty() == words.is_empty(),
                "{refused:?}: {words}"
            );
        };
        check(0, 1, true, "");
        check(19_500, 1, false, "");
        check(19_501, 1, false, "--servers 2 --database postgres");
        check(50_000, 3, false, "");
        check(50_000, 2, false, "--servers 3 --database postgres");
        check(6_500, 1, true, "");
        check(6_501, 1, true, "--connections 6500 at most");
        check(50_000, 3, true, "--connections 6500 at most");
    }
}
