//! Strings of all languages: what they say, with `?` in the place of what is interpolated or added, and the interpolated parts.

use super::{Lowering, Made, Syntax};
use crate::check::tree::{Kind, Node};
use std::borrow::Cow;

/// Inside strings, children of these kinds are code.
const INTERPOLATIONS: [&str; 9] = [
    "template_substitution",
    "interpolation",
    "variable_name",
    "member_access_expression",
    "subscript_expression",
    "dynamic_variable_name",
    "member_call_expression",
    "interpolation_expression",
    "nullsafe_member_access_expression",
];

impl<'a> Lowering<'a> {
    /// Strings and what builds strings.
    pub(super) fn text(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        Some(Made::Kind(match syntax.kind() {
            "string"
            | "template_string"
            | "string_literal"
            | "raw_string_literal"
            | "interpreted_string_literal"
            | "encapsed_string"
            | "heredoc"
            | "nowdoc"
            | "verbatim_string_literal"
            | "interpolated_string_expression"
            | "character_literal" => self.string(syntax),
            "simple_symbol" | "delimited_symbol" | "bare_symbol" | "bare_string" => {
                Kind::Text(Cow::Borrowed(self.source_of(syntax).trim_start_matches(':')), Vec::new())
            }
            "hash_key_symbol" => Kind::Text(Cow::Borrowed(self.source_of(syntax)), Vec::new()),
            "concatenated_string" | "chained_string" => {
                let mut parts = self.children(syntax).into_iter();
                let first = parts.next()?;
                return Some(Made::Same(parts.fold(first, |left, right| joined(left, right, ""))));
            }
            "heredoc_beginning" => self.ruby_heredoc()?,
            "binary_expression" | "binary_operator" | "binary" => return self.concatenation(syntax),
            _ => return None,
        }))
    }

    fn string(&mut self, syntax: Syntax<'_>) -> Kind<'a> {
        let (start, end) = (syntax.start_byte(), syntax.end_byte());
        let mut text = String::new();
        let mut parts = Vec::new();
        let mut from = start;
        let mut cursor = syntax.walk();
        for child in syntax.named_children(&mut cursor) {
            let wraps = matches!(child.kind(), "heredoc_body");
            let mut inner = child.walk();
            let pieces: Vec<Syntax<'_>> =
                if wraps { child.named_children(&mut inner).collect() } else { vec![child] };
            for piece in pieces {
                if INTERPOLATIONS.contains(&piece.kind()) {
                    text.push_str(self.source.get(from..piece.start_byte()).unwrap_or_default());
                    text.push('?');
                    from = piece.end_byte();
                    parts.push(self.node(piece));
                }
            }
        }
        let rest = self.source.get(from..end).unwrap_or_default();
        if parts.is_empty() {
            return Kind::Text(Cow::Borrowed(unquoted(rest)), parts);
        }
        text.push_str(rest);
        Kind::Text(Cow::Owned(unquoted(&text).to_owned()), parts)
    }

    /// Notes where the bodies of Ruby's heredocs are: they stand apart from the place that uses them.
    pub(super) fn collect_heredocs(&mut self, syntax: Syntax<'_>, depth: usize) {
        if self.language != crate::check::language::Language::Ruby || depth > super::DEPTH_MAX {
            return;
        }
        let mut cursor = syntax.walk();
        for child in syntax.named_children(&mut cursor) {
            if child.kind() == "heredoc_body" {
                self.heredocs.push((child.start_byte(), child.end_byte()));
            } else {
                self.collect_heredocs(child, depth + 1);
            }
        }
    }

    fn ruby_heredoc(&mut self) -> Option<Kind<'a>> {
        let (start, end) = *self.heredocs.get(self.heredocs_used)?;
        self.heredocs_used += 1;
        let body = self.source.get(start..end)?;
        // The last line is the closing word.
        let body = body.trim_end().rsplit_once('\n').map_or(body, |(text, _)| text);
        Some(Kind::Text(Cow::Owned(body.replace("#{", "?--{")), Vec::new()))
    }

    /// `"a" + b` and its relatives: one text. Other operators are left to `expression`.
    fn concatenation(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let operator = self.source_of_field(syntax, "operator");
        if !matches!(operator, "+" | "." | "%" | "||" | "..") {
            return None;
        }
        let left = *self.field_or_empty(syntax, "left");
        let right = *self.field_or_empty(syntax, "right");
        let texts = (matches!(left.kind, Kind::Text(..)), matches!(right.kind, Kind::Text(..)));
        let node = match (operator, texts) {
            ("%", (true, _)) => {
                let span = left.span;
                let Kind::Text(text, mut parts) = left.kind else { return None };
                parts.push(right);
                Node { kind: Kind::Text(Cow::Owned(text.replace("%s", "?").replace("%d", "?")), parts), span }
            }
            ("+" | "." | "||", (true, _) | (_, true)) => joined(left, right, "?"),
            (_, _) => {
                return Some(Made::Kind(Kind::Binary(operator, Box::new(left), Box::new(right))));
            }
        };
        Some(Made::Same(node))
    }
}

/// Two strings, or a string and a value, as one string; a value is written as `hole`.
fn joined<'a>(left: Node<'a>, right: Node<'a>, hole: &str) -> Node<'a> {
    let span = crate::check::tree::Span { end: right.span.end, ..left.span };
    let mut text = String::new();
    let mut parts = Vec::new();
    for side in [left, right] {
        match side.kind {
            Kind::Text(piece, pieces) => {
                text.push_str(&piece);
                parts.extend(pieces);
            }
            _ => {
                text.push_str(hole);
                parts.push(side);
            }
        }
    }
    Node { kind: Kind::Text(Cow::Owned(text), parts), span }
}

/// The string without its prefix and quotes.
fn unquoted(literal: &str) -> &str {
    let literal = literal.trim();
    if let Some(heredoc) = literal.strip_prefix("<<<") {
        let body = heredoc.split_once('\n').map_or("", |(_, body)| body);
        return body.rsplit_once('\n').map_or(body, |(text, _)| text);
    }
    let start = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '@' | '#'));
    let (quote, closing) = match start.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => (quote, quote),
        Some('%') => return start.get(3..start.len().saturating_sub(1)).unwrap_or_default(),
        _ => return literal,
    };
    start.trim_start_matches(quote).trim_end_matches('#').trim_end_matches(closing)
}
