//! The verdict as a table for a terminal.
//!
//! Decides what a person sees first: whether it held, what was sold, what went wrong.

use crate::page::{money, things};
use crate::progress::thousands;
use crate::verdict::{Report, Verdict};

/// How many violations of each invariant are shown; the JSON has more.
const VIOLATIONS_SHOWN: usize = 3;

/// The table.
pub fn text(report: &Report) -> String {
    let Report { verdict, environment, .. } = report;
    let mut lines = vec![
        String::new(),
        format!("{} on {}", verdict.workload, verdict.target),
        format!("{}; seed {}", environment.transport, verdict.seed),
    ];
    if let Some(most) = environment.in_flight_at_servers_max {
        lines.push(format!("{} requests held at once, as counted at the server", thousands(most)));
    }
    lines.push(String::new());
    lines.extend(figures(verdict).into_iter().map(|(name, value)| format!("  {name:<24}{value:>16}")));
    lines.push(String::new());
    lines.extend(invariants(verdict));
    lines.push(String::new());
    lines.push(conclusion(verdict));
    lines.push(format!("again: {}", environment.command));
    lines.join("\n")
}

fn figures(verdict: &Verdict) -> Vec<(&'static str, String)> {
    let units = |units: i64| {
        let digits = thousands(units.unsigned_abs());
        if units < 0 { format!("-{digits}") } else { digits }
    };
    let known = |count: Option<u64>| count.map_or("not known".to_owned(), thousands);
    let known_units = |count: Option<i64>| count.map_or("not known".to_owned(), units);
    let ms = |ms: f64| format!("{ms:.1} ms");
    vec![
        ("checkouts", thousands(verdict.attempts)),
        ("stock, units", units(verdict.stock)),
        ("sold, units", units(verdict.sold)),
        ("sold out", thousands(verdict.sold_out)),
        ("declined", thousands(verdict.declined)),
        ("gave up", thousands(verdict.gave_up)),
        ("requests shed", thousands(verdict.shed)),
        ("errors", thousands(verdict.errors)),
        ("oversold, units", known_units(verdict.oversold)),
        ("false sold out, units", known_units(verdict.false_sold_out)),
        ("orphaned payments", known(verdict.orphaned_payments)),
        ("duplicate orders", known(verdict.duplicate_orders)),
        ("lost acknowledgements", known(verdict.lost_acknowledgements)),
        ("wrong amounts", known(verdict.wrong_amounts)),
        ("duration", format!("{:.1} s", verdict.duration_s)),
        ("checkouts per second", format!("{:.0}", verdict.checkouts_per_s)),
        ("waits: p50", ms(verdict.latency_ms.p50)),
        ("p90", ms(verdict.latency_ms.p90)),
        ("p99", ms(verdict.latency_ms.p99)),
        ("max", ms(verdict.latency_ms.max)),
    ]
}

fn invariants(verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    for invariant in &verdict.invariants {
        let id = &invariant.id;
        lines.push(match &invariant.skipped {
            Some(reason) => format!("  {id:<4} skipped   {reason}"),
            // What had nothing to judge proves nothing.
            None if invariant.ok && invariant.checked == 0 => format!("  {id:<4} nothing to check"),
            None if invariant.ok => format!("  {id:<4} holds     {} checks", thousands(invariant.checked)),
            None => {
                let (violated, checked) = (thousands(invariant.violated), thousands(invariant.checked));
                format!("  {id:<4} VIOLATED  {violated} of {checked} checks")
            }
        });
        for violation in invariant.violations.iter().take(VIOLATIONS_SHOWN) {
            lines.push(format!("         {}", violation.what));
            lines.push(format!("           expected: {}", violation.expected));
            lines.push(format!("           found:    {}", violation.found));
        }
    }
    lines
}

fn conclusion(verdict: &Verdict) -> String {
    if verdict.ok {
        return "every invariant that was judged holds".to_owned();
    }
    match verdict.oversold {
        Some(oversold) if oversold > 0 => {
            let units = things(oversold, "unit");
            match &verdict.cost {
                cost if cost.amount > 0 => {
                    format!("VIOLATED: {units} oversold, which costs {}", money(cost.amount, &cost.currency))
                }
                _ => format!("VIOLATED: {units} oversold"),
            }
        }
        Some(_) | None => "VIOLATED".to_owned(),
    }
}
