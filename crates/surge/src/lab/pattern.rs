//! The patterns: their names, and what each does in words.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A way to sell one unit of stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Reads the stock, decides, writes back what is left: the race.
    ReadThenWrite,
    /// Locks the row with the read.
    ForUpdate,
    /// Reads a version along and writes only if it is still that; tries four times in all.
    VersionColumn,
    /// The condition is in the write; the sale is recorded in the same transaction, statement by statement.
    ConditionalUpdate,
    /// The same as one statement: the row is locked for the commit alone.
    OneStatement,
    /// A row for each unit; every buyer takes one that nobody else has locked.
    SkipLocked,
    /// Many buyers' requests in one transaction with one conditional statement.
    Combined,
}

/// How often a buyer tries again after somebody else was quicker.
pub(super) const RETRIES_MAX: u32 = 3;

impl Pattern {
    /// All of them, the race first.
    pub const ALL: [Self; 7] = [
        Self::ReadThenWrite,
        Self::ForUpdate,
        Self::VersionColumn,
        Self::ConditionalUpdate,
        Self::OneStatement,
        Self::SkipLocked,
        Self::Combined,
    ];

    /// Its name on the command line and in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::ReadThenWrite => "read-then-write",
            Self::ForUpdate => "for-update",
            Self::VersionColumn => "version-column",
            Self::ConditionalUpdate => "conditional-update",
            Self::OneStatement => "one-statement",
            Self::SkipLocked => "skip-locked",
            Self::Combined => "combined",
        }
    }

    /// Its name for a reader.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadThenWrite => "read, then write",
            Self::ForUpdate => "SELECT FOR UPDATE",
            Self::VersionColumn => "version column, 3 retries",
            Self::ConditionalUpdate => "conditional UPDATE",
            Self::OneStatement => "one conditional statement",
            Self::SkipLocked => "SKIP LOCKED unit rows",
            Self::Combined => "combined flushes",
        }
    }

    /// What it does, in a sentence or two.
    pub fn how(self) -> &'static str {
        match self {
            Self::ReadThenWrite => {
                "Reads the stock, decides in the program, writes back what is left. Between the two the others read the same \
                 number. There is no pause between read and write: the race is the database's own."
            }
            Self::ForUpdate => {
                "Locks the row with the read, so that reads stand in line too. Right, and held over every round trip and the commit."
            }
            Self::VersionColumn => {
                "Writes only if the version is still the one that was read; else it reads again, three times, and then gives up. \
                 Nothing is oversold, but buyers are sent away while there is stock."
            }
            Self::ConditionalUpdate => {
                "UPDATE ... SET available = available - 1 WHERE available >= 1, and the sale's row in the same transaction. The \
                 write decides; nothing that was read before matters."
            }
            Self::OneStatement => {
                "The conditional UPDATE and the sale's row as one statement: the row is locked for one round trip and its commit."
            }
            Self::SkipLocked => {
                "A row for each unit; a buyer takes one that nobody else has locked. No hot row, but a row for each unit."
            }
            Self::Combined => {
                "Requests wait while the transaction before them is made durable, then all of them share one conditional statement \
                 and one commit."
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|pattern| pattern.id() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|pattern| pattern.id()).collect();
            format!("unknown pattern; there are {}", known.join(", "))
        })
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
