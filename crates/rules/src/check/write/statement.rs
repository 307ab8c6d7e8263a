//! SQL in strings, whole or as a piece (`update_all("stock = stock - 1")`, DynamoDB's update expressions).

use super::{Writer, is_hold};
use crate::check::amount::{Direction, Shape};
use crate::check::chain::{Chain, Link};
use crate::check::entry::entries;
use crate::check::evidence;
use crate::check::fact::{AmountWrite, Guard, RowCount, Way};
use crate::check::guard;
use crate::check::names::{Meaning, squashed};
use crate::check::owner::column_of;
use crate::check::sql::{self, SqlFact};
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

/// Calls that give a prepared statement its values.
const BINDS: &[&str] = &[
    "bindparam",
    "bindvalue",
    "execute",
    "setint",
    "setlong",
    "setdouble",
    "setfloat",
    "setbigdecimal",
    "setobject",
    "setstring",
    "setparameter",
    "addwithvalue",
    "addparameter",
    "bind",
];

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    /// `update_all("stock = stock - 1")`.
    pub(super) fn fragment(
        &self,
        chain: &Chain<'t, 'a>,
        position: usize,
        text: &str,
        found: &mut Vec<AmountWrite>,
    ) {
        let Some(SqlFact::Update { writes, .. }) = sql::read(&format!("UPDATE t SET {text}")) else { return };
        let entity = self.unit.entity_of(chain);
        for column in writes {
            let Some(meaning) = self.meaning(&entity, &column.column) else { continue };
            let mut write = self.write(meaning, &entity, &column.column, self.place(&chain.links[position]));
            write.way = way_of(column.change);
            write.guard = guard::in_chain(chain, position, &column.column);
            write.rows = guard::row_count(self.unit, chain, self.reading);
            found.push(write);
        }
    }

    /// DynamoDB: the change and its condition are two strings of one request, and a failed condition is an error.
    pub(super) fn expression(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        if !self.reading.has("updateexpression") {
            return;
        }
        let link = &chain.links[position];
        let entries = entries(link);
        let guarded = entries.iter().any(|entry| squashed(&entry.column) == "conditionexpression");
        for entry in entries.iter().filter(|entry| squashed(&entry.column) == "updateexpression") {
            let Some(text) = entry.value.text() else { continue };
            let Some(SqlFact::Update { writes, .. }) =
                sql::read(&format!("UPDATE t {}", text.replace('#', "")))
            else {
                continue;
            };
            for column in writes {
                let Some(meaning) = self.meaning("", &column.column) else { continue };
                let at = Span { end: entry.value.span.end, ..self.place(link) };
                let mut write = self.write(meaning, "", &column.column, at);
                write.way = way_of(column.change);
                write.guard = if guarded { Guard::Amount } else { Guard::None };
                write.rows = RowCount::Checked;
                found.push(write);
            }
        }
    }

    /// An UPDATE in a string.
    pub(super) fn statement(&self, text: &'t Node<'a>, chain: Option<usize>, found: &mut Vec<AmountWrite>) {
        let Kind::Text(sql, own) = &text.kind else { return };
        if !sql.as_bytes().windows(6).any(|word| word.eq_ignore_ascii_case(b"update")) {
            return;
        }
        self.columns_of_object(sql, text, chain, found);
        let pieces = self.continued(text);
        let mut joined = sql.to_string();
        let mut parts: Vec<&Node<'a>> = own.iter().collect();
        for piece in &pieces {
            if let Kind::Text(more, own) = &piece.kind {
                joined.push_str(more.strip_prefix('?').filter(|_| own.len() > 1).unwrap_or(more));
                parts.extend(own);
            }
        }
        let (sql, parts) = (joined.as_str(), parts.as_slice());
        let mut before = 0;
        for piece in sql.split(';').map(str::trim).filter(|piece| !piece.is_empty()) {
            self.one_statement(piece, before, parts, text, chain, found);
            before += piece.to_ascii_lowercase().matches("update").count();
        }
    }

    /// What is put behind a statement's beginning: `sql += " WHERE id = 1"`.
    fn continued(&self, text: &Node<'a>) -> Vec<&'t Node<'a>> {
        let begun = self.unit.assignments.iter().find(|one| one.value.span == text.span);
        let Some((name, at)) = begun.and_then(|one| Some((one.target.name()?, one.span.start))) else {
            return Vec::new();
        };
        let later =
            self.unit.assignments.iter().filter(|one| one.span.start > at && one.target.name() == Some(name));
        later
            .take_while(|one| matches!(one.operator, "+=" | ".="))
            .map(|one| one.value)
            .filter(|value| value.text().is_some())
            .collect()
    }

    /// The MySQL driver takes columns as an object: `query('UPDATE products SET ? WHERE ?', [{ stock: n }, { id }])`.
    fn columns_of_object(
        &self,
        sql: &str,
        text: &'t Node<'a>,
        chain: Option<usize>,
        found: &mut Vec<AmountWrite>,
    ) {
        let mut words = sql.split_whitespace();
        let (Some(verb), Some(table), Some(set), Some("?")) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return;
        };
        let Some(chain) = chain.and_then(|index| self.unit.chains.get(index)) else { return };
        if !verb.eq_ignore_ascii_case("update") || !set.eq_ignore_ascii_case("set") {
            return;
        }
        let given = chain.links.iter().flat_map(Link::given).filter_map(|argument| match &argument.kind {
            Kind::List(items) => Some(items),
            _ => None,
        });
        let object = given.flatten().find_map(|part| match &part.kind {
            Kind::List(pairs) => Some(pairs.iter().collect::<Vec<_>>()),
            Kind::Pair(..) => Some(vec![part]),
            _ => None,
        });
        for pair in object.into_iter().flatten() {
            let Kind::Pair(key, value) = &pair.kind else { continue };
            let Some(column) = key.text().or(key.name()) else { continue };
            let table = table.trim_matches('`');
            let Some(meaning) = self.meaning(table, column) else { continue };
            if let Shape::ReadModify(direction, read) = self.shape(column, value) {
                let (_, at) = self.statement_place(text.span, 0, "set");
                let mut write = self.write(meaning, table, column, at);
                write.way = Way::ReadModify(direction);
                write.read = read;
                found.push(write);
            }
        }
    }

    fn one_statement(
        &self,
        sql: &str,
        before: usize,
        parts: &[&Node<'a>],
        text: &'t Node<'a>,
        chain: Option<usize>,
        found: &mut Vec<AmountWrite>,
    ) {
        let Some(SqlFact::Update { table, writes, guards, returning }) = sql::read(sql) else { return };
        let chain = chain.and_then(|index| self.unit.chains.get(index)).or_else(|| self.chain_using(text));
        let settles = writes.iter().any(|write| is_hold(&write.column) && write.change == sql::Change::Down);
        let guard = if writes.iter().any(|write| {
            guards.iter().any(|guard| squashed(guard) == squashed(&write.column))
                || guards.iter().any(|guard| self.meaning(&table, guard).is_some())
        }) {
            Guard::Amount
        } else if guards.iter().any(|guard| crate::check::idiom::VERSIONS.contains(&squashed(guard).as_str()))
        {
            Guard::Version
        } else {
            Guard::None
        };
        for column in writes {
            let lowered = evidence::is_lowered_by(sql, &table, &column)
                || evidence::is_plain_quantity(&table, &column.column)
                    && column.change == sql::Change::Absolute
                    && matches!(
                        self.bound_value(&column.column, parts, text, chain),
                        Some((Direction::Down, _))
                    );
            let guessed = lowered.then_some(Meaning::Stock);
            let Some(meaning) = self.meaning(&table, &column.column).or(guessed) else { continue };
            let (statement, at) = self.statement_place(text.span, before, &column.column);
            let mut write = self.write(meaning, &table, &column.column, at);
            write.statement = statement;
            write.way = way_of(column.change);
            if column.change == sql::Change::Absolute
                && let Some((direction, read)) = self.bound_value(&column.column, parts, text, chain)
            {
                write.way = Way::ReadModify(direction);
                write.read = read;
            }
            write.guard = guard;
            if matches!(write.way, Way::ReadModify(_))
                && guard == Guard::Amount
                && super::bound::is_bound_alone_in(sql, &column.column)
            {
                write.guard = Guard::None;
            }
            write.settles = settles;
            write.rows = match chain {
                Some(chain) if returning && (chain.used || self.fetches_after(chain)) => RowCount::Checked,
                _ if self.is_void_query(text) => RowCount::Ignored,
                Some(chain) => guard::row_count(self.unit, chain, self.reading),
                None => RowCount::Unseen,
            };
            found.push(write);
        }
    }

    /// Spring Data's `@Query("UPDATE ...") void take(...)`: nobody can learn how many rows changed.
    fn is_void_query(&self, text: &Node<'a>) -> bool {
        let annotated = self.unit.function.is_some_and(|function| {
            function.decorators.iter().any(|decorator| {
                decorator.span.start <= text.span.start && text.span.end <= decorator.span.end
            })
        });
        let rest = self.reading.source.get(text.span.end..).unwrap_or_default();
        let head = &rest[..rest.find([';', '{']).unwrap_or(rest.len())];
        annotated && head.split_whitespace().any(|word| word == "void")
    }

    /// Whether the rows that a statement returns are fetched by a later call.
    fn fetches_after(&self, chain: &Chain<'t, 'a>) -> bool {
        let later = self.unit.chains.iter().filter(|other| other.span.start > chain.span.start);
        later.flat_map(|other| &other.links).any(|link| link.key.starts_with("fetch"))
    }

    /// The value bound to an absolute UPDATE, if it was computed from the amount read before.
    fn bound_value(
        &self,
        column: &str,
        parts: &[&Node<'a>],
        text: &Node<'a>,
        chain: Option<&Chain<'t, 'a>>,
    ) -> Option<(Direction, Option<Span>)> {
        let arguments = chain.into_iter().flat_map(|chain| chain.links.iter());
        let arguments = arguments.flat_map(|link| super::gathered::bound(self.unit, link));
        let begins = chain.map_or(text.span.start, |chain| chain.span.start);
        let later = self.unit.chains.iter().filter(|other| other.span.start > begins);
        let holder = self.holder(text);
        let later = later
            .flat_map(|chain| chain.links.iter().map(move |link| (chain, link)))
            .filter(|(chain, link)| {
                let key = link.key.as_str();
                // PHP's `mysqli_stmt_bind_param($statement, "i", $left)` is the same as a function.
                BINDS.contains(&key)
                    || key.ends_with("bindparam")
                    || matches!(key, "run" | "exec" | "execcontext" | "query")
                        && holder.is_some()
                        && chain.root.name() == holder
            })
            .map(|(_, link)| link);
        // ADO.NET: `command.Parameters.Add("@stock", SqlDbType.Int).Value = left`.
        let set =
            self.unit.assignments.iter().filter(|one| {
                one.span.start > begins && matches!(&one.target.kind, Kind::Member(_, "Value"))
            });
        let set = set.map(|one| one.value);
        let values = parts.iter().copied().chain(arguments).chain(later.flat_map(Link::given)).chain(set);
        for value in values {
            let values: Vec<&Node<'a>> = match &value.kind {
                Kind::List(items) | Kind::New(_, items) | Kind::Other(items) => items.iter().collect(),
                Kind::Text(..) => continue,
                _ => vec![value],
            };
            for value in values {
                if let Shape::ReadModify(direction, read) = self.shape(column, value) {
                    return Some((direction, read));
                }
            }
        }
        None
    }

    /// The variable that the statement in `text`, or what was prepared of it, was put into.
    fn holder(&self, text: &Node<'a>) -> Option<&'a str> {
        let around = |span: Span| span.start <= text.span.start && text.span.end <= span.end;
        let holders = self.unit.assignments.iter().filter(|one| around(one.value.span));
        let nearest = holders.min_by_key(|one| one.value.span.end - one.value.span.start)?;
        match &nearest.target.kind {
            Kind::List(names) => names.first().and_then(Node::name),
            _ => nearest.target.name(),
        }
    }

    /// The chain that runs the statement in `text`, when the text was put into a variable first.
    fn chain_using(&self, text: &Node<'a>) -> Option<&Chain<'t, 'a>> {
        let holder = self.unit.assignments.iter().find(|assignment| {
            assignment.value.span == text.span || assignment.value.span.start == text.span.start
        })?;
        let name = holder.target.name()?;
        self.unit.chains.iter().find(|chain| {
            chain.span.start > text.span.start
                && chain
                    .links
                    .iter()
                    .flat_map(Link::given)
                    .any(|argument| argument.root().name() == Some(name))
        })
    }
}

/// Whether a later UPDATE in the unit is given the changed column: `row.stock -= n; query("UPDATE ...", [row.stock])`.
pub(super) fn is_bound_later(unit: &Unit<'_, '_>, object: &Node<'_>, column: &str, at: Span) -> bool {
    let Some(name) = object.name().filter(|name| *name != "this") else { return false };
    let own = |node: &Node<'_>| {
        column_of(node).is_some_and(|(object, read)| object.name() == Some(name) && read == column)
    };
    unit.chains.iter().filter(|chain| chain.span.start > at.start).any(|chain| {
        let mut given = chain.links.iter().flat_map(Link::given);
        let updates = given.clone().any(|argument| {
            let text = argument.text().unwrap_or_default().trim_start();
            text.get(..7).is_some_and(|verb| verb.eq_ignore_ascii_case("update "))
        });
        updates && given.any(|argument| argument.any(&own))
    })
}

fn way_of(change: sql::Change) -> Way {
    match change {
        sql::Change::Down => Way::Relative(Direction::Down),
        sql::Change::Up => Way::Relative(Direction::Up),
        sql::Change::Absolute => Way::Absolute,
    }
}
