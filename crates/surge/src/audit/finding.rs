//! What is found of each invariant while it is judged.
//!
//! Decides how checks are counted, that only the first violations are written out, and that a check without its book
//! leaves no trace but its reason.

use crate::books::Judged;
use crate::verdict::{Invariant, VIOLATIONS_MAX, Violation};

/// The invariants, by their numbers in docs/invariants.md.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    I1 = 1,
    I2,
    I3,
    I4,
    I5,
    I6,
    I7,
    I8,
    I9,
    I10,
    I11,
    I12,
    I13,
    I14,
}

const COUNT: usize = 14;

/// The findings of all invariants.
#[derive(Default)]
pub(super) struct Report([Finding; COUNT]);

impl Report {
    pub(super) fn of(&mut self, id: Id) -> &mut Finding {
        &mut self.0[id as usize - 1]
    }

    /// Adds what the shop's own audit says.
    pub(super) fn hear(&mut self, own: &[Judged]) {
        for judged in own.iter().filter(|judged| judged.skipped.is_none()) {
            let number = judged.id.strip_prefix('I').and_then(|number| number.parse::<usize>().ok());
            let finding = number.and_then(|number| self.0.get_mut(number.checked_sub(1)?));
            if let Some(finding) = finding {
                finding.hear(judged);
            }
        }
    }

    /// I1 to I14.
    pub(super) fn invariants(self) -> Vec<Invariant> {
        self.0.into_iter().zip(1..).map(|(finding, number)| finding.invariant(format!("I{number}"))).collect()
    }
}

/// What was found of one invariant.
#[derive(Default)]
pub(super) struct Finding {
    checked: u64,
    violated: u64,
    violations: Vec<Violation>,
    /// Why something was not judged. Told only if nothing was.
    reasons: Vec<String>,
    /// Whether a judge of ours has looked at it; one that found nothing to judge has looked too.
    judged: bool,
}

impl Finding {
    /// Judges one thing.
    pub(super) fn check(&mut self, holds: bool, violation: impl FnOnce() -> Violation) {
        self.judged = true;
        self.checked += 1;
        if !holds {
            self.violated += 1;
            if self.violations.len() < VIOLATIONS_MAX {
                self.violations.push(violation());
            }
        }
    }

    /// Says that this is judged, even if there should be nothing to judge.
    pub(super) fn judge(&mut self) -> &mut Self {
        self.judged = true;
        self
    }

    /// Leaves a check out.
    pub(super) fn skip(&mut self, reason: &str) {
        if !self.reasons.iter().any(|known| known == reason) {
            self.reasons.push(reason.to_owned());
        }
    }

    fn hear(&mut self, own: &Judged) {
        self.judged = true;
        self.checked += own.checked;
        // An audit that is not content although it counts nothing has found something all the same.
        self.violated += own.violated.max(u64::from(!own.ok));
        let room = VIOLATIONS_MAX.saturating_sub(self.violations.len());
        let heard = |violation: &Violation| Violation {
            what: format!("the shop's own audit: {}", violation.what),
            ..violation.clone()
        };
        self.violations.extend(own.violations.iter().take(room).map(heard));
    }

    fn invariant(self, id: String) -> Invariant {
        let skipped = (!self.judged).then(|| self.reasons.join("; "));
        Invariant {
            id,
            ok: self.judged && self.violated == 0,
            checked: self.checked,
            violated: self.violated,
            violations: self.violations,
            skipped,
        }
    }
}

/// A violation in words.
pub(super) fn violation(
    what: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Violation {
    Violation { what: what.into(), expected: expected.into(), found: found.into() }
}
