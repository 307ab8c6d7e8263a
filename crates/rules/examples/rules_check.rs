//! Runs the checker alone on a folder, for measurements and for a look at what it says: `rules_check FOLDER [FORMAT]`.
//! What the command line adds (configuration, baseline, exit codes) is left to the binary.

#![expect(clippy::print_stderr, reason = "a program for people at a terminal")]

use sellonce_rules::check::{Format, Options, run_with};
use std::io::IsTerminal;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: rules_check FOLDER [text|json|sarif|github|junit]");
        return std::process::ExitCode::from(2);
    };
    let format = arguments.next().unwrap_or_else(|| "text".to_owned());
    let Some(format) = Format::of_name(&format) else {
        eprintln!("no format {format}; there are text, json, sarif, github, junit");
        return std::process::ExitCode::from(2);
    };
    let shown = std::io::stderr().is_terminal();
    let outcome = run_with(&Options { root: folder.into(), ..Options::default() }, &|done, all| {
        if shown && (done % 1_000 == 0 || done == all) {
            eprint!("\r{done} of {all} files{}", if done == all { "\n" } else { "" });
        }
    });
    match format.write(&outcome, &mut std::io::stdout().lock()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
