//! `surge` alone: a rush on a shop, and the verdict.
//!
//! Decides what can be said on the command line and where the verdict is written. Leaves the rush to the surge crate.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use sellonce_surge::{FaultPlan, Outcome, OwnDatabase, Settings, ShopChoice, TOXICS, Workload};
use tokio::signal::unix::{SignalKind, signal};

use super::{admin_key, stop, target};
use crate::commands::Stop;
use crate::config::without_password;
use crate::output;

#[derive(Debug, Args)]
pub(super) struct Rush {
    /// How buyers behave: flash-sale, steady-day, impatient-buyers, moving-prices, failing-payments or everything.
    #[arg(long, value_name = "NAME", default_value = "flash-sale")]
    workload: Workload,
    /// Buyers at once.
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    buyers: u64,
    /// Units of each SKU.
    #[arg(long, value_name = "UNITS", default_value_t = 5_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000))]
    stock: i64,
    /// How many SKUs are on sale [default: as the workload needs].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_000))]
    skus: Option<u32>,
    /// The number that the whole plan follows from [default: drawn, and printed].
    #[arg(long)]
    seed: Option<u64>,
    /// Purchases begun per second, by the clock: an open loop instead of so many buyers at once.
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Let buyers come one after the other over this time, as 10s.
    #[arg(long, value_name = "TIME", value_parser = time)]
    ramp: Option<Duration>,
    /// Let buyers begin anew until this time is over.
    #[arg(long, value_name = "TIME", value_parser = time)]
    hold: Option<Duration>,
    /// After which time a buyer without a definite answer gives up.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "5m")]
    patience: Duration,
    /// kill -9 a server again and again, with this mean time between.
    #[arg(long, value_name = "TIME", value_parser = time)]
    kill: Option<Duration>,
    /// Stop a server for some seconds and let it go on, with this mean time between.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pause: Option<Duration>,
    /// Crash the database, which must be `postgres`, and start it again, with this mean time between.
    #[arg(long, value_name = "TIME", value_parser = time)]
    restart_database: Option<Duration>,
    /// Faults of the network: latency, down, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data, or all.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    toxic: Vec<String>,
    /// The database of the servers that are started: an address, or `postgres` for a throw-away PostgreSQL [default: a
    /// throw-away SQLite file].
    #[arg(long, value_name = "URL", conflicts_with = "url")]
    database: Option<String>,
    /// How many servers are started; more than one needs PostgreSQL.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64), conflicts_with = "url")]
    servers: u16,
    /// A Sellonce that runs already, as http://127.0.0.1:8080.
    #[arg(long, requires = "admin_key_file")]
    url: Option<String>,
    /// Anybody's shop, as this file describes it; buyers have HTTP/1.1 connections of their own.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "database", "servers", "currency"])]
    target: Option<PathBuf>,
    /// A file with a key of its admin surface.
    #[arg(long, value_name = "FILE")]
    admin_key_file: Option<PathBuf>,
    /// The host is yours although it is neither on this machine nor in a private network.
    #[arg(long, value_name = "HOST")]
    i_own: Option<String>,
    /// Where a running shop's metrics are, as 127.0.0.1:9464; may be repeated.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Vec<SocketAddr>,
    /// Real TCP connections with HTTP/1.1, one per buyer, instead of HTTP/2 streams.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    connections: Option<u64>,
    /// How many processes the buyers are shared out to [default: as many as the file limit asks for].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=200))]
    workers: Option<u64>,
    /// What one oversold unit costs, in whole units of the currency.
    #[arg(long, value_name = "AMOUNT", default_value_t = 0)]
    cost_per_oversell: i64,
    /// The currency of prices and costs.
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: String,
    /// Write the verdict as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the verdict as a page that needs no other file.
    #[arg(long, value_name = "FILE", default_value = "surge-report.html")]
    html: PathBuf,
    /// Write no page.
    #[arg(long, conflicts_with = "html")]
    no_html: bool,
    /// Write every request and answer, and every act of surge, a line of JSON each.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

pub(super) async fn run(call: Rush) -> Result<(), Stop> {
    let settings = settings(&call)?;
    // Said before the run: a verdict that cannot be written down was in vain.
    for file in [call.json.as_ref(), call.history.as_ref(), Some(&call.html).filter(|_| !call.no_html)] {
        file.map_or(Ok(()), |file| has_a_place(file))?;
    }
    let outcome = tokio::select! {
        outcome = sellonce_surge::run(&settings) => outcome.map_err(stop)?,
        // Dropping the run ends its servers and workers, and removes its folder.
        () = interrupted() => return Err(Stop::Usage("interrupted: there is no verdict".to_owned())),
    };
    write(&call, &outcome)?;
    output::result(sellonce_surge::summary(&outcome.report));
    if !call.no_html {
        output::note(format_args!("the report is in {}", call.html.display()));
    }
    if !outcome.report.verdict.ok {
        return Err(Stop::Found);
    }
    match outcome.books.unreadable().first() {
        None => Ok(()),
        Some((book, reason)) => Err(Stop::Usage(format!(
            "nothing is proved by a run whose {book} could not be read: {reason}; mend that, and run it again"
        ))),
    }
}

fn settings(call: &Rush) -> Result<Settings, Stop> {
    let database = OwnDatabase::of(call.database.as_deref());
    let shop = match (&call.url, &call.target) {
        (_, Some(file)) => ShopChoice::Target { target: target::read(file)?, i_own: call.i_own.clone() },
        (Some(url), None) => {
            let admin_key = admin_key(call.admin_key_file.as_deref().unwrap_or(Path::new("")))?;
            ShopChoice::Running { url: url.clone(), admin_key, i_own: call.i_own.clone() }
        }
        (None, None) => ShopChoice::Own { database: database.clone(), servers: call.servers },
    };
    if call.servers > 1 && !database.is_postgres() {
        return Err(Stop::Usage(
            "several servers need --database postgres, or the address of one".to_owned(),
        ));
    }
    let typed: Vec<String> = std::env::args().skip(1).map(|word| without_password(&word)).collect();
    Ok(Settings {
        seed: call.seed,
        workload: call.workload,
        buyers: call.connections.unwrap_or(call.buyers),
        stock: call.stock,
        skus: call.skus,
        rate: call.rate,
        ramp: call.ramp,
        hold: call.hold,
        patience: call.patience,
        shop,
        faults: FaultPlan {
            kill: call.kill,
            pause: call.pause,
            restart_database: call.restart_database,
            toxics: toxics(&call.toxic)?,
        },
        connections: call.connections.is_some() || call.target.is_some(),
        workers: call.workers,
        metrics: call.metrics.clone(),
        cost_per_oversell: call.cost_per_oversell,
        currency: call.currency.to_uppercase(),
        binary: std::env::current_exe()?,
        command: format!("sellonce {}", typed.join(" ")),
    })
}

/// Ends with the first SIGINT or SIGTERM.
async fn interrupted() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn toxics(names: &[String]) -> Result<Vec<sellonce_surge::history::Fault>, Stop> {
    if names.iter().any(|name| name == "all") {
        return Ok(TOXICS.to_vec());
    }
    let toxic = |name: &String| {
        TOXICS.into_iter().find(|toxic| toxic.name() == name).ok_or_else(|| {
            let known: Vec<&str> = TOXICS.iter().map(|toxic| toxic.name()).collect();
            Stop::Usage(format!("there is no toxic `{name}`; there are {} and all", known.join(", ")))
        })
    };
    names.iter().map(toxic).collect()
}

/// A time as `500ms`, `5s`, `2m` or `1h 30m`.
fn time(text: &str) -> Result<Duration, String> {
    let time: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}; write it as 5s"))?;
    Duration::try_from(time).map_err(|_| "a time is not negative".to_owned())
}

fn write(call: &Rush, outcome: &Outcome) -> Result<(), Stop> {
    if let Some(file) = &call.json {
        save(file, |out| Ok(serde_json::to_writer_pretty(out, &outcome.report)?))?;
    }
    if !call.no_html {
        let page = sellonce_surge::report::html(&outcome.report);
        save(&call.html, |out| out.write_all(page.as_bytes()))?;
    }
    if let Some(file) = &call.history {
        save(file, |out| {
            serde_json::to_writer(&mut *out, &outcome.history.opening)?;
            for event in &outcome.history.events {
                out.write_all(b"\n")?;
                serde_json::to_writer(&mut *out, event)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Whether a file can be made here, as far as that can be told without making it.
fn has_a_place(file: &Path) -> Result<(), Stop> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.is_dir() {
        return Err(Stop::Usage(format!("{} is a folder", file.display())));
    }
    if !folder.is_dir() {
        return Err(Stop::Usage(format!("there is no folder {}", folder.display())));
    }
    Ok(())
}

/// A file, written whole or told why not.
fn save(
    file: &Path,
    content: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<(), Stop> {
    use std::io::Write;

    let saved = std::fs::File::create(file).and_then(|open| {
        let mut out = std::io::BufWriter::new(open);
        content(&mut out)?;
        out.write_all(b"\n")?;
        out.flush()
    });
    saved.map_err(|error| Stop::Internal(anyhow::anyhow!("{}: {error}", file.display())))
}
