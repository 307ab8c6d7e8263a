//! The units a file falls into (functions, methods, route handlers, the module itself) and what each contains:
//! definitions of names, chains of calls, assignments and strings, in the order of the source.
//! Closures that only shape the flow (callbacks of loops, transactions, promises) belong to the unit around them.

use super::chain::Chain;
use super::lower::Declared;
use super::names::squashed;
use super::tree::{Class, Function, Kind, Node, Span};
use std::collections::HashMap;

/// Calls whose closure argument runs in the middle of the caller's work.
const INLINE: &[&str] = &[
    "foreach",
    "map",
    "each",
    "eachwithindex",
    "findeach",
    "filter",
    "reduce",
    "some",
    "every",
    "find",
    "then",
    "catch",
    "finally",
    "transaction",
    "transact",
    "withtransaction",
    "runtransaction",
    "withintransaction",
    "intransaction",
    "atomic",
    "withlock",
    "lock",
    "all",
    "allsettled",
    "settimeout",
    "run",
    "execute",
    "executeasync",
    "retry",
    "withretry",
    "tap",
    "flatmap",
    "stream",
    "ifpresent",
    "orelsethrow",
    "block",
    "get",
    "setproperty",
    "executeupdate",
    "executeupdateasync",
    "where",
    "any",
    "first",
    "firstordefault",
    "select",
    "update",
    "runintransaction",
    "selectforupdate",
    "set",
    "chunk",
    "use",
    "withisolationlevel",
    "synchronize",
    "begin",
    "doinTransaction",
    "executewithoutresult",
    "async",
    "spawn",
    "fold",
    "andthen",
    "maperr",
    "ok",
    "try",
    "call",
    "startactivespan",
    "serializable",
    "txn",
    "trasaction",
    "wrapintransaction",
    "transactional",
    "usingtransaction",
];

/// A definition of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Definition<'t, 'a> {
    pub(crate) value: &'t Node<'a>,
    pub(crate) at: usize,
    /// The name stands for one element of the value.
    pub(crate) element: bool,
    /// The name is one part of the value taken apart.
    pub(crate) part: bool,
}

/// An assignment to something other than a plain new name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assignment<'t, 'a> {
    pub(crate) target: &'t Node<'a>,
    pub(crate) operator: &'a str,
    pub(crate) value: &'t Node<'a>,
    pub(crate) span: Span,
}

/// A function or what stands for one.
#[derive(Debug, Default)]
pub(crate) struct Unit<'t, 'a> {
    pub(crate) name: &'a str,
    pub(crate) class: Option<&'t Class<'a>>,
    pub(crate) function: Option<&'t Function<'a>>,
    pub(crate) definitions: HashMap<&'a str, Vec<Definition<'t, 'a>>>,
    pub(crate) parameters: HashMap<&'a str, &'a str>,
    /// Types of variables as written.
    pub(crate) locals: HashMap<&'a str, &'a str>,
    pub(crate) chains: Vec<Chain<'t, 'a>>,
    pub(crate) assignments: Vec<Assignment<'t, 'a>>,
    /// Comparisons and other conditions.
    pub(crate) conditions: Vec<&'t Node<'a>>,
    /// Everything that a condition or an opened resource rules over, with the condition.
    pub(crate) blocks: Vec<(&'t Node<'a>, Span)>,
    /// The ways that a condition parts: what is done if it holds, what is done else.
    pub(crate) arms: Vec<Span>,
    /// Strings that are not part of another string, with the chain they are an argument of.
    pub(crate) texts: Vec<(&'t Node<'a>, Option<usize>)>,
    pub(crate) returns: Vec<&'t Node<'a>>,
}

impl<'t, 'a> Unit<'t, 'a> {
    /// Where the function's statements stand.
    pub(crate) fn body(&self) -> Span {
        let body = self.function.map(|function| function.body.as_slice()).unwrap_or_default();
        match (body.first(), body.last()) {
            (Some(first), Some(last)) => Span { start: first.span.start, ..last.span },
            _ => Span::default(),
        }
    }

    /// The definition of `name` that holds at `position`: the last before it, else the first.
    /// In `product = product.clone()` the name on the right means the definition before.
    pub(crate) fn definition(&self, name: &str, position: usize) -> Option<Definition<'t, 'a>> {
        let all = self.definitions.get(name)?;
        let outside = |definition: &&Definition<'t, 'a>| {
            definition.element
                || !(definition.value.span.start..definition.value.span.end).contains(&position)
        };
        let before = all.iter().rev().filter(outside).find(|definition| definition.at < position);
        before.or(all.first().filter(outside)).copied()
    }
}

/// Splits a file into units.
pub(crate) fn units<'t, 'a>(root: &'t Node<'a>, declared: &[Declared<'a>]) -> Vec<Unit<'t, 'a>> {
    let mut splitter = Splitter { units: vec![Unit::default()] };
    splitter.node(root, Place { unit: 0, class: None, used: false, chain: None });
    let mut units = splitter.units;
    let bodies: Vec<Span> = units.iter().map(Unit::body).collect();
    for one in declared {
        let around = |body: &Span| body.start <= one.at.start && one.at.end <= body.end;
        let inner = (0..bodies.len())
            .filter(|index| around(&bodies[*index]))
            .min_by_key(|index| bodies[*index].end - bodies[*index].start);
        if let Some(unit) = inner {
            units[unit].locals.insert(one.name, one.declared_type);
        }
    }
    units
}

#[derive(Clone, Copy)]
struct Place<'t, 'a> {
    unit: usize,
    class: Option<&'t Class<'a>>,
    used: bool,
    chain: Option<usize>,
}

struct Splitter<'t, 'a> {
    units: Vec<Unit<'t, 'a>>,
}

impl<'t, 'a> Splitter<'t, 'a> {
    fn node(&mut self, node: &'t Node<'a>, place: Place<'t, 'a>) {
        let inner = Place { used: true, ..place };
        match &node.kind {
            Kind::Statement(expression) => self.node(expression, Place { used: false, ..place }),
            Kind::Function(function) => self.function(function, place, false),
            Kind::Class(class) => {
                for part in class.decorators.iter().chain(&class.body) {
                    self.node(part, Place { class: Some(class), ..inner });
                }
            }
            Kind::Call(..) | Kind::Member(..) | Kind::Index(..) => self.chain(node, place),
            Kind::Assign(target, operator, value) => self.assign(node, target, operator, value, place),
            Kind::Each(name, collection, body) => {
                self.define(name, collection, place.unit, node.span.start, true);
                self.node(collection, inner);
                self.node(body, place);
            }
            Kind::Branch(condition, rest) => {
                self.units[place.unit].conditions.push(condition);
                self.units[place.unit].blocks.push((condition, node.span));
                self.node(condition, inner);
                for part in rest {
                    self.units[place.unit].arms.push(part.span);
                    self.node(part, place);
                }
            }
            Kind::Text(_, parts) => {
                self.units[place.unit].texts.push((node, place.chain));
                for part in parts {
                    self.node(part, inner);
                }
            }
            Kind::Return(values) => {
                for value in values {
                    self.units[place.unit].returns.push(value);
                    self.node(value, inner);
                }
            }
            Kind::Other(children) => {
                for child in children {
                    self.node(child, place);
                }
            }
            Kind::Name(_) | Kind::Number(_) => {}
            // A list of statements that nothing takes is text for people.
            Kind::List(items) if items.len() > 1 && place.chain.is_none() && all_texts(items) => {}
            Kind::New(..) | Kind::Pair(..) | Kind::List(_) | Kind::Binary(..) | Kind::Minus(_) => {
                for child in node.children() {
                    self.node(child, inner);
                }
            }
        }
    }

    fn function(&mut self, function: &'t Function<'a>, place: Place<'t, 'a>, inline: bool) {
        let unit = if inline && place.unit != 0 {
            place.unit
        } else {
            self.units.push(Unit {
                name: function.name,
                class: place.class,
                function: Some(function),
                ..Unit::default()
            });
            self.units.len() - 1
        };
        for parameter in &function.parameters {
            self.units[unit].parameters.insert(parameter.name, parameter.declared_type);
        }
        for decorator in &function.decorators {
            self.node(decorator, Place { unit, used: true, ..place });
        }
        let single = function.body.len() == 1 && !matches!(function.body[0].kind, Kind::Statement(_));
        for statement in &function.body {
            // An arrow function's only expression, or a block's last value, is returned.
            self.node(statement, Place { unit, used: single || place.used, chain: None, ..place });
        }
    }

    fn chain(&mut self, node: &'t Node<'a>, place: Place<'t, 'a>) {
        let inner = Place { used: true, ..place };
        let Some(chain) = Chain::of(node, place.used) else {
            for child in node.children() {
                self.node(child, inner);
            }
            return;
        };
        let root = chain.root;
        let links = chain.links.clone();
        let unit = place.unit;
        let index = self.units[unit].chains.len();
        self.units[unit].chains.push(chain);
        if !matches!(root.kind, Kind::Name(_)) {
            self.node(root, inner);
        }
        for (position, link) in links.iter().enumerate() {
            let inline = INLINE.contains(&link.key.as_str());
            for argument in link.given() {
                match &argument.kind {
                    Kind::Function(function) => {
                        self.parameters_of_closure(function, &links[..position], node, place.unit);
                        let used = Place { chain: Some(index), used: false, ..place };
                        self.function(function, used, inline || place.unit != 0);
                    }
                    _ => self.node(argument, Place { chain: Some(index), ..inner }),
                }
            }
            self.output_arguments(link.given(), node, place.unit);
        }
    }

    /// `items.forEach(item => ...)`: the parameter is an element of the receiver.
    fn parameters_of_closure(
        &mut self,
        function: &'t Function<'a>,
        before: &[super::chain::Link<'t, 'a>],
        node: &'t Node<'a>,
        unit: usize,
    ) {
        let Some(first) = function.parameters.first() else { return };
        if before.is_empty() && Chain::of(node, true).is_none_or(|chain| chain.root.name().is_none()) {
            return;
        }
        let at = node.span.start;
        if let Some(collection) = receiver(node, before.len()) {
            let definition = Definition { value: collection, at, element: true, part: false };
            self.units[unit].definitions.entry(first.name).or_default().push(definition);
        }
    }

    /// Go's `First(&product, id)` and `Scan(&stock)`: the call defines what it is given by reference.
    fn output_arguments(&mut self, arguments: &'t [Node<'a>], node: &'t Node<'a>, unit: usize) {
        // GORM asks the result for its error at once: `db.First(&product, id).Error`.
        let node = match &node.kind {
            Kind::Member(call, "Error") => call,
            _ => node,
        };
        let Kind::Call(callee, _) = &node.kind else { return };
        let (Kind::Member(_, name) | Kind::Name(name)) = callee.kind else { return };
        // PHP's `$statement->bind_result($stock)`.
        let bound = squashed(name).ends_with("bindresult");
        let reads = [
            "first",
            "find",
            "take",
            "last",
            "scan",
            "get",
            "queryrow",
            "structscan",
            "select",
            "getcontext",
        ];
        let member = matches!(callee.kind, Kind::Member(..));
        let found =
            member && reads.contains(&squashed(name).as_str()) && name.starts_with(char::is_uppercase);
        if !found && !bound {
            return;
        }
        for argument in arguments {
            if let Kind::Name(name) = argument.kind {
                let definition = Definition { value: node, at: node.span.start, element: false, part: false };
                self.units[unit].definitions.entry(name).or_default().push(definition);
            }
        }
    }

    fn assign(
        &mut self,
        node: &'t Node<'a>,
        target: &'t Node<'a>,
        operator: &'a str,
        value: &'t Node<'a>,
        place: Place<'t, 'a>,
    ) {
        let inner = Place { used: true, ..place };
        if operator == "=" {
            self.define(target, value, place.unit, node.span.start, false);
        }
        self.units[place.unit].assignments.push(Assignment { target, operator, value, span: node.span });
        if let (Kind::Function(function), Kind::Name(name)) = (&value.kind, &target.kind) {
            self.function(function, inner, false);
            if let Some(unit) = self.units.last_mut().filter(|unit| unit.name.is_empty()) {
                unit.name = name;
            }
            return;
        }
        if !matches!(target.kind, Kind::Name(_)) {
            self.node(target, inner);
        }
        // Go's `_, err := ...` throws the first result away.
        let dropped = matches!(&target.kind, Kind::List(items) if items.first().and_then(Node::name) == Some("_"))
            || target.name() == Some("_");
        self.node(value, Place { used: !dropped, ..place });
    }

    fn define(&mut self, target: &'t Node<'a>, value: &'t Node<'a>, unit: usize, at: usize, element: bool) {
        let mut add = |name: &'a str, part: bool, value: &'t Node<'a>| {
            let definition = Definition { value, at, element, part };
            self.units[unit].definitions.entry(name).or_default().push(definition);
        };
        match &target.kind {
            Kind::Name(name) => add(name, false, value),
            Kind::List(items) => {
                let values = match &value.kind {
                    Kind::List(values) if values.len() == items.len() => Some(values),
                    _ => None,
                };
                for (index, item) in items.iter().enumerate() {
                    let whole = index == 0 && !matches!(item.kind, Kind::Pair(..));
                    let own = values.map_or(value, |values| &values[index]);
                    item.walk(&mut |part| {
                        if let Kind::Name(name) = part.kind {
                            add(name, !whole && values.is_none(), own);
                        }
                    });
                }
            }
            // Ruby's `order.total = sum` writes a field; it defines nothing.
            Kind::Call(callee, arguments)
                if arguments.is_empty() && matches!(callee.kind, Kind::Member(..)) => {}
            // `Some(product)`, `Ok(x)`, `mut x`: what is inside.
            Kind::Other(_) | Kind::Call(..) | Kind::New(..) => target.walk(&mut |part| {
                if let Kind::Name(name) = part.kind {
                    add(name, false, value);
                }
            }),
            _ => {}
        }
    }
}

fn all_texts(items: &[Node<'_>]) -> bool {
    items.iter().all(|item| matches!(item.kind, Kind::Text(..)))
}

/// The node on which the link at `index` is called.
fn receiver<'t, 'a>(node: &'t Node<'a>, index: usize) -> Option<&'t Node<'a>> {
    let mut links = Vec::new();
    let mut current = node;
    loop {
        current = match &current.kind {
            Kind::Call(callee, _) => match &callee.kind {
                Kind::Member(object, _) => {
                    links.push(object.as_ref());
                    object
                }
                _ => callee,
            },
            Kind::Member(object, _) | Kind::Index(object, _) => {
                links.push(object.as_ref());
                object
            }
            _ => break,
        };
    }
    links.reverse();
    links.get(index).copied()
}
