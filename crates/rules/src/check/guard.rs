//! What guards an update call: conditions on the amount or a version along its chain, and whether its row count is looked at.

use super::chain::{Chain, Link};
use super::entry::Entry;
use super::fact::{Guard, Reading, RowCount, Way};
use super::idiom::{COUNTS, FILTER_FIRST, NEUTRAL, VERSIONS};
use super::language::Language;
use super::names::squashed;
use super::owner::column_of;
use super::sql;
use super::tree::{Kind, Node, Span};
use super::unit::Unit;

/// Keys under which an update's own argument chooses rows.
const CONDITIONS: &[&str] = &["where", "filter", "condition", "query", "conditions", "criteria"];

/// Whether a place in an update's arguments chooses rows rather than changing them.
pub(crate) fn is_condition(entry: &Entry<'_, '_>, key: &str, arguments: &[Node<'_>]) -> bool {
    if entry
        .path
        .iter()
        .any(|part| CONDITIONS.contains(&part.as_str()) || part == "create" || part == "select")
    {
        return true;
    }
    if entry.argument == 0 && arguments.len() >= 2 {
        // Sequelize gives values first and `{ where }` second; TypeORM the criteria first.
        let second_chooses = arguments[1].any(&|node| {
            matches!(&node.kind, Kind::Pair(key, _) if key.name().is_some_and(|name| name == "where"))
        });
        // A model's own `update($data, $id)` gives the values first.
        let last = |name: &str| super::names::words(name).pop().unwrap_or_default();
        let by_key = match arguments[1].kind {
            Kind::Name(name) | Kind::Member(_, name) => {
                matches!(last(name).as_str(), "id" | "kode" | "code" | "where" | "uuid" | "key" | "sku")
            }
            Kind::Number(_) => true,
            _ => false,
        };
        return FILTER_FIRST.contains(&key)
            || key == "update"
                && !second_chooses
                && !by_key
                && !keyword(&arguments[1])
                && !is_options(&arguments[1]);
    }
    false
}

/// Sequelize's `product.update({ stock }, { transaction })`: the second argument says how, not what.
fn is_options(node: &Node<'_>) -> bool {
    let how = ["transaction", "session", "returning", "hooks", "fields", "silent", "validate", "new"];
    let Kind::List(items) = &node.kind else { return false };
    let named = |item: &Node<'_>| match &item.kind {
        Kind::Pair(key, _) => key.text().or(key.name()).is_some_and(|name| how.contains(&name)),
        _ => item.name().is_some_and(|name| how.contains(&name)),
    };
    !items.is_empty() && items.iter().all(named)
}

fn keyword(node: &Node<'_>) -> bool {
    matches!(node.kind, Kind::Pair(..) | Kind::Function(_))
}

/// The guard that the other links of the chain put on a write of `column`.
pub(crate) fn in_chain(chain: &Chain<'_, '_>, position: usize, column: &str) -> Guard {
    let mut guard = Guard::None;
    for (index, link) in chain.links.iter().enumerate() {
        // `update('stok')` names a table, not the column of the same name.
        let table = matches!(link.key.as_str(), "update" | "table" | "from" | "into")
            && matches!(link.given(), [Node { kind: Kind::Text(..), .. }]);
        if index == position || table || NEUTRAL.contains(&link.key.as_str()) {
            continue;
        }
        match guard_of(link.given(), column) {
            Guard::Amount => return Guard::Amount,
            Guard::Version => guard = Guard::Version,
            Guard::None => {}
        }
    }
    // `decrement({ id, stock: MoreThanOrEqual(n) }, 'stock', n)` and `findOneAndUpdate({ ... }, ...)`.
    let own = &chain.links[position];
    if let [first, second, ..] = own.told()
        && !is_options(second)
        && !matches!(first.kind, Kind::Text(..) | Kind::Function(_) | Kind::Pair(..))
        && own.key != "set"
        && !has_where(own)
        && guard_of(std::slice::from_ref(first), column) != Guard::None
    {
        return guard_of(std::slice::from_ref(first), column);
    }
    if has_where(own) {
        for argument in own.given() {
            let mut found = Guard::None;
            argument.walk(&mut |node| {
                if let Kind::Pair(key, value) = &node.kind
                    && key
                        .text()
                        .or(key.name())
                        .is_some_and(|name| CONDITIONS.contains(&squashed(name).as_str()))
                    && found == Guard::None
                {
                    found = guard_of(std::slice::from_ref(value), column);
                }
            });
            if found != Guard::None {
                return found;
            }
        }
    }
    guard
}

fn has_where(link: &Link<'_, '_>) -> bool {
    link.given().iter().any(|argument| {
        argument.any(&|node| {
            matches!(&node.kind, Kind::Pair(key, _) if key.text().or(key.name()).is_some_and(|name| CONDITIONS.contains(&squashed(name).as_str())))
        })
    })
}

/// The guard in a condition that was put into a variable first: `where: { id, ...whereLeft }`.
pub(crate) fn by_name(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, column: &str) -> Guard {
    let mut guard = Guard::None;
    for argument in chain.links.iter().flat_map(Link::given) {
        argument.walk(&mut |node| {
            let Some(name) = node.name() else { return };
            let lower = squashed(name);
            let condition =
                ["where", "filter", "cond", "query", "criteria"].iter().any(|word| lower.contains(word));
            let definition = condition.then(|| unit.definition(name, node.span.start)).flatten();
            if let Some(definition) = definition
                && guard == Guard::None
            {
                guard = guard_of(std::slice::from_ref(definition.value), column);
            }
        });
    }
    guard
}

/// The guard of a chain that this one is an argument of: EF Core puts the change inside, the condition outside.
pub(crate) fn around(unit: &Unit<'_, '_>, inner: &Chain<'_, '_>, column: &str) -> Guard {
    let outer = unit.chains.iter().filter(|chain| {
        chain.span.start < inner.span.start
            && chain.span.end >= inner.span.end
            && chain.has(&["executeupdate", "executeupdateasync", "where"])
    });
    for chain in outer {
        for link in chain.links.iter().filter(|link| matches!(link.key.as_str(), "where" | "filter")) {
            let guard = guard_of(link.given(), column);
            if guard != Guard::None {
                return guard;
            }
        }
    }
    Guard::None
}

/// Whether a filter compares a column.
pub(crate) fn names_column(filter: &Node<'_>, column: &str) -> bool {
    guard_of(std::slice::from_ref(filter), column) == Guard::Amount
}

fn guard_of(arguments: &[Node<'_>], column: &str) -> Guard {
    let wanted = squashed(column);
    let mut guard = Guard::None;
    for argument in arguments {
        argument.walk(&mut |node| {
            let names: Vec<String> = match &node.kind {
                Kind::Pair(key, _) => key
                    .text()
                    .or(key.name())
                    .map(|name| {
                        squashed(name.split("__").next().unwrap_or(name).rsplit('.').next().unwrap_or(name))
                    })
                    .into_iter()
                    .collect(),
                Kind::Text(text, _) if text.contains(' ') => {
                    sql::guards_of(text).iter().map(|guard| squashed(guard)).collect()
                }
                Kind::Text(text, _) => vec![squashed(text.rsplit('.').next().unwrap_or(text))],
                Kind::Name(name) => vec![squashed(name)],
                _ => column_of(node)
                    .map(|(_, name)| squashed(name.strip_prefix("get").unwrap_or(name)))
                    .into_iter()
                    .collect(),
            };
            if names.contains(&wanted) {
                guard = Guard::Amount;
            } else if guard == Guard::None && names.iter().any(|name| VERSIONS[..6].contains(&name.as_str()))
            {
                guard = Guard::Version;
            }
        });
    }
    guard
}

/// Whether the new amount is compared with zero afterwards: the change is atomic and the oversell is seen.
pub(crate) fn is_checked_after(unit: &Unit<'_, '_>, at: Span, column: &str) -> bool {
    unit.conditions.iter().filter(|condition| condition.span.start > at.start).any(|condition| {
        condition.any(&|node| {
            let Kind::Binary("<", left, right) = &node.kind else { return false };
            let own = column_of(left).map_or(left.name(), |(_, name)| Some(name));
            matches!(right.kind, Kind::Number("0"))
                && own.is_some_and(|name| squashed(name).ends_with(&squashed(column)))
        })
    })
}

/// Whether the number of changed rows is looked at.
pub(crate) fn row_count(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, reading: Reading<'_>) -> RowCount {
    if counts_after(unit, chain) {
        return RowCount::Checked;
    }
    let around =
        |outer: &Chain<'_, '_>| outer.span.start < chain.span.start && outer.span.end >= chain.span.end;
    let prepared = chain.links.iter().any(|link| link.key.starts_with("prepare"));
    // A statement that is put into a list is run with others; what they did is asked there.
    if prepared && unit.chains.iter().any(|outer| outer.has(&["push"]) && around(outer)) {
        return RowCount::Unseen;
    }
    // MongoDB's driver gives the changed document, or an error when none fits.
    let found = chain.links.iter().any(|link| link.key == "findoneandupdate");
    if matches!(reading.language, Language::Go) && !(found && chain.used) || prepared {
        // Go's error says nothing of rows; a prepared statement is run elsewhere.
        return RowCount::Ignored;
    }
    // An update as a part of a larger call (`Promise.all([...])`, EF's lambda) is looked at there or not at all.
    // EF Core's change stands inside the call that gives the number.
    let outer = unit.chains.iter().find(|outer| {
        (outer.has(&["executeupdate", "executeupdateasync"])
            || chain.has(&["setsql"]) && outer.has(&["update"]))
            && around(outer)
    });
    let used = outer.map_or(chain.used, |outer| outer.used);
    if used { RowCount::Checked } else { RowCount::Ignored }
}

fn counts_after(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>) -> bool {
    let counts = |name: &str| {
        let name = squashed(name);
        COUNTS.iter().any(|count| name.contains(count))
    };
    let in_chains = unit
        .chains
        .iter()
        .filter(|other| other.span.end >= chain.span.start)
        .any(|other| other.links.iter().any(|link| counts(link.name) || returns_count(link, other)));
    in_chains
        || unit.conditions.iter().filter(|node| node.span.end >= chain.span.start).any(|condition| {
            condition
                .any(&|node| matches!(&node.kind, Kind::Member(_, name) | Kind::Name(name) if counts(name)))
        })
        || unit.definitions.keys().any(|name| counts(name))
        || unit
            .returns
            .iter()
            .any(|value| value.any(&|node| matches!(&node.kind, Kind::Member(_, name) if counts(name))))
}

/// JDBC's `executeUpdate` gives the number: taking it is looking at it.
fn returns_count(link: &Link<'_, '_>, chain: &Chain<'_, '_>) -> bool {
    matches!(link.key.as_str(), "executeupdate" | "executenonquery" | "executenonqueryasync") && chain.used
}

/// `SetProperty(p => p.Stock, p => p.Stock - n)`: the database computes what the second lambda says.
pub(crate) fn set_property(arguments: &[Node<'_>], column: &str) -> Way {
    let Some(Node { kind: Kind::Function(function), .. }) = arguments.get(1) else { return Way::Absolute };
    let mut way = Way::Absolute;
    for part in &function.body {
        part.walk(&mut |node| {
            if let Kind::Binary(operator @ ("-" | "+"), left, _) = &node.kind
                && column_of(left).is_some_and(|(_, name)| squashed(name) == squashed(column))
            {
                let down = *operator == "-";
                way = Way::Relative(if down {
                    super::amount::Direction::Down
                } else {
                    super::amount::Direction::Up
                });
            }
        });
    }
    way
}
