//! The audit, for who wants to know that every promise is kept.
//!
//! Decides how its report looks. Leaves judging to checkout.

use axum::extract::State;
use sellonce_checkout::audit;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::AdminReader;
use crate::shape;

/// What an audit has found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditReport {
    /// Whether nothing is violated.
    ok: bool,
    /// The instant of the snapshot that was judged.
    #[schema(format = DateTime)]
    checked_at: String,
    /// Each invariant.
    invariants: Vec<InvariantFinding>,
}

/// What was found of one invariant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvariantFinding {
    /// Its number.
    #[schema(example = "I1")]
    id: &'static str,
    /// What it promises.
    title: &'static str,
    /// Whether nothing violates it.
    ok: bool,
    /// How many things were judged.
    checked: u64,
    /// How many of them violate it.
    violated: u64,
    /// The first 100 of them.
    violations: Vec<Violation>,
    /// Why it cannot be judged here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    skipped: Option<&'static str>,
}

/// One thing that should not be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Violation {
    /// Which row, and which of its promises.
    what: String,
    /// What must hold.
    expected: String,
    /// What was found.
    found: String,
}

impl From<audit::Report> for AuditReport {
    fn from(report: audit::Report) -> Self {
        let violation = |violation: audit::Violation| Violation {
            what: violation.what,
            expected: violation.expected,
            found: violation.found,
        };
        let ok = report.ok();
        let finding = |finding: audit::Finding| InvariantFinding {
            id: finding.invariant.id(),
            title: finding.invariant.title(),
            // What was not judged is neither kept nor violated.
            ok: finding.violated == 0 && finding.skipped.is_none(),
            checked: finding.checked,
            violated: finding.violated,
            violations: finding.violations.into_iter().map(violation).collect(),
            skipped: finding.skipped,
        };
        Self {
            ok,
            checked_at: shape::time(report.checked_at),
            invariants: report.findings.into_iter().map(finding).collect(),
        }
    }
}

/// Audit the shop.
///
/// Judges the invariants I1 to I14 on one snapshot of the present state.
#[utoipa::path(
    get, path = "/v1/admin/audit", tag = "Audit", security(("api_key" = [])),
    responses((status = 200, description = "What was found.", body = AuditReport)),
)]
pub(crate) async fn read_audit(State(app): State<App>, _: AdminReader) -> Reply<AuditReport> {
    Ok(Answer::ok(app.store.audit().await?.into()))
}

/// A report as the API writes it, for the command line.
pub fn json(report: &audit::Report) -> String {
    let report = AuditReport::from(report.clone());
    serde_json::to_string_pretty(&report).expect("a report is texts and numbers, which JSON can hold")
}
