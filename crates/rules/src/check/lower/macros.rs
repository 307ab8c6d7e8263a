//! What Rust's macros are given: the grammar leaves it as tokens, this reads the few forms that say something of a column:
//! names, members, calls, differences, sums, and the maps of `doc!` and `json!`.

use super::{Lowering, Syntax, span_of};
use crate::check::tree::{Kind, Node, Span};

impl<'a> Lowering<'a> {
    /// A macro's arguments, separated by commas.
    pub(super) fn macro_arguments(&mut self, tokens: Syntax<'_>) -> Vec<Node<'a>> {
        let mut cursor = tokens.walk();
        let all: Vec<Syntax<'_>> = tokens.children(&mut cursor).collect();
        let inner = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
        inner
            .split(|token| matches!(token.kind(), "," | ";"))
            .filter(|group| !group.is_empty())
            .map(|group| self.macro_expression(group, 0))
            .collect()
    }

    fn macro_expression(&mut self, group: &[Syntax<'_>], depth: usize) -> Node<'a> {
        let start = group.first().map(|token| span_of(*token)).unwrap_or_default();
        let end = group.last().map_or(start.end, |token| token.end_byte());
        let span = Span { end, ..start };
        if depth > 20 {
            return Node { kind: Kind::Other(Vec::new()), span };
        }
        let at = |signs: &[&str]| group.iter().position(|token| signs.contains(&token.kind()));
        if let Some(colon) = at(&[":", "=>"]).filter(|at| *at > 0 && *at + 1 < group.len()) {
            let key = self.macro_expression(&group[..colon], depth + 1);
            let value = self.macro_expression(&group[colon + 1..], depth + 1);
            return Node { kind: Kind::Pair(Box::new(key), Box::new(value)), span };
        }
        if let Some(sign) = at(&["-", "+"]).filter(|at| at + 1 < group.len()) {
            let right = self.macro_expression(&group[sign + 1..], depth + 1);
            let minus = group[sign].kind() == "-";
            if sign == 0 {
                let kind = if minus { Kind::Minus(Box::new(right)) } else { right.kind };
                return Node { kind, span };
            }
            let left = self.macro_expression(&group[..sign], depth + 1);
            let operator = if minus { "-" } else { "+" };
            return Node { kind: Kind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
        self.macro_operand(group, span)
    }

    /// `a.b.c(d)`: a name and what hangs on it.
    fn macro_operand(&mut self, group: &[Syntax<'_>], span: Span) -> Node<'a> {
        let mut node: Option<Node<'a>> = None;
        let mut member = false;
        for token in group {
            match token.kind() {
                "&" | "*" | "?" | "::" | "mut" | "ref" => {}
                "." => member = true,
                "token_tree" => {
                    let arguments = self.macro_arguments(*token);
                    node = Some(match node.take() {
                        Some(callee) if self.source_of(*token).starts_with('(') => {
                            Node { kind: Kind::Call(Box::new(callee), arguments), span }
                        }
                        _ => Node { kind: Kind::List(arguments), span },
                    });
                }
                _ => {
                    let named = self.node(*token);
                    node = Some(match (node.take(), &named.kind) {
                        (Some(object), Kind::Name(name)) if member => {
                            let span = Span { start: object.span.start, ..span_of(*token) };
                            Node { kind: Kind::Member(Box::new(object), name), span }
                        }
                        _ => named,
                    });
                    member = false;
                }
            }
        }
        node.unwrap_or(Node { kind: Kind::Other(Vec::new()), span })
    }
}
