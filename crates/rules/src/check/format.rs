//! How findings are shown: as text with excerpts, as JSON, as SARIF 2.1.0, as GitHub annotations, as JUnit.
//! Each format is a pure function into a writer.

mod github;
mod json;
mod junit;
mod sarif;
mod text;

use super::Outcome;
use super::finding::{Confidence, Finding};
use std::io::{self, Write};

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: the write and the read with their lines.
    Text,
    /// For programs, one object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// JUnit XML, a failed case per finding.
    Junit,
}

impl Format {
    /// The format of a name on the command line.
    pub fn of_name(name: &str) -> Option<Format> {
        Some(match name {
            "text" => Format::Text,
            "json" => Format::Json,
            "sarif" => Format::Sarif,
            "github" => Format::Github,
            "junit" => Format::Junit,
            _ => return None,
        })
    }

    /// Writes what a check found.
    pub fn write(self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Format::Text => text::write(outcome, out),
            Format::Json => json::write(outcome, out),
            Format::Sarif => sarif::write(outcome, out),
            Format::Github => github::write(outcome, out),
            Format::Junit => junit::write(outcome, out),
        }
    }
}

/// The word for how bad a finding is; the same in all formats.
fn level(finding: &Finding) -> &'static str {
    match finding.confidence {
        Confidence::High => "error",
        Confidence::Medium => "warning",
        Confidence::Low => "note",
    }
}

/// A path with forward slashes, as every format but text wants it.
fn slashed(finding: &Finding) -> String {
    finding.path.to_string_lossy().replace('\\', "/")
}
