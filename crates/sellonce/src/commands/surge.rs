//! `surge`: the doubter, for anybody's shop.
//!
//! Decides what can be said on the command line. What is done is in the crate `surge`.

mod clean;
mod lab;
mod rush;
mod target;

use clap::{Args, Subcommand};

use super::Stop;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Surge {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    rush: rush::Rush,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sell the last units in seven ways, as bare SQL on a database of your own, and see what comes of each.
    Lab(lab::Lab),
    /// Hide the products that earlier runs left in a running Sellonce, and take out their stock.
    Clean(clean::Clean),
    /// Look at the file that describes anybody's shop.
    #[command(subcommand)]
    Target(target::Command),
    /// Buy for another process, which says what.
    #[command(hide = true)]
    Worker,
}

/// Runs a command of surge.
pub(super) async fn run(call: Surge) -> Result<(), Stop> {
    match call.command {
        Some(Command::Lab(call)) => lab::run(call).await,
        Some(Command::Clean(call)) => clean::run(call).await,
        Some(Command::Target(call)) => target::run(call).await,
        Some(Command::Worker) => {
            sellonce_surge::work().await.map_err(|reason| Stop::Internal(anyhow::Error::msg(reason)))
        }
        None => rush::run(call.rush).await,
    }
}

/// What ended a run without a verdict, as a command ends.
fn stop(stop: sellonce_surge::Stop) -> Stop {
    match stop {
        sellonce_surge::Stop::Usage(reason) | sellonce_surge::Stop::Unusable(reason) => Stop::Usage(reason),
        sellonce_surge::Stop::Internal(reason) => Stop::Internal(anyhow::Error::msg(reason)),
    }
}

/// The key of a running shop's admin surface.
fn admin_key(file: &std::path::Path) -> Result<String, Stop> {
    let key = std::fs::read_to_string(file);
    let key = key.map_err(|error| Stop::Usage(format!("{}: {error}", file.display())))?;
    Ok(key.trim().to_owned())
}
