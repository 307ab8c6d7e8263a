//! What the code around a write shows of a column whose name alone says too little: that a count of what is gone is held
//! against how many there are, or that a quantity is compared with what is wanted before it is taken.

use super::fact::Reading;
use super::names::{
    Meaning, is_bound, is_no_stock, is_quantity, is_spare, is_taken, singular, squashed, words,
};
use super::owner::{column_of, entity_words};
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
    if let Some(meaning) = reading.names.meaning(entity, column) {
        return Some(meaning);
    }
    if is_no_stock(entity) || is_cart(unit) {
        return None;
    }
    if is_taken(column) {
        return units.iter().any(|unit| is_held_against_bound(unit, column)).then_some(Meaning::Reserved);
    }
    let compared =
        |other: &Unit<'_, '_>| is_compared_with_wanted(other, entity, column, std::ptr::eq(other, unit));
    (is_quantity(column) && units.iter().any(compared)).then_some(Meaning::Stock)
}

/// Whether the code is a cart's own: there an item is a line.
pub(crate) fn is_cart(unit: &Unit<'_, '_>) -> bool {
    let names = [unit.name, unit.class.map_or("", |class| class.name)];
    let carts =
        |word: &String| matches!(word.as_str(), "cart" | "basket" | "wishlist" | "carrito" | "keranjang");
    names.iter().any(|name| words(name).iter().any(carts))
}

/// `event.sold + n > event.capacity`, also as `left = capacity - sold`.
fn is_held_against_bound(unit: &Unit<'_, '_>, column: &str) -> bool {
    let wanted = squashed(column);
    let own = |node: &Node<'_>| named(node).is_some_and(|name| squashed(name) == wanted);
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
