//! Suppressions in comments: `sellonce-ignore INV001: reason (until 2027-03-01)` on the line of a finding or the one above.
//! Without a reason, or past its day, a suppression hides nothing and is a finding itself.

use super::finding::{Confidence, Finding};
use super::tree::Span;

const MARK: &str = "sellonce-ignore ";

/// A suppression as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rule it speaks of.
    pub rule: String,
    /// Why; never empty in one that holds.
    pub reason: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The line it stands on, from 1.
    pub line: usize,
}

/// All suppressions in a text.
pub(crate) fn suppressions(text: &str) -> Vec<Suppression> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, rest)) = line.split_once(MARK) else { continue };
        let rest = rest.trim_end_matches("*/").trim_end_matches("-->").trim();
        let (rule, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let (reason, until) = match reason.rsplit_once("(until ") {
            Some((reason, day)) => (reason, day.split(')').next().map(|day| day.trim().to_owned())),
            None => (reason, None),
        };
        let rule = rule.trim();
        if rule.is_empty() || !rule.chars().all(|c| c.is_ascii_alphanumeric()) {
            continue;
        }
        found.push(Suppression {
            rule: rule.to_owned(),
            reason: reason.trim().to_owned(),
            until,
            line: index + 1,
        });
    }
    found
}

impl Suppression {
    /// Why it does not hold on the day `today` (`YYYY-MM-DD`); `None` if it holds.
    pub(crate) fn fault(&self, today: &str) -> Option<Finding> {
        let message = if self.reason.is_empty() {
            format!("The suppression of {} gives no reason.", self.rule)
        } else if self.until.as_ref().is_some_and(|until| !is_day(until)) {
            format!("The suppression of {} names no day as YYYY-MM-DD.", self.rule)
        } else if self.until.as_ref().is_some_and(|until| !today.is_empty() && until.as_str() < today) {
            format!("The suppression of {} has expired.", self.rule)
        } else {
            return None;
        };
        let at = Span { line: self.line, column: 1, ..Span::default() };
        Some(Finding::new("SUP001", Confidence::High, at, message).fix(
            "write `sellonce-ignore ID: reason (until YYYY-MM-DD)` with a day to come, or repair the code",
        ))
    }

    /// Whether it speaks of a finding.
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule && (self.line == finding.at.line || self.line + 1 == finding.at.line)
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(index, byte)| if matches!(index, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
}
