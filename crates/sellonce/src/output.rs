//! What the commands print: results on stdout, everything else on stderr.

use std::fmt;
use std::io::Write;

/// A line of a command's result. A reader that went away (`| head`) is no error of ours.
pub(crate) fn result(line: impl fmt::Display) {
    let _gone = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line for the person at the terminal.
pub(crate) fn note(line: impl fmt::Display) {
    let _gone = writeln!(std::io::stderr().lock(), "{line}");
}
