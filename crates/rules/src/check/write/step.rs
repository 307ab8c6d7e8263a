//! Calls that take from a column or add to it inside the database: `decrement`, MongoDB's `inc` of typed builders.

use super::Writer;
use crate::check::amount::{Direction, sign};
use crate::check::chain::{Chain, Link};
use crate::check::fact::{AmountWrite, Guard, Persistence, Way};
use crate::check::guard;
use crate::check::idiom::STEPS;
use crate::check::language::Language;
use crate::check::owner::column_of;
use crate::check::persistence;
use crate::check::tree::{Kind, Node};

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    /// `decrement('stock', n)`.
    pub(super) fn step(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let Some((_, down)) = STEPS.iter().find(|(key, _)| *key == link.key) else { return };
        let base = if *down { Direction::Down } else { Direction::Up };
        // Ruby's `decrement(:stock)` in a method of the model is about the model itself.
        let bare = position == 0 && chain.root.name() == Some(link.name);
        let own = self.unit.class.filter(|_| bare && self.reading.language == Language::Ruby);
        // A key of a cache (`stock:42`) is no column: `write::cache` judges it.
        let columns = stepped(link).into_iter().filter(|(column, _)| !column.contains([':', '?', '/']));
        for (column, amount) in columns {
            let entity = own.map_or_else(|| self.unit.entity_of(chain), |class| class.name.to_owned());
            let Some(meaning) = self.meaning(&entity, column) else { continue };
            let mut write = self.write(meaning, &entity, column, self.place(link));
            let direction = match amount.map_or(base, |amount| sign(amount, base)) {
                // `decrement(delta)`: the name of the call says more than the name of the amount.
                Direction::Unknown if *down => Direction::Down,
                direction => direction,
            };
            write.way = Way::Relative(direction);
            // Ruby's `decrement` without a mark changes only the object in memory.
            if self.reading.language == Language::Ruby && !link.name.ends_with(['!', 'r']) {
                write.way = Way::ReadModify(direction);
                let this = Node { kind: Kind::Name("this"), span: chain.root.span };
                let mut object = if own.is_some() { &this } else { chain.root };
                // `product = Product.find(id).decrement(:stock)`: what was changed is known by that name from now on.
                let named = self.unit.assignments.iter().find(|one| one.value.span == chain.span);
                object = named.map_or(object, |one| one.target);
                let owner = self.unit.owner(object);
                write.read = owner.load;
                write.persistence = persistence::of(self.unit, object, &owner, link.span, self.reading);
                if chain.links[position..].iter().any(|later| later.key == "save") {
                    write.persistence = Persistence::Saved;
                }
                if write.persistence == Persistence::Unseen
                    && persistence::is_stored_by_callee(self.unit, object, chain.span, self.units)
                {
                    write.persistence = Persistence::Saved;
                }
            }
            write.guard = guard::in_chain(chain, position, column);
            write.rows = guard::row_count(self.unit, chain, self.reading);
            write.read = write.read.or_else(|| self.unit.owner(chain.root).load);
            found.push(write);
        }
    }

    /// `new Update().inc("stock", -n)`, `Builders<Product>.Update.Inc(p => p.Stock, -n)`: the filter stands in the call
    /// that is given the change.
    pub(super) fn increment(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        if (link.key.as_str(), self.reading.language) == ("inc", Language::Ruby) {
            self.increment_of_document(chain, position, found);
        }
        let ("inc", [key, amount]) = (link.key.as_str(), link.given()) else { return };
        let column = match &key.kind {
            Kind::Text(text, _) => text.to_string(),
            Kind::Function(function) => {
                let column = function.body.iter().find_map(|part| column_of(part).map(|(_, name)| name));
                column.unwrap_or_default().to_owned()
            }
            _ => return,
        };
        // The change may have been put into a variable first.
        let named = self.unit.definitions.iter().find_map(|(name, all)| {
            all.iter()
                .any(|one| one.value.span.start <= chain.span.start && chain.span.end <= one.value.span.end)
                .then_some(*name)
        });
        let runs = self.unit.chains.iter().find(|outer| {
            let Some(link) = outer.links.last() else { return false };
            let around = outer.span.start < chain.span.start && outer.span.end >= chain.span.end;
            let given = link.given().iter().any(|argument| named.is_some() && argument.name() == named);
            ["update", "findoneandupdate", "findandmodify"].iter().any(|prefix| link.key.starts_with(prefix))
                && outer.span.start != chain.span.start
                && (around || given)
        });
        let entity = runs.map_or(String::new(), |outer| self.unit.entity_of(outer));
        let Some(meaning) = self.meaning(&entity, &column) else { return };
        let mut write = self.write(meaning, &entity, &column, self.place(link));
        write.way = Way::Relative(sign(amount, Direction::Up));
        if let Some(outer) = runs {
            let filter = outer.links.last().and_then(|link| link.told().first());
            let defined = filter
                .and_then(|filter| Some(self.unit.definition(filter.name()?, filter.span.start)?.value));
            let guarded =
                filter.into_iter().chain(defined).any(|filter| guard::names_column(filter, &column));
            write.guard = if guarded { Guard::Amount } else { Guard::None };
            write.rows = guard::row_count(self.unit, outer, self.reading);
        }
        found.push(write);
    }

    /// Mongoid's `product.inc(stock: -n)`: what found the document chose it before, and guards nothing any more. Only a
    /// criteria that is told to change (`where(...).inc(...)`) is one statement.
    fn increment_of_document(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let pairs = link.given().iter().flat_map(|argument| match &argument.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(argument),
        });
        let finds =
            |link: &Link<'_, '_>| matches!(link.key.as_str(), "first" | "last" | "find" | "findby" | "take");
        let criteria = chain.links[..position].iter().any(|link| link.key == "where")
            && !chain.links[..position].iter().any(finds);
        for pair in pairs {
            let Kind::Pair(key, amount) = &pair.kind else { continue };
            let Some(column) = key.text().or(key.name()) else { continue };
            let owner = self.unit.owner(chain.root);
            let entity = self.unit.entity_of(chain);
            let named = chain.root.name().and_then(|name| self.meaning(name, column));
            let Some(meaning) = self.meaning(&entity, column).or(named) else { continue };
            let mut write = self.write(meaning, &entity, column, self.place(link));
            write.way = Way::Relative(sign(amount, Direction::Up));
            write.guard = if criteria { guard::in_chain(chain, position, column) } else { Guard::None };
            write.rows = guard::row_count(self.unit, chain, self.reading);
            write.read = owner.load;
            found.push(write);
        }
    }
}

/// The columns that a `decrement` names, each with the amount it is changed by, if one is given.
fn stepped<'t, 'a>(link: &Link<'t, 'a>) -> Vec<(&'t str, Option<&'t Node<'a>>)> {
    let mut columns = Vec::new();
    for argument in link.given() {
        match &argument.kind {
            Kind::Text(text, _) => {
                let other = link.given().iter().find(|other| other.text() != Some(text));
                columns.push((text.as_ref(), other.map(|other| by_option(other).unwrap_or(other))));
            }
            Kind::List(items) => columns.extend(items.iter().filter_map(|item| match &item.kind {
                Kind::Pair(key, value) => Some((key.text().or(key.name())?, Some(value.as_ref()))),
                Kind::Text(text, _) => {
                    let other = link.given().iter().find(|other| other.span != argument.span);
                    Some((text.as_ref(), other.and_then(by_option)))
                }
                _ => None,
            })),
            _ => {}
        }
    }
    columns
}

/// Sequelize's `{ by: n }`.
fn by_option<'t, 'a>(node: &'t Node<'a>) -> Option<&'t Node<'a>> {
    let Kind::List(items) = &node.kind else { return None };
    items.iter().find_map(|item| match &item.kind {
        Kind::Pair(key, value) if key.text().or(key.name()) == Some("by") => Some(value.as_ref()),
        _ => None,
    })
}
