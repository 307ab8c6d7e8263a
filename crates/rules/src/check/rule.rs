//! The rules with a detector, as questions over facts; each file below is one rule or what several rules ask.

pub(crate) mod amount;
mod asked;
mod charge;
mod effect;
mod key;
mod made;
mod money;
mod outside;
mod request;
mod status;
mod step;
mod transaction;

use super::fact::Reading;
use super::finding::Finding;
use super::lower::Lowered;
use super::tree::Span;
use super::unit::Unit;

/// What rules that one unit decides alone say of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdicts {
    pub(crate) findings: Vec<Finding>,
    /// Places that keep a rule: the other half of what a report counts.
    pub(crate) kept: Vec<(&'static str, Span)>,
}

/// Rules that one unit decides, with a look at its callers in the same file.
pub(crate) fn of_unit(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
    verdicts: &mut Verdicts,
) {
    let charges = charge::charges(unit, reading);
    key::judge(unit, reading, &charges, verdicts);
    request::judge(unit, reading, &charges, verdicts);
    effect::judge(unit, units, reading, &charges, verdicts);
    status::judge(unit, units, reading, verdicts);
}

/// Rules that one file decides.
pub(crate) fn of_file(
    lowered: &Lowered<'_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
    verdicts: &mut Verdicts,
) {
    money::judge(lowered, units, reading, verdicts);
}

/// Rules that an SQL file decides.
pub(crate) fn of_sql_file(reading: Reading<'_>, verdicts: &mut Verdicts) {
    money::judge_sql(reading, verdicts);
}

/// Where the name of a call stands.
fn place(reading: Reading<'_>, link: &super::chain::Link<'_, '_>) -> Span {
    super::write::place_at(reading.source, link.span, link.at)
}

/// Whether the code of a unit names something that contains one of `words`.
fn mentions(unit: &Unit<'_, '_>, reading: Reading<'_>, words: &[&str]) -> bool {
    let spans = unit
        .chains
        .iter()
        .map(|chain| chain.span)
        .chain(unit.assignments.iter().map(|assignment| assignment.span))
        .chain(unit.conditions.iter().map(|condition| condition.span));
    let mut spans = spans.chain(unit.blocks.iter().map(|(condition, _)| condition.span));
    let named = unit.definitions.keys().chain(unit.parameters.keys()).chain(unit.parameters.values());
    let has = |text: &str| {
        // C#'s token for giving up cancels no payment.
        let lower = text.to_lowercase().replace("cancellationtoken", "");
        words.iter().any(|word| lower.contains(&word.to_lowercase()))
    };
    named.into_iter().any(|name| has(name))
        || has(unit.name)
        || spans.any(|span| reading.source.get(span.start..span.end).is_some_and(has))
}
