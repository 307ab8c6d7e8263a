//! Text for people: where, what, why, the lines of the read and the write, and what to do instead.

use super::level;
use crate::check::Outcome;
use crate::sync::counted;
use std::io::{self, Write};

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let place = format!("{}:{}:{}", finding.path.display(), finding.at.line, finding.at.column);
        writeln!(out, "{place}: {} [{}] {}", level(finding), finding.rule, finding.message)?;
        for (related, excerpt) in finding.related.iter().zip(&finding.related_excerpts) {
            writeln!(out, "{:>6} | {excerpt}   <- {}", related.at.line, related.label)?;
        }
        writeln!(out, "{:>6} | {}   <- here", finding.at.line, finding.excerpt)?;
        if !finding.fix.is_empty() {
            writeln!(out, "       = fix: {}", finding.fix)?;
        }
        writeln!(out)?;
    }
    for path in &outcome.unparsable {
        writeln!(out, "{}: could not be parsed, not checked", path.display())?;
    }
    writeln!(
        out,
        "{} in {} ({}, {})",
        counted(outcome.findings.len(), "finding"),
        counted(outcome.files, "file"),
        counted(outcome.lines, "line"),
        counted(outcome.sites.len(), "relevant site")
    )
}
