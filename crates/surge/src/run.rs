//! A run from its beginning to its verdict.
//!
//! Decides the order: make the shop ready, let buyers come while faults happen, wait until all is at rest, read the
//! books, judge. Leaves each of these to its file.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::audit;
use crate::books::Books;
use crate::day;
use crate::history::{Event, History, Opening, Told};
use crate::keeper::Keeper;
use crate::load::Job;
use crate::machine::Machine;
use crate::metrics::Watch;
use crate::page::things;
use crate::plan::Arrival;
use crate::progress::Progress;
use crate::read_books::Shelf;
use crate::recorder::Recorder;
use crate::rush;
use crate::settings::Settings;
use crate::stage::Stage;
use crate::tally::tally;
use crate::verdict::{Environment, Findings, Report, Setting};
use crate::verdict_of::{Costs, verdict};

/// The invariants that hold at the latest a minute after faults have ended. What was told and is lost is not found again.
const IN_THE_END: [&str; 4] = ["I4", "I8", "I9", "I11"];
/// The pause between two looks whether they have.
const END_LOOK: Duration = Duration::from_secs(2);

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The verdict with its surroundings.
    pub report: Report,
    /// All that was asked and answered.
    pub history: History,
    /// The books that it was compared with.
    pub books: Books,
}

/// Why there is no verdict.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Stop {
    /// It was not called rightly.
    #[error("{0}")]
    Usage(String),
    /// The shop cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// Something went wrong inside.
    #[error("{0}")]
    Internal(String),
}

/// Runs it.
///
/// # Errors
/// When there is no verdict: then nothing is known of the shop.
pub async fn run(settings: &Settings) -> Result<Outcome, Stop> {
    let machine = Machine::look();
    let began_at = jiff::Timestamp::now().to_string();
    let seed = settings.seed.unwrap_or_else(drawn_seed);
    let progress = Progress::start();
    let plan = Plan::of(settings);
    progress.note(&format!("seed {seed}: {}, {}", settings.workload.name(), plan.in_words()));
    let stage = Stage::set(settings, seed, &progress).await?;
    let opening = Opening {
        seed,
        target: stage.target.clone(),
        workload: settings.workload.name().to_owned(),
        buyers: if plan.is_open_loop() { 0 } else { settings.buyers },
        began_at,
        goods: stage.goods.clone(),
        all_must_sell: settings.workload.all_must_sell() && settings.faults.is_empty(),
        answers_within_ms: stage.own.as_ref().and_then(|_| day::answers_within_ms(settings.workload)),
        limits: stage.limits.clone(),
    };
    let mut watchers = JoinSet::new();
    let watch = Watch::start(&stage.metrics, &mut watchers);
    let recorder = Arc::new(Recorder::default());
    let jobs = rush::jobs(settings, plan.arrival, &stage, seed, &machine)?;
    progress.follow(&recorder, &mut watchers);
    rush::run(settings, &stage, &jobs, &recorder, &watch).await?;
    watchers.abort_all();
    let history = History { opening, events: recorder.take() };
    let orders = orders_told(&history);
    stage.rest(orders, day::quiet(settings.workload), &progress).await;
    let (books, findings) = judge(settings, &stage, &history, &progress).await;
    let tally = tally(&history);
    let costs = Costs { per_oversell: settings.cost_per_oversell, currency: settings.currency.clone() };
    let environment = environment(settings, &plan, &stage, machine, &jobs, &watch, &history.opening).await;
    progress.end();
    let report = Report {
        verdict: verdict(&history.opening, &tally, findings, &costs),
        environment,
        timeline: tally.timeline,
    };
    Ok(Outcome { report, history, books })
}

/// Reads the books and judges the run by them. What must hold in the end may take a while: where nothing else is wrong, it
/// is read and judged again until it holds, or its time is over.
async fn judge(
    settings: &Settings,
    stage: &Stage,
    history: &History,
    progress: &Progress,
) -> (Books, Findings) {
    let until = Instant::now() + day::end(settings.workload);
    loop {
        progress.now("reading the books");
        let books = read_books(settings, stage, &history.opening).await;
        progress.now("judging");
        let findings = audit::audit(history, &books);
        if !may_heal(&findings) || stage.own.is_none() || Instant::now() >= until {
            return (books, findings);
        }
        sleep(END_LOOK).await;
    }
}

/// Whether all that is violated is what must hold in the end only.
fn may_heal(findings: &Findings) -> bool {
    let mut violated = findings.invariants.iter().filter(|invariant| invariant.violated > 0).peekable();
    violated.peek().is_some() && violated.all(|invariant| IN_THE_END.contains(&invariant.id.as_str()))
}

async fn read_books(settings: &Settings, stage: &Stage, opening: &Opening) -> Books {
    match &stage.keeper {
        Keeper::Target(keeper) => keeper.books(opening).await,
        Keeper::Sellonce(admin) => {
            let is_own = settings.shop.is_thrown_away();
            let mails = stage.own.as_ref().map(|own| own.mails());
            Shelf { admin, opening, is_own, mails }.read().await
        }
    }
}

/// A seed for who names none: by the wall clock, short enough to be typed.
fn drawn_seed() -> u64 {
    let now = jiff::Timestamp::now().as_nanosecond();
    u64::try_from(now.unsigned_abs() % 1_000_000_007).unwrap_or(1)
}

/// How many orders buyers were told of.
fn orders_told(history: &History) -> u64 {
    let mut orders = BTreeSet::new();
    for event in &history.events {
        if let Event::Exchange(exchange) = event
            && let Told::Ordered(order) = &exchange.told
        {
            orders.insert(order.order.as_str());
        }
    }
    u64::try_from(orders.len()).unwrap_or(u64::MAX)
}

/// The plan in words.
struct Plan {
    arrival: Arrival,
    buyers: u64,
    faults: Vec<Setting>,
}

impl Plan {
    fn of(settings: &Settings) -> Self {
        let every = |name: &str, mean: Option<Duration>| {
            mean.map(|mean| Setting { name: name.to_owned(), value: format!("every {mean:?} in the mean") })
        };
        let toxics: Vec<&str> = settings.faults.toxics.iter().map(|toxic| toxic.name()).collect();
        let toxics =
            (!toxics.is_empty()).then(|| Setting { name: "toxics".to_owned(), value: toxics.join(", ") });
        let faults = [
            every("kill -9", settings.faults.kill),
            every("pause", settings.faults.pause),
            every("restart of the database", settings.faults.restart_database),
            toxics,
        ];
        Self {
            arrival: settings.arrival(),
            buyers: settings.buyers,
            faults: faults.into_iter().flatten().collect(),
        }
    }

    fn is_open_loop(&self) -> bool {
        matches!(self.arrival, Arrival::Open { .. })
    }

    fn in_words(&self) -> String {
        let buyers = things(self.buyers, "buyer");
        match self.arrival {
            Arrival::DoorsOpen => format!("{buyers}, paying at one instant, when the doors open"),
            Arrival::Open { rate, hold } => format!("open loop, {rate}/s by the clock for {hold:?}"),
            Arrival::Closed { ramp, hold } => {
                let come =
                    if ramp.is_zero() { "at once".to_owned() } else { format!("coming within {ramp:?}") };
                let buy = match hold {
                    Duration::ZERO => "buying once".to_owned(),
                    hold => format!("buying again and again for {hold:?}"),
                };
                format!("{buyers} {come}, {buy}")
            }
        }
    }

    fn settings(&self) -> Vec<Setting> {
        let arrival = Setting { name: "buyers".to_owned(), value: self.in_words() };
        std::iter::once(arrival).chain(self.faults.iter().cloned()).collect()
    }
}

async fn environment(
    settings: &Settings,
    plan: &Plan,
    stage: &Stage,
    machine: Machine,
    jobs: &[Job],
    watch: &Watch,
    opening: &Opening,
) -> Environment {
    let named = settings.command.contains("--seed");
    let seed = if named { String::new() } else { format!(" --seed {}", opening.seed) };
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        shop_version: stage.keeper.version().await,
        began_at: opening.began_at.clone(),
        system: machine.system,
        cores: machine.cores,
        memory_bytes: machine.memory_bytes,
        open_files_max: machine.open_files_max,
        database: stage.database.clone(),
        servers: u64::try_from(stage.doors.len()).unwrap_or(u64::MAX),
        transport: transport(settings, plan, jobs),
        in_flight_at_servers_max: watch.most(),
        limits: stage.own.as_ref().map(|own| own.limits()).unwrap_or_default(),
        plan: plan.settings(),
        command: format!("{}{seed}", settings.command),
    }
}

/// How buyers are connected. Streams and connections are no users, and are not called so.
fn transport(settings: &Settings, plan: &Plan, jobs: &[Job]) -> String {
    let lanes: usize = jobs.iter().map(Job::lanes).sum();
    let lanes = u64::try_from(lanes).unwrap_or(u64::MAX);
    let processes = u64::try_from(jobs.len()).unwrap_or(u64::MAX);
    let from = if processes > 1 { format!(" from {processes} processes") } else { String::new() };
    match (settings.connections, plan.is_open_loop()) {
        (true, _) => format!("{}{from}", things(lanes, "TCP connection")),
        (false, true) => format!("HTTP/2 streams on up to {}{from}", things(lanes, "connection")),
        (false, false) => {
            format!("{} on {}{from}", things(settings.buyers, "HTTP/2 stream"), things(lanes, "connection"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Invariant;

    fn check(violated: &[&str], expect: bool) {
        let invariant = |number: u32| {
            let id = format!("I{number}");
            let is_violated = violated.contains(&id.as_str());
            let (checked, violated) = (1, u64::from(is_violated));
            Invariant { id, ok: !is_violated, checked, violated, violations: Vec::new(), skipped: None }
        };
        let findings = Findings {
            sold: 0,
            oversold: None,
            false_sold_out: None,
            orphaned_payments: None,
            duplicate_orders: None,
            lost_acknowledgements: None,
            wrong_amounts: None,
            invariants: (1..=14).map(invariant).collect(),
        };
        assert_eq!(may_heal(&findings), expect, "{violated:?}");
    }

    #[test]
    fn only_what_must_hold_in_the_end_is_looked_at_again() {
        check(&[], false);
        check(&["I4"], true);
        check(&["I4", "I8", "I9", "I11"], true);
        check(&["I1"], false);
        check(&["I4", "I12"], false);
    }

    #[test]
    fn a_plan_is_told_without_times_that_are_none() {
        let seconds = Duration::from_secs;
        for (buyers, arrival, expect) in [
            (1, Arrival::DoorsOpen, "1 buyer, paying at one instant, when the doors open"),
            (
                1_000,
                Arrival::Closed { ramp: seconds(0), hold: seconds(0) },
                "1,000 buyers at once, buying once",
            ),
            (
                2,
                Arrival::Closed { ramp: seconds(10), hold: seconds(0) },
                "2 buyers coming within 10s, buying once",
            ),
            (
                2,
                Arrival::Closed { ramp: seconds(0), hold: seconds(90) },
                "2 buyers at once, buying again and again for 90s",
            ),
            (0, Arrival::Open { rate: 5, hold: seconds(20) }, "open loop, 5/s by the clock for 20s"),
        ] {
            assert_eq!(Plan { arrival, buyers, faults: Vec::new() }.in_words(), expect);
        }
    }
}
