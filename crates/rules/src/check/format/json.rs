//! JSON for programs: one object with findings, unparsable files and counts. Fields are only ever added.

use super::{level, slashed};
use crate::check::Outcome;
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = outcome
        .findings
        .iter()
        .map(|finding| {
            let related: Vec<Value> = finding
                .related
                .iter()
                .zip(&finding.related_excerpts)
                .map(|(related, excerpt)| {
                    json!({ "label": related.label, "line": related.at.line, "column": related.at.column, "excerpt": excerpt })
                })
                .collect();
            json!({
                "rule": finding.rule,
                "level": level(finding),
                "confidence": finding.confidence.name(),
                "message": finding.message,
                "fix": finding.fix,
                "path": slashed(finding),
                "line": finding.at.line,
                "column": finding.at.column,
                "excerpt": finding.excerpt,
                "related": related,
                "fingerprint": finding.fingerprint,
            })
        })
        .collect();
    let unparsable: Vec<String> =
        outcome.unparsable.iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect();
    let all = json!({
        "version": 1,
        "findings": findings,
        "unparsable": unparsable,
        "files": outcome.files,
        "lines": outcome.lines,
        "sites": outcome.sites.len(),
    });
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}
