//! Money that a function reads, casts or computes as a binary fraction.
//! What is only shown, compared, sorted, or rounded at the border is left alone.

use super::Findings;
use super::number::{Number, Numbers, bare, is_float_call, last_name};
use super::vocabulary::{Subject, is_bound, is_minor, is_other, is_report, shows};
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
    "capture",
    "view",
    "writerow",
    "writerows",
];
/// Members that give what the thing before them holds.
const HOLDS: &[&str] = &["text", "value", "current", "val", "selectedvalue", "editvalue"];
const ROUNDS: &[&str] = &["round", "floor", "ceil", "rint", "roundtoint", "tofixed"];

/// Where in the code a node stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place<'p> {
    /// The name that takes the value; empty if none does.
    target: &'p str,
    /// Shown, compared or sorted.
    quiet: bool,
    /// The target is a share, a count or the bound of a search.
    other: bool,
    /// The next thing around rounds, or cuts to an integer.
    rounded: bool,
    cut: bool,
    /// A part of what a function gives to its caller as a map.
    given: bool,
    /// Part of arithmetic that was judged as a whole.
    inside: bool,
    /// The value is added to its target.
    added: bool,
}

struct Flow<'f, 't, 'a, 'r> {
    numbers: Numbers<'t, 'a>,
    subject: Subject<'r>,
    findings: &'f mut Findings,
    /// Functions that show that their money is units of a currency: it is multiplied by a hundred, or parsed.
    units: HashSet<usize>,
}

/// Judges a file's functions.
pub(super) fn judge(lowered: &Lowered<'_>, subject: Subject<'_>, findings: &mut Findings) {
    let numbers = Numbers::of(lowered, subject);
    let mut flow = Flow { numbers, subject, findings, units: HashSet::new() };
    if flow.is_script() {
        flow.currency_units(&lowered.root);
    }
    flow.node(&lowered.root, Place::default());
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
    fn is_script(&self) -> bool {
        matches!(self.numbers.language, Language::JavaScript | Language::TypeScript | Language::Tsx)
    }

    fn is_money(&self, name: &str) -> bool {
        let bare = bare(name);
        self.subject.is_money(bare)
    }

    /// The money a node names itself: `price`, `item.price`, `row["price"]`, `order.getTotal()`.
    fn money<'n>(&self, node: &'n Node<'a>) -> Option<&'n str> {
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

    /// Functions whose money is shown to be units of a currency.
    fn currency_units(&mut self, root: &Node<'a>) {
        let mut found = Vec::new();
        root.walk(&mut |node| {
            let shown = match &node.kind {
                Kind::Binary("*", left, right) => {
                    is_hundred(right) && self.money(left).is_some() && !has_operator(left, &["/"])
                        || is_hundred(left) && self.money(right).is_some() && !has_operator(right, &["/"])
                }
                Kind::Call(callee, arguments) if is_float_call(callee, self.numbers.language) => {
                    arguments.first().is_some_and(|argument| self.money(argument).is_some())
                }
                Kind::Call(callee, _) if last_name(callee) == Some("toFixed") => {
                    self.is_number_again(callee, Place::default())
                }
                _ => false,
            };
            if shown {
                found.push(self.numbers.function(node.span.start).start);
            }
        });
        self.units.extend(found);
    }

    /// `+(amount * share).toFixed(2)` and `Number(..)` of it go on to be reckoned with.
    fn is_number_again(&self, callee: &Node<'a>, place: Place<'_>) -> bool {
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
                    self.node(part, Place { target, quiet, ..fresh });
                }
            }
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
                self.node(value, Place { target: name, other, given: place.given, ..fresh });
            }
            Kind::Return(values) => {
                for value in values {
                    let given = matches!(value.kind, Kind::List(_));
                    self.node(value, Place { target: place.target, given, ..fresh });
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
        let ratio = operator == "/" && self.money(right).is_some() && self.money(left).is_some();
        let quiet = place.quiet || !passes || ratio;
        let inside = place.inside || reckons;
        for side in [left, right] {
            let place = Place { quiet, inside, rounded: false, cut: false, ..place };
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
        let rounded = ROUNDS.contains(&key.as_str()) && arguments.len() < 2;
        let cut = matches!(
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
            self.node(object, Place { quiet, rounded: rounded && key != "tofixed", cut, ..passed });
        }
        // `parameters.AddWithValue("@Price", ..)`, `bindValue(':price', ..)`.
        let keyed =
            arguments.first().and_then(Node::text).filter(|text| arguments.len() > 1 && self.is_money(text));
        for argument in arguments {
            let target = match setter {
                _ if keyed.is_some() => keyed.unwrap_or_default(),
                Some(of) => of,
                None if passes => place.target,
                None => "",
            };
            let quiet = place.quiet || shown;
            let other = is_other(target) || passes && place.other;
            let inside = passes && place.inside;
            self.node(argument, Place { target, quiet, other, rounded, cut, inside, ..fresh });
        }
    }

    /// Calls that say by a letter or their own name that what they take is a binary fraction.
    fn special(&mut self, name: &str, arguments: &'t [Node<'a>], place: Place<'_>) {
        let at = |index: usize| arguments.get(index);
        match name {
            // JDBC: `statement.setDouble(3, item.getPrice())`.
            "setDouble" | "setFloat" => {
                if let Some(name) = at(1).and_then(|value| self.money(value))
                    && let Some(value) = at(1)
                {
                    self.findings.computed(
                        name,
                        value.span,
                        Confidence::High,
                        "is stored as a binary fraction",
                    );
                }
            }
            "mapToDouble" | "summingDouble" if !place.quiet => {
                let mut found = None;
                for argument in arguments {
                    argument.walk(&mut |part| {
                        if let Kind::Name(name) | Kind::Member(_, name) = part.kind
                            && self.is_money(name)
                        {
                            found.get_or_insert((bare(name), argument.span));
                        }
                    });
                }
                if let Some((name, at)) = found {
                    self.findings.computed(name, at, Confidence::High, "is summed in binary fractions");
                }
            }
            // mysqli: `$statement->bind_param("iid", $id, $count, $price)`.
            "bind_param" | "mysqli_stmt_bind_param" => {
                let types = arguments.iter().position(|argument| argument.text().is_some());
                let Some((types, text)) =
                    types.and_then(|index| Some((index, at(index)?.text()?.to_owned())))
                else {
                    return;
                };
                for (offset, _) in text.char_indices().filter(|(_, letter)| *letter == 'd') {
                    if let Some(value) = at(types + 1 + offset)
                        && let Some(name) = self.money(value)
                        && self.numbers.value(value, 0) != Number::Float
                    {
                        self.findings.computed(name, value.span, Confidence::High, "is bound as a double");
                        return;
                    }
                }
            }
            _ => {}
        }
    }

    /// `parseFloat(price)`, `(float) $row['price']`, `price = float(text)`.
    fn conversion(&mut self, node: &Node<'a>, place: Place<'_>) {
        let language = self.numbers.language;
        let cast = self.numbers.cast(node);
        let cast = cast.is_some_and(|cast| super::is_float(cast, language));
        let (called, own) = match &node.kind {
            Kind::Call(callee, arguments) => {
                let typed = matches!(callee.kind, Kind::Member(..))
                    && self.numbers.cast(callee).is_some_and(|cast| super::is_float(cast, language))
                    && last_name(callee) == Some("parse");
                let object = match &callee.kind {
                    Kind::Member(object, _) => self.money(object),
                    _ => None,
                };
                let given = || arguments.iter().find_map(|argument| self.money(argument));
                let text = || arguments.first().and_then(Node::text).filter(|text| self.is_money(text));
                (typed || is_float_call(callee, language), text().or_else(given).or(object))
            }
            _ => (false, None),
        };
        // `return {"price": float(product.price)}` is for others to read.
        if !(cast || called) || place.given {
            return;
        }
        let own = own.or_else(|| self.money(node)).filter(|_| !(place.inside && language == Language::Go));
        let target =
            Some(bare(place.target)).filter(|target| self.is_money(target) && !place.inside && !place.added);
        let Some(name) = target.or(own) else { return };
        if own.is_none() && names_other(node) {
            return;
        }
        if is_minor(name) || own.is_some_and(is_minor) || self.is_go_cents(node, place) {
            return;
        }
        // What a serializer gives to others is shown.
        let function = self.function_name(node.span.start);
        if shows_whole(&function) {
            return;
        }
        let name = name.to_owned();
        self.findings.computed(&name, node.span, Confidence::High, "is made a binary fraction");
    }

    /// Go and Rust convert integers of cents to floats to show them; only arithmetic tells more.
    fn is_go_cents(&self, node: &Node<'a>, place: Place<'_>) -> bool {
        let plain = match self.numbers.language {
            Language::Go => {
                matches!(&node.kind, Kind::Call(callee, _) if matches!(callee.kind, Kind::Name(_)))
            }
            Language::Rust => {
                !matches!(&node.kind, Kind::Call(callee, _) if last_name(callee) == Some("parse"))
            }
            _ => false,
        };
        plain && place.inside
    }

    fn function_name(&self, at: usize) -> String {
        let span = self.numbers.function(at);
        let head =
            self.subject.reading.source.get(span.start..span.end.min(span.start + 160)).unwrap_or_default();
        head.split('(').next().unwrap_or_default().to_owned()
    }

    /// A whole of `+`, `-`, `*` and `/`.
    fn arithmetic(&mut self, node: &'t Node<'a>, place: Place<'_>) {
        let Kind::Binary(operator, left, right) = &node.kind else { return };
        let money =
            self.money(node).or_else(|| Some(bare(place.target)).filter(|target| self.is_money(target)));
        let Some(name) = money.map(str::to_owned) else { return };
        if self.money(node).is_none() && names_other(node) {
            return;
        }
        // The share that one sum has of another, and what is given in minor units and divided to be shown.
        let hundred = is_hundred(right) || is_hundred(left);
        if *operator == "/"
            && (self.money(right).is_some() || is_hundred(right) && !has_operator(left, &["*", "+", "-"]))
        {
            return;
        }
        let value = self.numbers.value(node, 0);
        if value == Number::Exact || is_minor(&name) || shows_whole(&self.function_name(node.span.start)) {
            return;
        }
        if *operator == "*" && hundred {
            self.times_hundred(node, left, right, &name, value, place);
            return;
        }
        let plain = self.is_script() || self.numbers.language == Language::Php;
        if plain && place.rounded && !has_hundredth(self.subject.reading.source, node) {
            return;
        }
        let multiplies = has_operator(node, &["*", "/"]);
        let float = value == Number::Float
            || self.percent_of_money(node) && !place.rounded
            || self.is_script() && self.in_units(node)
            || self.target_is_float(node, place) && multiplies;
        if float && (multiplies || !place.added && self.is_money(place.target)) {
            self.findings.computed(&name, node.span, Confidence::High, "is reckoned in binary fractions");
        }
    }

    fn in_units(&self, node: &Node<'a>) -> bool {
        let rounded = node.any(&|part| {
            let callee = match &part.kind {
                Kind::Call(callee, _) => last_name(callee),
                _ => None,
            };
            callee.is_some_and(|name| ROUNDS.contains(&squashed(name).as_str()))
        });
        !rounded && self.units.contains(&self.numbers.function(node.span.start).start)
    }

    /// `total += price * count` where `total` is a binary fraction.
    fn target_is_float(&self, node: &Node<'a>, place: Place<'_>) -> bool {
        let typed = matches!(
            self.numbers.language,
            Language::Go | Language::Rust | Language::Java | Language::CSharp
        );
        typed && place.added && self.numbers.is_float(place.target, node.span.start)
    }

    /// `(total * percent) / 100`, `total * (rate / 100)`: a fraction of money where numbers have no other type for it.
    fn percent_of_money(&self, node: &Node<'a>) -> bool {
        let language = self.numbers.language;
        let script = self.is_script() || language == Language::Php;
        script
            && has_operator(node, &["*"])
            && node.any(&|part| matches!(&part.kind, Kind::Binary("/", _, right) if is_hundred(right)))
    }

    /// Units of a currency made minor units through a fraction that nobody rounds.
    fn times_hundred(
        &mut self,
        node: &Node<'a>,
        left: &Node<'a>,
        right: &Node<'a>,
        name: &str,
        value: Number,
        place: Place<'_>,
    ) {
        if place.rounded || has_operator(left, &["/"]) || has_operator(right, &["/"]) {
            return;
        }
        let cut = place.cut || self.numbers.cast(node).is_some();
        let own = self.money(left).or_else(|| self.money(right)).is_some();
        let source = self.subject.reading.source;
        let told = match self.numbers.language {
            Language::Php => own || place.target.eq_ignore_ascii_case("amount"),
            Language::JavaScript | Language::TypeScript | Language::Tsx => own,
            Language::Java | Language::Go | Language::Rust => cut && own,
            Language::Python => cut && own && !source.contains("ecimal") && !source.contains("django"),
            _ => false,
        };
        if value == Number::Float && (cut || own) || told {
            self.findings.computed(
                name,
                node.span,
                Confidence::High,
                "becomes minor units through a binary fraction",
            );
        }
    }
}

/// Names of functions whose result is for others to look at.
fn shows_whole(head: &str) -> bool {
    let name = squashed(
        head.rsplit(|c: char| c.is_whitespace() || matches!(c, '.' | ':')).next().unwrap_or_default(),
    );
    ["todict", "tojson", "serialize", "asdict", "jsonserialize", "toarray", "torepresentation", "asjson"]
        .contains(&name.as_str())
}

/// Whether something in a node says that its number is no money: hours, pieces, shares.
fn names_other(node: &Node<'_>) -> bool {
    node.any(&|part| match &part.kind {
        Kind::Name(name) | Kind::Member(_, name) => is_other(name),
        Kind::Text(text, _) => is_other(text),
        _ => false,
    })
}

fn is_hundred(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Number(text) if matches!(*text, "100" | "100.0" | "100.00" | "100.0f64" | "100d" | "100_f64"))
}

/// Whether a whole has one of these operators outside of calls.
fn has_operator(node: &Node<'_>, operators: &[&str]) -> bool {
    match &node.kind {
        Kind::Binary(operator, left, right) => {
            operators.contains(operator) || has_operator(left, operators) || has_operator(right, operators)
        }
        Kind::Minus(inner) => has_operator(inner, operators),
        Kind::Other(items) if items.len() == 1 => has_operator(&items[0], operators),
        _ => false,
    }
}

/// `Math.round(x * 100) / 100` keeps a fraction.
fn has_hundredth(source: &str, node: &Node<'_>) -> bool {
    let after = source.get(node.span.end..(node.span.end + 12).min(source.len())).unwrap_or_default();
    let after: String = after.chars().filter(|c| !c.is_whitespace()).collect();
    after.starts_with(")/100")
}
