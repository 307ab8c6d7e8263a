//! Why the lab could not do its work, and whose matter that is.

use thiserror::Error;

/// Why the lab could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// It was asked for something that it does not do, or that it must not.
    #[error("{0}")]
    Usage(String),
    /// The database cannot be reached, or does not let the lab make its tables.
    #[error("{address}: {reason}")]
    Unreachable {
        /// The database, without a password.
        address: String,
        /// In the database's own words.
        reason: String,
    },
    /// The database refused something in mid-run.
    #[error("{doing}: {reason}")]
    Database {
        /// What the lab was doing.
        doing: &'static str,
        /// In the database's own words.
        reason: String,
    },
    /// The lab itself is wrong.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// Whether the caller can mend it: by another call, or by starting the database.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Usage(_) | Self::Unreachable { .. } => true,
            Self::Database { .. } | Self::Internal(_) => false,
        }
    }
}

/// An error of PostgreSQL's client in its own words: the server's sentence where there is one.
pub(super) fn postgres(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> Error {
    move |error| Error::Database { doing, reason: words(&error) }
}

/// An error of SQLite.
pub(super) fn sqlite(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |error| Error::Database { doing, reason: error.to_string() }
}

/// What the server said; else the whole chain of causes, which the client's own sentence leaves out.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return said.message().to_owned();
    }
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}
