//! Money that a function reads, casts or computes as a binary fraction.
//! What is only shown, compared, sorted, or rounded at the border is left alone.

use super::Findings;
use super::arithmetic::is_hundred;
use super::number::{Number, Numbers, bare, is_float_call, last_name};
use super::subject::Subject;
use super::vocabulary::{is_bound, is_double, is_other, is_report, shows};
use crate::check::finding::Confidence;
use crate::check::language::Language;
use crate::check::lower::Lowered;
use crate::check::names::squashed;
use crate::check::tree::{Kind, Node, Span};
use std::collections::HashSet;

/// Calls that hand on what they are given.
const PASSES: &[&str] = &[
    "max",
    "min",
    "abs",
    "round",
    "some",
    "ok",
    "number",
    "floor",
    "ceil",
    "trunc",
    "parseint",
    "int",
    "intval",
    "int64",
    "long",
    "sum",
    "reduce",
    "fold",
    "map",
    "unwrapor",
    "float64",
    "valueof",
    "toprecision",
    "pow",
];
/// Calls that hand what they are given to somebody who looks at it.
const RESPONDS: &[&str] = &[
    "render",
    "json",
    "jsonify",
    "jsonresponse",
    "response",
    "rendertemplate",
    "tojson",
    "track",
    "logevent",
    "writerow",
    "writerows",
];
/// Calls whose closure only chooses.
const COMPARES: &[&str] =
    &["filter", "find", "findindex", "some", "every", "any", "all", "where", "select", "reject"];
/// Members that give what the thing before them holds.
const HOLDS: &[&str] = &["text", "value", "current", "val", "selectedvalue", "editvalue"];
pub(super) const ROUNDS: &[&str] = &["round", "floor", "ceil", "rint", "roundtoint", "tofixed"];

/// Where in the code a node stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'p> {
    /// The name that takes the value; empty if none does.
    pub(super) target: &'p str,
    /// Shown, compared or sorted.
    pub(super) quiet: bool,
    /// The target is a share, a count or the bound of a search.
    pub(super) other: bool,
    /// The next thing around rounds, or cuts to an integer.
    pub(super) rounded: bool,
    pub(super) cut: bool,
    /// A part of `round(x, 2)`: the result has a fraction.
    pub(super) rounds: bool,
    /// A part of `round(x * 100)`: made minor units at the border.
    pub(super) border: bool,
    /// A part of what a function gives to its caller as a map.
    pub(super) given: bool,
    /// What a function gives to its caller.
    pub(super) returned: bool,
    /// Part of arithmetic that was judged as a whole.
    pub(super) inside: bool,
    /// The value is added to its target.
    pub(super) added: bool,
}

pub(super) struct Flow<'f, 't, 'a, 'r> {
    pub(super) numbers: Numbers<'t, 'a>,
    pub(super) subject: Subject<'r>,
    pub(super) findings: &'f mut Findings,
    /// Functions that show that their money is units of a currency: it is multiplied by a hundred, or parsed.
    pub(super) units: HashSet<(usize, String)>,
    /// The functions of a page, and whether each is a component.
    pub(super) functions: Vec<(Span, bool)>,
}

/// Judges a file's functions.
pub(super) fn judge(lowered: &Lowered<'_>, subject: Subject<'_>, findings: &mut Findings) {
    let numbers = Numbers::of(lowered, subject);
    let mut flow = Flow { numbers, subject, findings, units: HashSet::new(), functions: Vec::new() };
    if subject.page {
        flow.functions = functions(&lowered.root);
    }
    if flow.is_script() {
        flow.currency_units(&lowered.root);
    }
    flow.node(&lowered.root, Place::default());
}

/// All functions of a page, and whether each is a component: by its capital.
fn functions(root: &Node<'_>) -> Vec<(Span, bool)> {
    let mut found = Vec::new();
    let mut named = HashSet::new();
    root.walk(&mut |node| match &node.kind {
        Kind::Assign(target, _, value)
            if target.name().is_some_and(|name| name.starts_with(char::is_uppercase)) =>
        {
            named.insert(value.span.start);
        }
        Kind::Function(function) => {
            let component = function.name.starts_with(char::is_uppercase) || named.contains(&node.span.start);
            found.push((node.span, component));
        }
        _ => {}
    });
    found
}

/// The function that has its name at a place.
pub(super) fn function_at(root: &Node<'_>, at: Span) -> Span {
    let mut found = at;
    root.walk(&mut |node| {
        if matches!(node.kind, Kind::Function(_)) && node.span.start <= at.start && at.end <= node.span.end {
            found = node.span;
        }
    });
    found
}

impl<'t, 'a> Flow<'_, 't, 'a, '_> {
    pub(super) fn is_script(&self) -> bool {
        matches!(self.numbers.language, Language::JavaScript | Language::TypeScript | Language::Tsx)
    }

    pub(super) fn is_money(&self, name: &str) -> bool {
        let bare = bare(name);
        self.subject.is_money(bare)
    }

    /// The money a node names itself: `price`, `item.price`, `row["price"]`, `order.getTotal()`.
    pub(super) fn money<'n>(&self, node: &'n Node<'a>) -> Option<&'n str> {
        let name = match &node.kind {
            // `txtPrice.Text`, `priceInput.value`.
            Kind::Member(object, name) if HOLDS.contains(&squashed(name).as_str()) => {
                return self.money(object);
            }
            Kind::Name(name) | Kind::Member(_, name) => *name,
            Kind::Index(object, key) => match &key.kind {
                Kind::Text(text, _) => text.as_ref(),
                Kind::Number(_) => return None,
                _ => return self.money(object),
            },
            Kind::Call(callee, arguments) => {
                let name = last_name(callee)?;
                // `request.form.get("price")`, `input('price')`, `params.fetch(:price)`.
                if let Some(text) = arguments.first().and_then(Node::text).filter(|text| self.is_money(text))
                {
                    return (arguments.len() < 3).then_some(text);
                }
                let passes = PASSES.contains(&squashed(name).as_str())
                    || matches!(
                        squashed(name).as_str(),
                        "str"
                            | "string"
                            | "tostring"
                            | "trim"
                            | "strip"
                            | "replace"
                            | "strreplace"
                            | "gettext"
                            | "unwrap"
                            | "clone"
                            | "tofixed"
                            | "toobject"
                            | "text"
                            | "format"
                    );
                if passes || is_float_call(callee, self.numbers.language) {
                    let object = match &callee.kind {
                        Kind::Member(object, _) => self.money(object),
                        _ => None,
                    };
                    return object.or_else(|| arguments.iter().find_map(|argument| self.money(argument)));
                }
                if arguments.is_empty() || matches!(bare(name), other if other != name) {
                    name
                } else {
                    return None;
                }
            }
            Kind::Binary("+" | "-" | "*" | "/" | "||" | "??" | "or" | "?:", left, right) => {
                return self.money(left).or_else(|| self.money(right));
            }
            Kind::Minus(inner) | Kind::Statement(inner) => return self.money(inner),
            Kind::Branch(_, arms) => return arms.iter().find_map(|arm| self.money(arm)),
            Kind::Other(items) if items.len() == 1 => return self.money(&items[0]),
            _ => return None,
        };
        (self.is_money(name) && !is_bound(name)).then_some(bare(name))
    }

    /// `+(amount * share).toFixed(2)` and `Number(..)` of it go on to be reckoned with.
    pub(super) fn is_number_again(&self, callee: &Node<'a>, place: Place<'_>) -> bool {
        let before = self.subject.reading.source.get(..callee.span.start).unwrap_or_default();
        let before = before.trim_end_matches(|c: char| c.is_whitespace() || c == '(');
        let signed = |rest: &str| rest.trim_end().ends_with(['=', '(', ':', ',', '?']);
        before.strip_suffix('+').is_some_and(signed)
            || before.ends_with("Number")
            || before.ends_with("parseFloat")
            || place.inside && before.ends_with('+')
    }

    fn node(&mut self, node: &'t Node<'a>, place: Place<'_>) {
        let fresh = Place { quiet: place.quiet, ..Place::default() };
        if !place.quiet && !place.other {
            self.conversion(node, place);
        }
        match &node.kind {
            Kind::Function(function) => {
                let quiet = place.quiet && function.name.is_empty()
                    || shows(function.name)
                    || is_report(function.name);
                for part in &function.body {
                    // A closure's only expression, or a block's last value, is what it gives.
                    let target = if function.name.is_empty() { place.target } else { function.name };
                    self.node(part, Place { target, quiet, given: place.given, ..fresh });
                }
            }
            Kind::Class(class) if is_double(class.name) => {}
            Kind::Class(class) => {
                for part in &class.body {
                    self.node(part, Place { quiet: false, ..fresh });
                }
            }
            Kind::Statement(inner) => self.node(inner, fresh),
            Kind::Assign(target, operator, value) => self.assign(node, target, operator, value, fresh),
            Kind::Pair(key, value) => {
                let name = key.text().or(key.name()).unwrap_or_default();
                let other = is_other(name) || is_bound(name);
                // Notes to a provider are for people.
                let quiet = place.quiet || matches!(name, "metadata" | "notes" | "properties");
                self.node(value, Place { target: name, quiet, other, given: place.given, ..fresh });
            }
            Kind::Return(values) => {
                for value in values {
                    let given = matches!(value.kind, Kind::List(_) | Kind::Other(_));
                    let other = is_other(place.target);
                    self.node(value, Place { target: place.target, other, given, returned: true, ..fresh });
                }
            }
            Kind::Branch(condition, arms) => {
                self.node(condition, Place { quiet: true, ..fresh });
                for arm in arms {
                    self.node(
                        arm,
                        Place { rounded: place.rounded, ..Place { target: place.target, ..fresh } },
                    );
                }
            }
            Kind::Binary(operator, left, right) => self.binary(node, operator, left, right, place),
            Kind::Call(callee, arguments) => self.call(callee, arguments, place),
            Kind::Text(_, parts) => {
                for part in parts {
                    self.node(part, Place { quiet: true, ..fresh });
                }
            }
            Kind::Index(object, key) => {
                self.node(object, fresh);
                self.node(key, Place { quiet: true, ..fresh });
            }
            Kind::Minus(inner) => self.node(inner, place),
            Kind::Member(object, _) => self.node(object, Place { target: place.target, ..fresh }),
            _ => {
                for child in node.children() {
                    self.node(child, Place { target: place.target, given: place.given, ..fresh });
                }
            }
        }
    }

    fn assign(
        &mut self,
        node: &'t Node<'a>,
        target: &'t Node<'a>,
        operator: &'a str,
        value: &'t Node<'a>,
        place: Place<'_>,
    ) {
        let first = match &target.kind {
            Kind::List(items) => items.first().unwrap_or(target),
            _ => target,
        };
        let name = match &first.kind {
            Kind::Name(name) | Kind::Member(_, name) => *name,
            Kind::Index(_, key) => key.text().unwrap_or_default(),
            _ => "",
        };
        let other = is_other(name) || is_bound(name);
        // `let mut total = 0.0`, to which something is added.
        let zero = matches!(&value.kind, Kind::Number(_)) && self.numbers.value(value, 0) == Number::Float;
        if operator == "=" && zero && !place.quiet && !other && !self.is_script() && first.name().is_some() {
            let summed = self.numbers.is_sum(name, node.span.start);
            if summed && self.is_money(name) {
                self.findings.computed(name, node.span, Confidence::High, "is summed in a binary fraction");
            }
        }
        let added = operator != "=";
        self.node(value, Place { target: name, other, added, ..place });
    }

    fn binary(
        &mut self,
        node: &'t Node<'a>,
        operator: &'a str,
        left: &'t Node<'a>,
        right: &'t Node<'a>,
        place: Place<'_>,
    ) {
        let reckons = matches!(operator, "+" | "-" | "*" | "/");
        let passes = reckons || matches!(operator, "??" | "||" | "or" | "?:");
        if reckons && !place.quiet && !place.other && !place.inside {
            self.arithmetic(node, place);
        }
        // The share that one sum has of another is no money.
        let ratio = operator == "/" && self.money(right).is_some();
        let quiet = place.quiet || !passes || ratio;
        let inside = place.inside || reckons;
        for side in [left, right] {
            let border = place.rounded && operator == "*" && (is_hundred(left) || is_hundred(right));
            let place = Place { quiet, inside, border, rounded: false, cut: false, ..place };
            self.node(side, place);
        }
    }

    fn call(&mut self, callee: &'t Node<'a>, arguments: &'t [Node<'a>], place: Place<'_>) {
        let name = last_name(callee).unwrap_or_default();
        let key = squashed(name);
        let fresh = Place { quiet: place.quiet, ..Place::default() };
        let shown = shows(name)
            || matches!(
                key.as_str(),
                "tofixed" | "tolocalestring" | "numberformat" | "isnan" | "sortby" | "tobe" | "append"
            )
            || RESPONDS.contains(&key.as_str())
            || matches!(&callee.kind, Kind::Member(object, _) if object.root().name().is_some_and(shows));
        let setter = ["set", "with", "add"].iter().find_map(|before| {
            name.strip_prefix(before).filter(|rest| rest.starts_with(|c: char| c.is_uppercase() || c == '_'))
        });
        let passes = PASSES.contains(&key.as_str()) || is_float_call(callee, self.numbers.language);
        let rounds = key == "round" && arguments.len() > 1 || passes && place.rounds;
        let digits = arguments.first().is_some_and(|one| !matches!(one.kind, Kind::Number("0")));
        let rounded = ROUNDS.contains(&key.as_str()) && arguments.len() < 2 && !(key == "tofixed" && digits);
        // Go converts by the name of a type; `stripe.Int64(..)` takes an integer.
        let plain = self.numbers.language != Language::Go || matches!(callee.kind, Kind::Name(_));
        let cut = plain
            && matches!(
                key.as_str(),
                "int"
                    | "intval"
                    | "int64"
                    | "parseint"
                    | "trunc"
                    | "toint"
                    | "toi"
                    | "int32"
                    | "toint32"
                    | "toint64"
            );
        self.special(name, arguments, place);
        if let Kind::Member(object, _) = &callee.kind {
            let quiet = place.quiet
                || matches!(key.as_str(), "tolocalestring" | "tostring")
                || key == "tofixed" && !self.is_number_again(callee, place);
            let passed = Place { target: place.target, other: place.other, ..fresh };
            let again = key == "tofixed" && !quiet;
            self.node(object, Place { quiet, rounded, cut, rounds: rounds || again, ..passed });
        }
        // `parameters.AddWithValue("@Price", ..)`, `bindValue(':price', ..)`.
        let keyed =
            arguments.first().and_then(Node::text).filter(|text| arguments.len() == 2 && self.is_money(text));
        for argument in arguments {
            let target = match setter {
                _ if keyed.is_some() => keyed.unwrap_or_default(),
                Some(of) => of,
                None if passes => place.target,
                None => "",
            };
            let quiet = place.quiet || shown || COMPARES.contains(&key.as_str());
            let other = is_other(target) || passes && place.other;
            let inside = passes && place.inside;
            let given = place.returned && key == "map" && matches!(argument.kind, Kind::Function(_));
            self.node(argument, Place { target, quiet, other, rounded, cut, rounds, inside, given, ..fresh });
        }
    }

    pub(super) fn function_name(&self, at: usize) -> String {
        let span = self.numbers.function(at);
        let head =
            self.subject.reading.source.get(span.start..span.end.min(span.start + 160)).unwrap_or_default();
        head.split('(').next().unwrap_or_default().to_owned()
    }
}

/// Names of functions whose result is for others to look at.
pub(super) fn shows_whole(head: &str) -> bool {
    let name = squashed(
        head.rsplit(|c: char| c.is_whitespace() || matches!(c, '.' | ':')).next().unwrap_or_default(),
    );
    ["todict", "tojson", "serialize", "asdict", "jsonserialize", "toarray", "torepresentation", "asjson"]
        .contains(&name.as_str())
}

/// Whether something in a node says that its number is no money: hours, pieces, shares.
pub(super) fn names_other(node: &Node<'_>) -> bool {
    node.any(&|part| match &part.kind {
        Kind::Name(name) | Kind::Member(_, name) => is_other(name),
        Kind::Text(text, _) => is_other(text),
        _ => false,
    })
}
