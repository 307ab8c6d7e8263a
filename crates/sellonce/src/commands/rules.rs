//! `rules`: the rules of stock, money and orders, for anybody's repository.
//!
//! Decides what can be said on the command line. What is done is in the crate `rules`, a function per command; longer
//! conversations have a file each.

mod check;
mod exchange;
mod init;
mod report;
mod template;

use std::fmt;
use std::path::{Component, Path, PathBuf};

use clap::{Args, Subcommand};
use sellonce_checkout::clock::Clock;
use sellonce_rules::error::{Error, Exit};
use sellonce_rules::library::Library;
use sellonce_rules::sync::{self, Mode};
use sellonce_rules::{doctor, mcp, root, trial};

use super::Stop;
use crate::output;
use crate::system::SystemClock;

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// The repository [default: upwards to the nearest one with rules, or to its top].
    #[arg(long, global = true, value_name = "FOLDER")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look which assistants and stacks are used, and write the section [rules] of sellonce.toml.
    Init(init::Init),
    /// Write the rules where each assistant reads them; what people wrote stays.
    Sync(Sync),
    /// Find violations in source code.
    Check(check::Check),
    /// Show a rule in full.
    Explain {
        /// The rule, as INV001.
        id: String,
    },
    /// List the rules.
    List,
    /// Take over working code that keeps a rule, and follow its later versions.
    #[command(subcommand)]
    Template(template::Template),
    /// Try packs: what their examples mark is found, and their templates keep the rules.
    Test {
        /// Folders of packs [default: the packs of sellonce.toml].
        packs: Vec<PathBuf>,
    },
    /// Tell where the rules are kept, by rule, team, package and commit.
    Report(report::Call),
    /// Make a pack of rules that another tool has.
    Import(exchange::Import),
    /// Write the rules in another tool's source format.
    Export(exchange::Export),
    /// Tell what each assistant will see, and what not.
    Doctor,
    /// Take out again what init and sync wrote.
    Remove {
        /// Show what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Serve the rules to an assistant, over the Model Context Protocol on standard input and output.
    Mcp,
}

#[derive(Debug, Args)]
struct Sync {
    /// Change nothing; end with 1 if a sync would.
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Show every change as a diff, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only these assistants, with the files that they read along.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    targets: Option<Vec<String>>,
}

/// Runs a command of the rules.
pub(super) fn run(call: Rules) -> Result<(), Stop> {
    let here = std::env::current_dir()?;
    let root = match call.root {
        Some(folder) if folder.is_dir() => folder.canonicalize()?,
        Some(folder) => return Err(Stop::Usage(format!("{}: no such folder", folder.display()))),
        None => root::find(&here),
    };
    match call.command {
        Command::Init(call) => init::run(&root, call),
        Command::Sync(Sync { check, dry_run, targets }) => {
            let mode = match (check, dry_run) {
                (true, _) => Mode::Check,
                (false, true) => Mode::DryRun,
                (false, false) => Mode::Write,
            };
            let outcome = told(sync::sync(&root, mode, targets.as_deref()))?;
            end(&outcome, outcome.exit())
        }
        Command::Check(call) => check::run(&root, &here, call),
        Command::Explain { id } => {
            let (library, _) = told(Library::of(&root))?;
            end(told(library.explanation(&id))?.trim_end(), Exit::Clean)
        }
        Command::List => {
            let (library, config) = told(Library::of(&root))?;
            end(library.listing(&config).trim_end(), Exit::Clean)
        }
        Command::Template(call) => template::run(&root, &here, call),
        Command::Test { packs } => {
            let trial = told(trial::test(&root, &packs))?;
            end(&trial, trial.exit())
        }
        Command::Report(call) => report::run(&root, &call),
        Command::Import(call) => exchange::import(&root, &here, &call),
        Command::Export(call) => exchange::export(&root, &here, &call),
        Command::Doctor => {
            let diagnosis = told(doctor::examine(&root, &today()))?;
            end(diagnosis.to_string().trim_end(), diagnosis.exit())
        }
        Command::Remove { dry_run } => {
            let mode = if dry_run { Mode::DryRun } else { Mode::Write };
            let outcome = told(sync::remove(&root, mode))?;
            end(&outcome, outcome.exit())
        }
        Command::Mcp => told(mcp::serve(&root)),
    }
}

/// An error of the rules knows whose it is.
fn told<T>(result: Result<T, Error>) -> Result<T, Stop> {
    result.map_err(|error| match error.exit() {
        Exit::Clean | Exit::Findings | Exit::Usage => Stop::Usage(error.to_string()),
        Exit::Internal => Stop::Internal(error.into()),
    })
}

/// Prints an answer, and ends as it says.
fn end(answer: impl fmt::Display, exit: Exit) -> Result<(), Stop> {
    output::result(answer);
    match exit {
        Exit::Clean => Ok(()),
        Exit::Findings => Err(Stop::Found),
        Exit::Usage => Err(Stop::Usage("a rule cannot be delivered; its reason stands above".to_owned())),
        Exit::Internal => Err(Stop::Internal(anyhow::anyhow!("the rules could not do their work"))),
    }
}

/// Today in UTC, as 2027-01-31.
fn today() -> String {
    let now = jiff::Timestamp::from_millisecond(SystemClock::start().now().millis());
    now.expect("the system's clock shows a year that calendars know").strftime("%F").to_string()
}

/// A path that was typed here, as a whole one without `..`.
fn whole(here: &Path, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    whole
}

/// A path that was typed here, from the project's root.
fn from_root(root: &Path, here: &Path, path: &Path) -> Result<String, Stop> {
    let absolute = whole(here, path);
    let inside = absolute
        .strip_prefix(root)
        .map_err(|_| Stop::Usage(format!("{} does not lie in {}", absolute.display(), root.display())))?;
    Ok(inside.to_string_lossy().replace('\\', "/"))
}
