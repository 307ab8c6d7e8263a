//! The verdict in sentences: what a manager reads. Each is counted from the figures, and claims no more than was judged.

use super::promises::{self, Outcome};
use crate::page::{grouped, money, rounded};
use crate::verdict::{Report, Verdict};

/// How the verdict is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// All that was judged holds.
    Good,
    /// Something is broken, or nothing was shown.
    Bad,
}

pub(super) fn tone(verdict: &Verdict) -> Tone {
    if verdict.ok { Tone::Good } else { Tone::Bad }
}

/// The verdict first, then what it rests on.
pub(super) fn all(report: &Report) -> Vec<String> {
    let mut sentences = vec![verdict(&report.verdict)];
    sentences.push(rush(report));
    sentences.push(judged(&report.verdict));
    sentences
}

fn verdict(verdict: &Verdict) -> String {
    let Verdict { sold, stock, .. } = verdict;
    let (units, there) = (things(*sold, "unit"), grouped(*stock));
    if let Some(oversold) = verdict.oversold.filter(|oversold| *oversold > 0) {
        let were = if oversold == 1 { "was sold that does" } else { "were sold that do" };
        let mut sentence =
            format!("{} {were} not exist: {units} sold, {there} in stock.", things(oversold, "unit"));
        if verdict.cost.amount > 0 {
            sentence
                .push_str(&format!(" That costs {}.", money(verdict.cost.amount, &verdict.cost.currency)));
        }
        return and_broken(sentence, verdict);
    }
    if verdict.ok {
        let once = match verdict.oversold {
            None => "No fault was found",
            Some(_) if sold == stock => "Every unit was sold once",
            Some(_) => "No unit was sold twice",
        };
        return format!("{once}: {units} sold of {there}.{}", kept(verdict));
    }
    if verdict.invariants.iter().any(|invariant| invariant.violated > 0) {
        let begin = if verdict.oversold.is_some() {
            "No unit was sold twice, and yet the shop failed."
        } else {
            "The shop failed."
        };
        return and_broken(begin.to_owned(), verdict);
    }
    "Nothing is shown: nobody got a definite answer, or no invariant could be judged.".to_owned()
}

/// What else went wrong besides oversold units, if it was counted.
fn and_broken(mut sentence: String, verdict: &Verdict) -> String {
    let units = |count: Option<i64>| count.map_or(0, i64::unsigned_abs);
    let counted = [
        (
            verdict.orphaned_payments.unwrap_or(0),
            "payment taken without an order",
            "payments taken without an order",
        ),
        (
            verdict.duplicate_orders.unwrap_or(0),
            "order too many for one purchase",
            "orders too many for one purchase",
        ),
        (
            verdict.lost_acknowledgements.unwrap_or(0),
            "order that a buyer was told of is not there",
            "orders that buyers were told of are not there",
        ),
        (verdict.wrong_amounts.unwrap_or(0), "wrong amount", "wrong amounts"),
        (
            units(verdict.false_sold_out),
            "unit refused as sold out although it was there",
            "units refused as sold out although they were there",
        ),
    ];
    let broken: Vec<String> = counted
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{} {}", grouped(*count), if *count == 1 { one } else { many }))
        .collect();
    if !broken.is_empty() {
        sentence.push_str(&format!(" {}.", broken.join("; ")));
    }
    sentence
}

/// What was judged and is well besides stock.
fn kept(verdict: &Verdict) -> String {
    let judged = [
        (verdict.orphaned_payments, "no payment without its order"),
        (verdict.duplicate_orders, "no order twice"),
        (verdict.lost_acknowledgements, "no order lost"),
        (verdict.wrong_amounts, "no wrong amount"),
    ];
    let kept: Vec<&str> =
        judged.iter().filter(|(count, _)| *count == Some(0)).map(|(_, name)| *name).collect();
    match kept.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" There was {last}."),
        Some((last, others)) => format!(" There was {} and {last}.", others.join(", ")),
    }
}

/// How large the rush was.
fn rush(report: &Report) -> String {
    let Report { verdict, environment, timeline } = report;
    let ordered: u64 = timeline.bins.iter().map(|bin| bin.ordered).sum();
    let mut sentence = format!(
        "{} in {} s over {}: {} became an order, {} were told that there is not enough",
        things(verdict.attempts, "checkout"),
        rounded(verdict.duration_s),
        environment.transport,
        grouped(ordered),
        grouped(verdict.sold_out)
    );
    let other: u64 = timeline.bins.iter().map(|bin| bin.other).sum();
    for (count, what) in [
        (verdict.declined, "were declined"),
        (other, "ended otherwise as planned"),
        (verdict.gave_up, "got no definite answer in their time"),
    ] {
        if count > 0 {
            sentence.push_str(&format!(", {} {what}", grouped(count)));
        }
    }
    let waits = &verdict.latency_ms;
    sentence.push_str(&format!(
        ". Half of them waited less than {}, 99 of 100 less than {}.",
        time(waits.p50),
        time(waits.p99)
    ));
    if let Some(most) = environment.in_flight_at_servers_max {
        sentence.push_str(&format!(" The servers held {} at once.", things(most, "request")));
    }
    sentence
}

fn judged(verdict: &Verdict) -> String {
    let all = &verdict.invariants;
    let of = |outcome: Outcome| all.iter().filter(move |one| promises::outcome(one) == outcome).count();
    let (held, violated) = (of(Outcome::Holds), of(Outcome::Violated));
    let checks: u64 = all.iter().filter(|one| one.skipped.is_none()).map(|one| one.checked).sum();
    let mut sentence =
        format!("{held} of {} judged invariants hold, by {}.", held + violated, things(checks, "check"));
    for (count, what) in [
        (of(Outcome::Idle), "had nothing to check"),
        (of(Outcome::Skipped), "could not be judged; the table says why"),
    ] {
        if count > 0 {
            sentence.push_str(&format!(" {count} {what}."));
        }
    }
    sentence
}

/// What the oversold units cost, or why nothing is said of it.
pub(super) fn cost(verdict: &Verdict) -> String {
    let cost = &verdict.cost;
    match verdict.oversold {
        None => "Not known: whether units were oversold could not be judged.".to_owned(),
        Some(0) => format!("{}: no unit was oversold.", money(0, &cost.currency)),
        Some(oversold) if cost.amount == 0 => {
            format!(
                "{} oversold; what one costs was not given (--cost-per-oversell).",
                things(oversold, "unit")
            )
        }
        Some(oversold) => {
            format!("{} for {} oversold.", money(cost.amount, &cost.currency), things(oversold, "unit"))
        }
    }
}

/// A time in milliseconds as people say it.
pub(super) fn time(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", rounded(ms / 1_000.0)) } else { format!("{} ms", rounded(ms)) }
}

/// A number of things by their name.
pub(super) fn things(number: impl Into<i128>, name: &str) -> String {
    let number = number.into();
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {name}{ending}", grouped(number))
}
