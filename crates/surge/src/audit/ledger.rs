//! I2: the ledger, replayed, and asked as a witness.
//!
//! Decides what each kind of movement does to the four counters, in words of its own: the shop's code is not asked. And
//! decides whether the order of the versions can be the order of what happened: no answer may know of a version before
//! whose predecessor was even asked for. That is linearizability, in one pass, because each version is told by somebody.

use std::collections::BTreeMap;

use crate::books::{Movement, Stock};

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::instants::{Instants, Witnesses};
use super::testimony::Shortage;

/// The counters of a row.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Counters {
    available: i64,
    reserved: i64,
    committed: i64,
    backordered: i64,
}

/// The ledgers of all SKUs.
pub(super) struct Ledgers<'a> {
    pub(super) skus: BTreeMap<&'a str, Vec<Ledger<'a>>>,
}

/// The ledger of a SKU at a location.
pub(super) struct Ledger<'a> {
    pub(super) location: &'a str,
    /// In order of version.
    pub(super) movements: Vec<&'a Movement>,
}

impl<'a> Ledgers<'a> {
    pub(super) fn replay(movements: &'a [Movement]) -> Self {
        let mut skus: BTreeMap<&str, Vec<Ledger<'_>>> = BTreeMap::new();
        for movement in movements {
            let of_sku = skus.entry(&movement.sku).or_default();
            let known = of_sku.iter_mut().find(|ledger| ledger.location == movement.location);
            match known {
                Some(ledger) => ledger.movements.push(movement),
                None => of_sku.push(Ledger { location: &movement.location, movements: vec![movement] }),
            }
        }
        for ledger in skus.values_mut().flatten() {
            if !ledger.movements.is_sorted_by_key(|movement| movement.version) {
                ledger.movements.sort_by_key(|movement| movement.version);
            }
        }
        Self { skus }
    }

    /// The ledger of a SKU that stands at one place and has every version: then an answer's version says which row it saw.
    pub(super) fn whole(&self, sku: &str) -> Option<&Ledger<'a>> {
        match self.skus.get(sku).map(Vec::as_slice) {
            Some([only]) => only.is_whole().then_some(only),
            _ => None,
        }
    }
}

impl Ledger<'_> {
    fn is_whole(&self) -> bool {
        self.movements.iter().zip(1..).all(|(movement, version)| movement.version == version)
    }

    /// The last version.
    pub(super) fn last(&self) -> i64 {
        self.movements.last().map_or(0, |movement| movement.version)
    }

    /// Units on sale after a version of a ledger that is [whole](Ledgers::whole); none before the first.
    pub(super) fn available(&self, version: i64) -> Option<i64> {
        match usize::try_from(version).ok()?.checked_sub(1) {
            Some(place) => self.movements.get(place).map(|movement| movement.available),
            None => Some(0),
        }
    }
}

pub(super) fn judge(case: &Case<'_>, witnesses: &Witnesses<'_>, report: &mut Report) {
    let finding = report.of(Id::I2);
    let ledgers = match &case.ledgers {
        Ok(ledgers) => ledgers,
        Err(reason) => return finding.skip(reason),
    };
    finding.judge();
    for (sku, of_sku) in &ledgers.skus {
        for ledger in of_sku {
            replay(sku, ledger, finding);
        }
        if let Some(row) = case.shelves.skus.get(sku).and_then(|shelf| shelf.row) {
            ends_in(sku, of_sku, row, finding);
        }
        if let (Some(ledger), Some(instants)) = (ledgers.whole(sku), witnesses.of(sku)) {
            in_order(sku, ledger, instants, finding);
            answers(witnesses.shortages(sku), ledger, instants, finding);
        }
    }
}

/// Versions run from 1 without a gap, and each movement follows from the one before.
fn replay(sku: &str, ledger: &Ledger<'_>, finding: &mut Finding) {
    let mut before = Counters::default();
    let mut version = 0;
    for movement in &ledger.movements {
        let name = || format!("{sku} at {}, version {}", ledger.location, movement.version);
        let after = Counters::after(movement);
        if movement.version != version + 1 {
            finding.check(false, || {
                violation(name(), format!("version {} comes next", version + 1), movement.version.to_string())
            });
        } else {
            let expected = before.moved(&movement.kind, movement.quantity);
            finding.check(expected == Some(after), || {
                let what = format!("{}: {} {}", name(), movement.kind, movement.quantity);
                let expected = expected.map_or("a movement that is possible".to_owned(), |row| row.words());
                violation(what, expected, format!("{} after {}", after.words(), before.words()))
            });
        }
        (before, version) = (after, movement.version);
    }
}

/// The last movement of each location, together, is the stock's row.
fn ends_in(sku: &str, ledgers: &[Ledger<'_>], row: &Stock, finding: &mut Finding) {
    let mut sum = Counters::default();
    let mut version = 0_i64;
    for ledger in ledgers {
        let last = ledger.movements.last().map_or(Counters::default(), |last| Counters::after(last));
        sum = sum.plus(last);
        version = version.saturating_add(ledger.last());
    }
    let found = Counters {
        available: row.available,
        reserved: row.reserved,
        committed: row.committed.unwrap_or(sum.committed),
        backordered: row.backordered,
    };
    let versions_agree = row.version.is_none_or(|of_row| of_row == version);
    finding.check(found == sum && versions_agree, || {
        let of_row =
            row.version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
        violation(
            format!("{sku}: the stock's row"),
            format!("version {version}: {}", sum.words()),
            format!("{of_row}: {}", found.words()),
        )
    });
}

/// No version was known to anybody before an earlier one had even been asked for.
fn in_order(sku: &str, ledger: &Ledger<'_>, instants: &Instants, finding: &mut Finding) {
    let mut later = (u64::MAX, 0);
    for version in (1..=ledger.last()).rev() {
        let asked_ns = instants.asked_ns(version);
        finding.check(asked_ns <= later.0, || {
            let what = format!("{sku}: the order of versions {version} and {}", later.1);
            let expected = format!("{} was asked for before {} was answered", version, later.1);
            let found = format!("asked for at {}, answered at {}", ms(asked_ns), ms(later.0));
            violation(what, expected, found)
        });
        later = later.min((instants.known_ns(version), version));
    }
}

/// What sold-out answers say of a version is what the ledger says, and it was no old news.
fn answers(shortages: &[Shortage<'_>], ledger: &Ledger<'_>, instants: &Instants, finding: &mut Finding) {
    for Shortage { exchange, short } in shortages {
        let Some(version) = short.stock_version else { continue };
        let name = || format!("purchase {}: {} sold out at version {version}", exchange.purchase, short.sku);
        let found = ledger.available(version);
        let agrees = found.is_some() && short.available.is_none_or(|told| found == Some(told));
        finding.check(agrees, || {
            let expected = found.map_or_else(
                || format!("a version up to {}", ledger.last()),
                |available| format!("{available} available, by the ledger"),
            );
            violation(name(), expected, format!("told {} available", short.available.unwrap_or_default()))
        });
        let known = instants.known_before(exchange.sent_ns);
        finding.check(version >= known, || {
            let expected = format!("version {known} or later: it was known when the request was sent");
            violation(name(), expected, format!("version {version}"))
        });
    }
}

impl Counters {
    fn after(movement: &Movement) -> Self {
        let Movement { available, reserved, committed, backordered, .. } = *movement;
        Self { available, reserved, committed, backordered }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            available: self.available.saturating_add(other.available),
            reserved: self.reserved.saturating_add(other.reserved),
            committed: self.committed.saturating_add(other.committed),
            backordered: self.backordered.saturating_add(other.backordered),
        }
    }

    /// The row after a movement; `None` if the movement cannot be made.
    fn moved(self, kind: &str, quantity: i64) -> Option<Self> {
        let mut row = self;
        if quantity < 0 && kind != "adjust" {
            return None;
        }
        match kind {
            "receive" | "return" => row.arrives(quantity)?,
            "adjust" if quantity >= 0 => row.arrives(quantity)?,
            "adjust" => row.available = row.available.checked_add(quantity)?,
            "reserve" => {
                let there = quantity.min(row.available);
                row.available -= there;
                row.backordered = row.backordered.checked_add(quantity - there)?;
                row.reserved = row.reserved.checked_add(quantity)?;
            }
            "release" => {
                row.reserved = row.reserved.checked_sub(quantity)?;
                row.arrives(quantity)?;
            }
            "commit" => {
                row.reserved = row.reserved.checked_sub(quantity)?;
                row.committed = row.committed.checked_add(quantity)?;
            }
            "cancel" => {
                row.committed = row.committed.checked_sub(quantity)?;
                row.arrives(quantity)?;
            }
            "ship" => row.committed = row.committed.checked_sub(quantity)?,
            _ => return None,
        }
        let counts = [row.available, row.reserved, row.committed, row.backordered];
        counts.iter().all(|count| *count >= 0).then_some(row)
    }

    /// What arrives pays what was promised first.
    fn arrives(&mut self, quantity: i64) -> Option<()> {
        let owed = quantity.min(self.backordered);
        self.backordered -= owed;
        self.available = self.available.checked_add(quantity - owed)?;
        Some(())
    }

    fn words(self) -> String {
        let Self { available, reserved, committed, backordered } = self;
        format!(
            "available {available}, reserved {reserved}, committed {committed}, backordered {backordered}"
        )
    }
}

fn ms(ns: u64) -> String {
    format!("{}.{:06} ms", ns / 1_000_000, ns % 1_000_000)
}
