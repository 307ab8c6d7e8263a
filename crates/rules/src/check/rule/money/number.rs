//! What kind of number an expression is: a binary fraction for certain, exact for certain, or not shown by this file.

use super::subject::Subject;
use super::{float_fields, is_exact, is_float};
use crate::check::language::Language;
use crate::check::lower::Lowered;
use crate::check::names::squashed;
use crate::check::tree::{Kind, Node, Span};
use std::collections::{HashMap, HashSet};

/// Definitions are followed this far.
const DEPTH_MAX: usize = 6;

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// A binary fraction.
    Float,
    /// An integer, a decimal, a text.
    Exact,
    /// A whole number as written: what stands beside it decides.
    Whole,
    Unseen,
}

/// A function and the names in it.
#[derive(Debug, Default)]
struct Scope<'t, 'a> {
    span: Span,
    definitions: HashMap<&'a str, Vec<(usize, &'t Node<'a>)>>,
    types: HashMap<&'a str, &'a str>,
    /// Names that something is added to.
    sums: HashSet<&'a str>,
}

/// What the numbers of a file are known by.
pub(super) struct Numbers<'t, 'a> {
    pub(super) language: Language,
    scopes: Vec<Scope<'t, 'a>>,
    floats: HashSet<String>,
    exact: HashSet<String>,
    casts: HashMap<(usize, usize), &'a str>,
}

impl<'t, 'a> Numbers<'t, 'a> {
    pub(super) fn of(lowered: &'t Lowered<'a>, subject: Subject<'_>) -> Numbers<'t, 'a> {
        let language = subject.reading.language;
        let whole = Scope { span: Span { end: usize::MAX, ..Span::default() }, ..Scope::default() };
        let mut numbers = Numbers {
            language,
            scopes: vec![whole],
            floats: float_fields(&lowered.declared, subject).collect(),
            exact: HashSet::new(),
            casts: lowered.casts.iter().map(|(span, cast)| ((span.start, span.end), *cast)).collect(),
        };
        numbers.collect(&lowered.root, 0);
        for one in &lowered.declared {
            if !one.field {
                let scope = numbers.scope_at(one.at.start);
                numbers.scopes[scope].types.insert(one.name, one.declared_type);
            } else if is_exact(one.declared_type) {
                numbers.exact.insert(squashed(one.name));
            }
        }
        numbers.evidence(&lowered.root, subject);
        numbers
    }

    fn collect(&mut self, node: &'t Node<'a>, scope: usize) {
        let mut inner = scope;
        match &node.kind {
            Kind::Function(function) if !function.name.is_empty() || scope == 0 => {
                inner = self.scopes.len();
                self.scopes.push(Scope { span: node.span, ..Scope::default() });
            }
            Kind::Assign(target, operator, value) => {
                let (target, value) = match (&target.kind, &value.kind) {
                    // Go's `price, err := ..`.
                    (Kind::List(targets), _) if !targets.is_empty() => (&targets[0], value.as_ref()),
                    _ => (target.as_ref(), value.as_ref()),
                };
                let name = match target.kind {
                    Kind::Name(name) => Some(name),
                    _ => None,
                };
                if let Some(name) = name {
                    if *operator == "=" {
                        self.scopes[scope]
                            .definitions
                            .entry(name)
                            .or_default()
                            .push((node.span.start, value));
                        if matches!(&value.kind, Kind::Binary("+", left, _) if left.name() == Some(name)) {
                            self.scopes[scope].sums.insert(name);
                        }
                    } else {
                        self.scopes[scope].sums.insert(name);
                    }
                }
            }
            _ => {}
        }
        for child in node.children() {
            self.collect(child, inner);
        }
    }

    /// Java, Go and Rust show by use which fields and getters of other files give a float.
    fn evidence(&mut self, root: &'t Node<'a>, subject: Subject<'_>) {
        if !matches!(self.language, Language::Java | Language::Go | Language::Rust) {
            return;
        }
        let mut found = Vec::new();
        root.walk(&mut |node| {
            // Only a float can be added to a float.
            if let Kind::Assign(target, "+=", value) = &node.kind
                && self.language != Language::Java
                && let (Kind::Name(_) | Kind::Member(..), Kind::Member(_, name)) = (&target.kind, &value.kind)
                && subject.is_money(name)
                && self.value(target, 0) == Number::Float
            {
                found.push(squashed(name));
            }
            let Kind::Call(callee, arguments) = &node.kind else { return };
            let Some(name) = last_name(callee) else { return };
            if matches!(name, "mapToDouble" | "summingDouble") {
                for argument in arguments {
                    argument.walk(&mut |part| {
                        if let Kind::Name(name) | Kind::Member(_, name) = part.kind
                            && subject.is_money(bare(name))
                        {
                            found.push(squashed(bare(name)));
                        }
                    });
                }
            }
            if let Some(of) = name.strip_prefix("set").filter(|of| subject.is_money(of))
                && let [value] = arguments.as_slice()
                && self.value(value, 0) == Number::Float
            {
                found.push(squashed(of));
            }
        });
        self.floats.extend(found.into_iter().filter(|name| !self.exact.contains(name)));
    }

    /// The innermost function around a place.
    fn scope_at(&self, at: usize) -> usize {
        let around =
            |scope: &&usize| (self.scopes[**scope].span.start..self.scopes[**scope].span.end).contains(&at);
        let all: Vec<usize> = (0..self.scopes.len()).collect();
        all.iter().rev().find(around).copied().unwrap_or_default()
    }

    /// The function around a place, as bytes.
    pub(super) fn function(&self, at: usize) -> Span {
        self.scopes[self.scope_at(at)].span
    }

    /// Whether something is added to this name in the function around.
    pub(super) fn is_sum(&self, name: &str, at: usize) -> bool {
        self.scopes[self.scope_at(at)].sums.contains(name)
    }

    /// Whether a name, or a field of this name, holds a binary fraction at a place.
    pub(super) fn is_float(&self, name: &str, at: usize) -> bool {
        !name.is_empty() && self.named(name, at, 0) == Number::Float
    }

    /// The type to which a node is cast, or with which it is called.
    pub(super) fn cast(&self, node: &Node<'_>) -> Option<&'a str> {
        self.casts.get(&(node.span.start, node.span.end)).copied()
    }

    pub(super) fn value(&self, node: &Node<'a>, depth: usize) -> Number {
        if depth > DEPTH_MAX {
            return Number::Unseen;
        }
        if let Some(cast) = self.cast(node).filter(|cast| !cast.starts_with('<')) {
            if is_float(cast, self.language) {
                return Number::Float;
            }
            if is_whole(cast) || is_exact(cast) || cast.contains("string") {
                return Number::Exact;
            }
        }
        match &node.kind {
            Kind::Number(text) => literal(text, self.language),
            Kind::Name(name) => self.named(name, node.span.start, depth),
            Kind::Member(_, name) => self.field(name),
            Kind::Index(_, key) => key.text().map_or(Number::Unseen, |name| self.field(name)),
            Kind::Minus(inner) | Kind::Statement(inner) => self.value(inner, depth + 1),
            Kind::Binary(operator, left, right) => self.binary(operator, left, right, depth),
            Kind::Branch(_, arms) => {
                let arms: Vec<Number> = arms.iter().map(|arm| self.value(arm, depth + 1)).collect();
                if arms.contains(&Number::Float) { Number::Float } else { Number::Unseen }
            }
            Kind::Other(items) if items.len() == 1 => self.value(&items[0], depth + 1),
            Kind::Call(callee, arguments) => self.called(callee, arguments, depth),
            Kind::Text(..) | Kind::New(..) => Number::Exact,
            _ => Number::Unseen,
        }
    }

    fn named(&self, name: &str, at: usize, depth: usize) -> Number {
        let own = self.scope_at(at);
        let scopes = if own == 0 { vec![0] } else { vec![own, 0] };
        for scope in scopes {
            let scope = &self.scopes[scope];
            if let Some(declared) = scope.types.get(name) {
                if is_float(declared, self.language) {
                    return Number::Float;
                }
                if !matches!(*declared, "var" | "auto") && (is_exact(declared) || is_whole(declared)) {
                    return Number::Exact;
                }
            }
            let Some(all) = scope.definitions.get(name) else { continue };
            let outside = |value: &Node<'_>| !(value.span.start..value.span.end).contains(&at);
            let before = all.iter().rev().find(|(start, value)| *start < at && outside(value));
            let Some((_, value)) = before.or(all.first().filter(|(_, value)| outside(value))) else {
                continue;
            };
            return self.value(value, depth + 1);
        }
        if depth == 0 { self.field(name) } else { Number::Unseen }
    }

    /// What a field, a property or a getter of this name gives, as far as this file declares one.
    fn field(&self, name: &str) -> Number {
        let name = squashed(bare(name));
        if self.exact.contains(&name) {
            Number::Exact
        } else if self.floats.contains(&name) {
            Number::Float
        } else {
            Number::Unseen
        }
    }

    /// What an operator makes of two sides, whatever it is cast to then.
    pub(super) fn binary(&self, operator: &str, left: &Node<'a>, right: &Node<'a>, depth: usize) -> Number {
        match operator {
            "+" | "-" | "*" | "/" | "%" | "**" => {}
            "??" | "||" | "or" | "?:" => {
                let sides = [self.value(left, depth + 1), self.value(right, depth + 1)];
                return if sides[0] == Number::Unseen { sides[1] } else { sides[0] };
            }
            _ => return Number::Unseen,
        }
        let sides = [self.value(left, depth + 1), self.value(right, depth + 1)];
        let any = |kind| sides.contains(&kind);
        // A decimal and a float together: Ruby makes a decimal, the others refuse.
        if any(Number::Float) {
            Number::Float
        } else if any(Number::Exact) && !any(Number::Unseen) {
            Number::Exact
        } else if operator == "/" && self.divides_to_fractions() && !matches!(right.kind, Kind::Number(_)) {
            Number::Float
        } else if sides == [Number::Whole, Number::Whole] {
            Number::Whole
        } else {
            Number::Unseen
        }
    }

    fn divides_to_fractions(&self) -> bool {
        matches!(self.language, Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Php)
    }

    fn called(&self, callee: &Node<'a>, arguments: &[Node<'a>], depth: usize) -> Number {
        let Some(name) = last_name(callee) else { return Number::Unseen };
        if is_float_call(callee, self.language)
            || self.cast(callee).is_some_and(|cast| is_float(cast, self.language))
        {
            return Number::Float;
        }
        let object = match &callee.kind {
            Kind::Member(object, _) => Some(object.as_ref()),
            _ => None,
        };
        let key = squashed(name);
        let given = || arguments.iter().map(|argument| self.value(argument, depth + 1));
        match key.as_str() {
            "round" if self.language == Language::Php && arguments.len() > 1 => Number::Float,
            // Rust's and Ruby's numbers are rounded by a method of their own.
            "round" | "floor" | "ceil" | "trunc" | "abs"
                if matches!(self.language, Language::Rust | Language::Ruby) =>
            {
                object.map_or(Number::Unseen, |object| self.value(object, depth + 1))
            }
            "round" if arguments.len() > 1 => given().next().unwrap_or(Number::Unseen),
            "round" | "floor" | "ceil" | "trunc"
                if matches!(self.language, Language::Go | Language::CSharp) =>
            {
                given().next().unwrap_or(Number::Unseen)
            }
            "round" | "int" | "intval" | "parseint" | "floor" | "ceil" | "trunc" | "tofixed" | "decimal"
            | "bigdecimal" | "toi" | "tod" | "valueof" | "bcmul" | "bcadd" | "bcsub" | "bcdiv" | "len"
            | "str" | "string" | "dec" | "money" | "rational" => Number::Exact,
            "max" | "min" | "abs" | "sum" | "some" | "ok" | "fmax" => {
                let mut all: Vec<Number> = given().collect();
                all.extend(object.map(|object| self.value(object, depth + 1)));
                if all.contains(&Number::Float) { Number::Float } else { Number::Unseen }
            }
            "maptodouble" => Number::Float,
            "unwrap" | "unwrapor" | "unwrapordefault" | "expect" | "clone" | "orelse" | "getasdouble" => {
                object.map_or(Number::Unseen, |object| self.value(object, depth + 1))
            }
            _ if arguments.is_empty() => self.field(name),
            _ => Number::Unseen,
        }
    }
}

fn is_whole(cast: &str) -> bool {
    let plain = cast.trim_matches(|c: char| !c.is_alphanumeric());
    let types = [
        "int",
        "integer",
        "long",
        "u64",
        "i64",
        "u32",
        "i32",
        "i128",
        "usize",
        "short",
        "int64",
        "uint64",
        "int32",
        "uint",
        "decimal",
        "Decimal",
        "BigDecimal",
        "Integer",
        "Long",
    ];
    types.contains(&plain)
}

/// What a number as written is: `0.1` and `1e3`, but not C#'s `0.1m`.
fn literal(text: &str, language: Language) -> Number {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("0x") {
        return Number::Whole;
    }
    if language == Language::CSharp && lower.ends_with('m')
        || language == Language::Ruby && lower.ends_with('r')
    {
        return Number::Exact;
    }
    let typed = match language {
        Language::Java | Language::CSharp => lower.ends_with(['d', 'f']),
        Language::Rust => lower.ends_with("f64") || lower.ends_with("f32"),
        _ => false,
    };
    let fraction = lower.contains('.')
        && !(matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx)
            && lower.trim_end_matches('0').ends_with('.'));
    if fraction || typed { Number::Float } else { Number::Whole }
}

/// The last name of what is called: `ParseFloat` of `strconv.ParseFloat`.
pub(super) fn last_name<'a>(callee: &Node<'a>) -> Option<&'a str> {
    match &callee.kind {
        Kind::Name(name) | Kind::Member(_, name) => Some(name),
        _ => None,
    }
}

/// A name without `get`.
pub(super) fn bare(name: &str) -> &str {
    let plain =
        name.strip_prefix("get").filter(|rest| rest.starts_with(|c: char| c.is_uppercase() || c == '_'));
    plain.map_or(name, |rest| rest.trim_start_matches('_'))
}

/// Whether a call makes a binary fraction of what it is given.
pub(super) fn is_float_call(callee: &Node<'_>, language: Language) -> bool {
    let Some(name) = last_name(callee) else { return false };
    let object = match &callee.kind {
        Kind::Member(object, _) => object.name().unwrap_or("?"),
        _ => "",
    };
    match language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            name == "parseFloat" && matches!(object, "" | "Number" | "window")
        }
        Language::Python => name == "float" && object.is_empty(),
        Language::Ruby => name == "to_f" && !object.is_empty() || name == "Float" && object.is_empty(),
        Language::Php => matches!(name, "floatval" | "doubleval") && object.is_empty(),
        Language::Java => match name {
            "parseDouble" | "parseFloat" => matches!(object, "Double" | "Float"),
            "valueOf" => matches!(object, "Double" | "Float"),
            "doubleValue" | "floatValue" => true,
            "nextDouble" | "nextFloat" | "getDouble" | "getFloat" => true,
            _ => false,
        },
        Language::CSharp => match name {
            "Parse" => matches!(object, "double" | "float" | "Double" | "Single"),
            "ToDouble" | "ToSingle" => object == "Convert",
            "GetDouble" | "GetFloat" => true,
            _ => false,
        },
        Language::Go => match name {
            "ParseFloat" => object == "strconv",
            "float64" | "float32" => object.is_empty(),
            _ => false,
        },
        Language::Rust => matches!(name, "to_f64" | "to_f32"),
        Language::Sql => false,
    }
}
