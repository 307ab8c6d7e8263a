//! What a comparison shows, in sentences. Pure: each sentence is counted from the rows.

use super::{Comparison, Measured, Outcome, Pattern, Row};
use crate::page::{grouped, rounded, things};

impl Comparison {
    /// What was seen, the most important first.
    pub fn findings(&self) -> Vec<String> {
        let mut findings = vec![self.oversold()];
        findings.extend(self.sent_away());
        findings.extend(self.speed());
        findings
    }

    /// The rounds that were run.
    pub(super) fn rounds(&self) -> impl Iterator<Item = (&Row, &Measured)> {
        self.rows.iter().filter_map(|row| match &row.outcome {
            Outcome::Ran(measured) => Some((row, measured)),
            Outcome::Skipped { .. } => None,
        })
    }

    /// The round with the most of something; of equal ones the first, which has the fewest clients.
    fn worst(&self, most: impl Fn(&Measured) -> u64) -> Option<(&Row, &Measured)> {
        let rounds: Vec<_> = self.rounds().collect();
        rounds.into_iter().rev().max_by_key(|(_, round)| most(round))
    }

    fn oversold(&self) -> String {
        let rounds: u64 = self.rounds().map(|_| 1).sum();
        let guilty: Vec<Pattern> =
            self.rounds().filter(|(_, round)| round.oversold > 0).map(|(row, _)| row.pattern).collect();
        let Some((row, round)) = self.worst(|round| round.oversold).filter(|_| !guilty.is_empty()) else {
            return format!("Nothing was oversold in {}.", things(rounds, "round"));
        };
        let others: u64 = self.rounds().filter(|(row, _)| !guilty.contains(&row.pattern)).map(|_| 1).sum();
        let others = match others {
            0 => String::new(),
            others => format!(" No other pattern sold a unit too many, in {}.", things(others, "round")),
        };
        format!(
            "“{}” sold {} of {} units with {}: {} too many.{others}",
            row.pattern.name(),
            grouped(round.sold),
            grouped(self.stock),
            things(row.clients, "client"),
            grouped(round.oversold),
        )
    }

    fn sent_away(&self) -> Option<String> {
        let (row, round) = self.worst(|round| round.gave_up + round.false_sold_out)?;
        let sent_away = round.gave_up + round.false_sold_out;
        (sent_away > 0).then(|| {
            format!(
                "“{}” sent {} of {} buyers away with {}, and sold {} of {} units.",
                row.pattern.name(),
                grouped(sent_away),
                grouped(round.attempts),
                things(row.clients, "client"),
                grouped(round.sold),
                grouped(self.stock)
            )
        })
    }

    /// The quickest of those that sell nothing twice.
    fn speed(&self) -> Option<String> {
        let right = || self.rounds().filter(|(row, _)| row.pattern != Pattern::ReadThenWrite);
        let quickest = |is_combined: bool| {
            right()
                .filter(move |(row, _)| (row.pattern == Pattern::Combined) == is_combined)
                .max_by(|a, b| a.1.sold_per_second.total_cmp(&b.1.sold_per_second))
        };
        let tell = |(row, round): (&Row, &Measured)| {
            let (name, rate) = (row.pattern.name(), rounded(round.sold_per_second));
            format!("{rate} ({name}, {})", things(row.clients, "client"))
        };
        match (quickest(false), quickest(true)) {
            (Some(single), Some(combined)) => Some(format!(
                "Units per second at best: {}; with a commit for each buyer {}.",
                tell(combined),
                tell(single)
            )),
            (Some(one), None) | (None, Some(one)) => {
                Some(format!("Units per second at best: {}.", tell(one)))
            }
            (None, None) => None,
        }
    }
}

#[cfg(test)]
pub(super) fn example() -> Comparison {
    let round = |sold: u64, gave_up: u64, sold_per_second: f64| {
        Outcome::Ran(Measured {
            attempts: 2_000,
            sold,
            sold_out: 2_000 - sold - gave_up,
            oversold: sold.saturating_sub(1_000),
            false_sold_out: 0,
            gave_up,
            stock_left: 1_000 - i64::try_from(sold.min(1_000)).unwrap_or(0),
            seconds: 1.0,
            sold_per_second,
        })
    };
    let lacking = Outcome::Skipped { skipped: "no <SKIP LOCKED> here".to_owned() };
    let rows = vec![
        Row { pattern: Pattern::ReadThenWrite, clients: 1, outcome: round(1_000, 0, 900.0) },
        Row { pattern: Pattern::ReadThenWrite, clients: 64, outcome: round(2_000, 0, 3_000.0) },
        Row { pattern: Pattern::VersionColumn, clients: 64, outcome: round(700, 1_300, 200.0) },
        Row { pattern: Pattern::ConditionalUpdate, clients: 64, outcome: round(1_000, 0, 620.4) },
        Row { pattern: Pattern::SkipLocked, clients: 64, outcome: lacking },
        Row { pattern: Pattern::Combined, clients: 64, outcome: round(1_000, 0, 31_000.0) },
    ];
    Comparison { database: "SQLite <3>".to_owned(), settings: Vec::new(), stock: 1_000, buyers: 2_000, rows }
}

#[test]
fn the_worst_is_told_first_and_the_race_is_never_called_quick() {
    assert_eq!(
        example().findings(),
        [
            "“read, then write” sold 2,000 of 1,000 units with 64 clients: 1,000 too many. No other pattern sold a unit \
             too many, in 3 rounds.",
            "“version column, 3 retries” sent 1,300 of 2,000 buyers away with 64 clients, and sold 700 of 1,000 \
             units.",
            "Units per second at best: 31,000 (combined flushes, 64 clients); with a commit for each buyer 620 \
             (conditional UPDATE, 64 clients).",
        ]
    );
}

#[test]
fn what_did_not_happen_is_not_told() {
    let mut calm = example();
    calm.rows.retain(|row| row.clients == 1);
    assert_eq!(calm.findings(), ["Nothing was oversold in 1 round."]);
}
