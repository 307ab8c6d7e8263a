//! What names mean in a shop: which columns hold stock and limits, and in which entities.
//! The defaults serve an unknown repository; a team adds its own words in `[check]` of `sellonce.toml`.

use super::vocabulary::{
    AMBIGUOUS, BOUNDS, COUNTING, FRAGMENTS, HELD_CORE, HOLDERS, LEFT, LEFT_WEAK, LIMIT_ENTITIES, NEVER,
    NOT_AMOUNT, NOT_STOCK, PLACES, QUANTITIES, QUANTITY_CORE, QUANTITY_FILLER, RESERVED, RESERVED_WEAK,
    SPARE, STILL, STOCK, STOCK_CORE, STOCK_ENTITIES, STOCK_ENTITY_PARTS, STOCK_FILLER, STOCK_WEAK, TAKEN,
    USED, USED_WEAK,
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Names a team uses for its own tables and columns, added to the defaults.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Vocabulary {
    /// Columns that hold stock in any table, such as `units_left`.
    pub stock_columns: Vec<String>,
    /// Tables or classes in which `quantity`, `available` and `reserved` mean stock.
    pub stock_entities: Vec<String>,
    /// Columns that count what runs out other than stock, such as `redemptions`.
    pub limit_columns: Vec<String>,
    /// Functions that take the row lock before they return.
    pub lock_functions: Vec<String>,
    /// Columns that hold an order's status, such as `fulfilment_phase`.
    pub status_columns: Vec<String>,
    /// Tables or classes that are orders, such as `purchase`.
    pub order_entities: Vec<String>,
    /// The function or functions that may change an order's status.
    pub status_functions: Vec<String>,
    /// Names that hold money, such as `tarif`.
    pub price_columns: Vec<String>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    /// Units that can be sold: taking away consumes.
    Stock,
    /// Units held for somebody: adding consumes.
    Reserved,
    /// Uses so far: adding consumes.
    Used,
    /// Uses or money left: taking away consumes.
    Left,
}

impl Meaning {
    /// The rule that speaks of it.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Meaning::Stock | Meaning::Reserved => "INV001",
            Meaning::Used | Meaning::Left => "LIM001",
        }
    }
}

/// The words of an identifier: `quantityOnHand`, `quantity_on_hand` and `QuantityOnHand` are the same three.
pub(crate) fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous_lower = false;
    for character in identifier.chars() {
        if !character.is_alphanumeric() {
            previous_lower = false;
            words.push(String::new());
            continue;
        }
        if words.is_empty() || (character.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        previous_lower = character.is_lowercase() || character.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word without its plural ending.
pub(crate) fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') && word != "goods" => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// An identifier in lower case without separators.
pub(crate) fn squashed(identifier: &str) -> String {
    identifier.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The vocabulary, ready for questions.
#[derive(Debug, Clone)]
pub struct Names {
    stock: BTreeSet<String>,
    stock_entities: BTreeSet<String>,
    limits: BTreeSet<String>,
    pub(crate) lock_functions: BTreeSet<String>,
    pub(crate) status_columns: BTreeSet<String>,
    pub(crate) order_entities: BTreeSet<String>,
    pub(crate) status_functions: BTreeSet<String>,
    pub(crate) price_columns: BTreeSet<String>,
}

impl Names {
    /// The defaults and a team's own words.
    pub fn new(vocabulary: &Vocabulary) -> Names {
        let set = |defaults: &[&str], own: &[String]| -> BTreeSet<String> {
            defaults
                .iter()
                .map(|word| (*word).to_owned())
                .chain(own.iter().map(|word| squashed(word)))
                .collect()
        };
        Names {
            stock: set(STOCK, &vocabulary.stock_columns),
            stock_entities: set(STOCK_ENTITIES, &vocabulary.stock_entities),
            limits: set(USED, &vocabulary.limit_columns),
            lock_functions: set(&[], &vocabulary.lock_functions),
            status_columns: set(&[], &vocabulary.status_columns),
            order_entities: set(&[], &vocabulary.order_entities),
            status_functions: set(&[], &vocabulary.status_functions),
            price_columns: set(&[], &vocabulary.price_columns),
        }
    }

    /// What a column of an entity holds; `entity` may be empty when the code does not show it.
    pub(crate) fn meaning(&self, entity: &str, column: &str) -> Option<Meaning> {
        let column_words = words(column);
        let column = column_words.concat();
        let owner = words(entity);
        let mut owner: Vec<String> = owner.iter().map(|word| singular(word)).collect();
        // `medicine_list` and `tbl_product_master` are about the medicine and the product.
        while owner.len() > 1
            && owner.last().is_some_and(|word| {
                matches!(word.as_str(), "list" | "table" | "tbl" | "master" | "info" | "tb" | "db")
            })
        {
            owner.pop();
        }
        // A line of an inventory is no line of an order.
        if let [.., kept, line] = owner.as_slice()
            && line == "line"
            && matches!(kept.as_str(), "inventory" | "stock" | "warehouse")
        {
            owner.pop();
        }
        let joined = owner.concat();
        let in_owner = |list: &[&str]| owner.iter().any(|word| list.contains(&word.as_str()));
        let weak = |list: &[&str]| list.contains(&column.as_str());
        // `promotion_items.item` is a thing in a promotion, not the promotion.
        let tail = owner[owner.len().saturating_sub(2)..].concat();
        let limited = LIMIT_ENTITIES.iter().any(|entity| tail.contains(entity))
            && owner.last().is_none_or(|last| last != "item");
        if self.limits.contains(&column) && (limited || !in_owner(STOCK_ENTITIES)) {
            let known = limited || !USED.contains(&column.as_str());
            return known.then_some(Meaning::Used);
        }
        if limited && (weak(LEFT) || weak(LEFT_WEAK)) {
            return Some(Meaning::Left);
        }
        if limited && weak(USED_WEAK) {
            return Some(Meaning::Used);
        }
        if limited && self.stock.contains(&column) && !in_owner(NEVER) {
            return Some(Meaning::Stock);
        }
        if limited || in_owner(NEVER) || column_words.iter().any(|word| NOT_AMOUNT.contains(&word.as_str())) {
            return None;
        }
        let excluded_anyhow = AMBIGUOUS.contains(&column.as_str()) && in_owner(NOT_STOCK);
        if self.is_stock(&column, &column_words) && !excluded_anyhow {
            return Some(Meaning::Stock);
        }
        if RESERVED.contains(&column.as_str()) || is_held(&column_words) {
            return Some(Meaning::Reserved);
        }
        // The details of a warehouse are what lies in it.
        let detailed = owner.len() == 2
            && in_owner(&["detail"])
            && in_owner(&["warehouse", "stock", "inventory", "product", "variant"]);
        let excluded = !detailed && in_owner(NOT_STOCK) || NOT_STOCK.contains(&joined.as_str());
        let listed = owner.last().is_some_and(|word| self.stock_entities.contains(word))
            || self.stock_entities.contains(&joined)
            || STOCK_ENTITY_PARTS.iter().any(|part| joined.contains(part));
        if excluded || !listed {
            return None;
        }
        if weak(STOCK_WEAK) || is_long_quantity(&column_words) {
            return Some(Meaning::Stock);
        }
        weak(RESERVED_WEAK).then_some(Meaning::Reserved)
    }

    /// Whether a column may hold stock or a limit in some entity: worth a closer look.
    pub(crate) fn may_matter(&self, column_as_written: &str) -> bool {
        let words = words(column_as_written);
        let column = words.concat();
        self.is_stock(&column, &words)
            || self.limits.contains(&column)
            || [STOCK_WEAK, RESERVED, RESERVED_WEAK, USED_WEAK, LEFT, LEFT_WEAK, QUANTITIES, SPARE]
                .iter()
                .any(|list| list.contains(&column.as_str()))
            || are_taken(&words)
            || is_long_quantity(&words)
            || is_held(&words)
    }

    /// Whether a column means stock wherever it stands.
    pub(crate) fn is_strong(&self, column: &str) -> bool {
        self.is_stock(&squashed(column), &words(column))
    }

    /// `num_of_available_tickets` is `available_tickets`.
    fn is_stock(&self, column: &str, words: &[String]) -> bool {
        let counted = words.iter().skip_while(|word| matches!(word.as_str(), "num" | "number" | "no" | "of"));
        self.stock.contains(column)
            || is_composed(words)
            || are_left(words)
            || self.stock.contains(&counted.map(String::as_str).collect::<String>())
    }

    /// Fragments of which at least one stands in every file that rules about amounts can say something of.
    pub(crate) fn fragments(&self) -> Vec<String> {
        let own = self
            .stock
            .iter()
            .chain(&self.limits)
            .filter(|word| !STOCK.contains(&word.as_str()) && !USED.contains(&word.as_str()));
        FRAGMENTS.iter().map(|fragment| (*fragment).to_owned()).chain(own.cloned()).collect()
    }
}

/// Whether a column is put together from a word for stock and words that say no more: `p_instock`, `real_stock_qty`.
fn is_composed(words: &[String]) -> bool {
    let core = words.iter().any(|word| STOCK_CORE.contains(&word.as_str()));
    core && words.len() > 1
        && words.iter().all(|word| {
            STOCK_CORE.contains(&word.as_str())
                || STOCK_FILLER.contains(&word.as_str())
                || word.len() <= 2 && !NOT_AMOUNT.contains(&word.as_str())
        })
}

/// `inventoryReserved`, `cantidad_reservada`: units of stock that are held for somebody.
fn is_held(words: &[String]) -> bool {
    let (held, others): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| HELD_CORE.contains(&word.as_str()));
    let stock = |word: &&String| [STOCK_CORE, QUANTITY_CORE].iter().any(|list| list.contains(&word.as_str()));
    held.len() == 1 && !others.is_empty() && others.iter().all(stock)
}

/// `available_seats`, `num_tickets_left`, `remainingSlots`: places that can still be had.
fn are_left(words: &[String]) -> bool {
    let one = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // `half_tickets_available`, `vipSeatsLeft`: one more word tells which of them.
    let other = |word: &&String| ![STILL, PLACES, COUNTING].iter().any(|list| list.contains(&word.as_str()));
    one(STILL) && one(PLACES) && words.iter().filter(other).count() <= 1
}

/// Whether a column counts what is gone of something that has an end: `tickets_sold`, `bookedSeats`. It means stock only
/// where it is held against that end (`evidence`).
pub(crate) fn is_taken(column: &str) -> bool {
    are_taken(&words(column))
}

fn are_taken(words: &[String]) -> bool {
    let one = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    one(TAKEN)
        && words.iter().all(|word| [TAKEN, PLACES, COUNTING].iter().any(|list| list.contains(&word.as_str())))
        || HOLDERS.contains(&words.concat().as_str())
}

/// Whether a column says how many there are in all.
pub(crate) fn is_bound(column: &str) -> bool {
    words(column).iter().any(|word| BOUNDS.contains(&word.as_str()))
}

/// Whether a column means stock in an entity of any name, if the code shows that it is taken from.
pub(crate) fn is_quantity(column: &str) -> bool {
    QUANTITIES.contains(&squashed(column).as_str()) || is_spare(column) || is_core_quantity(column)
}

/// Whether a column is named a quantity and nothing else.
pub(crate) fn is_core_quantity(column: &str) -> bool {
    is_long_quantity(&words(column))
}

/// Whether a column counts things that are given out one by one until none is left.
pub(crate) fn is_spare(column: &str) -> bool {
    SPARE.contains(&squashed(column).as_str())
}

/// `quantityForSale`, `cantidad_total`.
fn is_long_quantity(words: &[String]) -> bool {
    let one = words.iter().any(|word| QUANTITY_CORE.contains(&word.as_str()));
    // A `sale_quantity` is what was sold, a `quantity_for_sale` what can be had.
    let for_sale = words.windows(2).any(|pair| pair[0] == "for" && pair[1] == "sale");
    one && words
        .iter()
        .filter(|word| !for_sale || *word != "sale")
        .all(|word| QUANTITY_CORE.contains(&word.as_str()) || QUANTITY_FILLER.contains(&word.as_str()))
}

/// Whether an entity is what somebody wants, has bought or plays with, so that no quantity of it is stock.
pub(crate) fn is_no_stock(entity: &str) -> bool {
    let held = [
        "asset",
        "holding",
        "wallet",
        "cash",
        "money",
        "uang",
        "kas",
        "saldo",
        "coin",
        "token",
        "account",
        "balance",
        "user",
        "game",
        "character",
        "player",
        "budget",
        "leave",
        "allowance",
        "credit",
        "subscription",
        "loan",
        "debt",
        "payment",
        "goal",
        "fund",
        "employee",
        "share",
        "crypto",
        "investment",
        "limiter",
        "bucket",
        "buffer",
        "buf",
        "node",
        "pool",
        "worker",
        "queue",
        "stream",
        "cache",
        "usage",
        "plan",
        "envelope",
        "task",
        "job",
    ];
    words(entity)
        .iter()
        .map(|word| singular(word))
        .any(|word| [NOT_STOCK, NEVER, &held].iter().any(|list| list.contains(&word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_stock_only_where_stock_is_kept() {
        let names = Names::new(&Vocabulary::default());
        for (entity, column, expected) in [
            ("Product", "stock", Some(Meaning::Stock)),
            ("stock_levels", "quantity_on_hand", Some(Meaning::Stock)),
            ("products", "quantity", Some(Meaning::Stock)),
            ("InventoryItem", "qty", Some(Meaning::Stock)),
            ("cart_items", "quantity", None),
            ("OrderLine", "quantity", None),
            ("orderProduct", "quantity", None),
            ("stock_items", "reserved", Some(Meaning::Reserved)),
            ("product", "low_stock_threshold", None),
            ("coupon", "used_count", Some(Meaning::Used)),
            ("gift_cards", "balance", Some(Meaning::Left)),
            ("event", "numTicketsLeft", Some(Meaning::Stock)),
            ("funcion", "asientos_disponibles", Some(Meaning::Stock)),
            ("event", "remaining_days", None),
            ("event", "half_tickets_available", Some(Meaning::Stock)),
            ("productos", "cantidadTotal", Some(Meaning::Stock)),
            ("pedido", "cantidadTotal", None),
            ("SimpleInventory", "inventoryReserved", Some(Meaning::Reserved)),
            ("SimpleInventory", "inventoryInStock", Some(Meaning::Stock)),
            ("lote", "cantidad_reservada", Some(Meaning::Reserved)),
            ("user", "balance", None),
        ] {
            assert_eq!(names.meaning(entity, column), expected, "{entity}.{column}");
        }
    }
}
