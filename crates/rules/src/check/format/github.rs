//! Annotations of GitHub Actions: one line per finding on standard output, escaped as the runner wants it.

use super::{level, slashed};
use crate::check::Outcome;
use std::io::{self, Write};

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let kind = match level(finding) {
            "note" => "notice",
            other => other,
        };
        writeln!(
            out,
            "::{kind} file={},line={},col={},title={}::{}",
            property(&slashed(finding)),
            finding.at.line,
            finding.at.column,
            finding.rule,
            message(&format!("{} Instead: {}.", finding.message, finding.fix))
        )?;
    }
    for path in &outcome.unparsable {
        writeln!(
            out,
            "::warning file={}::could not be parsed, not checked",
            property(&path.to_string_lossy())
        )?;
    }
    Ok(())
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
