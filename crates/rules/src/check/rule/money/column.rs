//! Columns of money that a mapper, a schema builder or an SQL statement makes a binary fraction.

use super::Findings;
use super::subject::Subject;
use crate::check::finding::Confidence;
use crate::check::language::Language;
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

/// Judges columns that mappers and schema builders declare by calls.
pub(super) fn judge(unit: &Unit<'_, '_>, subject: Subject<'_>, findings: &mut Findings) {
    for assignment in unit.assignments.iter().filter(|assignment| assignment.operator == "=") {
        if let Some(name) = assignment.target.name()
            && subject.is_money(name)
            && declares_float(assignment.value)
        {
            findings.declared(name, assignment.span, Confidence::High);
        }
    }
    for chain in &unit.chains {
        for link in &chain.links {
            let given = link.given();
            let text = |index: usize| given.get(index).and_then(Node::text);
            let name = match link.key.as_str() {
                // `t.float :price`, `$table->double('price')`, `table.float('price')`.
                "float" | "double" | "real" | "doubleprecision" => text(0),
                // `add_column :products, :price, :float`, `attribute :price, :float`.
                "addcolumn" | "changecolumn" if is_float_type(text(2)) => text(1),
                "attribute" | "column" if is_float_type(text(1)) => text(0),
                _ => None,
            };
            if let Some(name) = name.filter(|name| subject.is_money(name)) {
                findings.declared(name, chain.span, Confidence::High);
            }
        }
    }
    for (text, _) in &unit.texts {
        if let Some(sql) = text.text().filter(|sql| sql.len() < 20_000)
            && text_creates(sql)
        {
            let subject = Subject { sales: true, ..subject };
            let from = subject.reading.source.get(text.span.start..text.span.end).unwrap_or(sql);
            tables(from, text.span, subject, findings);
        }
    }
}

fn text_creates(sql: &str) -> bool {
    let head: String = sql.trim_start().chars().take(12).flat_map(char::to_lowercase).collect();
    head.starts_with("create table") || head.starts_with("alter table")
}

/// `price: { type: DataTypes.FLOAT }`, `price: DataTypes.DOUBLE`, `price: real('price')`, `'price' => 'float'`.
pub(super) fn pairs(node: &Node<'_>, subject: Subject<'_>, findings: &mut Findings) {
    let mut found: Vec<(String, Span)> = Vec::new();
    let php = subject.reading.language == Language::Php;
    node.walk(&mut |part| {
        if let Kind::Pair(key, value) = &part.kind
            && let Some(name) = key.text().or(key.name())
            && subject.is_money(name)
            && (types_float(value) || php && is_float_type(value.text()))
        {
            found.push((name.to_owned(), part.span));
        }
    });
    for (name, at) in found {
        findings.declared(&name, at, Confidence::High);
    }
}

fn is_float_type(text: Option<&str>) -> bool {
    text.is_some_and(|text| {
        matches!(
            text.to_ascii_lowercase().as_str(),
            "float" | "double" | "real" | "double precision" | "float4" | "float8"
        )
    })
}

fn types_float(value: &Node<'_>) -> bool {
    match &value.kind {
        Kind::Member(object, name) => {
            matches!(*name, "FLOAT" | "DOUBLE" | "REAL")
                && object.root().name().is_some_and(|root| {
                    matches!(root, "DataTypes" | "Sequelize" | "DataType" | "sequelize" | "Sequalize")
                })
        }
        Kind::Call(callee, _) => match &callee.kind {
            Kind::Name(name) => matches!(*name, "real" | "doublePrecision"),
            Kind::Member(..) => {
                types_float(callee) || callee.root().name().is_none() && types_float(callee.root())
            }
            _ => false,
        },
        Kind::List(items) => items.iter().any(|item| {
            matches!(&item.kind, Kind::Pair(key, value) if key.text().or(key.name()) == Some("type")
                && (types_float(value) || is_float_type(value.text())))
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
        Kind::Member(module, "Float") => return module.name() == Some("fields"),
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
        "FloatField" | "DoubleField" => true,
        "Column" | "mapped_column" => arguments.iter().take(2).any(floats),
        _ => false,
    }
}

/// `@Column({ type: 'float' })`, `@Column('double')`, `@Column(DataType.FLOAT)`.
pub(super) fn maps_float(mapping: &str) -> bool {
    let plain: String = mapping.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace('"', "'");
    let Some(at) = plain.find("Column(").or_else(|| plain.find("Property(")) else { return false };
    let given = &plain[at..];
    let types = ["float", "double", "real", "doubleprecision", "float4", "float8"];
    let typed = |before: &str| {
        given.match_indices(before).any(|(found, _)| {
            let rest = &given[found + before.len()..];
            types.iter().any(|one| rest.strip_prefix(one).is_some_and(|rest| rest.starts_with('\'')))
        })
    };
    typed("type:'")
        || typed("columnType:'")
        || typed("Column('")
        || ["DataType.FLOAT", "DataType.DOUBLE", "DataType.REAL"].iter().any(|one| given.contains(one))
}

/// Columns, variables and parameters in the text of SQL that names their types: `price FLOAT NOT NULL`.
pub(super) fn tables(sql: &str, at: Span, subject: Subject<'_>, findings: &mut Findings) {
    let mut start = at.start;
    for (index, line) in sql.split_inclusive('\n').enumerate() {
        let code = line.split("--").next().unwrap_or_default();
        // Definitions may stand on one line: `id INT, price FLOAT, total FLOAT`.
        for piece in code.split([',', '(', ';']) {
            let words: Vec<&str> = piece.split_whitespace().collect();
            let typed = words.windows(2).find(|pair| {
                let kind = pair[1].trim_end_matches([')', ',']).to_ascii_lowercase();
                matches!(kind.as_str(), "float" | "real" | "double" | "float8" | "float4" | "binary_double")
                    && !matches!(pair[0].to_ascii_lowercase().as_str(), "as" | "returns" | "return")
            });
            let Some([name, _]) = typed else { continue };
            let name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
            if subject.is_money(name) {
                let span = Span { start, end: start + line.len(), line: at.line + index, column: 1 };
                findings.declared(name, span, Confidence::High);
            }
        }
        start += line.len();
    }
}
