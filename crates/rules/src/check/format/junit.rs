//! JUnit XML: a failed case per finding, one passed case when there is none, so that dashboards show the check either way.

use super::slashed;
use crate::check::Outcome;
use std::io::{self, Write};

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let failures = outcome.findings.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites><testsuite name="sellonce rules check" tests="{}" failures="{failures}">"#,
        failures.max(1)
    )?;
    for finding in &outcome.findings {
        let place = format!("{}:{}", slashed(finding), finding.at.line);
        writeln!(out, r#"<testcase classname="{}" name="{}">"#, finding.rule, escaped(&place))?;
        writeln!(
            out,
            r#"<failure type="{}" message="{}">{}</failure></testcase>"#,
            finding.confidence.name(),
            escaped(&finding.message),
            escaped(&finding.excerpt)
        )?;
    }
    if failures == 0 {
        writeln!(out, r#"<testcase classname="sellonce" name="no findings"/>"#)?;
    }
    writeln!(out, "</testsuite></testsuites>")
}

/// XML's special characters escaped, and what XML 1.0 cannot hold left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(character),
            control if control < ' ' => {}
            other => out.push(other),
        }
    }
    out
}
