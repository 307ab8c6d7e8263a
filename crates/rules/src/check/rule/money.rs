//! PRC002: money is integer minor units with a currency, never a binary fraction.

use super::Verdicts;
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::language::Language;
use crate::check::lower::Declared;
use crate::check::names::{squashed, words};
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

const RULE: &str = "PRC002";
const FIX: &str = "keep money as an integer of the currency's smallest unit, or as an exact decimal type";
/// Words that say money when they end a name.
const MONEY: &[&str] = &["price", "prices", "subtotal", "preco", "precio", "prix", "preis"];
/// Words that say money only beside one of `BESIDE`: costs of a path, amounts of noise and totals of rows are none.
const PERHAPS: &[&str] = &["total", "amount", "cost", "costs", "fee", "fees", "balance", "discount"];
const BESIDE: &[&str] = &[
    "order",
    "cart",
    "invoice",
    "payment",
    "paid",
    "refund",
    "tax",
    "vat",
    "shipping",
    "delivery",
    "discount",
    "grand",
    "sub",
    "net",
    "gross",
    "due",
    "charge",
    "coupon",
    "account",
    "wallet",
    "card",
    "unit",
    "item",
    "product",
    "sale",
    "sales",
    "purchase",
    "price",
    "checkout",
    "line",
    "service",
    "transaction",
    "credit",
];
/// Words that say that a number is no sum of money.
const OTHER: &[&str] = &[
    "percent",
    "percentage",
    "rate",
    "ratio",
    "weight",
    "factor",
    "change",
    "score",
    "count",
    "quantity",
    "qty",
    "index",
    "items",
    "records",
    "time",
    "seconds",
    "hours",
    "volatility",
    "token",
    "gas",
    "multiplier",
    "threshold",
    "tolerance",
    "strike",
    "spot",
    "bid",
    "ask",
    "candle",
    "stop",
    "entry",
    "exit",
    "tick",
    "close",
    "open",
    "high",
    "low",
    "mark",
    "market",
    "pct",
    "trade",
    "position",
    "last",
    "avg",
    "average",
    "mid",
    "trigger",
    "executed",
    "fill",
    "filled",
];
/// Fields of which both stand beside a price only where it is read from an exchange.
const MARKET: &[[&str; 2]] = &[["high", "low"], ["highprice", "lowprice"], ["bid", "ask"]];

/// Judges declared types.
pub(super) fn declarations(declared: &[Declared<'_>], reading: Reading<'_>, verdicts: &mut Verdicts) {
    let has = |name: &&str| declared.iter().any(|one| squashed(one.name) == **name);
    let quoted = MARKET.iter().any(|pair| pair.iter().all(&has));
    for one in declared.iter().filter(|_| !quoted) {
        if !is_money(reading, one.name) || !one.field && is_bound(one.name) {
            continue;
        }
        if !one.field && is_shown(reading.source, one.at) {
            continue;
        }
        if is_float(one.declared_type, reading.language) {
            let confidence = if one.field { Confidence::High } else { Confidence::Medium };
            report(one.name, one.at, confidence, verdicts);
        } else if one.field && is_exact(one.declared_type) {
            verdicts.kept.push((RULE, one.at));
        }
    }
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
                return words(&named[start..]).iter().any(|word| shows.contains(&word.as_str()));
            }
            ';' | '{' => return false,
            _ => {}
        }
    }
    false
}

/// `minPrice` and `price_max` that a search is given bound what it shows; nothing is charged by them.
fn is_bound(name: &str) -> bool {
    let words = words(name);
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

fn report(name: &str, at: Span, confidence: Confidence, verdicts: &mut Verdicts) {
    let message =
        format!("Money (`{name}`) is a binary fraction: 0.1 + 0.2 is not 0.3, and sums drift by a cent.");
    verdicts.findings.push(Finding::new(RULE, confidence, at, message).fix(FIX));
}

fn is_money(reading: Reading<'_>, name: &str) -> bool {
    if reading.names.price_columns.contains(&squashed(name)) {
        return true;
    }
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let beside = before.iter().any(|word| BESIDE.contains(&word.as_str()));
    !any(OTHER)
        && (MONEY.contains(&last.as_str())
            || PERHAPS.contains(&last.as_str()) && beside
            || before.last().is_some_and(|word| word == "total")
                && matches!(last.as_str(), "amount" | "cost" | "price"))
}

fn is_float(declared_type: &str, language: Language) -> bool {
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
