//! PRC002: money is integer minor units with a currency, never a binary fraction.
//! What a file declares is judged here and in `money/column`. What it computes: `money/flow` walks through it and says what
//! takes a value, `money/conversion` and `money/arithmetic` judge it. What a file is about is in `money/subject`, which names
//! mean money in `money/vocabulary`, what kind of number an expression is in `money/number`.

mod arithmetic;
mod column;
mod conversion;
mod flow;
mod number;
mod subject;
mod vocabulary;

use self::subject::Subject;
use self::vocabulary::{is_bound, shows};
use super::Verdicts;
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::language::Language;
use crate::check::lower::{Declared, Lowered};
use crate::check::names::squashed;
use crate::check::tree::Span;
use crate::check::unit::Unit;
use std::collections::{BTreeMap, HashSet};

const RULE: &str = "PRC002";
const FIX: &str = "keep money as an integer of the currency's smallest unit, or as an exact decimal type";
/// Fields of which both stand beside a price only where it is read from an exchange.
const MARKET: &[[&str; 2]] = &[["high", "low"], ["highprice", "lowprice"], ["bid", "ask"]];

/// The findings of a file, one for each line.
#[derive(Debug, Default)]
struct Findings {
    lines: BTreeMap<usize, Finding>,
}

impl Findings {
    fn declared(&mut self, name: &str, at: Span, confidence: Confidence) {
        let message =
            format!("Money (`{name}`) is a binary fraction: 0.1 + 0.2 is not 0.3, and sums drift by a cent.");
        self.add(at, confidence, message);
    }

    fn computed(&mut self, name: &str, at: Span, confidence: Confidence, how: &str) {
        let message = format!("Money (`{name}`) {how}: 0.1 + 0.2 is not 0.3, and sums drift by a cent.");
        self.add(at, confidence, message);
    }

    fn add(&mut self, at: Span, confidence: Confidence, message: String) {
        let new = || Finding::new(RULE, confidence, at, message).fix(FIX);
        self.lines.entry(at.line).or_insert_with(new);
    }
}

/// Judges a file.
pub(super) fn judge(
    lowered: &Lowered<'_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
    verdicts: &mut Verdicts,
) {
    let subject = Subject::of(reading);
    let mut findings = Findings::default();
    declarations(lowered, subject, &mut findings, verdicts);
    // These declare columns by types alone.
    if !matches!(reading.language, Language::Rust | Language::Go | Language::Java | Language::CSharp) {
        column::pairs(&lowered.root, subject, &mut findings);
    }
    for unit in units {
        column::judge(unit, subject, &mut findings);
    }
    if subject.sales && !subject.aside && !subject.shows {
        flow::judge(lowered, subject, &mut findings);
        results(lowered, subject, &mut findings);
    }
    verdicts.findings.extend(findings.lines.into_values());
}

/// Judges an SQL file.
pub(crate) fn judge_sql(reading: Reading<'_>, verdicts: &mut Verdicts) {
    let mut findings = Findings::default();
    // A table has a name and columns: what it calls a total is one.
    let subject = Subject { sales: true, ..Subject::of(reading) };
    if !subject.aside {
        column::tables(reading.source, Span { line: 1, ..Span::default() }, subject, &mut findings);
    }
    verdicts.findings.extend(findings.lines.into_values());
}

/// Judges declared types.
fn declarations(
    lowered: &Lowered<'_>,
    subject: Subject<'_>,
    findings: &mut Findings,
    verdicts: &mut Verdicts,
) {
    let declared = &lowered.declared;
    let reading = subject.reading;
    let has = |name: &&str| declared.iter().any(|one| squashed(one.name) == **name);
    if MARKET.iter().any(|pair| pair.iter().all(&has)) || subject.aside {
        return;
    }
    let fields: HashSet<String> = float_fields(declared, subject).collect();
    let floats = |one: &Declared<'_>| is_float(one.declared_type, reading.language);
    let sums: Vec<&Declared<'_>> = declared.iter().filter(|one| floats(one) && is_sum(one.name)).collect();
    for one in declared {
        let told = floats(one) || !one.mapping.is_empty() || one.field && is_exact(one.declared_type);
        if !told {
            continue;
        }
        let near = |sum: &&Declared<'_>| sum.field == one.field && sum.at.line.abs_diff(one.at.line) < 5;
        if subject.sales && vocabulary::is_between(one.name) && floats(one) && sums.iter().any(near) {
            findings.declared(one.name, one.at, Confidence::Medium);
            continue;
        }
        if !subject.is_money(one.name) || !one.field && is_bound(one.name) {
            continue;
        }
        if is_property_of_field(one, declared) {
            continue;
        }
        if one.field && column::maps_float(one.mapping) {
            findings.declared(one.name, one.at, Confidence::High);
        }
        // What takes the value of a field, or gives it one, says no more than the field.
        if !one.field
            && (subject.shows
                || is_shown(reading.source, one.at)
                || fields.contains(&squashed(one.name)) && is_parameter(reading.source, one.at))
        {
            continue;
        }
        if is_float(one.declared_type, reading.language) {
            let confidence = if one.field { Confidence::High } else { Confidence::Medium };
            findings.declared(one.name, one.at, confidence);
        } else if one.field && is_exact(one.declared_type) {
            verdicts.kept.push((RULE, one.at));
        }
    }
}

fn is_sum(name: &str) -> bool {
    matches!(squashed(name).as_str(), "total" | "subtotal" | "totalamount" | "grandtotal" | "amount")
}

/// C#'s `Price { get => price; }` gives what the field `price` holds.
fn is_property_of_field(one: &Declared<'_>, declared: &[Declared<'_>]) -> bool {
    one.name.starts_with(char::is_uppercase)
        && declared.iter().any(|field| {
            field.field
                && !field.name.starts_with(char::is_uppercase)
                && field.declared_type == one.declared_type
                && squashed(field.name) == squashed(one.name)
        })
}

/// The names of fields that hold money in a binary fraction.
fn float_fields<'d>(declared: &'d [Declared<'_>], subject: Subject<'d>) -> impl Iterator<Item = String> + 'd {
    declared
        .iter()
        .filter(move |one| {
            one.field && subject.is_money(one.name) && is_float(one.declared_type, subject.reading.language)
        })
        .map(|one| squashed(one.name))
}

/// `float calculateShippingFee(..)`: a function that gives money as a binary fraction, where nothing in it was reported.
fn results(lowered: &Lowered<'_>, subject: Subject<'_>, findings: &mut Findings) {
    let fields: HashSet<String> = float_fields(&lowered.declared, subject).collect();
    for one in &lowered.results {
        let name = squashed(one.name);
        let bare = ["get", "is", "set"].iter().find_map(|before| name.strip_prefix(before)).unwrap_or(&name);
        if !subject.is_money(one.name)
            || shows(one.name)
            || is_bound(one.name)
            || fields.contains(bare)
            || !is_float(one.declared_type, subject.reading.language)
        {
            continue;
        }
        let scope = flow::function_at(&lowered.root, one.at);
        if findings.lines.values().all(|found| !(scope.start..scope.end).contains(&found.at.start)) {
            findings.declared(one.name, one.at, Confidence::Medium);
        }
    }
}

/// Whether a declaration stands between the parentheses of a function.
fn is_parameter(source: &str, at: Span) -> bool {
    let mut depth = 0;
    for letter in source.get(at.start.saturating_sub(600)..at.start).unwrap_or_default().chars().rev() {
        match letter {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => return true,
            ';' | '{' | '}' => return false,
            _ => {}
        }
    }
    false
}

/// `def format_price(price: float)`: what is only shown may be rounded at the edge.
fn is_shown(source: &str, at: Span) -> bool {
    let Some(before) = source.get(at.start.saturating_sub(600)..at.start) else { return false };
    let mut depth = 0;
    for (position, letter) in before.char_indices().rev() {
        match letter {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => {
                let named = before[..position].trim_end();
                let start = named.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
                return shows(&named[start..]);
            }
            ';' | '{' => return false,
            _ => {}
        }
    }
    false
}

fn is_float(declared_type: &str, language: Language) -> bool {
    // What takes a decimal too was made with care.
    let may =
        ["float", "Float", "ouble", "f64", "f32", "Single"].iter().any(|one| declared_type.contains(one));
    if !may || declared_type.contains("Decimal") {
        return false;
    }
    let plain: String =
        declared_type.chars().filter(|c| c.is_alphanumeric() || matches!(c, '<' | '[' | '|' | '_')).collect();
    let types: Vec<&str> = plain.split(['<', '[', '|']).collect();
    let named = |names: &[&str]| types.iter().any(|one| names.contains(one));
    match language {
        Language::Java => named(&["double", "float", "Double", "Float"]),
        Language::CSharp => named(&["double", "float", "Double", "Single"]),
        Language::Go => named(&["float64", "float32"]),
        Language::Rust => named(&["f64", "f32"]),
        Language::Python | Language::Php => named(&["float", "double"]),
        _ => false,
    }
}

fn is_exact(declared_type: &str) -> bool {
    let lower = squashed(declared_type);
    ["decimal", "int", "long", "money", "i64", "bigint"].iter().any(|word| lower.contains(word))
}
