//! Changes that are gathered in a list and written together: `changes.push({ updateOne: ... })`, then `bulkWrite(changes)`.

use super::Writer;
use crate::check::chain::{Chain, Link};
use crate::check::entry;
use crate::check::fact::AmountWrite;
use crate::check::tree::{Kind, Node};
use crate::check::unit::Unit;

/// Calls that are given many changes at once.
const BULK: &[&str] = &[
    "bulkwrite",
    "bulkupdate",
    "bulkupdatemappings",
    "bulkcreate",
    "bulkupsert",
    "upsert",
    "upsertall",
    "upsertmany",
    "updatebatch",
    "batchupdate",
    "updateinbatch",
];
const LISTS_MAX: usize = 4;

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    /// `Product.bulkWrite(changes)`: every change stands for itself.
    pub(super) fn bulk(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        if !is_bulk(link) {
            return;
        }
        for changes in link.given() {
            for change in self.unit.gathered(changes) {
                let (before, mut entries) = (found.len(), Vec::new());
                entry::bulk_entries(change, &mut entries);
                for entry in &entries {
                    self.entry(chain, position, entry, false, &entries, found);
                }
                for write in &mut found[before..] {
                    write.statement = change.span.start;
                }
            }
        }
    }
}

/// Whether a call is given many changes at once.
pub(super) fn is_bulk(link: &Link<'_, '_>) -> bool {
    BULK.contains(&link.key.as_str())
}

impl<'t, 'a> Unit<'t, 'a> {
    /// The parts of a list as far as the unit shows them: those it is written with, what a closure makes of each element of
    /// another list, and what is put into it.
    pub(crate) fn gathered(&self, list: &'t Node<'a>) -> Vec<&'t Node<'a>> {
        let mut parts = Vec::new();
        self.gather(list, 0, &mut parts);
        parts
    }

    fn gather(&self, list: &'t Node<'a>, depth: usize, parts: &mut Vec<&'t Node<'a>>) {
        if depth > LISTS_MAX {
            return;
        }
        match &list.kind {
            Kind::List(items) | Kind::Other(items) => {
                let pairs = items.iter().any(|item| matches!(item.kind, Kind::Pair(..)));
                if pairs {
                    parts.push(list);
                } else {
                    items.iter().for_each(|item| self.gather(item, depth + 1, parts));
                }
            }
            Kind::Name(name) => {
                let defined = self.definition(name, list.span.start).filter(|defined| !defined.part);
                if let Some(definition) = defined.filter(|defined| defined.value.span != list.span) {
                    self.gather(definition.value, depth + 1, parts);
                }
                parts.extend(self.put_into(name));
            }
            Kind::Call(..) => parts.push(list),
            _ => {}
        }
    }

    /// What is put into a list: `list.push(x)`, `list = append(list, x)`, `$list[] = x`.
    fn put_into(&self, list: &str) -> Vec<&'t Node<'a>> {
        let mut parts: Vec<&'t Node<'a>> = Vec::new();
        for chain in &self.chains {
            let [link] = chain.links.as_slice() else { continue };
            let puts = matches!(link.key.as_str(), "push" | "append" | "add" | "addlast" | "unshift");
            let own = chain.root.name() == Some(list);
            if puts && own && link.name != list {
                parts.extend(link.given());
            }
            if let ("append", [first, rest @ ..]) = (link.key.as_str(), link.given())
                && first.name() == Some(list)
            {
                parts.extend(rest);
            }
        }
        for assignment in &self.assignments {
            if let Kind::Index(of, _) = &assignment.target.kind
                && of.name() == Some(list)
            {
                parts.push(assignment.value);
            }
        }
        parts
    }
}

/// The values that a statement is given, also those of rows that were gathered for it.
pub(super) fn bound<'t, 'a>(unit: &Unit<'t, 'a>, link: &Link<'t, 'a>) -> Vec<&'t Node<'a>> {
    let mut values = Vec::new();
    for argument in link.given() {
        if matches!(argument.kind, Kind::Name(_)) && link.key.contains("many") {
            for row in unit.gathered(argument) {
                match &row.kind {
                    Kind::List(items) => values.extend(items),
                    _ => values.push(row),
                }
            }
        }
        values.push(argument);
    }
    values
}
