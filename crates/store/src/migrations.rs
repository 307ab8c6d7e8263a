//! Migrations: the numbered steps that make a schema, and which of them a database still needs.
//!
//! Decides what is to be run, and that an applied step whose text has changed, or that this program does not know, is
//! refused. Leaves the texts and running them to each database's folder.

use sellonce_checkout::order::TRANSITIONS;
use sha2::{Digest, Sha256};

/// One step; each runs in a transaction of its own.
pub(crate) struct Migration {
    /// Its place in the order, from 1 without a gap.
    pub(crate) version: i64,
    /// Its name, as its file has it.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) step: Step,
}

/// What a migration does.
pub(crate) enum Step {
    /// It runs a text.
    Sql(&'static str),
    /// It fills the table of order edges from the domain's.
    OrderEdges,
}

impl Migration {
    /// The hash by which an applied migration is known again. A step that is filled from the domain's table goes by its
    /// name: the domain may get new edges, and a new migration for them.
    pub(crate) fn checksum(&self) -> [u8; 32] {
        match self.step {
            Step::Sql(text) => Sha256::digest(text).into(),
            Step::OrderEdges => Sha256::digest(self.name).into(),
        }
    }
}

/// A migration as a database remembers it.
pub(crate) struct Applied {
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) checksum: [u8; 32],
}

/// Why the migrations of a database and those of this program do not fit together.
pub(crate) enum Misfit {
    /// The database has steps that this program does not know.
    Newer { found: i64 },
    /// A step was applied from another text.
    Changed { version: i64, name: String },
}

/// The steps that a database still needs, given those it has.
pub(crate) fn missing<'a>(known: &'a [Migration], applied: &[Applied]) -> Result<&'a [Migration], Misfit> {
    for (step, found) in known.iter().zip(applied) {
        if step.version != found.version || step.checksum() != found.checksum {
            return Err(Misfit::Changed { version: found.version, name: found.name.clone() });
        }
    }
    known.get(applied.len()..).ok_or(Misfit::Newer { found: latest(applied) })
}

/// The number of the last step that was applied; 0 for an empty database.
pub(crate) fn latest(applied: &[Applied]) -> i64 {
    applied.last().map_or(0, |last| last.version)
}

/// The legal moves of an order, as the guard in the schema has them.
pub(crate) fn order_edges() -> impl Iterator<Item = (&'static str, &'static str)> {
    TRANSITIONS.iter().map(|(from, _, to)| (from.as_str(), to.as_str()))
}
