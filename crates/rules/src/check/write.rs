//! Writes to amounts in a unit: assignments to objects that are saved, and update calls of mappers and builders.
//! Calls that take or add are in `write::step`, functions named after a column in `write::named`, SQL in `write::statement`,
//! changes that are gathered first in `write::gathered`, numbers in caches in `write::cache`.

mod bound;
mod cache;
mod gathered;
mod named;
mod statement;
mod step;

use super::amount::{Direction, Question, Shape};
use super::chain::{Chain, Link};
use super::entry::{Entry, entries};
use super::fact::{AmountWrite, Guard, Lock, Persistence, Reading, RowCount, Way};
use super::guard;
use super::idiom::{NEUTRAL, UPDATES};
use super::names::{Meaning, squashed};
use super::owner::column_of;
use super::persistence;
use super::sql::{self, SqlFact};
use super::tree::{Kind, Node, Span};
use super::unit::Unit;

/// Reads all writes of a unit.
pub(crate) fn writes<'t, 'a>(
    unit: &Unit<'t, 'a>,
    units: &[Unit<'t, 'a>],
    reading: Reading<'_>,
) -> Vec<AmountWrite> {
    let selected = selected_columns(unit);
    let writer = Writer { unit, units, reading, selected };
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
            writer.bulk(chain, position, &mut found);
            writer.cached(chain, position, &mut found);
            writer.step(chain, position, &mut found);
            writer.increment(chain, position, &mut found);
            writer.named_setter(chain, position, &mut found);
            writer.expression(chain, position, &mut found);
        }
    }
    for (text, chain) in &unit.texts {
        writer.statement(text, *chain, &mut found);
    }
    for write in &mut found {
        if matches!(write.way, Way::Relative(_))
            && write.guard == Guard::None
            && guard::is_checked_after(unit, write.at, &write.column)
        {
            write.guard = Guard::Amount;
            write.rows = RowCount::Checked;
        }
    }
    held_with_what_is_taken(&mut found);
    found
}

/// Units that become reserved in the statement that takes them from stock on condition are there: its condition is
/// theirs.
fn held_with_what_is_taken(writes: &mut [AmountWrite]) {
    let guarded = |write: &&AmountWrite| write.meaning == Meaning::Stock && write.guard == Guard::Amount;
    let taken: Vec<(usize, RowCount)> =
        writes.iter().filter(guarded).map(|write| (write.statement, write.rows)).collect();
    for write in writes.iter_mut().filter(|write| write.meaning == Meaning::Reserved) {
        let same = taken.iter().find(|(statement, _)| *statement == write.statement);
        if let (Guard::None, Some((_, rows))) = (write.guard, same) {
            write.guard = Guard::Amount;
            write.rows = *rows;
        }
    }
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
    /// All units of the file.
    units: &'u [Unit<'t, 'a>],
    reading: Reading<'r>,
    selected: Vec<String>,
}

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    fn meaning(&self, entity: &str, column: &str) -> Option<Meaning> {
        super::evidence::meaning(self.unit, self.units, entity, column, self.reading)
    }

    fn shape(&self, column: &str, value: &Node<'a>) -> Shape {
        let question =
            Question { unit: self.unit, names: self.reading.names, column, selected: &self.selected };
        match question.shape(value) {
            Shape::Absolute => self.shape_of_given(column, value).unwrap_or(Shape::Absolute),
            shape => shape,
        }
    }

    /// The shape of a parameter's value, as a caller in the same file computes it: `store(id, shelf.stock - n)`.
    fn shape_of_given(&self, column: &str, value: &Node<'a>) -> Option<Shape> {
        let function = self.unit.function.filter(|function| function.name.len() > 3)?;
        let name = value.name()?;
        let position = function.parameters.iter().position(|parameter| parameter.name == name)?;
        let key = squashed(function.name);
        // A function named after the column is told where it is called.
        if named::sets_column(function.name, &key, self.reading.names) {
            return None;
        }
        let calls =
            self.units.iter().flat_map(|caller| caller.chains.iter().map(move |chain| (caller, chain)));
        calls.into_iter().find_map(|(caller, chain)| {
            let link = chain.links.first().filter(|link| link.key == key)?;
            let own = chain.root.name() == Some("this") || chain.root.name() == Some(link.name);
            let given = link.given().get(position).filter(|_| own)?;
            let selected = selected_columns(caller);
            let question = Question { unit: caller, names: self.reading.names, column, selected: &selected };
            let shape = question.shape(given);
            matches!(shape, Shape::ReadModify(..)).then_some(shape)
        })
    }

    fn write(&self, meaning: Meaning, entity: &str, column: &str, at: Span) -> AmountWrite {
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
            guessed: super::evidence::is_guessed(self.unit, self.units, entity, column, self.reading),
            at,
            statement: at.start,
            named: None,
            read: None,
            unit: self.unit.name.to_owned(),
            handed: None,
            called_before: Vec::new(),
        }
    }

    /// Where the name of a call stands: in a chain over many lines this is the line that a reader looks for.
    fn place(&self, link: &Link<'t, 'a>) -> Span {
        self.place_at(link.span, link.at)
    }

    /// Where the UPDATE of a string over several lines begins, and where it names the column. A string may hold several.
    fn statement_place(&self, text: Span, before: usize, column: &str) -> (usize, Span) {
        let source = self.reading.source.get(text.start..text.end).unwrap_or_default().to_ascii_lowercase();
        let mut updates = source.match_indices("update").map(|(at, _)| at);
        let update = updates.nth(before).or_else(|| source.find("update")).unwrap_or_default();
        let named = source[update..].find(&column.to_ascii_lowercase()).unwrap_or_default();
        let at = Span { end: text.end, ..self.place_at(text, text.start + update + named) };
        (text.start + update, at)
    }

    fn place_at(&self, span: Span, at: usize) -> Span {
        place_at(self.reading.source, span, at)
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
        // Python's `setattr(product, "stock", left)`.
        if let (Some("setattr"), [object, key, value]) = (callee.name(), arguments.as_slice())
            && let Some(column) = key.text()
        {
            self.object_write(object, column, "=", value, chain.span, found);
        }
        let Kind::Member(object, name) = &callee.kind else { return };
        // `Object.assign(product, { stock: left })`.
        if let ("assign", Some("Object"), [object, Node { kind: Kind::List(parts), .. }]) =
            (*name, object.name(), arguments.as_slice())
        {
            for part in parts {
                if let Kind::Pair(key, value) = &part.kind
                    && let Some(column) = key.text().or(key.name())
                {
                    self.object_write(object, column, "=", value, chain.span, found);
                }
            }
        }
        let Some(at) = chain.links.last().map(|link| self.place(link)) else { return };
        match (arguments.as_slice(), name.strip_prefix("set").or_else(|| name.strip_prefix("Set"))) {
            ([value], Some(column)) if column.starts_with(|c: char| c.is_uppercase() || c == '_') => {
                self.object_write(object, column.trim_start_matches('_'), "=", value, at, found);
            }
            // `product.UpdateStock(product.Stock - n)`: the object is told what was computed from itself.
            ([value], None) if object.name().is_some_and(|name| name != "this") => {
                let column = ["Update", "update", "Change", "change"]
                    .iter()
                    .find_map(|verb| name.strip_prefix(verb))
                    .filter(|column| self.reading.names.is_strong(column));
                if let Some(column) = column
                    && value.any(&|node| {
                        super::owner::column_of(node).is_some_and(|(of, _)| of.name() == object.name())
                    })
                {
                    self.object_write(object, column, "=", value, at, found);
                }
            }
            ([key, value], Some("" | "Data" | "Attribute" | "DataValue" | "attr")) => {
                if let Some(column) = key.text().filter(|column| column.len() < 40) {
                    let column = column.to_owned();
                    self.object_write(object, &column, "=", value, at, found);
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
        let mut owner = self.unit.owner(object);
        let mut meaning = self.meaning(&owner.entity, column);
        // What loads a thing may say less than the name it is given: `gift_card = frappe.get_doc(...)`.
        if let (None, Some(name), false) = (meaning, object.name(), super::owner::is_bought(&owner.entity)) {
            meaning = self.meaning(name, column);
            owner.entity = name.to_owned();
        }
        // `$data['jumlah'] = $row->jumlah - 1; update_data($id, $data, 'tbl_barang')`: where it is stored tells what it is.
        if let (None, Some(name)) = (meaning, object.name())
            && let Some((found, table)) = self
                .unit
                .told_with(name, at)
                .into_iter()
                .find_map(|table| Some((self.meaning(table, column)?, table)))
        {
            meaning = Some(found);
            owner.entity = table.to_owned();
        }
        let Some(meaning) = meaning else { return };
        // In a cart's own code a product that was handed in is a line of the cart.
        let shelf =
            ["stock", "inventory", "warehouse"].iter().any(|word| squashed(&owner.entity).contains(word));
        if super::evidence::is_cart(self.unit)
            && owner.load.is_none()
            && !shelf
            && !self.reading.names.is_strong(column)
        {
            return;
        }
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
        if write.persistence == Persistence::Unseen
            && (statement::is_bound_later(self.unit, object, column, at)
                || persistence::is_stored_by_callee(self.unit, object, at, self.units))
        {
            write.persistence = Persistence::Saved;
        }
        let receiver = self.unit.function.map_or("", |function| function.receiver);
        if write.persistence == Persistence::Unseen && !receiver.is_empty() && object.name() == Some(receiver)
        {
            write.persistence = Persistence::MethodOfClass;
        }
        write.handed = object.name().and_then(|name| {
            self.unit.function?.parameters.iter().position(|parameter| parameter.name == name)
        });
        found.push(write);
    }

    /// An update call that names the column in its arguments.
    fn update(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let arguments = link.told();
        if link.arguments.is_none() {
            return;
        }
        let key = link.key.as_str();
        let on = match position.checked_sub(1) {
            Some(before) => chain.links[before].name,
            None => chain.root.name().unwrap_or_default(),
        };
        if key == "set" && matches!(super::names::words(on).last().map(String::as_str), Some("map" | "cache"))
        {
            return;
        }
        if let ("setsql" | "set", [Node { kind: Kind::Text(text, _), .. }, ..]) = (key, arguments)
            && (key == "setsql" || text.contains('='))
        {
            self.fragment(chain, position, text, found);
            return;
        }
        let wrapper = !UPDATES.contains(&key)
            && (["update", "put", "patch", "save", "edit"].iter().any(|prefix| key.starts_with(prefix))
                || super::entry::is_http_change(link));
        // `inventoryService.updateReservationItem(id, { quantity })` is about the reservation.
        let named = super::owner::entity_words(link.name);
        let bought = super::owner::is_bought(&named) || named.contains("reservation");
        if !UPDATES.contains(&key) && (!wrapper || bought) || NEUTRAL.contains(&key) {
            return;
        }
        let mut entries = entries(link);
        for (index, argument) in arguments.iter().enumerate() {
            let defined = argument.name().and_then(|name| self.unit.definition(name, argument.span.start));
            if let Some(defined) = defined.filter(|defined| !defined.part && !defined.element) {
                super::entry::named_entries(defined.value, index, &mut entries);
            }
        }
        for entry in &entries {
            if !self.reading.names.may_matter(&entry.column) || guard::is_condition(entry, key, arguments) {
                continue;
            }
            self.entry(chain, position, entry, wrapper, &entries, found);
        }
        // Rails also takes the values along: `update_all(["stock = stock - ?", n])`.
        let first = match arguments {
            [Node { kind: Kind::List(items), .. }, ..] => items.first(),
            _ => arguments.first(),
        };
        if let (Some(text), "updateall" | "update") = (first.and_then(Node::text), key) {
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
        let Some(meaning) = self.meaning(&entity, &entry.column) else { return };
        let increments = entry.path.iter().any(|key| key == "inc");
        let shape = if increments || chain.links[position].key == "updatecounters" {
            Shape::Relative(super::amount::sign(entry.value, Direction::Up))
        } else {
            self.shape(&entry.column, entry.value)
        };
        // Of many changes in one call each stands on its own line.
        let link = &chain.links[position];
        let at = if gathered::is_bulk(link) { entry.value.span } else { self.place(link) };
        let mut write = self.write(meaning, &entity, &entry.column, at);
        write.named = Some(entry.value.span);
        write.statement = chain.span.start;
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
                && guard::is_condition(other, &chain.links[position].key, chain.links[position].told())
        });
        write.guard = if own { Guard::Amount } else { places };
        if write.guard == Guard::None {
            write.guard = guard::by_name(self.unit, chain, &entry.column);
        }
        if write.guard == Guard::None {
            write.guard = guard::around(self.unit, chain, &entry.column);
        }
        // A bound does not notice that the amount is no longer the one that was read.
        if matches!(write.way, Way::ReadModify(_)) && bound::is_bound_alone(chain, entry.value, &entry.column)
        {
            write.guard = Guard::None;
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
            if entry.path.iter().any(|key| key == "inc") {
                return is_hold(&entry.column)
                    && super::amount::sign(entry.value, Direction::Up) != Direction::Up;
            }
            is_hold(&entry.column)
                && !matches!(
                    self.shape(&entry.column, entry.value),
                    Shape::Absolute | Shape::Relative(Direction::Up)
                )
        })
    }
}

/// Whether a column counts units held for somebody.
pub(crate) fn is_hold(column: &str) -> bool {
    let column = squashed(column);
    ["reserved", "allocated", "held", "locked", "frozen", "committed"]
        .iter()
        .any(|word| column.contains(word))
}

/// A span that begins at a byte inside it.
pub(crate) fn place_at(source: &str, span: Span, at: usize) -> Span {
    let Some(before) = source.get(span.start..at) else { return span };
    let Some(newline) = before.rfind('\n') else {
        return Span { start: at, column: span.column + before.len(), ..span };
    };
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    Span { start: at, line: span.line + lines, column: before.len() - newline, ..span }
}
