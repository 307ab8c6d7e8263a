//! Decides what a command of the rules answers to its caller: an exit code, and an error that says what to do.
//! Leaves printing to the binary.

use std::path::{Path, PathBuf};

/// What a command's end means to a script; the numbers are a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to report.
    Clean,
    /// Findings, drift, a failed test or a failed proof.
    Findings,
    /// Wrong usage or configuration, an unknown name, or a rule that cannot be delivered.
    Usage,
    /// Our own fault, or the machine's.
    Internal,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Internal => 3,
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule, pack or configuration file that is not in its format.
    #[error("{}:{line}: {message}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// Something the caller asked for that cannot be had.
    #[error("{0}")]
    Usage(String),
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The exit code this error asks for.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Source { .. } | Self::Usage(_) => Exit::Usage,
            Self::Io { .. } => Exit::Internal,
        }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn source(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self::Source { path: path.to_path_buf(), line, message: message.into() }
    }
}

/// Reads a file that may be missing; a file that is not UTF-8 is an error with its name.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Error::Usage(format!("{}: not UTF-8 text", path.display()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, error)),
    }
}
