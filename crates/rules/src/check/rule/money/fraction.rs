//! Money that a function turns into a binary fraction, or computes as one: conversions, accumulators, factors with a point.
//! Columns and declared types are judged in `money`; a value that is only shown, compared or rounded to minor units is not.

use super::text::{converts, counts_pieces, is_minor, is_rounded, is_shown, says_money};
use super::words::{is_apart, is_money, is_money_in};
use super::{Verdicts, declares_whole, report};
use crate::check::chain::Chain;
use crate::check::fact::Reading;
use crate::check::finding::Confidence;
use crate::check::language::Language;
use crate::check::names::{squashed, words};
use crate::check::owner::column_of;
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::{Assignment, Unit};

/// Calls that store what they are given.
const STORES: &[&str] = &[
    "create",
    "insert",
    "insertgetid",
    "update",
    "updateorcreate",
    "firstorcreate",
    "save",
    "set",
    "values",
    "findbyidandupdate",
    "findoneandupdate",
    "updateone",
    "insertone",
    "insertmany",
    "upsert",
    "add",
    "createmany",
    "updatemany",
    "fill",
    "forcecreate",
    "bulkcreate",
    "insertorignore",
    "attach",
];

/// Judges what a unit computes.
pub(in crate::check::rule) fn computed(unit: &Unit<'_, '_>, reading: Reading<'_>, verdicts: &mut Verdicts) {
    let major = counts_major(unit, reading);
    let mut found: Vec<(String, Span)> = Vec::new();
    for assignment in &unit.assignments {
        if let Some(name) = target(assignment.target, reading)
            && is_fraction(unit, reading, assignment, name, major)
        {
            found.push((name.to_owned(), assignment.span));
        }
    }
    for chain in &unit.chains {
        stored(chain, reading, &mut found);
        asked(unit, chain, reading, &mut found);
        bound(chain, reading, &mut found);
        fetched(chain, reading, &mut found);
    }
    for (text, _) in &unit.texts {
        let said = text.text().unwrap_or_default();
        if said.len() > 20 && said.to_ascii_lowercase().contains("create table") {
            let lines = super::ddl::declared(said, reading);
            found.extend(lines.into_iter().map(|(line, name)| {
                (name.to_owned(), Span { line: text.span.line + line, column: 1, ..text.span })
            }));
        }
    }
    if found.is_empty() || is_apart(reading) || is_page(reading) || is_printed(unit, reading) {
        return;
    }
    for (name, at) in found {
        report(&name, at, Confidence::Medium, verdicts);
    }
}

/// What is assigned: a variable, a field, the first of several results.
fn target<'a>(node: &Node<'a>, reading: Reading<'_>) -> Option<&'a str> {
    match &node.kind {
        Kind::Name(name) | Kind::Member(_, name) => Some(name),
        Kind::List(items) => match (&items.first()?.kind, reading.language) {
            (Kind::Name(name), Language::Go) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn is_here(unit: &Unit<'_, '_>, reading: Reading<'_>, name: &str) -> bool {
    let class = unit.class.map_or("", |class| class.name);
    let stem = reading.path.rsplit('/').next().unwrap_or_default();
    let pays = if reading.names_provider() { "payment" } else { "" };
    is_money_in(reading, name, &[unit.name, class, stem, pays])
}

fn is_fraction(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    assignment: &Assignment<'_, '_>,
    name: &str,
    major: bool,
) -> bool {
    let value = assignment.value;
    if matches!(value.kind, Kind::Function(_) | Kind::Class(_)) {
        return false;
    }
    // A cast stands before the value.
    let text = reading.source.get(assignment.target.span.end..value.span.end.max(assignment.span.end));
    let text = text.unwrap_or_default().trim_start();
    let signs = ["+=", "-=", ":=", "??=", "||=", "*=", "/=", "="];
    // `total: number = ...`, `double total = ...`.
    let text = match (text.strip_prefix(':'), text.find('=')) {
        (Some(rest), Some(_)) if !rest.starts_with('=') => {
            text.get(text.find('=').unwrap_or(0)..).unwrap_or(text)
        }
        _ => text,
    };
    let text = signs.iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text).trim_start();
    let told = is_rounded(text, reading.language) && says_money(name);
    if text.len() > 400 || !told && !is_here(unit, reading, name) {
        return false;
    }
    if is_shown(text, reading.language) || is_minor(text, reading.language) {
        return false;
    }
    let script = matches!(reading.language, Language::JavaScript | Language::TypeScript);
    let converted = || {
        converts(text, reading.language)
            && !counts_pieces(text)
            && (!script || goes_on(unit, assignment, text))
    };
    told || converted()
        || assignment.target.name().is_some() && is_zero(value, reading.language)
        || is_rounded(text, reading.language)
        || has_factor(value, reading)
        || is_added(unit, reading, assignment, name)
        || major && multiplies(value)
}

/// Whether a function of JavaScript counts money in whole currency units: it rounds `total * 100` to cents, or shows
/// `total.toFixed(2)`.
fn counts_major(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    if !matches!(reading.language, Language::JavaScript | Language::TypeScript | Language::Tsx) {
        return false;
    }
    unit.chains.iter().any(|chain| {
        chain.links.iter().any(|link| {
            let cents = matches!(link.key.as_str(), "round" | "floor" | "ceil" | "trunc" | "parseint")
                && link.given().iter().any(|given| match &given.kind {
                    Kind::Binary("*", left, right) => {
                        matches!(right.kind, Kind::Number("100"))
                            && left.any(&|node| {
                                column_of(node)
                                    .map_or(node.name(), |(_, name)| Some(name))
                                    .is_some_and(says_money)
                            })
                    }
                    _ => false,
                });
            let places =
                link.key == "tofixed" && matches!(link.given(), [Node { kind: Kind::Number("2"), .. }]) && {
                    let text = reading.source.get(chain.span.start..link.span.end).unwrap_or_default();
                    words(text).iter().any(|word| says_money(word))
                };
            cents || places
        })
    })
}

/// `price * quantity`, also inside the closure of a `reduce`.
fn multiplies(value: &Node<'_>) -> bool {
    let money = |node: &Node<'_>| {
        let name = match &node.kind {
            Kind::Name(name) | Kind::Member(_, name) => Some(*name),
            _ => None,
        };
        name.is_some_and(says_money)
    };
    value.any(&|node| match &node.kind {
        Kind::Binary("*" | "/", left, right) => {
            let hundred = |node: &Node<'_>| matches!(node.kind, Kind::Number("100"));
            (money(left) || money(right)) && !hundred(right) && !hundred(left)
        }
        _ => false,
    })
}

/// Whether a number of JavaScript goes on to be stored, charged or computed with, or came from a request.
fn goes_on(unit: &Unit<'_, '_>, assignment: &Assignment<'_, '_>, text: &str) -> bool {
    let asked = ["req.", "request.", "body.", "params.", "dto.", "input.", "formData"]
        .iter()
        .any(|word| text.contains(word));
    let Some(name) = assignment.target.name().filter(|_| !asked) else { return true };
    let used = |node: &Node<'_>| node.any(&|part| part.name() == Some(name));
    let computed = |node: &Node<'_>| {
        node.any(&|part| match &part.kind {
            Kind::Binary("*" | "/" | "+" | "-", left, right) => {
                left.name() == Some(name) || right.name() == Some(name)
            }
            _ => false,
        })
    };
    let later = |span: Span| span.start >= assignment.span.end;
    unit.assignments.iter().any(|other| {
        later(other.span)
            && (computed(other.value) || matches!(other.target.kind, Kind::Member(..)) && used(other.value))
    }) || unit
        .chains
        .iter()
        .filter(|chain| later(chain.span))
        .flat_map(|chain| &chain.links)
        .any(|link| STORES.contains(&link.key.as_str()) && link.given().iter().any(used))
}

/// What prints, reports or draws.
fn is_printed(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let shows = [
        "pdf",
        "print",
        "report",
        "chart",
        "render",
        "export",
        "dashboard",
        "analytics",
        "stats",
        "statistics",
        "tracking",
        "display",
        "format",
        "serialize",
        "serializer",
        "transformer",
        "resource",
        "template",
        "view",
        "presenter",
    ];
    let stem = reading.path.rsplit('/').next().unwrap_or_default();
    let class = unit.class.map_or("", |class| class.name);
    if reading.path.contains("templatetags") {
        return true;
    }
    let view = |word: &str| word == "view" && reading.language == Language::Python;
    [unit.name, class, stem]
        .iter()
        .any(|name| words(name).iter().any(|word| shows.contains(&word.as_str()) && !view(word)))
}

/// `total = 0.0`: what is added to it is a binary fraction.
fn is_zero(value: &Node<'_>, language: Language) -> bool {
    let typed =
        matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Sql);
    let Kind::Number(number) = value.kind else { return false };
    !typed && number.starts_with("0.0") && number.trim_end_matches('0').ends_with('.')
}

/// `subtotal * 0.18`: a factor with a point, not rounded.
fn has_factor(value: &Node<'_>, reading: Reading<'_>) -> bool {
    // A decimal type takes such a factor as well, or none at all.
    let exact = match reading.language {
        Language::Ruby | Language::Sql | Language::Java | Language::CSharp => true,
        Language::Python => false,
        _ => false,
    };
    let Kind::Binary("*" | "/", left, right) = &value.kind else { return false };
    let fraction = |node: &Node<'_>| matches!(node.kind, Kind::Number(number) if number.contains('.') && number.len() < 8 && !number.contains('m'));
    let money = |node: &Node<'_>| {
        let name = match &node.kind {
            Kind::Name(name) | Kind::Member(_, name) => Some(*name),
            _ => None,
        };
        name.is_some_and(|name| {
            is_money(reading, name) || matches!(squashed(name).as_str(), "total" | "amount")
        })
    };
    !exact && (fraction(right) && money(left) || fraction(left) && money(right))
}

/// `total += product.Price * ...` where `total` is declared as a binary fraction.
fn is_added(unit: &Unit<'_, '_>, reading: Reading<'_>, assignment: &Assignment<'_, '_>, name: &str) -> bool {
    let typed = matches!(reading.language, Language::Go | Language::Rust | Language::Java | Language::CSharp);
    let product = assignment.value.any(&|node| matches!(node.kind, Kind::Binary("*" | "/", ..)));
    typed
        && product
        && assignment.target.name().is_some()
        && unit.locals.get(name).is_some_and(|declared| super::is_float(declared, reading.language))
        && !declares_whole(reading.source, assignment.span)
}

/// `parseFloat(req.body.price)` of JavaScript, wherever it stands but in a condition and in a product with 100.
fn asked(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, reading: Reading<'_>, found: &mut Vec<(String, Span)>) {
    let ([link], Some("parseFloat")) = (chain.links.as_slice(), chain.root.name()) else { return };
    let Some(value) = link.given().first() else { return };
    let Some((object, name)) = column_of(value) else { return };
    let request = object.root().name().is_some_and(|root| matches!(root, "req" | "request" | "ctx"));
    let around = |span: &Span| span.start <= chain.span.start && chain.span.end <= span.end;
    let compared = unit.conditions.iter().any(|condition| around(&condition.span));
    let rounded = unit.chains.iter().any(|outer| {
        outer.span.start < chain.span.start
            && around(&outer.span)
            && outer.has(&["round", "tofixed", "floor", "ceil", "trunc", "isnan", "isfinite"])
    });
    // What is put into a variable is judged by what becomes of that.
    let kept = unit.assignments.iter().any(|assignment| assignment.value.span == chain.span);
    if request && is_money(reading, name) && !compared && !rounded && !kept {
        found.push((name.to_owned(), chain.span));
    }
}

/// `Product.create({ price: parseFloat(price) })`.
fn stored(chain: &Chain<'_, '_>, reading: Reading<'_>, found: &mut Vec<(String, Span)>) {
    let class = chain.root.name().is_some_and(|name| {
        name.starts_with(char::is_uppercase) && chain.links.len() == 1 && reading.language == Language::Python
    });
    // What a provider is told beside the amount is a note.
    let names = chain.root.name().into_iter().chain(chain.links.iter().map(|link| link.name));
    let noted = names.map(str::to_lowercase).any(|name| {
        ["stripe", "razorpay", "paypal", "mollie", "midtrans"].iter().any(|provider| name.contains(provider))
    });
    for link in chain.links.iter().filter(|_| !noted) {
        let model = class && link.given().iter().all(|given| matches!(given.kind, Kind::Pair(..)));
        if link.arguments.is_none() || !(STORES.contains(&link.key.as_str()) || model) {
            continue;
        }
        for argument in link.given() {
            argument.walk(&mut |node| {
                let Kind::Pair(key, value) = &node.kind else { return };
                let Some(name) = key.text().or(key.name()) else { return };
                // A cast stands before the value.
                let text =
                    reading.source.get(key.span.end..node.span.end.max(value.span.end)).unwrap_or_default();
                let text = text.trim_start_matches(['"', '\'', ' ', '=', '>', ':']);
                let single = !matches!(value.kind, Kind::List(_) | Kind::Function(_)) && text.len() < 200;
                let money = is_money(reading, name) || matches!(squashed(name).as_str(), "total" | "amount");
                let made = converts(text, reading.language) || is_rounded(text, reading.language);
                if single
                    && money
                    && made
                    && !is_shown(text, reading.language)
                    && !is_minor(text, reading.language)
                {
                    found.push((name.to_owned(), node.span));
                }
            });
        }
    }
}

/// JDBC's `rs.getDouble("price")`, `statement.setDouble(3, item.getPrice())`, and sums of doubles that a setter is given.
fn fetched(chain: &Chain<'_, '_>, reading: Reading<'_>, found: &mut Vec<(String, Span)>) {
    if !matches!(reading.language, Language::Java | Language::CSharp) {
        return;
    }
    for link in &chain.links {
        let name = match (link.key.as_str(), link.given()) {
            ("getdouble" | "getfloat", [column]) => column.text(),
            ("setdouble" | "setfloat", [_, value]) => {
                column_of(value).map_or(value.name(), |(_, name)| Some(name))
            }
            (_, [value]) if link.name.starts_with("set") => {
                let text = reading.source.get(value.span.start..value.span.end).unwrap_or_default();
                link.name
                    .get(3..)
                    .filter(|_| text.contains("mapToDouble(") || text.contains("summingDouble("))
            }
            _ => None,
        };
        if let Some(name) = name
            && (is_money(reading, name) || matches!(squashed(name).as_str(), "total" | "amount"))
        {
            found.push((name.to_owned(), super::super::place(reading, link)));
        }
    }
}

/// mysqli's `bind_param("iid", $id, $count, $total)`: `d` is a double.
fn bound(chain: &Chain<'_, '_>, reading: Reading<'_>, found: &mut Vec<(String, Span)>) {
    if reading.language != Language::Php {
        return;
    }
    let types = |node: &Node<'_>| {
        node.text()
            .filter(|text| !text.is_empty() && text.chars().all(|c| "idsb".contains(c)))
            .map(str::to_owned)
    };
    let links =
        chain.links.iter().filter(|link| matches!(link.key.as_str(), "bindparam" | "mysqlistmtbindparam"));
    for link in links {
        let given = link.given();
        let Some(at) = given.iter().position(|one| types(one).is_some()) else { continue };
        let Some(text) = types(&given[at]) else { continue };
        for (kind, value) in text.chars().zip(&given[at + 1..]) {
            let name = match &value.kind {
                Kind::Name(name) | Kind::Member(_, name) => *name,
                Kind::Index(_, key) => key.text().unwrap_or_default(),
                _ => continue,
            };
            if kind == 'd'
                && (is_money(reading, name) || matches!(squashed(name).as_str(), "total" | "amount"))
            {
                found.push((name.to_owned(), link.span));
            }
        }
    }
}

/// Pages in a browser show what the server computes.
fn is_page(reading: Reading<'_>) -> bool {
    let marks = [
        "from 'react'",
        "from \"react\"",
        "@angular/",
        "from 'vue'",
        "from \"vue\"",
        "document.getElementById",
        "document.querySelector",
        "createSlice(",
        "react-native",
        "$(document)",
    ];
    let script = matches!(reading.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    reading.language == Language::Tsx || script && marks.iter().any(|mark| reading.source.contains(mark))
}
