//! Numbers that a program reads from Redis or a cache and sets again under the same key, and those it lowers there blindly.

use super::Writer;
use crate::check::amount::{Direction, sign};
use crate::check::chain::Chain;
use crate::check::fact::{AmountWrite, Guard, RowCount, Way};
use crate::check::guard;
use crate::check::names::{Meaning, words};
use crate::check::tree::{Kind, Node, Span};

const SETS: &[&str] = &["set", "setex", "psetex", "put", "hset", "hmset", "forever", "write", "store"];
const GETS: &[&str] = &["get", "hget", "fetch", "read", "mget", "hmget"];
const TAKES: &[&str] = &["decrby", "decr", "hincrby", "incrby"];
/// What keeps numbers in the memory of one program, or gathers commands whose answers come later.
const OTHERS: &[&str] = &[
    "map",
    "storage",
    "localstorage",
    "sessionstorage",
    "state",
    "pipeline",
    "pipe",
    "multi",
    "config",
    "settings",
    "form",
    "metrics",
    "counter",
    "gauge",
];
const DEPTH_MAX: usize = 5;

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    /// `redis.set(key, left - n)` after `left = redis.get(key)`; `redis.decrby(key, n)` whose answer nobody looks at.
    pub(super) fn cached(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let on = chain.links[..position].iter().map(|before| before.name).chain(chain.root.name());
        let template = matches!(link.key.as_str(), "increment" | "decrement")
            && on.map(words).any(|words| {
                words.iter().any(|word| matches!(word.as_str(), "redis" | "cache" | "ops" | "jedis"))
            });
        let (sets, takes) =
            (SETS.contains(&link.key.as_str()), template || TAKES.contains(&link.key.as_str()));
        let [key, rest @ ..] = link.told() else { return };
        if !sets && !takes || self.is_elsewhere(chain, position) {
            return;
        }
        let Some(column) = self.counted_under(key, 0) else { return };
        let mut write = self.write(Meaning::Stock, "", &column, self.place(link));
        if takes {
            let base = if link.key.starts_with("decr") { Direction::Down } else { Direction::Up };
            write.way = Way::Relative(rest.last().map_or(base, |amount| sign(amount, base)));
            write.guard = if chain.used { Guard::Amount } else { Guard::None };
            write.rows = RowCount::Checked;
            found.push(write);
            return;
        }
        let key = self.written(key.span);
        if let Some((direction, read)) = rest.iter().find_map(|value| self.computed_from(value, key, 0)) {
            write.way = Way::ReadModify(direction);
            write.read = Some(read);
            write.guard = guard::in_chain(chain, position, &column);
            found.push(write);
        }
    }

    fn is_elsewhere(&self, chain: &Chain<'t, 'a>, position: usize) -> bool {
        let before = chain.links[..position].iter().map(|link| link.name);
        before
            .chain(chain.root.name())
            .any(|name| words(name).iter().any(|word| OTHERS.contains(&word.as_str())))
    }

    fn written(&self, span: Span) -> &str {
        self.reading.source.get(span.start..span.end).unwrap_or_default()
    }

    /// The word for stock in a key: `stock:42`, `stockKey(id)`, a name for one of them.
    fn counted_under(&self, key: &Node<'a>, depth: usize) -> Option<String> {
        let word = |text: &str| {
            let words = words(text);
            let pair =
                words.windows(2).map(<[String]>::concat).find(|pair| self.reading.names.is_strong(pair));
            words.iter().find(|word| self.reading.names.is_strong(word)).cloned().or(pair)
        };
        if depth > DEPTH_MAX {
            return None;
        }
        match &key.kind {
            Kind::Text(text, _) if text.len() < 80 => word(text),
            Kind::Name(name) => {
                let defined = self.unit.definition(name, key.span.start);
                let defined = defined.filter(|defined| defined.value.span != key.span);
                defined
                    .and_then(|defined| self.counted_under(defined.value, depth + 1))
                    .or_else(|| word(name))
            }
            Kind::Call(callee, arguments) => {
                let named = match callee.kind {
                    Kind::Name(name) | Kind::Member(_, name) => word(name),
                    _ => None,
                };
                named.or_else(|| arguments.iter().find_map(|part| self.counted_under(part, depth + 1)))
            }
            Kind::Binary(_, left, right) => {
                self.counted_under(left, depth + 1).or_else(|| self.counted_under(right, depth + 1))
            }
            _ => None,
        }
    }

    /// A computation over what was read under the key.
    fn computed_from(&self, value: &Node<'a>, key: &str, depth: usize) -> Option<(Direction, Span)> {
        if depth > DEPTH_MAX {
            return None;
        }
        match &value.kind {
            Kind::Binary(operator @ ("-" | "+"), left, right) => {
                let base = if *operator == "-" { Direction::Down } else { Direction::Up };
                self.read_under(left, key, depth).map(|read| (sign(right, base), read))
            }
            Kind::Name(name) => {
                let defined = self.unit.definition(name, value.span.start)?;
                let stepped = self.unit.assignments.iter().find(|step| {
                    matches!(step.operator, "-=" | "+=")
                        && step.target.name() == Some(name)
                        && step.span.start < value.span.start
                });
                if let (Some(step), Some(read)) = (stepped, self.read_under(defined.value, key, depth + 1)) {
                    let base = if step.operator == "-=" { Direction::Down } else { Direction::Up };
                    return Some((sign(step.value, base), read));
                }
                (defined.value.span != value.span)
                    .then(|| self.computed_from(defined.value, key, depth + 1))?
            }
            Kind::Call(callee, arguments) => arguments
                .iter()
                .chain([callee.as_ref()])
                .find_map(|part| self.computed_from(part, key, depth + 1)),
            Kind::Text(_, parts) | Kind::Other(parts) => {
                parts.iter().find_map(|part| self.computed_from(part, key, depth + 1))
            }
            Kind::Member(object, _) => self.computed_from(object, key, depth + 1),
            _ => None,
        }
    }

    /// Where a value was read under the key.
    fn read_under(&self, value: &Node<'a>, key: &str, depth: usize) -> Option<Span> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut read = None;
        value.walk(&mut |node| match &node.kind {
            Kind::Call(..) if read.is_none() => {
                let chain = Chain::of(node, true);
                let gets = chain.is_some_and(|chain| {
                    chain.links.iter().any(|link| {
                        GETS.contains(&link.key.as_str())
                            && link.told().first().is_some_and(|first| self.written(first.span) == key)
                    })
                });
                read = gets.then_some(node.span);
            }
            Kind::Name(name) if read.is_none() => {
                let defined = self.unit.definition(name, node.span.start);
                let defined = defined.filter(|defined| defined.value.span != node.span);
                read = defined.and_then(|defined| self.read_under(defined.value, key, depth + 1));
            }
            _ => {}
        });
        read
    }
}
