//! `surge lab`: patterns of selling the last units, side by side on a bare database.
//!
//! Decides how the lab is asked for and what is printed. 0: it ran, whatever it showed; 2: wrong usage, or a database that
//! cannot be reached; 3: something went wrong inside. Interrupted, it removes its tables first.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sellonce_surge::lab::{BUYERS_MAX, Comparison, Error, HEADS, Lab as Bench, Pattern, Plan, Row};
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::Stop;
use crate::output;

#[derive(Debug, Args)]
pub(super) struct Lab {
    /// The database, as `sqlite:PATH` or `postgres://user:password@host/name` [default: a SQLite file of its own].
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// How many clients at once, one comparison each.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    clients: Vec<u32>,
    /// The units on sale in each round.
    #[arg(long, value_name = "UNITS", default_value_t = 1_000)]
    stock: u32,
    /// The buyers of each round, who want one unit each [default: twice the stock].
    #[arg(long, value_name = "N")]
    buyers: Option<u32>,
    /// Only these patterns: read-then-write, for-update, version-column, conditional-update, one-statement,
    /// skip-locked, combined.
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    patterns: Vec<Pattern>,
    /// Play a scene instead of a comparison.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["clients", "stock", "buyers", "patterns", "html"])]
    scene: Option<Scene>,
    /// Write what was measured as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with charts that needs no other file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Say that the database's server is yours, by repeating its host: for one that is neither here nor in a private
    /// network.
    #[arg(long, value_name = "HOST")]
    i_own: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scene {
    /// Five units and eight buyers at once: the race as it stands in the textbook, the same every time.
    Seed,
}

/// Runs the lab.
pub(super) async fn run(call: Lab) -> Result<(), Stop> {
    // Heard from here on: what is made from now on is also removed.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let bench = Bench::open(call.database.as_deref(), call.i_own.as_deref()).await.map_err(told)?;
    output::note(bench.announcement());
    let done = tokio::select! {
        done = work(&bench, &call) => done,
        _ = interrupt.recv() => Err(interrupted()),
        _ = terminate.recv() => Err(interrupted()),
    };
    // Whatever the end is, nothing stays behind.
    let closed = bench.close().await.map_err(told);
    done.and(closed)
}

fn interrupted() -> Stop {
    Stop::Usage("interrupted; what the lab has made is removed".to_owned())
}

async fn work(bench: &Bench, call: &Lab) -> Result<(), Stop> {
    match call.scene {
        Some(Scene::Seed) => {
            let scene = bench.scene().await.map_err(told)?;
            output::result(scene.to_string().trim_end());
            call.json.as_deref().map_or(Ok(()), |file| json(file, &scene))
        }
        None => compare(bench, call).await,
    }
}

async fn compare(bench: &Bench, call: &Lab) -> Result<(), Stop> {
    let patterns = if call.patterns.is_empty() { Pattern::ALL.into() } else { call.patterns.clone() };
    let buyers = call.buyers.unwrap_or(call.stock.saturating_mul(2).min(BUYERS_MAX));
    let plan = Plan { patterns, clients: call.clients.clone(), stock: call.stock, buyers };
    output::result(HEADS);
    let mut before: Option<Row> = None;
    let tell = |row: &Row| {
        if !before.as_ref().is_some_and(|before| row.repeats(before)) {
            output::result(row);
        }
        before = Some(row.clone());
    };
    let comparison = bench.compare(&plan, tell).await.map_err(told)?;
    output::result(format_args!("\n{comparison}"));
    if let Some(file) = &call.json {
        json(file, &comparison)?;
    }
    call.html.as_deref().map_or(Ok(()), |file| html(file, &comparison))
}

fn json(file: &Path, what: &impl serde::Serialize) -> Result<(), Stop> {
    write(file, &format!("{}\n", serde_json::to_string_pretty(what)?))
}

fn html(file: &Path, comparison: &Comparison) -> Result<(), Stop> {
    write(file, &comparison.html())
}

fn write(file: &Path, text: &str) -> Result<(), Stop> {
    fs::write(file, text).map_err(|error| Stop::Usage(format!("{}: {error}", file.display())))
}

/// An error of the lab knows whose it is.
fn told(error: Error) -> Stop {
    if error.is_usage() { Stop::Usage(error.to_string()) } else { Stop::Internal(error.into()) }
}
