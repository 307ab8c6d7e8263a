//! Statements of all languages: whose value nobody takes, what depends on a condition, what runs for each element.

use super::expression::single;
use super::{Lowering, Made, Syntax};
use crate::check::language::Language;
use crate::check::tree::{Kind, Node};
use std::borrow::Cow;

impl<'a> Lowering<'a> {
    pub(super) fn statement(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let kind = match syntax.kind() {
            "expression_statement" => {
                let inner = self.child(syntax, 0)?;
                // Rust's last expression of a block is its value; the grammar marks statements by the semicolon.
                if self.language == Language::Rust && !self.source_of(syntax).ends_with(';') {
                    return Some(Made::Same(inner));
                }
                Kind::Statement(Box::new(inner))
            }
            "program" | "then" | "else" | "body_statement" if self.language == Language::Ruby => {
                let mut nodes = self.children(syntax);
                statements(&mut nodes);
                Kind::Other(nodes)
            }
            "return_statement" | "return" | "return_expression" | "throw_statement" | "raise_statement" => {
                Kind::Return(self.children(syntax))
            }
            "if_statement"
            | "if_expression"
            | "if"
            | "unless"
            | "if_modifier"
            | "unless_modifier"
            | "while_statement"
            | "while"
            | "elsif"
            | "elif_clause"
            | "ternary_expression"
            | "conditional"
            | "conditional_expression"
            | "else_if_clause"
            | "match_expression"
            | "switch_statement"
                if syntax.child_by_field_name("condition").is_some() =>
            {
                self.branch(syntax)
            }
            // Rust's `match` gives its arms' values and stays as it is.
            "switch_statement"
            | "switch_expression"
            | "expression_switch_statement"
            | "case"
            | "match_statement"
                if subject(syntax).is_some() =>
            {
                self.switch(syntax)?
            }
            // What opens a block (`with transaction.atomic():`) is kept beside what runs in it.
            "with_statement" | "using_statement" => self.opening(syntax)?,
            "for_in_statement"
            | "for_in_clause"
            | "enhanced_for_statement"
            | "foreach_statement"
            | "for_statement"
            | "for_expression"
            | "range_clause" => return self.each(syntax),
            _ => return None,
        };
        Some(Made::Kind(kind))
    }

    fn branch(&mut self, syntax: Syntax<'_>) -> Kind<'a> {
        let condition = self.field_or_empty(syntax, "condition");
        let mut rest = Vec::new();
        let skipped = syntax.child_by_field_name("condition").map(|node| node.id());
        let mut cursor = syntax.walk();
        for child in syntax.named_children(&mut cursor) {
            if Some(child.id()) != skipped && !child.kind().ends_with("comment") {
                rest.push(self.node(child));
            }
        }
        if self.language == Language::Ruby && syntax.kind().ends_with("_modifier") {
            statements_all(&mut rest);
        }
        Kind::Branch(condition, rest)
    }

    fn opening(&mut self, syntax: Syntax<'_>) -> Option<Kind<'a>> {
        let body = syntax.child_by_field_name("body")?;
        let mut cursor = syntax.walk();
        let opened: Vec<Syntax<'_>> =
            syntax.named_children(&mut cursor).filter(|child| child.id() != body.id()).collect();
        let opened = opened.into_iter().map(|child| self.node(child)).collect();
        let condition = Node { kind: Kind::Other(opened), span: super::span_of(syntax) };
        Some(Kind::Branch(Box::new(condition), vec![self.node(body)]))
    }

    fn switch(&mut self, syntax: Syntax<'_>) -> Option<Kind<'a>> {
        let asked = subject(syntax)?;
        let condition = Box::new(self.node(asked));
        let mut cursor = syntax.walk();
        let arms: Vec<Syntax<'_>> = syntax
            .named_children(&mut cursor)
            .filter(|child| child.id() != asked.id() && !child.kind().ends_with("comment"))
            .collect();
        Some(Kind::Branch(condition, arms.into_iter().map(|arm| self.node(arm)).collect()))
    }

    fn each(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let fields = [("left", "right"), ("name", "value"), ("pattern", "value")];
        let Some((name, collection)) = fields.into_iter().find(|(name, collection)| {
            syntax.child_by_field_name(name).is_some() && syntax.child_by_field_name(collection).is_some()
        }) else {
            return self.php_foreach(syntax);
        };
        let name = self.field_or_empty(syntax, name);
        let collection = Box::new(single(*self.field_or_empty(syntax, collection)));
        let body = self.field_or_empty(syntax, "body");
        Some(Made::Kind(Kind::Each(name, collection, body)))
    }

    fn php_foreach(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        if syntax.kind() != "foreach_statement" || self.language != Language::Php {
            return None;
        }
        let collection = self.child(syntax, 0)?;
        let name = self.child(syntax, 1)?;
        let name = match name.kind {
            Kind::Pair(_, value) => *value,
            _ => name,
        };
        let body = self.field_or_empty(syntax, "body");
        Some(Made::Kind(Kind::Each(Box::new(name), Box::new(collection), body)))
    }
}

/// What a `switch`, `case` or `match` asks.
fn subject(syntax: Syntax<'_>) -> Option<Syntax<'_>> {
    ["condition", "value", "subject"].iter().find_map(|field| syntax.child_by_field_name(field))
}

/// Ruby has no statement nodes: all but the last of a body are used for nothing.
pub(super) fn statements(nodes: &mut [Node<'_>]) {
    let last = nodes.len().saturating_sub(1);
    statements_all(&mut nodes[..last]);
}

fn statements_all(nodes: &mut [Node<'_>]) {
    for node in nodes {
        if matches!(node.kind, Kind::Call(..)) {
            let span = node.span;
            let inner = std::mem::replace(&mut node.kind, Kind::Text(Cow::Borrowed(""), Vec::new()));
            node.kind = Kind::Statement(Box::new(Node { kind: inner, span }));
        }
    }
}
