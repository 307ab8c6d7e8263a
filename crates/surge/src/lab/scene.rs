//! The scene that the rule was written for: five units, eight buyers at once.
//!
//! Decides what is played and how its ending is told. It is the same every time: a barrier lets nobody write before
//! everybody has read. Under load that happens by itself; here it is arranged, and said so.

use std::fmt;

use serde::Serialize;

use super::Error;
use super::judge::{self, Book, Told};

/// Units of the scene.
pub(super) const STOCK: u32 = 5;
/// Buyers of the scene.
pub(super) const CLIENTS: u32 = 8;

/// What a client does with the number that it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Checks it, then takes one off whatever is there by now.
    CheckThenSubtract,
    /// Writes back the number less one.
    WriteBack,
    /// Nothing: the write carries the condition.
    ConditionInTheWrite,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::CheckThenSubtract, Self::WriteBack, Self::ConditionInTheWrite];

    /// Its name for a reader.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckThenSubtract => "read-then-write: if stock > 0, stock = stock - 1",
            Self::WriteBack => "read-then-write: stock = what was read - 1",
            Self::ConditionInTheWrite => "conditional UPDATE ... WHERE stock >= 1",
        }
    }
}

/// How the scene ended, with each way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scene {
    /// `PostgreSQL 15.14`, `SQLite 3.54.1`.
    pub database: String,
    /// Units.
    pub stock: u32,
    /// Buyers at once, one unit each.
    pub clients: u32,
    /// The endings.
    pub endings: Vec<Ending>,
}

/// How the scene ended with one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// The way.
    pub way: Way,
    /// Buyers who were told that the unit is theirs.
    pub sold: u64,
    /// Units sold beyond the stock.
    pub oversold: u64,
    /// The stock as the shop's own number says.
    pub stock_left: i64,
}

pub(super) fn ending(way: Way, told: &[Told], book: Book) -> Result<Ending, Error> {
    let measured = judge::judge(STOCK, told, book)?;
    Ok(Ending { way, sold: measured.sold, oversold: measured.oversold, stock_left: measured.stock_left })
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { database, stock, clients, endings } = self;
        writeln!(f, "{database}: stock {stock}, {clients} buyers at once, one unit each.")?;
        writeln!(
            f,
            "All {clients} read the stock before any of them writes: a barrier holds them back, so that it ends"
        )?;
        writeln!(
            f,
            "the same way every time. Under load it happens by itself (`surge lab` without --scene).\n"
        )?;
        for ending in endings {
            let Ending { way, sold, oversold, stock_left } = ending;
            let remark = match (oversold, stock_left) {
                (0, _) => String::new(),
                (oversold, 1..) => format!("   {oversold} oversold, and the stock does not show it"),
                (oversold, _) => format!("   {oversold} oversold"),
            };
            writeln!(
                f,
                "  {:<50} sold {sold} of {stock}   stock ends at {stock_left:>2}{remark}",
                way.name()
            )?;
        }
        Ok(())
    }
}
