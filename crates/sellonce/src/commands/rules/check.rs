//! `rules check`: findings in source code, in the form that a person, a program or a CI wants.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use sellonce_rules::check::{FailOn, Format, Outcome, Scope};
use sellonce_rules::error::Error;
use sellonce_rules::review::{self, Request};

use super::{Stop, today, told, whole};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Files and folders [default: the whole repository].
    paths: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
    /// Report only on files that differ from the last commit.
    #[arg(long, group = "scope")]
    changed: bool,
    /// Report only on files that are staged.
    #[arg(long, group = "scope")]
    staged: bool,
    /// Report only on files that differ from where this branch left a revision.
    #[arg(long, value_name = "REV", group = "scope")]
    since: Option<String>,
    /// The output of an earlier `check --format json`: its findings are known and not reported again.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Check tests, seeds and migrations too.
    #[arg(long)]
    with_tests: bool,
    /// From which findings on the exit code is 1.
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: Level,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Text,
    Json,
    Sarif,
    Github,
    Junit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Error,
    Warning,
    Never,
}

/// A check with a bar at a terminal. It is drawn only after a while: most checks are over by then.
pub(super) fn reviewed(root: &Path, request: &Request) -> Result<Outcome, Error> {
    const QUIET: Duration = Duration::from_millis(500);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} files, {elapsed}")
        .expect("the template is well-formed");
    let bar = ProgressBar::new(0).with_style(style);
    let outcome = review::review(root, request, &|read, all| {
        if bar.elapsed() > QUIET {
            bar.set_length(all as u64);
            bar.set_position(read as u64);
        }
    });
    bar.finish_and_clear();
    outcome
}

pub(super) fn run(root: &Path, here: &Path, call: Check) -> Result<(), Stop> {
    let scope = match (call.changed, call.staged, call.since) {
        (true, _, _) => Some(Scope::Changed),
        (false, true, _) => Some(Scope::Staged),
        (false, false, Some(revision)) => Some(Scope::Since(revision)),
        (false, false, None) => None,
    };
    let request = Request {
        paths: call.paths.iter().map(|path| whole(here, path)).collect(),
        scope,
        baseline: call.baseline,
        with_tests: call.with_tests,
        today: today(),
    };
    let outcome = told(reviewed(root, &request))?;
    let format = match call.format {
        Form::Text => Format::Text,
        Form::Json => Format::Json,
        Form::Sarif => Format::Sarif,
        Form::Github => Format::Github,
        Form::Junit => Format::Junit,
    };
    // A reader that went away (`| head`) is no error of ours.
    let _gone = format.write(&outcome, &mut std::io::stdout().lock());
    let fail_on = match call.fail_on {
        Level::Error => FailOn::Error,
        Level::Warning => FailOn::Warning,
        Level::Never => FailOn::Never,
    };
    match outcome.exit_code(fail_on) {
        0 => Ok(()),
        1 => Err(Stop::Found),
        _ => Err(Stop::Internal(anyhow::anyhow!(
            "{} of {} files could not be read as their language: the check saw too little to be trusted",
            outcome.unparsable.len(),
            outcome.parsed
        ))),
    }
}
