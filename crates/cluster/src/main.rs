//! Runs a command beside a PostgreSQL of its own: `sellonce-cluster cargo nextest run`.
//!
//! The command finds the server in the variable that [`sellonce_cluster::Database`] looks at; the server ends with the
//! command, whose exit code is this program's.

use std::process::{Command, ExitCode};

use sellonce_cluster::{Cluster, Durability, VARIABLE};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else { return ExitCode::from(2) };
    let mut command = Command::new(program);
    command.args(words);
    if std::env::var_os(VARIABLE).is_some() {
        return run(&mut command);
    }
    let cluster = Cluster::start(Durability::Forgetful);
    run(command.env(VARIABLE, cluster.url()))
}

fn run(command: &mut Command) -> ExitCode {
    let status = command.status().expect("the command can be run");
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
