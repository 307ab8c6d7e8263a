//! A finding: what is wrong, where, how sure, and what else to look at. How it is shown is decided in `format`.

use super::tree::Span;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How sure a finding is. Only `High` is an error by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Worth a look by somebody who knows the code.
    Low,
    /// Likely; something that this file does not show could make it right.
    Medium,
    /// The file shows the mistake.
    High,
}

impl Confidence {
    /// The word used in output.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What happens there, such as `read here`.
    pub label: &'static str,
    /// Where.
    pub at: Span,
}

/// One violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule, such as `INV001`.
    pub rule: &'static str,
    /// Why this is wrong, in one or two sentences.
    pub message: String,
    /// What to do instead.
    pub fix: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// The file, relative to the root of the check.
    pub path: PathBuf,
    /// The place of the mistake; for a race this is the write.
    pub at: Span,
    /// Other places, such as the read.
    pub related: Vec<Related>,
    /// The line of the mistake as it stands in the file.
    pub excerpt: String,
    /// Excerpts of the related places, in their order.
    pub related_excerpts: Vec<String>,
    /// The same for the same mistake after the lines around it moved.
    pub fingerprint: String,
}

impl Finding {
    /// A finding without the parts that depend on its file; `completed` adds them.
    pub(crate) fn new(rule: &'static str, confidence: Confidence, at: Span, message: String) -> Finding {
        Finding {
            rule,
            message,
            fix: "",
            confidence,
            path: PathBuf::new(),
            at,
            related: Vec::new(),
            excerpt: String::new(),
            related_excerpts: Vec::new(),
            fingerprint: String::new(),
        }
    }

    pub(crate) fn fix(mut self, fix: &'static str) -> Finding {
        self.fix = fix;
        self
    }

    pub(crate) fn related(mut self, label: &'static str, at: Option<Span>) -> Finding {
        if let Some(at) = at.filter(|at| at.line != self.at.line && at.line > 0) {
            self.related.push(Related { label, at });
        }
        self
    }

    /// Fills in path, excerpts and fingerprint.
    pub(crate) fn completed(mut self, path: &std::path::Path, lines: &[&str]) -> Finding {
        let line = |at: Span| {
            lines.get(at.line.saturating_sub(1)).map_or(String::new(), |line| line.trim_end().to_owned())
        };
        self.path = path.to_path_buf();
        self.excerpt = line(self.at);
        self.related_excerpts = self.related.iter().map(|related| line(related.at)).collect();
        self
    }
}

/// Gives every finding its fingerprint: rule, file, the line's text without blanks, and which of several equal ones it is.
pub(crate) fn fingerprint(findings: &mut [Finding]) {
    use sha2::{Digest, Sha256};
    let mut seen = std::collections::HashMap::new();
    for finding in findings {
        let text: String = finding.excerpt.split_whitespace().collect();
        let path = finding.path.to_string_lossy().replace('\\', "/");
        let key = format!("{}|{path}|{text}", finding.rule);
        let number = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(0usize);
        let hash = Sha256::digest(format!("{key}|{number}"));
        finding.fingerprint = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    }
}
