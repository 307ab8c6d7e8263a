//! Money that is read, parsed or cast into a binary fraction, or handed to a database as one.

use super::flow::{Flow, Place, names_other, shows_whole};
use super::number::{Number, bare, is_float_call, last_name};
use super::vocabulary::is_minor;
use crate::check::finding::Confidence;
use crate::check::language::Language;
use crate::check::tree::{Kind, Node, Span};

impl<'t, 'a> Flow<'_, 't, 'a, '_> {
    /// Calls that say by a letter or their own name that what they take is a binary fraction.
    pub(super) fn special(&mut self, name: &str, arguments: &'t [Node<'a>], place: Place<'_>) {
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
    pub(super) fn conversion(&mut self, node: &Node<'a>, place: Place<'_>) {
        let language = self.numbers.language;
        let cast = self.numbers.cast(node).filter(|cast| !cast.starts_with('<'));
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
        if !(cast || called) || place.given || place.border || !self.hands_on(node) {
            return;
        }
        let own = own.or_else(|| self.money(node)).filter(|_| !(place.inside && language == Language::Go));
        let target =
            Some(bare(place.target)).filter(|target| self.is_money(target) && !place.inside && !place.added);
        let Some(name) = target.or(own) else { return };
        if own.is_none() && names_other(node) {
            return;
        }
        if is_minor(name) || own.is_some_and(is_minor) || self.is_reckoned(node, place) {
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

    /// Whether what a page parses or reckons goes anywhere but onto the page: the function around it sends something.
    pub(super) fn hands_on(&self, node: &Node<'a>) -> bool {
        if !self.subject.page {
            return true;
        }
        let sends = [
            ".post(",
            ".put(",
            ".patch(",
            ".insert(",
            ".update(",
            ".upsert(",
            ".create(",
            ".save(",
            "'post'",
            "\"post\"",
            "'put'",
            "\"put\"",
            "'patch'",
            "\"patch\"",
            "mutate",
            "adddoc(",
            "setdoc(",
            "updatedoc(",
            "submit",
        ];
        let around = |span: &Span| span.start <= node.span.start && node.span.end <= span.end;
        let inner = self.functions.iter().filter(|(span, component)| !component && around(span));
        let mut texts = inner.filter_map(|(span, _)| self.subject.reading.source.get(span.start..span.end));
        texts.any(|text| {
            let lower = text.to_lowercase();
            sends.iter().any(|one| lower.contains(one))
        })
    }

    /// Go and Rust convert integers to floats to reckon with them, or copy one message into another: what is reckoned tells more.
    pub(super) fn is_reckoned(&self, node: &Node<'a>, place: Place<'_>) -> bool {
        match self.numbers.language {
            Language::Go => {
                matches!(&node.kind, Kind::Call(callee, _) if matches!(callee.kind, Kind::Name(_)))
            }
            Language::Rust => {
                place.inside
                    && !matches!(&node.kind, Kind::Call(callee, _) if last_name(callee) == Some("parse"))
            }
            _ => false,
        }
    }
}
