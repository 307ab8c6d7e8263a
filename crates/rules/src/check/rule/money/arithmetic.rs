//! Sums, products and shares of money that are binary fractions, and units of a currency that become minor units through one.

use super::flow::{Flow, Place, ROUNDS, names_other, shows_whole};
use super::number::{Number, bare, last_name};
use super::vocabulary::is_minor;
use crate::check::finding::Confidence;
use crate::check::language::Language;
use crate::check::names::squashed;
use crate::check::tree::{Kind, Node};

impl<'t, 'a> Flow<'_, 't, 'a, '_> {
    /// A whole of `+`, `-`, `*` and `/`.
    pub(super) fn arithmetic(&mut self, node: &'t Node<'a>, place: Place<'_>) {
        let Kind::Binary(operator, left, right) = &node.kind else { return };
        let money =
            self.money(node).or_else(|| Some(bare(place.target)).filter(|target| self.is_money(target)));
        let Some(name) = money.map(str::to_owned) else { return };
        if self.money(node).is_none() && names_other(node) {
            return;
        }
        if *operator == "/" && is_hundred(right) && self.rounded_to_hundredths(left, &name) {
            return;
        }
        // The share that one sum has of another, and what is given in minor units and divided to be shown.
        let hundred = is_hundred(right) || is_hundred(left);
        if *operator == "/"
            && (self.money(right).is_some() || is_hundred(right) && !has_operator(left, &["*", "+", "-"]))
        {
            return;
        }
        let value = self.numbers.binary(operator, left, right, 0);
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
            || self.is_script() && self.in_units(node, place)
            || self.target_is_float(node, place) && multiplies;
        // A sum of what was reported is one more of the same, unless a variable is declared with it or it is rounded.
        let untyped = self.is_script()
            || matches!(self.numbers.language, Language::Php | Language::Python | Language::Ruby);
        let sums = !place.added && self.is_money(place.target) && (!untyped || place.rounds);
        if float && (multiplies || sums) && self.hands_on(node) {
            self.findings.computed(&name, node.span, Confidence::High, "is reckoned in binary fractions");
        }
    }

    /// `Math.round(price * count * 100) / 100`: a rounded fraction is one still.
    fn rounded_to_hundredths(&mut self, rounded: &Node<'a>, name: &str) -> bool {
        let Kind::Call(callee, arguments) = &rounded.kind else { return false };
        let rounds = last_name(callee).is_some_and(|name| ROUNDS.contains(&squashed(name).as_str()));
        let Some(Kind::Binary("*", left, right)) = arguments.first().map(|one| &one.kind) else {
            return false;
        };
        let exact = self.numbers.value(left, 0) == Number::Exact;
        if !rounds || !is_hundred(right) || exact || !has_operator(left, &["*", "/", "+", "-"]) {
            return false;
        }
        self.findings.computed(name, rounded.span, Confidence::High, "is reckoned in binary fractions");
        true
    }

    pub(super) fn in_units(&self, node: &Node<'a>, place: Place<'_>) -> bool {
        let rounded = node.any(&|part| {
            let callee = match &part.kind {
                Kind::Call(callee, _) => last_name(callee),
                _ => None,
            };
            callee.is_some_and(|name| ROUNDS.contains(&squashed(name).as_str()))
        });
        let function = self.numbers.function(node.span.start).start;
        let has = |name: String| self.units.contains(&(function, name));
        !rounded && (has(String::new()) || !place.target.is_empty() && has(squashed(place.target)))
    }

    /// `total += price * count` where `total` is a binary fraction.
    pub(super) fn target_is_float(&self, node: &Node<'a>, place: Place<'_>) -> bool {
        let typed = matches!(
            self.numbers.language,
            Language::Go | Language::Rust | Language::Java | Language::CSharp
        );
        typed && self.numbers.is_float(place.target, node.span.start)
    }

    /// `(total * percent) / 100`, `total * (rate / 100)`: a fraction of money where numbers have no other type for it.
    pub(super) fn percent_of_money(&self, node: &Node<'a>) -> bool {
        let language = self.numbers.language;
        let script = self.is_script() || language == Language::Php;
        script
            && has_operator(node, &["*"])
            && node.any(&|part| matches!(&part.kind, Kind::Binary("/", _, right) if is_hundred(right)))
    }

    /// Units of a currency made minor units through a fraction that nobody rounds.
    pub(super) fn times_hundred(
        &mut self,
        node: &Node<'a>,
        left: &Node<'a>,
        right: &Node<'a>,
        name: &str,
        value: Number,
        place: Place<'_>,
    ) {
        let hundredth = has_hundredth(self.subject.reading.source, node);
        if place.rounded && !hundredth || has_operator(left, &["/"]) || has_operator(right, &["/"]) {
            return;
        }
        if place.rounded {
            if value == Number::Float && has_operator(left, &["*", "+", "-"]) {
                self.findings.computed(name, node.span, Confidence::High, "is reckoned in binary fractions");
            }
            return;
        }
        let cut = place.cut || self.numbers.cast(node).is_some();
        let own = self.money(left).or_else(|| self.money(right)).is_some();
        let source = self.subject.reading.source;
        let told = match self.numbers.language {
            Language::Php => own || place.target.eq_ignore_ascii_case("amount"),
            Language::JavaScript | Language::TypeScript | Language::Tsx => own,
            Language::Java | Language::Go | Language::Rust => cut && own,
            Language::Python => {
                cut && own
                    && !source.contains("ecimal")
                    && !source.contains("django")
                    && !source.contains("rest_framework")
            }
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

    /// Names whose money is shown to be units of a currency: they are multiplied by a hundred somewhere in their function.
    /// A function that makes numbers of `toFixed` shows it of all its money.
    pub(super) fn currency_units(&mut self, root: &Node<'a>) {
        let mut found = Vec::new();
        root.walk(&mut |node| {
            let mut names = Vec::new();
            match &node.kind {
                Kind::Binary("*", left, right) if is_hundred(right) => summed(left, &mut names),
                Kind::Binary("*", left, right) if is_hundred(left) => summed(right, &mut names),
                Kind::Call(callee, _)
                    if last_name(callee) == Some("toFixed")
                        && self.is_number_again(callee, Place::default()) =>
                {
                    names.push("");
                }
                _ => {}
            }
            names.retain(|name| name.is_empty() || self.is_money(name));
            let function = self.numbers.function(node.span.start).start;
            found.extend(names.into_iter().map(|name| (function, squashed(name))));
        });
        self.units.extend(found);
    }
}

/// The names that are added up.
fn summed<'a>(node: &Node<'a>, names: &mut Vec<&'a str>) {
    match &node.kind {
        Kind::Name(name) | Kind::Member(_, name) => names.push(name),
        Kind::Binary("+" | "-", left, right) => {
            summed(left, names);
            summed(right, names);
        }
        _ => {}
    }
}

pub(super) fn is_hundred(node: &Node<'_>) -> bool {
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
