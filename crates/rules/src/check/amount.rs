//! How a value that is written to a column came about: from the amount read before, inside the database, or from elsewhere.

use super::chain::Chain;
use super::idiom::{COMPUTED, REQUESTS};
use super::names::{Names, squashed};
use super::owner::{Origin, column_of};
use super::sql::{self, Change};
use super::tree::{Kind, Node, Span};
use super::unit::Unit;

const DEPTH_MAX: usize = 6;

/// Which way an amount changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Down,
    Up,
    Unknown,
}

/// How a written value came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Computed in the program from the amount read before; where it was read, if known.
    ReadModify(Direction, Option<Span>),
    /// Computed by the database from what the row holds then.
    Relative(Direction),
    /// From elsewhere.
    Absolute,
}

/// What a value is asked against: the unit it stands in, the words of the trade, the column it goes to.
pub(crate) struct Question<'q, 't, 'a> {
    pub(crate) unit: &'q Unit<'t, 'a>,
    pub(crate) names: &'q Names,
    pub(crate) column: &'q str,
    /// Columns that SELECTs of this unit read.
    pub(crate) selected: &'q [String],
}

impl<'t, 'a> Question<'_, 't, 'a> {
    /// The shape of `value`.
    pub(crate) fn shape(&self, value: &Node<'a>) -> Shape {
        if let Some(direction) = self.relative(value, 0) {
            return Shape::Relative(direction);
        }
        match self.derived(value, 0) {
            Some((direction, read)) => Shape::ReadModify(direction, read),
            None => Shape::Absolute,
        }
    }

    /// A computation the database does.
    fn relative(&self, value: &Node<'a>, depth: usize) -> Option<Direction> {
        if depth > DEPTH_MAX {
            return None;
        }
        match &value.kind {
            Kind::Text(text, parts) => self.relative_text(text, parts),
            Kind::List(items) => items.iter().find_map(|item| {
                let Kind::Pair(key, value) = &item.kind else { return None };
                match squashed(key.text().or(key.name())?).as_str() {
                    "decrement" | "subtract" | "decr" => match sign(value, Direction::Down) {
                        Direction::Unknown => Some(Direction::Down),
                        direction => Some(direction),
                    },
                    "increment" | "add" | "incr" => Some(sign(value, Direction::Up)),
                    "set" => self.relative(value, depth + 1),
                    _ => None,
                }
            }),
            Kind::Binary(operator @ ("-" | "+"), left, right) => {
                let base = if *operator == "-" { Direction::Down } else { Direction::Up };
                let own = self.is_row_expression(left) || (*operator == "+" && self.is_row_expression(right));
                own.then(|| sign(right, base))
            }
            Kind::Function(function) => function.body.iter().find_map(|part| self.relative(part, depth + 1)),
            Kind::Call(callee, arguments) => {
                let name = squashed(callee.name().or(match callee.kind {
                    Kind::Member(_, name) => Some(name),
                    _ => None,
                })?);
                if matches!(name.as_str(), "increment" | "decrement") {
                    let base = if name == "increment" { Direction::Up } else { Direction::Down };
                    return Some(arguments.first().map_or(base, |argument| sign(argument, base)));
                }
                // sea-orm's `Expr::col(Column::Stock).sub(n)`.
                if let (Kind::Member(object, _), [amount]) = (&callee.kind, arguments.as_slice())
                    && let Some(base) = arithmetic(&name)
                    && matches!(object.kind, Kind::Call(..))
                    && self.is_column_call(object)
                {
                    return Some(sign(amount, base));
                }
                // Kysely's `eb('stock', '-', n)`.
                if let [column, Node { kind: Kind::Text(operator, _), .. }, _] = arguments.as_slice()
                    && matches!(operator.as_ref(), "-" | "+")
                    && column.text().is_some_and(|text| self.is_own(text))
                {
                    return Some(if operator == "-" { Direction::Down } else { Direction::Up });
                }
                let computed = COMPUTED.contains(&name.as_str()) || name == "max" || name == "min";
                computed.then(|| arguments.iter().find_map(|argument| self.relative(argument, depth + 1)))?
            }
            Kind::New(_, arguments) => {
                arguments.iter().find_map(|argument| self.relative(argument, depth + 1))
            }
            Kind::Name(name) => {
                let definition = self.unit.definition(name, value.span.start)?;
                (!definition.part && !definition.element && definition.value.span != value.span)
                    .then(|| self.relative(definition.value, depth + 1))?
            }
            Kind::Return(items) | Kind::Other(items) => {
                items.iter().find_map(|item| self.relative(item, depth + 1))
            }
            _ => None,
        }
    }

    fn relative_text(&self, text: &str, parts: &[Node<'a>]) -> Option<Direction> {
        if !text.contains(['-', '+']) {
            return None;
        }
        // A template over the column object: sql`${products.stock} - ${quantity}`.
        let first = parts.first().and_then(|part| column_of(part));
        if first.is_some_and(|(_, column)| squashed(column) == squashed(self.column)) {
            return Some(if text.contains('-') { Direction::Down } else { Direction::Up });
        }
        match sql::change_of(self.column, text)? {
            Change::Down => Some(Direction::Down),
            Change::Up => Some(Direction::Up),
            Change::Absolute => None,
        }
    }

    fn is_own(&self, column: &str) -> bool {
        squashed(column.rsplit('.').next().unwrap_or(column)) == squashed(self.column)
    }

    fn is_column_call(&self, node: &Node<'a>) -> bool {
        let Kind::Call(callee, arguments) = &node.kind else { return false };
        let name = callee.name().or(match callee.kind {
            Kind::Member(_, name) => Some(name),
            _ => None,
        });
        name.is_some_and(|name| matches!(squashed(name).as_str(), "col" | "column" | "ref" | "field"))
            && arguments.iter().any(|argument| {
                argument.any(&|part| match &part.kind {
                    Kind::Text(text, _) => self.is_own(text),
                    Kind::Member(_, name) => self.is_own(name),
                    _ => false,
                })
            })
    }

    /// `F("stock")`, `Product.stock` of the class, the parameter of a lambda that the database runs.
    fn is_row_expression(&self, node: &Node<'a>) -> bool {
        match &node.kind {
            Kind::Call(callee, arguments) => {
                let named = callee.name().is_some_and(|name| matches!(name, "F" | "Coalesce" | "col"));
                named
                    && arguments.iter().any(|argument| {
                        argument.any(&|part| {
                            part.text().is_some_and(|text| squashed(text) == squashed(self.column))
                        })
                    })
                    || column_of(node).is_some_and(|_| self.is_class_column(node))
            }
            Kind::Member(..) => self.is_class_column(node),
            // Diesel's columns are plain names in scope.
            Kind::Name(name) => {
                squashed(name) == squashed(self.column)
                    && !self.unit.definitions.contains_key(name)
                    && !self.unit.parameters.contains_key(name)
                    && self
                        .unit
                        .class
                        .is_none_or(|class| class.decorators.is_empty() && class.bases.is_empty())
                    && !name.starts_with(char::is_uppercase)
            }
            _ => false,
        }
    }

    fn is_class_column(&self, node: &Node<'a>) -> bool {
        let Some((object, column)) = column_of(node) else { return false };
        let Some(root) = object.root().name() else { return false };
        let class = root.starts_with(char::is_uppercase) || matches!(object.kind, Kind::Member(_, "c"));
        let table = super::names::singular(root) != root && object.name().is_some();
        squashed(column) == squashed(self.column)
            && (class || table)
            && root != "this"
            && !self.unit.definitions.contains_key(root)
            && !self.unit.parameters.contains_key(root)
    }

    /// A computation over the amount read before.
    fn derived(&self, value: &Node<'a>, depth: usize) -> Option<(Direction, Option<Span>)> {
        if depth > DEPTH_MAX {
            return None;
        }
        match &value.kind {
            // `available = quantity - reserved` follows from what was changed before.
            Kind::Binary("-", left, right) if self.is_balance(left, right) => None,
            Kind::Binary(operator @ ("-" | "+"), left, right) => {
                let base = if *operator == "-" { Direction::Down } else { Direction::Up };
                if let Some(read) = self.reads(left, depth) {
                    return Some((sign(right, base), read));
                }
                if *operator == "+"
                    && let Some(read) = self.reads(right, depth)
                {
                    return Some((sign(left, base), read));
                }
                self.derived(left, depth + 1).or_else(|| self.derived(right, depth + 1))
            }
            Kind::Name(name) => self.derived_name(name, value, depth),
            // `left = row.stock -= n`.
            Kind::Assign(target, operator @ ("-=" | "+="), step) => {
                let base = if *operator == "-=" { Direction::Down } else { Direction::Up };
                self.reads(target, depth + 1).map(|read| (sign(step, base), read))
            }
            Kind::Call(callee, arguments) => {
                if let Kind::Member(object, name) = &callee.kind {
                    if let Some(direction) = arithmetic(&squashed(name))
                        && let Some(read) = self.reads(object, depth)
                    {
                        return Some((direction, read));
                    }
                    if let Some(found) = self.derived(object, depth + 1) {
                        return Some(found);
                    }
                }
                arguments.iter().find_map(|argument| self.derived(argument, depth + 1))
            }
            Kind::New(_, parts) | Kind::Text(_, parts) | Kind::List(parts) => {
                parts.iter().find_map(|part| self.derived(part, depth + 1))
            }
            // The blocks of a `match` and its arms lead no further away from the value.
            Kind::Other(parts) => parts.iter().find_map(|part| self.derived(part, depth)),
            Kind::Pair(_, value) => self.derived(value, depth + 1),
            Kind::Branch(_, rest) => rest.iter().find_map(|part| self.derived(part, depth + 1)),
            Kind::Member(object, "value") => self.derived(object, depth + 1),
            // `Set(x)`-like wrappers and closures over the amount: `prev => prev - 1` is not a read of the database.
            _ => None,
        }
    }

    /// What is left of another column of the same thing when what is held or gone is taken away.
    fn is_balance(&self, left: &Node<'a>, right: &Node<'a>) -> bool {
        let (Some((of, whole)), Some((from, part))) = (column_of(left), column_of(right)) else {
            return false;
        };
        let same = of.name().is_some() && of.name() == from.name();
        let gone = super::write::is_hold(part) || super::names::is_taken(part);
        same && gone && squashed(whole) != squashed(self.column)
    }

    fn derived_name(&self, name: &str, value: &Node<'a>, depth: usize) -> Option<(Direction, Option<Span>)> {
        let definition = self.unit.definition(name, value.span.start)?;
        let read = || self.reads(definition.value, depth + 1).or_else(|| self.reads(value, depth + 1));
        for assignment in &self.unit.assignments {
            let stepped =
                matches!(assignment.operator, "-=" | "+=") && assignment.target.name() == Some(name);
            if stepped
                && assignment.span.start < value.span.start
                && let Some(read) = read()
            {
                let base = if assignment.operator == "-=" { Direction::Down } else { Direction::Up };
                return Some((sign(assignment.value, base), read));
            }
        }
        if definition.part || definition.element || definition.value.span.start == value.span.start {
            return None;
        }
        self.derived(definition.value, depth + 1).or_else(|| {
            // `left = stock + n; if (left > all) left = all`: on the other way it is what it was before.
            let inside = |span: &Span, place: usize| span.start <= place && place < span.end;
            let at = definition.at;
            let apart = self.unit.arms.iter().any(|arm| inside(arm, at) && !inside(arm, value.span.start));
            let before = self.unit.definitions.get(name)?.iter().rev().find(|other| other.at < at)?;
            let before = Some(before).filter(|before| apart && !before.part && !before.element)?;
            self.derived(before.value, depth + 1)
        })
    }

    /// Whether a node is the stored amount as the program read it; gives where it was loaded.
    #[expect(
        clippy::option_option,
        reason = "the outer says whether it reads, the inner whether the place is known"
    )]
    fn reads(&self, node: &Node<'a>, depth: usize) -> Option<Option<Span>> {
        if depth > DEPTH_MAX {
            return None;
        }
        if let Some((object, column)) = column_of(node) {
            let owner = self.unit.owner(object);
            if owner.origin == Origin::Request
                || is_request(object.root().name())
                    && owner.origin != Origin::Loaded
                    && !object.root().name().is_some_and(|name| self.unit.is_stored_event(name))
            {
                return None;
            }
            let same = squashed(column) == squashed(self.column);
            if same || self.names.meaning(&owner.entity, column).is_some() {
                return Some(owner.load.or(Some(object.span)));
            }
        }
        match &node.kind {
            Kind::Name(name) => self.reads_name(name, node, depth),
            Kind::Index(object, key) if !matches!(key.kind, Kind::Text(..)) => {
                self.fetched(object).or_else(|| self.mapped(object))
            }
            // The first part of a row that was read as a tuple.
            Kind::Member(object, "0") => self.reads(object, depth + 1),
            Kind::Call(callee, arguments) => match (&callee.kind, arguments.as_slice()) {
                (Kind::Name(name), arguments)
                    if name.starts_with("get")
                        && arguments
                            .iter()
                            .any(|argument| argument.text().is_some_and(|text| self.is_own(text))) =>
                {
                    Some(Some(node.span))
                }
                (_, [_, ..])
                    if super::owner::asked_column(callee).is_some_and(|column| {
                        self.names.is_strong(column) && self.names.is_strong(self.column)
                    }) =>
                {
                    Some(Some(node.span))
                }
                (Kind::Name(_), [argument]) => self.reads(argument, depth + 1),
                (Kind::Member(object, name), []) if *name != "length" && !name.starts_with("get") => {
                    self.reads(object, depth + 1)
                }
                (Kind::Member(object, "get"), [_]) if self.mapped(object).is_some() => self.mapped(object),
                (Kind::Member(_, "getInt" | "GetInt32" | "getLong" | "get" | "getInteger"), [argument]) => {
                    let selected =
                        argument.text().is_some_and(|text| squashed(text) == squashed(self.column))
                            || matches!(argument.kind, Kind::Number(_)) && self.is_selected();
                    selected.then_some(Some(node.span))
                }
                (Kind::Member(object, _), [argument]) => {
                    self.reads(argument, depth + 1).or_else(|| self.reads(object, depth + 1))
                }
                (Kind::Member(..), [first, _]) => self.reads(first, depth + 1),
                _ => None,
            },
            Kind::Binary("||" | "??" | "or" | "&&" | "?:" | "-" | "+", left, _) => {
                self.reads(left, depth + 1)
            }
            Kind::Other(items) => items.iter().find_map(|item| self.reads(item, depth + 1)),
            Kind::Branch(_, rest) => rest.iter().find_map(|part| self.reads(part, depth + 1)),
            _ => None,
        }
    }

    #[expect(
        clippy::option_option,
        reason = "the outer says whether it reads, the inner whether the place is known"
    )]
    fn reads_name(&self, name: &str, node: &Node<'a>, depth: usize) -> Option<Option<Span>> {
        let same = squashed(name) == squashed(self.column);
        let Some(definition) = self.unit.definition(name, node.span.start) else {
            // A field of the object whose method this is, written without `this`.
            let own_field = same && self.unit.class.is_some() && !self.unit.parameters.contains_key(name);
            return own_field.then_some(None);
        };
        if definition.value.span.start == node.span.start {
            return None;
        }
        let value = definition.value;
        if definition.part {
            let root = value.root().name();
            let matters = same || self.names.may_matter(name) && !is_request(root);
            return (matters && !is_request(root)).then_some(Some(value.span));
        }
        if let Some(read) = self.reads(value, depth + 1) {
            return Some(read);
        }
        // `const { stock } = rows[0]`: a column of a row that was loaded.
        let owner = self.unit.owner(value);
        if same && owner.origin == Origin::Loaded && !is_request(value.root().name()) {
            return Some(owner.load.or(Some(value.span)));
        }
        // A number scanned from a SELECT of the column.
        let called = |node: &Node<'_>| matches!(node.kind, Kind::Call(..));
        (self.is_selected() && value.any(&called)).then_some(Some(value.span))
    }

    /// `new Map(rows.map(p => [p.id, p.stock]))`: the amounts of many rows, each under its key.
    #[expect(
        clippy::option_option,
        reason = "the outer says whether it reads, the inner whether the place is known"
    )]
    fn mapped(&self, object: &Node<'a>) -> Option<Option<Span>> {
        let definition = self.unit.definition(object.name()?, object.span.start)?;
        let made = matches!(definition.value.kind, Kind::New(..) | Kind::List(_) | Kind::Other(_));
        let amount = |node: &Node<'a>| {
            column_of(node).is_some_and(|(_, name)| self.is_own(name) && self.names.is_strong(name))
        };
        (made && !definition.part && definition.value.any(&amount)).then_some(Some(definition.value.span))
    }

    fn is_selected(&self) -> bool {
        self.selected.iter().any(|column| squashed(column) == squashed(self.column) || column == "*")
    }

    #[expect(
        clippy::option_option,
        reason = "the outer says whether it reads, the inner whether the place is known"
    )]
    fn fetched(&self, object: &Node<'a>) -> Option<Option<Span>> {
        if !self.is_selected() {
            return None;
        }
        let name = object.root().name()?;
        let definition = self.unit.definition(name, object.span.start)?;
        Chain::of(definition.value, true).map(|chain| Some(chain.span))
    }
}

/// Methods that stand for an operator.
fn arithmetic(name: &str) -> Option<Direction> {
    match name {
        "subtract" | "minus" | "sub" | "checkedsub" | "saturatingsub" => Some(Direction::Down),
        "plus" | "add" | "checkedadd" | "saturatingadd" => Some(Direction::Up),
        _ => None,
    }
}

fn is_request(name: Option<&str>) -> bool {
    name.is_some_and(|name| REQUESTS.contains(&squashed(name).as_str()))
}

/// The direction of adding or taking `value`: a negative value turns it around, an unknown change has none.
pub(crate) fn sign(value: &Node<'_>, base: Direction) -> Direction {
    let turned = match base {
        Direction::Down => Direction::Up,
        Direction::Up => Direction::Down,
        Direction::Unknown => Direction::Unknown,
    };
    match &value.kind {
        Kind::Minus(_) => turned,
        Kind::Number(text) if text.starts_with('-') => turned,
        Kind::Binary("*", left, right) => {
            let negative = |node: &Node<'_>| sign(node, base) == turned && turned != base;
            if negative(left) || negative(right) { turned } else { base }
        }
        Kind::Name(name) | Kind::Member(_, name) => {
            let squashed = squashed(name);
            let signed = ["change", "delta", "diff", "adjust", "movement", "difference"];
            if signed.iter().any(|word| squashed.contains(word)) { Direction::Unknown } else { base }
        }
        _ => base,
    }
}
