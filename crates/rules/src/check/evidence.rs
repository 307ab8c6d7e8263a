//! What the code around a write shows of a column whose name alone says too little: that a count of what is gone is held
//! against how many there are, or that a quantity is compared with what is wanted before it is taken.

use super::fact::Reading;
use super::names::{
    Meaning, is_bound, is_core_quantity, is_no_stock, is_quantity, is_spare, is_taken, singular, squashed,
    words,
};
use super::owner::{column_of, entity_words};
use super::sql::{Change, ColumnWrite};
use super::tree::{Kind, Node};
use super::unit::Unit;

/// What a column of an entity holds, by its name or by what the code shows of it.
pub(crate) fn meaning(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    entity: &str,
    column: &str,
    reading: Reading<'_>,
) -> Option<Meaning> {
    if is_of_game(unit, reading) {
        return None;
    }
    if let Some(meaning) = reading.names.meaning(entity, column) {
        return Some(meaning);
    }
    if is_no_stock(entity) || is_cart(unit) {
        return None;
    }
    if is_taken(column) {
        let held =
            units.iter().any(|other| is_held_against_bound(other, entity, column, std::ptr::eq(other, unit)));
        return held.then_some(Meaning::Reserved);
    }
    let here = |other: &Unit<'_, '_>| std::ptr::eq(other, unit);
    let shown = is_quantity(column)
        && units.iter().any(|other| is_compared_with_wanted(other, entity, column, here(other)))
        || is_core_quantity(column) && units.iter().any(|other| is_lowered(other, entity, column));
    shown.then_some(Meaning::Stock)
}

/// Whether players are spoken of where the change is made: what they carry is no stock, whatever it is called. A shop that
/// tells a channel of its orders stays a shop.
fn is_of_game(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    if !["playerid", "player_id", "discord.ext", "discord.js"].iter().any(|word| reading.has(word)) {
        return false;
    }
    let body = unit.body();
    // Code outside of functions has the whole file around it.
    let around = reading.source.get(body.start..body.end).filter(|around| !around.is_empty());
    let around = around.unwrap_or(reading.source).to_ascii_lowercase();
    let named = unit.parameters.keys().map(|name| squashed(name));
    let handed = named.chain([squashed(unit.name)]).any(|name| is_game_word(&name));
    handed
        || ["player", "ctx.author", "interaction.user", "message.author", "guild"]
            .iter()
            .any(|word| around.contains(word))
}

fn is_game_word(name: &str) -> bool {
    name.contains("player") || matches!(name, "ctx" | "interaction" | "guild")
}

/// Whether the only sign that a column holds stock is that the file takes from it.
pub(crate) fn is_guessed(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    entity: &str,
    column: &str,
    reading: Reading<'_>,
) -> bool {
    let here = |other: &Unit<'_, '_>| std::ptr::eq(other, unit);
    reading.names.meaning(entity, column).is_none()
        && !is_taken(column)
        && !units.iter().any(|other| is_compared_with_wanted(other, entity, column, here(other)))
}

/// `UPDATE tools SET quantity = quantity - ?`: a table of any name whose quantity is lowered by what somebody wants.
pub(crate) fn is_lowered_by(statement: &str, table: &str, column: &ColumnWrite) -> bool {
    let text: String = statement.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect();
    let by_one = format!("{}-1", squashed(&column.column));
    let text = text.to_lowercase();
    let one = text
        .find(&by_one)
        .is_some_and(|at| !text[at + by_one.len()..].starts_with(|next: char| next.is_ascii_digit()));
    column.change == Change::Down && is_plain_quantity(table, &column.column) && !one
}

/// Whether a column of a table is a quantity, and the table no cart's or order's.
pub(crate) fn is_plain_quantity(table: &str, column: &str) -> bool {
    is_core_quantity(column) && !is_no_stock(table) && table.len() > 2 && table != "hole"
}

/// `tool.quantity -= wanted`, also as a setter or in the map of an update: what is taken is no number, as it is in a cart.
fn is_lowered(unit: &Unit<'_, '_>, entity: &str, column: &str) -> bool {
    if entity_words(entity).len() < 4 {
        return false;
    }
    let wanted = squashed(column);
    let own = |node: &Node<'_>| {
        column_of(node).is_some_and(|(object, name)| {
            squashed(name) == wanted && is_same(&unit.owner(object).entity, entity)
        })
    };
    let asked = |node: &Node<'_>| !matches!(node.kind, Kind::Number(_));
    let less = |node: &Node<'_>| matches!(&node.kind, Kind::Binary("-", left, right) if left.any(&own) && asked(right));
    let assigned = unit.assignments.iter().any(|one| {
        own(one.target)
            && match one.operator {
                "-=" => asked(one.value),
                "=" => one.value.any(&less),
                _ => false,
            }
    });
    let given = |node: &Node<'_>| {
        matches!(&node.kind, Kind::Pair(key, value)
            if key.text().or(key.name()).is_some_and(|key| squashed(key) == wanted) && value.any(&less))
    };
    assigned
        || unit.chains.iter().flat_map(|chain| &chain.links).any(|link| {
            let sets = link.key.strip_prefix("set").is_some_and(|rest| rest == wanted);
            link.given().iter().any(|argument| sets && argument.any(&less) || argument.any(&given))
        })
}

/// Whether the code is a cart's own: there an item is a line.
pub(crate) fn is_cart(unit: &Unit<'_, '_>) -> bool {
    let names = [unit.name, unit.class.map_or("", |class| class.name)];
    let carts =
        |word: &String| matches!(word.as_str(), "cart" | "basket" | "wishlist" | "carrito" | "keranjang");
    names.iter().any(|name| words(name).iter().any(carts))
}

/// `event.sold + n > event.capacity`, also as `left = capacity - sold`.
/// In another function it must be the same thing whose count is held.
fn is_held_against_bound(unit: &Unit<'_, '_>, entity: &str, column: &str, here: bool) -> bool {
    let wanted = squashed(column);
    let own = |node: &Node<'_>| {
        named(node).is_some_and(|name| squashed(name) == wanted)
            && (here
                || column_of(node).is_some_and(|(object, _)| is_same(&unit.owner(object).entity, entity)))
    };
    let bound = |node: &Node<'_>| named(node).is_some_and(|name| is_bound(name) && squashed(name) != wanted);
    let held = |node: &Node<'_>| {
        let Kind::Binary("<" | ">" | "<=" | ">=" | "-" | "==" | "===", left, right) = &node.kind else {
            return false;
        };
        left.any(&own) && right.any(&bound) || left.any(&bound) && right.any(&own)
    };
    places(unit).any(|node| node.any(&held))
}

/// `if item.quantity < wanted`: a cart's line is compared with a number (`> 1`), a shelf with what somebody asks for.
fn is_compared_with_wanted(unit: &Unit<'_, '_>, entity: &str, column: &str, here: bool) -> bool {
    let wanted = squashed(column);
    let own = |node: &Node<'_>| match &node.kind {
        // A column of a row that was read into a variable of its name.
        Kind::Name(name) => here && squashed(name) == wanted && unit.definitions.contains_key(name),
        _ => column_of(node).is_some_and(|(object, name)| {
            squashed(name) == wanted && is_same(&unit.owner(object).entity, entity)
        }),
    };
    // Nobody asks of a cart's line whether it is down to nothing.
    let asked = |node: &Node<'_>| match &node.kind {
        Kind::Number(number) => is_spare(column) && matches!(*number, "0" | "1"),
        Kind::Text(..) => false,
        _ => !node.any(&own),
    };
    let compared = |node: &Node<'_>| match &node.kind {
        Kind::Binary("<" | ">" | "<=" | ">=", left, right) => {
            own(left) && asked(right) || own(right) && asked(left)
        }
        Kind::Binary("==" | "===", left, right) => {
            own(left) && matches!(right.kind, Kind::Number(_)) && asked(right)
        }
        Kind::Call(callee, arguments) => {
            let Kind::Member(object, "compareTo") = &callee.kind else { return false };
            own(object) && arguments.iter().any(asked)
        }
        _ => false,
    };
    places(unit).any(|node| node.any(&compared))
}

/// Whether two names mean the same thing: `items` and `Item`, `tbl_tool` and `tool`.
fn is_same(one: &str, other: &str) -> bool {
    let bare = |name: &str| {
        let words = entity_words(name);
        singular(&squashed(if words.is_empty() { name } else { &words }))
    };
    let (one, other) = (bare(one), bare(other));
    one == other || one.len() > 3 && other.ends_with(&one) || other.len() > 3 && one.ends_with(&other)
}

/// Conditions, values of names and results: where amounts are compared.
fn places<'u, 't, 'a>(unit: &'u Unit<'t, 'a>) -> impl Iterator<Item = &'t Node<'a>> + use<'u, 't, 'a> {
    let values = unit.definitions.values().flatten().map(|definition| definition.value);
    unit.conditions.iter().copied().chain(values).chain(unit.returns.iter().copied())
}

fn named<'t>(node: &'t Node<'_>) -> Option<&'t str> {
    column_of(node).map(|(_, name)| name).or(node.name())
}
