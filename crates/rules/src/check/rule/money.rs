//! PRC002: money is integer minor units with a currency, never a binary fraction.

mod ddl;
mod fraction;
mod text;
mod words;

pub(super) use fraction::computed;

use self::words::{is_apart, is_money, is_money_in};
use super::Verdicts;
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::language::Language;
use crate::check::lower::Declared;
use crate::check::names::{squashed, words as words_of};
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

const RULE: &str = "PRC002";
const FIX: &str = "keep money as an integer of the currency's smallest unit, or as an exact decimal type";
/// Fields of which both stand beside a price only where it is read from an exchange.
const MARKET: &[[&str; 2]] = &[["high", "low"], ["highprice", "lowprice"], ["bid", "ask"]];

/// Judges the columns and variables that a file of SQL declares.
pub(super) fn in_sql(reading: Reading<'_>, verdicts: &mut Verdicts) {
    for (line, name) in ddl::declared(reading.source, reading) {
        let at = Span { line: line + 1, column: 1, ..Span::default() };
        report(name, at, Confidence::High, verdicts);
    }
}

/// Judges declared types.
pub(super) fn declarations(declared: &[Declared<'_>], reading: Reading<'_>, verdicts: &mut Verdicts) {
    let has = |name: &&str| declared.iter().any(|one| squashed(one.name) == **name);
    let quoted = MARKET.iter().any(|pair| pair.iter().all(&has));
    let fractions = || declared.iter().any(|one| is_float(one.declared_type, reading.language));
    let quoted = quoted || fractions() && is_apart(reading);
    let stem = reading.path.rsplit('/').next().unwrap_or_default();
    for one in declared.iter().filter(|_| !quoted) {
        let float = is_float(one.declared_type, reading.language);
        let (function, class) = one.within;
        let money = match float {
            true => is_money_in(reading, one.name, &[function, class, stem]),
            false => is_money(reading, one.name),
        };
        let column = one.field && column_is_float(reading, one.at);
        if !money || (!one.field || is_search(class)) && is_bound(one.name) {
            continue;
        }
        if !one.field && (is_shown(reading.source, one.at) || is_doubled(class)) {
            continue;
        }
        if float || column {
            let confidence = if one.field { Confidence::High } else { Confidence::Medium };
            report(one.name, one.at, confidence, verdicts);
        } else if one.field && is_exact(one.declared_type) {
            verdicts.kept.push((RULE, one.at));
        }
    }
}

/// TypeORM's `@Column({ type: 'float' }) price: number` and `@Column('float')`.
fn column_is_float(reading: Reading<'_>, at: Span) -> bool {
    if !matches!(reading.language, Language::TypeScript | Language::Tsx) {
        return false;
    }
    let mut start = at.start.saturating_sub(300);
    while !reading.source.is_char_boundary(start) {
        start += 1;
    }
    let Some(before) = reading.source.get(start..at.start) else { return false };
    let before = &before[before.rfind(';').map_or(0, |end| end + 1)..];
    let Some(column) = before.rfind("Column(").or_else(|| before.rfind("Property(")) else { return false };
    let types = ["float", "double", "real", "double precision", "float8"];
    types
        .iter()
        .any(|one| ["'", "\""].iter().any(|quote| before[column..].contains(&format!("{quote}{one}{quote}"))))
}

/// What a search is asked.
fn is_search(class: &str) -> bool {
    words_of(class)
        .iter()
        .any(|word| matches!(word.as_str(), "filter" | "query" | "search" | "params" | "criteria"))
}

/// A class that stands for another in tests.
fn is_doubled(class: &str) -> bool {
    words_of(class).iter().any(|word| matches!(word.as_str(), "fake" | "mock" | "stub" | "test" | "dummy"))
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
                let shows = ["format", "display", "render", "show", "print", "humanize", "pretty", "label"];
                return words_of(&named[start..]).iter().any(|word| shows.contains(&word.as_str()));
            }
            ';' | '{' => return false,
            _ => {}
        }
    }
    false
}

/// `minPrice` and `price_max` that a search is given bound what it shows; nothing is charged by them.
fn is_bound(name: &str) -> bool {
    let words = words_of(name);
    let ends = [words.first(), words.last()];
    ends.into_iter()
        .flatten()
        .any(|word| matches!(word.as_str(), "min" | "max" | "from" | "to" | "lowest" | "highest"))
}

/// Judges columns that mappers and schema builders declare by calls.
pub(super) fn columns(unit: &Unit<'_, '_>, reading: Reading<'_>, verdicts: &mut Verdicts) {
    for assignment in unit.assignments.iter().filter(|assignment| assignment.operator == "=") {
        if let Some(name) = assignment.target.name()
            && is_money(reading, name)
            && declares_float(assignment.value)
        {
            report(name, assignment.span, Confidence::High, verdicts);
        }
    }
    for chain in &unit.chains {
        for link in &chain.links {
            // `t.float :price`, `$table->double('price')`, `table.float('price')`.
            let builder = matches!(link.key.as_str(), "float" | "double" | "real" | "doubleprecision");
            let name = link.given().first().and_then(Node::text);
            if let (true, Some(name)) = (builder, name)
                && is_money(reading, name)
            {
                report(name, chain.span, Confidence::High, verdicts);
            }
            for argument in link.given() {
                pairs(argument, reading, verdicts);
            }
        }
    }
}

/// `price: { type: DataTypes.FLOAT }`, `price: DataTypes.DOUBLE`, `price: real('price')`, `'price' => 'float'`.
fn pairs(node: &Node<'_>, reading: Reading<'_>, verdicts: &mut Verdicts) {
    let mut found: Vec<(String, Span)> = Vec::new();
    node.walk(&mut |part| {
        if let Kind::Pair(key, value) = &part.kind
            && let Some(name) = key.text().or(key.name())
            && is_money(reading, name)
            && types_float(value)
        {
            found.push((name.to_owned(), part.span));
        }
    });
    for (name, at) in found {
        report(&name, at, Confidence::High, verdicts);
    }
}

fn types_float(value: &Node<'_>) -> bool {
    match &value.kind {
        Kind::Member(object, name) => {
            matches!(*name, "FLOAT" | "DOUBLE" | "REAL")
                && object.root().name().is_some_and(|root| matches!(root, "DataTypes" | "Sequelize" | "DataType"))
        }
        // Laravel's `$casts`.
        Kind::Text(text, _) => matches!(text.as_ref(), "float" | "double" | "real"),
        Kind::Call(callee, _) => match &callee.kind {
            Kind::Name(name) => matches!(*name, "real" | "doublePrecision"),
            Kind::Member(..) => types_float(callee),
            _ => false,
        },
        Kind::List(items) => items.iter().any(|item| {
            matches!(&item.kind, Kind::Pair(key, value) if key.text().or(key.name()) == Some("type") && types_float(value))
        }),
        _ => false,
    }
}

/// Django's `FloatField()`, SQLAlchemy's `Column(Float)`.
fn declares_float(value: &Node<'_>) -> bool {
    let Kind::Call(callee, arguments) = &value.kind else { return false };
    let name = match &callee.kind {
        // The field of a search index finds things; nobody is charged by it.
        Kind::Member(module, "FloatField") if module.name() == Some("indexes") => return false,
        Kind::Name(name) | Kind::Member(_, name) => *name,
        _ => return false,
    };
    let floats = |node: &Node<'_>| match &node.kind {
        Kind::Name(name) | Kind::Member(_, name) => {
            matches!(*name, "Float" | "REAL" | "FLOAT" | "Double" | "DOUBLE")
        }
        Kind::Call(callee, _) => matches!(&callee.kind, Kind::Name("Float") | Kind::Member(_, "Float")),
        _ => false,
    };
    match name {
        "FloatField" => true,
        "Column" | "mapped_column" => arguments.iter().take(2).any(floats),
        _ => false,
    }
}

/// A statement that declares a variable is judged by its type.
fn declares_whole(source: &str, at: Span) -> bool {
    source.get(at.start..at.end).is_some_and(|text| text.starts_with("let ") || text.starts_with("var "))
}

fn report(name: &str, at: Span, confidence: Confidence, verdicts: &mut Verdicts) {
    let message =
        format!("Money (`{name}`) is a binary fraction: 0.1 + 0.2 is not 0.3, and sums drift by a cent.");
    verdicts.findings.push(Finding::new(RULE, confidence, at, message).fix(FIX));
}

fn is_float(declared_type: &str, language: Language) -> bool {
    // `Decimal | float`: who calls decides.
    if declared_type.contains("Decimal") {
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
