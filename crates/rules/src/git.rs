//! Decides how git is asked: in a folder, with arguments, for its output; what it refuses is told in its own words.

use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// What git printed.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = command(root, arguments).output().map_err(missing)?;
    if output.status.success() { Ok(output.stdout) } else { Err(refused(arguments, &output.stderr)) }
}

/// git in a folder, ready to be started.
pub(crate) fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(arguments);
    command
}

/// Without git there is nothing to ask; the caller can install it.
pub(crate) fn missing(error: std::io::Error) -> Error {
    Error::Usage(format!("git cannot be started: {error}"))
}

pub(crate) fn refused(arguments: &[&str], said: &[u8]) -> Error {
    Error::Usage(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(said).trim()))
}
