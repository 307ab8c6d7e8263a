//! Conditions that only bound an amount (`stock >= n`) beside a new amount that was computed from an earlier read: what
//! others took in between is lost all the same. Only `stock = old` notices it.

use crate::check::chain::Chain;
use crate::check::names::squashed;
use crate::check::tree::{Kind, Node};

/// Operators and functions that bound, in the words of mappers.
const BOUNDS: &[&str] = &[
    "gte",
    "gt",
    "lte",
    "lt",
    "greaterthan",
    "greaterthanorequal",
    "greaterthanorequalto",
    "morethan",
    "morethanorequal",
];

/// Whether the conditions of a chain bound `column` and none compares it with one value. `written` is the new amount.
pub(super) fn is_bound_alone(chain: &Chain<'_, '_>, written: &Node<'_>, column: &str) -> bool {
    let wanted = squashed(column);
    let (mut bound, mut exact) = (false, false);
    let own = |text: Option<&str>| {
        text.is_some_and(|text| squashed(text.rsplit('.').next().unwrap_or(text)) == wanted)
    };
    for link in &chain.links {
        match link.given() {
            [name, _] if own(name.text()) => {
                bound |= BOUNDS.contains(&link.key.as_str());
                exact |= matches!(link.key.as_str(), "eq" | "where" | "andwhere" | "equals");
            }
            [name, Node { kind: Kind::Text(operator, _), .. }, _] if own(name.text()) => {
                bound |= operator.contains(['<', '>']);
                exact |= operator == "=";
            }
            _ => {}
        }
        for argument in link.given() {
            argument.walk(&mut |node| match &node.kind {
                Kind::Pair(key, value) if value.span != written.span => {
                    let Some(name) = key.text().or(key.name()) else { return };
                    let (plain, operator) = name.split_once("__").unwrap_or((name, ""));
                    if own(Some(plain)) {
                        let bounds = BOUNDS.contains(&operator) || value.any(&names_bound);
                        bound |= bounds;
                        exact |= !bounds;
                    }
                }
                Kind::Text(text, _) if text.contains(' ') => {
                    bound |= is_bound_alone_in(text, column);
                    exact |= compares(text, column, &["="]);
                }
                Kind::Binary(operator, left, _) => {
                    let named = crate::check::owner::column_of(left).map(|(_, name)| name);
                    if own(named.or(left.name())) {
                        bound |= matches!(*operator, "<" | ">" | "<=" | ">=");
                        exact |= matches!(*operator, "==" | "===");
                    }
                }
                _ => {}
            });
        }
    }
    bound && !exact
}

fn names_bound(node: &Node<'_>) -> bool {
    let name = match &node.kind {
        Kind::Pair(key, _) => key.text().or(key.name()).or(match key.kind {
            Kind::Member(_, name) => Some(name),
            _ => None,
        }),
        Kind::Call(callee, _) => match callee.kind {
            Kind::Name(name) | Kind::Member(_, name) => Some(name),
            _ => None,
        },
        _ => None,
    };
    name.is_some_and(|name| BOUNDS.contains(&squashed(name).as_str()))
}

/// The same of the WHERE of a statement, or of a condition in a string.
pub(super) fn is_bound_alone_in(sql: &str, column: &str) -> bool {
    compares(sql, column, &[">", "<"]) && !compares(sql, column, &["="])
}

fn compares(sql: &str, column: &str, operators: &[&str]) -> bool {
    let lower = sql.to_lowercase();
    let condition = lower.rfind("where").map_or(lower.as_str(), |at| &lower[at..]);
    let name = |c: char| c.is_alphanumeric() || c == '_';
    condition.match_indices(&column.to_lowercase()).any(|(at, found)| {
        let rest = condition[at + found.len()..].trim_start_matches(['`', '"', ']', ' ', '\n']);
        !condition[..at].ends_with(name) && operators.iter().any(|operator| rest.starts_with(operator))
    })
}

#[cfg(test)]
mod tests {
    use super::is_bound_alone_in;

    #[test]
    fn only_a_comparison_with_one_value_notices_a_change() {
        for (sql, expected) in [
            ("UPDATE products SET stock = ? WHERE id = ? AND stock >= ?", true),
            ("UPDATE products SET stock = ? WHERE id = ? AND `stock` > 0", true),
            ("UPDATE products SET stock = ? WHERE id = ? AND stock = ?", false),
            ("UPDATE products SET stock = ? WHERE id = ?", false),
            ("UPDATE products SET stock = ? WHERE min_stock > ?", false),
        ] {
            assert_eq!(is_bound_alone_in(sql, "stock"), expected, "{sql}");
        }
    }
}
