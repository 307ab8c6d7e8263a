//! How a comparison is told on a terminal: a line per round, as soon as it is over.

use std::fmt;

use super::{Comparison, Outcome, Row};

/// The heads of the columns, above the rows as [`Row`] writes them.
pub const HEADS: &str = "pattern                    clients  attempts     sold  oversold  sold out  falsely  gave up  stock left   sold/s";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<25}", self.pattern.name())?;
        match &self.outcome {
            Outcome::Ran(round) => write!(
                f,
                " {:>8}  {:>8} {:>8}  {:>8}  {:>8} {:>8} {:>8}  {:>10} {:>8.0}",
                self.clients,
                round.attempts,
                round.sold,
                round.oversold,
                round.sold_out,
                round.false_sold_out,
                round.gave_up,
                round.stock_left,
                round.sold_per_second
            ),
            Outcome::Skipped { skipped } => write!(f, "  not run: {skipped}"),
        }
    }
}

impl Row {
    /// Whether the row before has said all of this already: the pattern is not run, for the same reason.
    pub fn repeats(&self, before: &Self) -> bool {
        let is_run = matches!(self.outcome, Outcome::Ran(_));
        !is_run && (self.pattern, &self.outcome) == (before.pattern, &before.outcome)
    }
}

impl fmt::Display for Comparison {
    /// The lines below the table: what was seen, and how to read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<String> =
            self.settings.iter().map(|setting| format!("{} = {}", setting.name, setting.value)).collect();
        for finding in self.findings() {
            writeln!(f, "{finding}")?;
        }
        writeln!(f, "\n{}, {}", self.database, settings.join(", "))?;
        writeln!(f, "{} units and {} buyers of one unit in each round.", self.stock, self.buyers)?;
        writeln!(
            f,
            "falsely: told \"sold out\" although a unit was surely there. gave up: sent away without an answer."
        )?;
        write!(
            f,
            "sold/s: from the first request to the last sale, retries and waiting included; clients and database share \
             this machine's cores if they share the machine."
        )
    }
}
