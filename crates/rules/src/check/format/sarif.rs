//! SARIF 2.1.0: the subset that code scanning reads, with related locations, fingerprints and precision.

use super::{level, slashed};
use crate::check::Outcome;
use crate::check::finding::Finding;
use crate::check::tree::Span;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let ids: BTreeSet<&str> = outcome.findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = ids
        .iter()
        .map(|id| {
            json!({
                "id": id,
                "shortDescription": { "text": title(id) },
                "properties": { "precision": precision(id), "tags": ["correctness", "concurrency", "commerce"] },
            })
        })
        .collect();
    let results: Vec<Value> = outcome.findings.iter().map(result).collect();
    let notifications: Vec<Value> = outcome
        .unparsable
        .iter()
        .map(|path| {
            let uri = uri(&path.to_string_lossy().replace('\\', "/"));
            json!({
                "level": "warning",
                "message": { "text": "The file could not be parsed and was not checked." },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri } } }],
            })
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "sellonce", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "utf16CodeUnits",
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn result(finding: &Finding) -> Value {
    let path = slashed(finding);
    let related: Vec<Value> = finding
        .related
        .iter()
        .enumerate()
        .map(|(number, related)| {
            let mut location = location(&path, related.at);
            location["id"] = json!(number + 1);
            location["message"] = json!({ "text": related.label });
            location
        })
        .collect();
    json!({
        "ruleId": finding.rule,
        "level": level(finding),
        "message": { "text": format!("{} Instead: {}.", finding.message, finding.fix) },
        "locations": [location(&path, finding.at)],
        "relatedLocations": related,
        "partialFingerprints": { "sellonce/v1": finding.fingerprint },
        "properties": { "confidence": finding.confidence.name() },
    })
}

fn location(path: &str, at: Span) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(path) },
            "region": { "startLine": at.line, "startColumn": at.column },
        },
    })
}

/// A relative path as a URI reference: blanks and the few characters that would mean something else are escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~+@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn title(rule: &str) -> &'static str {
    match rule {
        "INV001" => "Stock changes in one conditional statement whose row count is checked",
        "LIM001" => "Whatever runs out changes as stock does",
        "ORD001" => "An order's status changes only through its state machine",
        "PRC002" => "Money is integer minor units with a currency",
        "PAY001" => "Every charge and refund carries an idempotency key",
        "PAY002" => "The charged amount comes from the locked price, never from the request",
        "CHK001" => "Nothing external runs inside a database transaction",
        "EVT001" => "Events and mails leave through an outbox",
        "SUP001" => "A suppression gives a reason and has not ended",
        _ => "A rule of commerce-critical code",
    }
}

/// How often a finding of the rule is right, in the words of SARIF: the measurements stand in docs/rules-precision.md.
fn precision(rule: &str) -> &'static str {
    match rule {
        "INV001" | "PRC002" | "PAY001" | "PAY002" => "high",
        "SUP001" => "very-high",
        _ => "medium",
    }
}
