//! `surge target`: the file that describes anybody's shop.
//!
//! Decides how what is wrong with it is told. Leaves reading it to the surge crate.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sellonce_surge::target::{Target, dry_run};

use super::Stop;
use crate::output;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say line by line what is wrong with a target file.
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The file.
    file: PathBuf,
    /// Buy one unit, too, and show each request, its answer and what was taken from it.
    #[arg(long)]
    dry_run: bool,
    /// Names the SKU of the dry run: surge-SEED. A shop that has seen it needs another one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The host is yours although it is neither on this machine nor in a private network.
    #[arg(long, value_name = "HOST")]
    i_own: Option<String>,
}

pub(super) async fn run(call: Command) -> Result<(), Stop> {
    let Command::Check(check) = call;
    let target = read(&check.file)?;
    if !check.dry_run {
        output::result(format!("{}: nothing is wrong with it", check.file.display()));
        return Ok(());
    }
    match dry_run(&target, check.seed, check.i_own.as_deref()).await {
        Ok(shown) => {
            output::result(shown);
            Ok(())
        }
        Err(shown) => Err(Stop::Usage(shown)),
    }
}

/// Reads a target file, or says by line what is wrong with it.
pub(super) fn read(file: &Path) -> Result<Target, Stop> {
    let source = std::fs::read_to_string(file);
    let source = source.map_err(|error| Stop::Usage(format!("{}: {error}", file.display())))?;
    let environment = |name: &str| std::env::var(name).ok();
    Target::read(&source, &environment).map_err(|problems| {
        let problems: Vec<String> =
            problems.iter().map(|problem| format!("{}, {problem}", file.display())).collect();
        Stop::Usage(problems.join("\n"))
    })
}
