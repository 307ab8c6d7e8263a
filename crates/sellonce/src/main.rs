//! The binary: reads arguments, runs one command, ends with its exit code.
//!
//! 0 all is fine; 1 it ran and found something (bad rows, violations); 2 wrong usage or configuration; 3 something
//! went wrong inside.

mod commands;
mod config;
mod demo;
mod output;
mod provider;
#[cfg(feature = "sabotage")]
mod sabotage;
mod system;
mod telemetry;
mod workers;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = commands::Arguments::parse();
    telemetry::start();
    #[cfg(feature = "sabotage")]
    if let Err(stop) = sabotage::choose() {
        return stop.report();
    }
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.report(),
    }
}
