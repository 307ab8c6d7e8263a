//! The invariants, one by one: what each says to a reader, and what was found of it.

use crate::page::grouped;
use crate::verdict::{Invariant, Verdict, Violation};

/// What the numbers stand for, in the words of docs/invariants.md.
const PROMISES: [(&str, &str, &str); 14] = [
    ("I1", "No oversell", "no more units are sold than there are"),
    (
        "I2",
        "The ledger has no gap",
        "every change of stock is written down, each following from the one before",
    ),
    ("I3", "No unpaid order", "no order goes on before its whole price is paid"),
    ("I4", "No orphaned payment", "money that was taken has its order, or went back"),
    ("I5", "The right price", "what is charged is what the buyer was shown"),
    ("I6", "Legal history", "orders and payments only take steps that exist"),
    ("I7", "Exactly once", "a repeated click has the effect and the answer of the first"),
    ("I8", "Told, and only the truth", "every paid order is confirmed, and none before it is durable"),
    ("I9", "Nothing hangs", "every checkout comes to an end"),
    ("I10", "Limits hold", "discounts and purchase limits are never exceeded"),
    ("I11", "No stuck stock", "what was held is sold or given back"),
    (
        "I12",
        "Acknowledged is durable",
        "what a buyer was told survives every crash; what was refused has no effect",
    ),
    ("I13", "Effects with their cause", "what must be told is written with what makes it true"),
    ("I14", "One hand at a time", "a server that was paused and wakes up too late changes nothing"),
];

/// An invariant and what was found of it.
pub(super) struct Judged<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    /// What came of it, and the class of that.
    pub(super) outcome: &'static str,
    pub(super) tone: &'static str,
    /// How much was judged, or why nothing was.
    pub(super) checked: String,
    pub(super) violations: &'a [Violation],
    /// What is to be said of violations that are not written out.
    pub(super) more: String,
}

pub(super) fn judged(verdict: &Verdict) -> Vec<Judged<'_>> {
    verdict.invariants.iter().map(one).collect()
}

/// What came of an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Holds,
    Violated,
    /// It was judged, and nothing that it speaks of was there: that shows nothing.
    Idle,
    /// Its book is missing.
    Skipped,
}

pub(super) fn outcome(invariant: &Invariant) -> Outcome {
    match (&invariant.skipped, invariant.ok, invariant.checked) {
        (Some(_), ..) => Outcome::Skipped,
        (None, false, _) => Outcome::Violated,
        (None, true, 0) => Outcome::Idle,
        (None, true, _) => Outcome::Holds,
    }
}

fn one(invariant: &Invariant) -> Judged<'_> {
    let known = PROMISES.iter().find(|(id, ..)| *id == invariant.id);
    let (_, name, says) = known.copied().unwrap_or_default();
    let checked = grouped(invariant.checked);
    let (outcome, tone, checked) = match outcome(invariant) {
        Outcome::Holds => ("holds", "good", format!("{checked} checked")),
        Outcome::Violated => {
            ("violated", "bad", format!("{} of {checked} checked", grouped(invariant.violated)))
        }
        Outcome::Idle => ("nothing to check", "none", "the run had nothing that it speaks of".to_owned()),
        Outcome::Skipped => ("not judged", "none", invariant.skipped.clone().unwrap_or_default()),
    };
    let written = u64::try_from(invariant.violations.len()).unwrap_or(u64::MAX);
    let more = if invariant.violated > written && written > 0 {
        format!("The first {} of {}.", grouped(written), grouped(invariant.violated))
    } else {
        String::new()
    };
    Judged { id: &invariant.id, name, says, outcome, tone, checked, violations: &invariant.violations, more }
}

#[test]
fn every_number_has_its_words() {
    for number in 1..=14 {
        let id = format!("I{number}");
        assert_eq!(PROMISES.iter().filter(|(known, ..)| *known == id).count(), 1, "{id}");
    }
}
