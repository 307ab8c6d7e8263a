//! `surge`: the doubter, for anybody's shop.
//!
//! Decides what can be said on the command line. What is done is in the crate `surge`.

mod lab;

use clap::{Args, Subcommand};

use super::Stop;

#[derive(Debug, Args)]
pub(super) struct Surge {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sell the last units in seven ways, as bare SQL on a database of your own, and see what comes of each.
    Lab(lab::Lab),
}

/// Runs a command of surge.
pub(super) async fn run(call: Surge) -> Result<(), Stop> {
    match call.command {
        Command::Lab(call) => lab::run(call).await,
    }
}
