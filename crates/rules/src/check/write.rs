//! Writes to amounts in a unit: assignments to objects that are saved, update calls of mappers and builders, SQL in strings.

use super::amount::{Direction, Question, Shape};
use super::chain::{Chain, Link};
use super::entry::{Entry, entries};
use super::fact::{AmountWrite, Guard, Lock, Persistence, Reading, RowCount, Way};
use super::guard;
use super::idiom::{NEUTRAL, STEPS, UPDATES};
use super::names::squashed;
use super::owner::column_of;
use super::persistence;
use super::sql::{self, SqlFact};
use super::tree::{Kind, Node, Span};
use super::unit::Unit;

/// Reads all writes of a unit.
pub(crate) fn writes<'t, 'a>(unit: &Unit<'t, 'a>, reading: Reading<'_>) -> Vec<AmountWrite> {
    let selected = selected_columns(unit);
    let writer = Writer { unit, reading, selected };
    let mut found = Vec::new();
    for assignment in &unit.assignments {
        writer.assignment(
            assignment.target,
            assignment.operator,
            assignment.value,
            assignment.span,
            &mut found,
        );
    }
    for chain in &unit.chains {
        writer.setter(chain, &mut found);
        for position in 0..chain.links.len() {
            writer.update(chain, position, &mut found);
            writer.step(chain, position, &mut found);
            writer.named_setter(chain, position, &mut found);
        }
    }
    for (text, chain) in &unit.texts {
        writer.statement(text, *chain, &mut found);
    }
    found
}

fn selected_columns(unit: &Unit<'_, '_>) -> Vec<String> {
    let mut columns = Vec::new();
    for (text, _) in &unit.texts {
        if let Some(SqlFact::Select { columns: read, .. }) = text.text().and_then(sql::read) {
            columns.extend(read);
        }
    }
    columns
}

struct Writer<'u, 't, 'a, 'r> {
    unit: &'u Unit<'t, 'a>,
    reading: Reading<'r>,
    selected: Vec<String>,
}

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    fn shape(&self, column: &str, value: &Node<'a>) -> Shape {
        Question { unit: self.unit, names: self.reading.names, column, selected: &self.selected }.shape(value)
    }

    fn write(&self, meaning: super::names::Meaning, entity: &str, column: &str, at: Span) -> AmountWrite {
        AmountWrite {
            meaning,
            entity: entity.to_owned(),
            column: column.to_owned(),
            way: Way::Absolute,
            guard: Guard::None,
            rows: RowCount::Unseen,
            persistence: Persistence::Statement,
            lock: Lock::None,
            settles: false,
            at,
            read: None,
            unit: self.unit.name.to_owned(),
            called_before: Vec::new(),
        }
    }

    /// Where the name of a call stands: in a chain over many lines this is the line that a reader looks for.
    fn place(&self, link: &Link<'t, 'a>) -> Span {
        self.place_at(link.span, link.at)
    }

    /// Where the UPDATE of a string over several lines begins.
    fn statement_place(&self, text: Span) -> Span {
        let source = self.reading.source.get(text.start..text.end).unwrap_or_default();
        let offset = source.to_ascii_lowercase().find("update").unwrap_or_default();
        self.place_at(text, text.start + offset)
    }

    fn place_at(&self, span: Span, at: usize) -> Span {
        let Some(before) = self.reading.source.get(span.start..at) else { return span };
        let Some(newline) = before.rfind('\n') else {
            return Span { start: at, column: span.column + before.len(), ..span };
        };
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        Span { start: at, line: span.line + lines, column: before.len() - newline, ..span }
    }

    /// `object.stock -= n` and `object.stock = value`, also as the plain name of a field in a method.
    fn assignment(
        &self,
        target: &'t Node<'a>,
        operator: &str,
        value: &'t Node<'a>,
        at: Span,
        found: &mut Vec<AmountWrite>,
    ) {
        let own = Node { kind: Kind::Name("this"), span: Span::default() };
        let (object, column) = match column_of(target) {
            Some(place) => place,
            None => match target.kind {
                Kind::Name(name) if self.is_own_field(name) => (&own, name),
                _ => return,
            },
        };
        self.object_write(object, column, operator, value, at, found);
    }

    fn is_own_field(&self, name: &str) -> bool {
        let plain_fields = matches!(
            self.reading.language,
            super::language::Language::Java | super::language::Language::CSharp
        );
        plain_fields
            && self.unit.class.is_some()
            && self.unit.function.is_some()
            && !self.unit.parameters.contains_key(name)
            && self.unit.definition(name, usize::MAX).is_none_or(|d| self.is_assignment_only(name, d.at))
    }

    /// Whether what looks like a definition is an assignment to a field: no declaration introduces the name.
    fn is_assignment_only(&self, name: &str, at: usize) -> bool {
        let line_start =
            self.reading.source[..at.min(self.reading.source.len())].rfind('\n').map_or(0, |i| i + 1);
        let before = self.reading.source.get(line_start..at).unwrap_or_default();
        self.reading.source.get(at..).is_some_and(|rest| rest.starts_with(name)) && before.trim().is_empty()
    }

    /// `object.setStock(value)`.
    fn setter(&self, chain: &Chain<'t, 'a>, found: &mut Vec<AmountWrite>) {
        let Kind::Call(callee, arguments) = &chain.node.kind else { return };
        let Kind::Member(object, name) = &callee.kind else { return };
        match (arguments.as_slice(), name.strip_prefix("set").or_else(|| name.strip_prefix("Set"))) {
            ([value], Some(column)) if column.starts_with(|c: char| c.is_uppercase() || c == '_') => {
                self.object_write(object, column.trim_start_matches('_'), "=", value, chain.span, found);
            }
            ([key, value], Some("" | "Data" | "Attribute" | "DataValue" | "attr")) => {
                if let Some(column) = key.text().filter(|column| column.len() < 40) {
                    let column = column.to_owned();
                    self.object_write(object, &column, "=", value, chain.span, found);
                }
            }
            _ => {}
        }
    }

    fn object_write(
        &self,
        object: &Node<'a>,
        column: &str,
        operator: &str,
        value: &'t Node<'a>,
        at: Span,
        found: &mut Vec<AmountWrite>,
    ) {
        if !self.reading.names.may_matter(column) {
            return;
        }
        let owner = self.unit.owner(object);
        let Some(meaning) = self.reading.names.meaning(&owner.entity, column) else { return };
        let (way, read) = match operator {
            "-=" => (Way::ReadModify(super::amount::sign(value, Direction::Down)), owner.load),
            "+=" => (Way::ReadModify(super::amount::sign(value, Direction::Up)), owner.load),
            _ => match self.shape(column, value) {
                Shape::ReadModify(direction, read) => (Way::ReadModify(direction), owner.load.or(read)),
                Shape::Relative(direction) => (Way::Relative(direction), None),
                Shape::Absolute => (Way::Absolute, None),
            },
        };
        let mut write = self.write(meaning, &owner.entity, column, at);
        write.way = way;
        write.read = read;
        write.persistence = persistence::of(self.unit, object, &owner, at, self.reading);
        found.push(write);
    }

    /// An update call that names the column in its arguments.
    fn update(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let Some(arguments) = link.arguments else { return };
        let key = link.key.as_str();
        let wrapper = !UPDATES.contains(&key)
            && ["update", "put", "patch", "save", "edit"].iter().any(|prefix| key.starts_with(prefix));
        if !UPDATES.contains(&key) && !wrapper || NEUTRAL.contains(&key) {
            return;
        }
        let entries = entries(link);
        for entry in &entries {
            if !self.reading.names.may_matter(&entry.column) || guard::is_condition(entry, key, arguments) {
                continue;
            }
            self.entry(chain, position, entry, wrapper, &entries, found);
        }
        if let [Node { kind: Kind::Text(text, _), .. }, ..] = arguments
            && matches!(key, "updateall" | "update")
        {
            self.fragment(chain, position, text, found);
        }
    }

    fn entry(
        &self,
        chain: &Chain<'t, 'a>,
        position: usize,
        entry: &Entry<'t, 'a>,
        wrapper: bool,
        entries: &[Entry<'t, 'a>],
        found: &mut Vec<AmountWrite>,
    ) {
        let entity = self.unit.entity_of(chain);
        let Some(meaning) = self.reading.names.meaning(&entity, &entry.column) else { return };
        let increments = entry.path.iter().any(|key| key == "inc");
        let shape = if increments || chain.links[position].key == "updatecounters" {
            Shape::Relative(super::amount::sign(entry.value, Direction::Up))
        } else {
            self.shape(&entry.column, entry.value)
        };
        let mut write = self.write(meaning, &entity, &entry.column, self.place(&chain.links[position]));
        match shape {
            Shape::ReadModify(direction, read) => {
                write.way = Way::ReadModify(direction);
                write.read = read;
            }
            Shape::Relative(direction) => write.way = Way::Relative(direction),
            Shape::Absolute => {}
        }
        if wrapper && !matches!(write.way, Way::ReadModify(_)) {
            return;
        }
        if chain.links[position].key == "setproperty" && write.way == Way::Absolute {
            write.way = guard::set_property(chain.links[position].given(), &entry.column);
        }
        let places = guard::in_chain(chain, position, &entry.column);
        let own = entries.iter().any(|other| {
            squashed(&other.column) == squashed(&entry.column)
                && guard::is_condition(other, &chain.links[position].key, chain.links[position].given())
        });
        write.guard = if own { Guard::Amount } else { places };
        if write.guard == Guard::None {
            write.guard = guard::around(self.unit, chain, &entry.column);
        }
        write.rows = guard::row_count(self.unit, chain, self.reading);
        if chain.links[position].key == "update" && entry.path.iter().any(|key| key == "data") {
            // Prisma's `update` throws when no row fits.
            write.rows = RowCount::Checked;
        }
        write.settles = self.settles(entries);
        found.push(write);
    }

    /// Taking from what is held while taking from what is on hand settles a hold; it sells nothing new.
    fn settles(&self, entries: &[Entry<'t, 'a>]) -> bool {
        entries.iter().any(|entry| {
            is_hold(&entry.column)
                && !matches!(
                    self.shape(&entry.column, entry.value),
                    Shape::Absolute | Shape::Relative(Direction::Up)
                )
        })
    }

    /// `update_all("stock = stock - 1")`.
    fn fragment(&self, chain: &Chain<'t, 'a>, position: usize, text: &str, found: &mut Vec<AmountWrite>) {
        let Some(SqlFact::Update { writes, .. }) = sql::read(&format!("UPDATE t SET {text}")) else { return };
        let entity = self.unit.entity_of(chain);
        for column in writes {
            let Some(meaning) = self.reading.names.meaning(&entity, &column.column) else { continue };
            let mut write = self.write(meaning, &entity, &column.column, self.place(&chain.links[position]));
            write.way = way_of(column.change);
            write.guard = guard::in_chain(chain, position, &column.column);
            write.rows = guard::row_count(self.unit, chain, self.reading);
            found.push(write);
        }
    }

    /// `updateStock(id, product.stock - n)`: a function named after the column is given what was computed from the read.
    fn named_setter(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let [_, rest @ ..] = link.given() else { return };
        let parts = super::names::words(link.name);
        let sets = parts.first().is_some_and(|verb| {
            matches!(verb.as_str(), "set" | "update" | "save" | "change" | "modify" | "edit" | "actualizar")
        });
        let named = parts.iter().skip(1).any(|word| {
            self.reading.names.may_matter(word) && !matches!(word.as_str(), "count" | "number" | "amount")
        });
        if !sets || !named {
            return;
        }
        for value in rest {
            let Some((entity, column)) = self.amount_in(value, 0) else { continue };
            let Some(meaning) = self.reading.names.meaning(&entity, &column) else { continue };
            let Shape::ReadModify(direction, read) = self.shape(&column, value) else { continue };
            let mut write = self.write(meaning, &entity, &column, self.place(link));
            write.way = Way::ReadModify(direction);
            write.read = read;
            found.push(write);
            return;
        }
    }

    /// The first amount that a value is computed from.
    fn amount_in(&self, value: &Node<'a>, depth: usize) -> Option<(String, String)> {
        if depth > 3 {
            return None;
        }
        if let Some((object, column)) = column_of(value) {
            let entity = self.unit.owner(object).entity;
            return self.reading.names.meaning(&entity, column).map(|_| (entity, column.to_owned()));
        }
        match &value.kind {
            Kind::Binary(_, left, right) => {
                self.amount_in(left, depth + 1).or_else(|| self.amount_in(right, depth + 1))
            }
            Kind::Name(name) => {
                let definition = self.unit.definition(name, value.span.start)?;
                (definition.value.span.start != value.span.start)
                    .then(|| self.amount_in(definition.value, depth + 1))?
            }
            Kind::Call(_, arguments) => arguments.iter().find_map(|part| self.amount_in(part, depth + 1)),
            _ => None,
        }
    }

    /// `decrement('stock', n)`.
    fn step(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let Some((_, down)) = STEPS.iter().find(|(key, _)| *key == link.key) else { return };
        let base = if *down { Direction::Down } else { Direction::Up };
        for (column, amount) in stepped(link) {
            let entity = self.unit.entity_of(chain);
            let Some(meaning) = self.reading.names.meaning(&entity, column) else { continue };
            let mut write = self.write(meaning, &entity, column, self.place(link));
            let direction = match amount.map_or(base, |amount| super::amount::sign(amount, base)) {
                // `decrement(delta)`: the name of the call says more than the name of the amount.
                Direction::Unknown if *down => Direction::Down,
                direction => direction,
            };
            write.way = Way::Relative(direction);
            // Ruby's `decrement` without a mark changes only the object in memory.
            if self.reading.language == super::language::Language::Ruby && !link.name.ends_with(['!', 'r']) {
                write.way = Way::ReadModify(direction);
                let owner = self.unit.owner(chain.root);
                write.read = owner.load;
                write.persistence = persistence::of(self.unit, chain.root, &owner, link.span, self.reading);
            }
            write.guard = guard::in_chain(chain, position, column);
            write.rows = guard::row_count(self.unit, chain, self.reading);
            write.read = write.read.or_else(|| self.unit.owner(chain.root).load);
            found.push(write);
        }
    }

    /// An UPDATE in a string.
    fn statement(&self, text: &'t Node<'a>, chain: Option<usize>, found: &mut Vec<AmountWrite>) {
        let Kind::Text(sql, parts) = &text.kind else { return };
        let Some(SqlFact::Update { table, writes, guards, returning }) = sql::read(sql) else { return };
        let chain = chain.and_then(|index| self.unit.chains.get(index)).or_else(|| self.chain_using(text));
        let settles = writes.iter().any(|write| is_hold(&write.column) && write.change == sql::Change::Down);
        let guard = if writes.iter().any(|write| {
            guards.iter().any(|guard| squashed(guard) == squashed(&write.column))
                || guards.iter().any(|guard| self.reading.names.meaning(&table, guard).is_some())
        }) {
            Guard::Amount
        } else if guards.iter().any(|guard| super::idiom::VERSIONS.contains(&squashed(guard).as_str())) {
            Guard::Version
        } else {
            Guard::None
        };
        for column in writes {
            let Some(meaning) = self.reading.names.meaning(&table, &column.column) else { continue };
            let mut write = self.write(meaning, &table, &column.column, self.statement_place(text.span));
            write.way = way_of(column.change);
            if column.change == sql::Change::Absolute
                && let Some((direction, read)) = self.bound_value(&column.column, parts, chain)
            {
                write.way = Way::ReadModify(direction);
                write.read = read;
            }
            write.guard = guard;
            write.settles = settles;
            write.rows = match chain {
                Some(chain) if returning && chain.used => RowCount::Checked,
                Some(chain) => guard::row_count(self.unit, chain, self.reading),
                None => RowCount::Unseen,
            };
            found.push(write);
        }
    }

    /// The value bound to an absolute UPDATE, if it was computed from the amount read before.
    fn bound_value(
        &self,
        column: &str,
        parts: &[Node<'a>],
        chain: Option<&Chain<'t, 'a>>,
    ) -> Option<(Direction, Option<Span>)> {
        let arguments = chain.into_iter().flat_map(|chain| chain.links.iter()).flat_map(Link::given);
        let later = self
            .unit
            .chains
            .iter()
            .filter(|other| chain.is_some_and(|chain| other.span.start > chain.span.start));
        let later = later.flat_map(|chain| chain.links.iter()).filter(|link| {
            matches!(
                link.key.as_str(),
                "bindparam" | "bindvalue" | "execute" | "setint" | "setlong" | "addwithvalue" | "bind"
            )
        });
        let values = parts.iter().chain(arguments).chain(later.flat_map(Link::given));
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

/// The columns that a `decrement` names, each with the amount it is changed by, if one is given.
fn stepped<'t, 'a>(link: &Link<'t, 'a>) -> Vec<(&'t str, Option<&'t Node<'a>>)> {
    let mut columns = Vec::new();
    for argument in link.given() {
        match &argument.kind {
            Kind::Text(text, _) => {
                let other = link.given().iter().find(|other| other.text() != Some(text));
                columns.push((text.as_ref(), other.map(|other| by_option(other).unwrap_or(other))));
            }
            Kind::List(items) => columns.extend(items.iter().filter_map(|item| match &item.kind {
                Kind::Pair(key, value) => Some((key.text().or(key.name())?, Some(value.as_ref()))),
                Kind::Text(text, _) => {
                    let other = link.given().iter().find(|other| other.span != argument.span);
                    Some((text.as_ref(), other.and_then(by_option)))
                }
                _ => None,
            })),
            _ => {}
        }
    }
    columns
}

/// Sequelize's `{ by: n }`.
fn by_option<'t, 'a>(node: &'t Node<'a>) -> Option<&'t Node<'a>> {
    let Kind::List(items) = &node.kind else { return None };
    items.iter().find_map(|item| match &item.kind {
        Kind::Pair(key, value) if key.text().or(key.name()) == Some("by") => Some(value.as_ref()),
        _ => None,
    })
}

/// Whether a column counts units held for somebody.
pub(crate) fn is_hold(column: &str) -> bool {
    let column = squashed(column);
    ["reserved", "allocated", "held", "locked", "frozen", "committed"]
        .iter()
        .any(|word| column.contains(word))
}

fn way_of(change: sql::Change) -> Way {
    match change {
        sql::Change::Down => Way::Relative(Direction::Down),
        sql::Change::Up => Way::Relative(Direction::Up),
        sql::Change::Absolute => Way::Absolute,
    }
}
