//! Why a piece of work on the database came to nothing, and who has to be told.
//!
//! Decides whether one call is to blame or none of them. Leaves recognising a database's own errors to its folder.

use sellonce_checkout::store::Failure;

/// Why a flush, or a read, came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// One call met what cannot be: a constraint, a row that contradicts another, a failed assert. The others of its
    /// flush are fine without it.
    Call(String),
    /// No call is to blame, and all of them are told.
    World(Failure),
    /// A row was no longer what the plan had read.
    Raced,
    /// Of calls that are run at once, one needs a row that has not been read yet, or that a call before it has
    /// written. Whoever runs them reads or writes it and runs the call again; nobody else meets this.
    NotYet,
}

impl Trouble {
    /// A contradiction that one call has met.
    pub(crate) fn call(what: impl Into<String>) -> Self {
        Self::Call(what.into())
    }

    /// What the caller is told in the end.
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Call(what) => Failure::Broken(what),
            Self::World(failure) => failure,
            Self::Raced => {
                Failure::Broken("a stock or counter row keeps changing under the writer".to_owned())
            }
            Self::NotYet => Failure::Broken("a call was answered before its rows were read".to_owned()),
        }
    }
}
