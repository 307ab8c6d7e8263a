//! `audit`: judges the invariants on a database, beside a running server if need be.

use sellonce_checkout::audit::{Finding, Report};

use super::{Stop, store};
use crate::config::Config;
use crate::output;

pub(super) async fn run(config: Config, json: bool) -> Result<(), Stop> {
    let store = store::open_existing(&config)?;
    let report = store.audit().await?;
    if json {
        output::result(sellonce_server::audit_json(&report));
    } else {
        print(&report);
    }
    if report.ok() { Ok(()) } else { Err(Stop::Found) }
}

fn print(report: &Report) {
    for finding in &report.findings {
        output::result(line(finding));
        for violation in &finding.violations {
            output::result(format_args!("       {}", violation.what));
            output::result(format_args!("         expected: {}", violation.expected));
            output::result(format_args!("         found:    {}", violation.found));
        }
    }
    output::result(if report.ok() { "every invariant that was judged holds" } else { "VIOLATED" });
}

fn line(finding: &Finding) -> String {
    let (id, title) = (finding.invariant.id(), finding.invariant.title());
    match finding.skipped {
        Some(reason) => format!("{id:>4}  skipped   {title}: {reason}"),
        None if finding.violated > 0 => {
            format!("{id:>4}  VIOLATED  {title}: {} of {} checks", finding.violated, finding.checked)
        }
        None => format!("{id:>4}  holds     {title}: {} checks", finding.checked),
    }
}
