//! ORD001: an order's status changes only through the state machine function.

use super::Verdicts;
use super::made::is_made;
use super::step::{is_checked, is_checked_by_callers, is_loaded_by_status};
use crate::check::chain::Chain;
use crate::check::entry::entries;
use crate::check::fact::{Guard, Persistence, Reading};
use crate::check::finding::{Confidence, Finding};
use crate::check::guard;
use crate::check::idiom::{NEUTRAL, UPDATES};
use crate::check::language::Language;
use crate::check::names::{singular, squashed, words};
use crate::check::owner::{Origin, column_of};
use crate::check::persistence;
use crate::check::sql::{self, SqlFact};
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

const RULE: &str = "ORD001";
pub(super) const ORDERS: &[&str] =
    &["order", "pedido", "orden", "commande", "bestellung", "donhang", "pesanan", "siparis", "ordine"];
pub(super) const STATUS: &[&str] =
    &["status", "state", "orderstatus", "orderstate", "statut", "estado", "trangthai"];
/// What belongs to an order and has a status of its own.
const PARTS: &[&str] = &[
    "payment",
    "shipment",
    "delivery",
    "invoice",
    "refund",
    "fulfillment",
    "fulfilment",
    "ticket",
    "transaction",
];
/// Words in the names of functions that may change the status, and of what they consult.
const MACHINES: &[&str] = &["transition", "statemachine", "fsm", "nextstate", "allowedstatus", "validstatus"];

/// A write to the status of a stored order.
struct Write<'t, 'a> {
    at: Span,
    /// The statement names the status that it comes from, or the order was loaded by it.
    guarded: bool,
    /// What is written; nothing for SQL in text.
    value: Option<&'t Node<'a>>,
    /// The object whose status it is, if it is one.
    object: Option<&'t Node<'a>>,
    /// The text of an UPDATE says itself what the next status is.
    decided: bool,
}

/// Judges the writes of a unit to the status of orders.
pub(super) fn judge(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
    verdicts: &mut Verdicts,
) {
    if !reading.names_status() {
        return;
    }
    let writes = writes(unit, reading);
    // Asked last: it looks through the whole file.
    if writes.is_empty() || is_elsewhere(unit, reading) {
        return;
    }
    let machine = is_machine(unit, reading);
    let callers = std::cell::OnceCell::new();
    for write in writes.iter().filter(|write| !is_told(unit, reading, write)) {
        let checked = machine
            || write.guarded
            || follows_another(unit, &writes, write)
            || write.value.is_some_and(is_computed)
            || is_checked(unit, reading, write.at)
            || *callers.get_or_init(|| is_checked_by_callers(unit, units, reading));
        if checked {
            verdicts.kept.push((RULE, write.at));
            continue;
        }
        let confidence =
            if reading.names.status_functions.is_empty() { Confidence::Medium } else { Confidence::High };
        let message = "The order's status is written directly: nothing here refuses a step that its present status does not allow.".to_owned();
        verdicts.findings.push(Finding::new(RULE, confidence, write.at, message).fix(
            "call the one function that knows the allowed transitions, and let its UPDATE name the status it comes from",
        ));
    }
}

/// `order.setStatus(PAID)` after `order.setStatus(RESERVED)` on the same way: the function knows where the order stands.
fn follows_another(unit: &Unit<'_, '_>, writes: &[Write<'_, '_>], write: &Write<'_, '_>) -> bool {
    let Some(name) = write.object.and_then(Node::name) else { return false };
    let holds = |arm: &Span, at: Span| arm.start <= at.start && at.end <= arm.end;
    writes.iter().any(|before| {
        before.at.end <= write.at.start
            && before.object.and_then(Node::name) == Some(name)
            && !unit.arms.iter().any(|arm| holds(arm, before.at) && !holds(arm, write.at))
    })
}

fn writes<'t, 'a>(unit: &Unit<'t, 'a>, reading: Reading<'_>) -> Vec<Write<'t, 'a>> {
    let mut found = Vec::new();
    for assignment in unit.assignments.iter().filter(|assignment| assignment.operator == "=") {
        if let Some((object, column)) = column_of(assignment.target)
            && is_status(reading, column)
            && !is_of_address(unit, object, column)
            && is_stored_order(unit, object, assignment.span, reading)
        {
            let guarded = is_loaded_by_status(unit, reading, object, column);
            let value = Some(assignment.value);
            found.push(Write { at: assignment.span, guarded, value, object: Some(object), decided: false });
        }
    }
    for chain in &unit.chains {
        found.extend(setter(unit, chain, reading));
        found.extend((0..chain.links.len()).filter_map(|position| update(unit, chain, position, reading)));
    }
    for (text, call) in &unit.texts {
        let Some(said) = text.text() else { continue };
        let Some(SqlFact::Update { table, writes, guards, .. }) = sql::read(said) else { continue };
        let wanted = writes.iter().find(|write| is_status(reading, &write.column));
        if let (Some(write), true) = (wanted, is_order(reading, &table)) {
            let known = call.and_then(|index| unit.chains.get(index));
            let guarded = guards.iter().any(|guard| squashed(guard) == squashed(&write.column))
                || known.is_some_and(|chain| is_of_known(unit, chain, reading));
            let decided = says_status(said, &write.column);
            found.push(Write { at: text.span, guarded, value: None, object: None, decided });
        }
    }
    found
}

/// `order.state = form.state; order.city = form.city`: the state that a parcel goes to.
fn is_of_address(unit: &Unit<'_, '_>, object: &Node<'_>, column: &str) -> bool {
    let beside = ["city", "zip", "zipcode", "postalcode", "postcode", "country", "street", "pincode"];
    column.eq_ignore_ascii_case("state")
        && unit.assignments.iter().any(|assignment| {
            column_of(assignment.target).is_some_and(|(other, column)| {
                other.name().is_some()
                    && other.name() == object.name()
                    && beside.contains(&squashed(column).as_str())
            })
        })
}

/// Whether an UPDATE writes a status that stands in its text: `SET status = 'paid'`.
fn says_status(text: &str, column: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split(&column.to_lowercase()).skip(1).any(|rest| {
        let value = rest.trim_start_matches(['`', '"', ']']).trim_start();
        value.strip_prefix('=').is_some_and(|value| {
            value.trim_start().starts_with(['\'', '"']) && !value.trim_start().starts_with("'?")
        })
    })
}

/// `order.status = compute_status(lines)`: what follows from the rest is not decided here.
fn is_computed(value: &Node<'_>) -> bool {
    let Kind::Call(callee, arguments) = &value.kind else { return false };
    let (Kind::Name(name) | Kind::Member(_, name)) = callee.kind else { return false };
    // `getOrderStatus(order)` looks at the whole order.
    let of_order =
        arguments.iter().filter_map(Node::name).any(|name| ORDERS.contains(&squashed(name).as_str()));
    let words = words(name);
    let first = words.first().map_or("", String::as_str);
    words.iter().any(|word| STATUS.contains(&word.as_str()))
        && (first == "get" && of_order
            || matches!(
                first,
                "compute"
                    | "calculate"
                    | "calc"
                    | "derive"
                    | "determine"
                    | "recompute"
                    | "aggregate"
                    | "next"
            ))
}

/// Whether a unit writes what it is told rather than deciding a step: a data access object, or what makes a new order.
fn is_told(unit: &Unit<'_, '_>, reading: Reading<'_>, write: &Write<'_, '_>) -> bool {
    // Go's methods have a receiver instead.
    let receiver = unit.function.and_then(|function| unit.parameters.get(function.receiver)).copied();
    let class = unit.class.map_or(receiver.unwrap_or_default(), |class| class.name).to_lowercase();
    let class = class.trim_end_matches("impl");
    let stem = reading.path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let stem = stem.rsplit_once('.').map_or(stem.as_str(), |(stem, _)| stem);
    let ends = |name: &str| STORES.iter().any(|word| name.ends_with(word));
    let package =
        reading.language == Language::Go && PACKAGES.iter().any(|word| reading.source.contains(word));
    let stores =
        ends(class) || class.is_empty() && (ends(stem) || ends(stem.trim_end_matches('s'))) || package;
    let by_name =
        unit.parameters.keys().any(|name| words(name).iter().any(|word| STATUS.contains(&word.as_str())));
    let whole = match write.value {
        Some(value) => value.root().name().is_some_and(|name| unit.parameters.contains_key(name)),
        None => {
            !write.decided
                && unit.parameters.iter().any(|(name, declared)| {
                    let whole =
                        matches!(squashed(name).as_str(), "data" | "entity" | "dto" | "model" | "input");
                    whole || is_order(reading, name) || is_order(reading, declared)
                })
        }
    };
    stores && (by_name || whole)
        || write.object.is_some_and(|object| is_made(unit, reading, object, write.at))
}

/// What ends the names of data access objects and of their files.
const STORES: &[&str] = &[
    "repository",
    "repo",
    "dao",
    "mapper",
    "gateway",
    "store",
    "storage",
    "queries",
    "dal",
    "crud",
    "repositorio",
    "dataaccess",
    "database",
];
/// How files of Go's data access packages begin.
const PACKAGES: &[&str] = &[
    "package repository",
    "package repositories",
    "package repo\n",
    "package storage",
    "package store\n",
    "package db\n",
    "package dao",
];

/// Orders of a stock exchange or of a framework that keeps the steps itself, and what a page in a browser asks its server to do.
fn is_elsewhere(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let has = |word: &&str| reading.source.contains(*word);
    let strong = [
        "limit_price",
        "limitPrice",
        "stop_loss",
        "stopLoss",
        "avg_fill_price",
        "orderbook",
        "order_book",
        "OrderBook",
    ];
    let weak = ["broker", " ticker", ".ticker", "symbol", "portfolio"];
    // A message broker stands in many shops.
    let broker = unit.parameters.contains_key("broker")
        || unit.definitions.contains_key("broker")
        || ["self.broker", "this.broker", "broker_order", "brokerage"].iter().any(has);
    let exchange = broker || strong.iter().any(has) || weak.iter().filter(|word| has(word)).count() > 1;
    let frameworks =
        ["from 'react'", "from \"react\"", "@angular/", "from 'vue'", "from \"vue\"", "createSlice("];
    let browser = frameworks.iter().any(has);
    let database = ["supabase", "firestore", "firebase", "prisma", "use server"].iter().any(has);
    // WooCommerce's setter is its transition function.
    let woo = ["wc_get_order", "WC_Order"].iter().any(has);
    exchange || browser && !database || woo && unit.texts.is_empty()
}

/// A setter of the status.
fn setter<'t, 'a>(unit: &Unit<'t, 'a>, chain: &Chain<'t, 'a>, reading: Reading<'_>) -> Option<Write<'t, 'a>> {
    let link = chain.links.last()?;
    let column = link.name.strip_prefix("set").or(link.name.strip_prefix("Set"))?;
    let [value] = link.given() else { return None };
    let Kind::Call(callee, _) = &chain.node.kind else { return None };
    let Kind::Member(object, _) = &callee.kind else { return None };
    // WooCommerce's setter is its transition function.
    let woo = ["wc_get_order", "WC_Order"].iter().any(|word| reading.source.contains(word));
    if woo || !is_status(reading, column) || !is_stored_order(unit, object, chain.span, reading) {
        return None;
    }
    let guarded = is_loaded_by_status(unit, reading, object, column);
    Some(Write { at: chain.span, guarded, value: Some(value), object: Some(object), decided: false })
}

/// A call that updates the status of an order.
fn update<'t, 'a>(
    unit: &Unit<'t, 'a>,
    chain: &Chain<'t, 'a>,
    position: usize,
    reading: Reading<'_>,
) -> Option<Write<'t, 'a>> {
    let link = &chain.links[position];
    let arguments = link.arguments?;
    let key = link.key.as_str();
    if !UPDATES.contains(&key) || NEUTRAL.contains(&key) {
        return None;
    }
    let entries = entries(link);
    let entry = entries.iter().find(|entry| {
        is_status(reading, &entry.column)
            && !guard::is_condition(entry, key, arguments)
            && entry.path.len() <= 2
    })?;
    // Rails: `update!(status: :paid)` in the order itself.
    let own = reading.language == Language::Ruby
        && position == 0
        && (chain.root.name() == Some(link.name) || chain.root.name() == Some("this"))
        && unit.class.is_some_and(|class| is_order(reading, class.name));
    if !own && (is_of_part(chain, position) || !is_order(reading, &unit.entity_of(chain))) {
        return None;
    }
    let named = entries.iter().any(|other| {
        squashed(&other.column) == squashed(&entry.column) && guard::is_condition(other, key, arguments)
    });
    let columns = reading.names.status_columns.iter().map(String::as_str).chain(STATUS.iter().copied());
    let mut loaded = columns.map(|column| is_loaded_by_status(unit, reading, chain.root, column));
    // `Order::create(..)->update(..)`.
    let made = chain.links[..position]
        .iter()
        .any(|link| link.arguments.is_some() && matches!(link.key.as_str(), "create" | "new" | "build"));
    let guarded = named
        || made
        || is_of_known(unit, chain, reading)
        || guard::in_chain(chain, position, &entry.column) != Guard::None
        || loaded.any(|loaded| loaded);
    let at = super::place(reading, link);
    Some(Write { at, guarded, value: Some(entry.value), object: Some(chain.root), decided: false })
}

/// `order.payment.update!(status: :failed)`, also when the payment has a name of its own: another thing's status.
fn is_of_part(chain: &Chain<'_, '_>, position: usize) -> bool {
    let before = match position.checked_sub(1).and_then(|before| chain.links.get(before)) {
        Some(link) if link.given().is_empty() => Some(link.name),
        Some(_) => None,
        None => chain.root.name(),
    };
    before.is_some_and(|name| words(name).last().is_some_and(|last| PARTS.contains(&last.as_str())))
}

/// `update({ where: { id: order.id } })` of an order that was made here, or loaded by its status.
fn is_of_known<'a>(unit: &Unit<'_, 'a>, chain: &Chain<'_, 'a>, reading: Reading<'_>) -> bool {
    chain.links.iter().flat_map(|link| link.given()).any(|given| {
        given.any(&|node| {
            let Kind::Member(object, key) = &node.kind else { return false };
            let of_order = object.name().is_some_and(|name| is_order(reading, name));
            of_order
                && matches!(*key, "id" | "_id" | "Id" | "ID")
                && is_loaded_by_status(unit, reading, object, "status")
        })
    })
}

fn is_stored_order(unit: &Unit<'_, '_>, object: &Node<'_>, at: Span, reading: Reading<'_>) -> bool {
    let owner = unit.owner(object);
    let named = object.name().is_some_and(|name| is_order(reading, name));
    let handed = named && owner.origin != Origin::Request;
    if !handed && !is_order(reading, &owner.entity) {
        return false;
    }
    matches!(persistence::of(unit, object, &owner, at, reading), Persistence::Saved | Persistence::Statement)
}

pub(super) fn is_order(reading: Reading<'_>, entity: &str) -> bool {
    let words = words(entity);
    let last = words.last().map(|word| singular(word)).unwrap_or_default();
    // `donHang` is one word of two.
    let joined = words.len() > 1 && ORDERS.contains(&words[words.len() - 2..].concat().as_str());
    ORDERS.contains(&last.as_str()) || joined || reading.names.order_entities.contains(&squashed(entity))
}

pub(super) fn is_status(reading: Reading<'_>, column: &str) -> bool {
    let column = squashed(column);
    STATUS.contains(&column.as_str()) || reading.names.status_columns.contains(&column)
}

/// Whether a unit is the function that knows the transitions, or asks what knows them.
fn is_machine(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let class = squashed(unit.class.map_or("", |class| class.name));
    let name = squashed(unit.name);
    if reading.names.status_functions.contains(&name) {
        return true;
    }
    // `recomputeStatus(order)`: what follows from the states of the lines is not decided here.
    let derives = ["recompute", "recalculate", "recalc", "derive", "aggregate", "rollup", "refresh", "sync"]
        .iter()
        .any(|verb| name.starts_with(verb) && STATUS.iter().any(|status| name.contains(status)));
    // `class PaidState extends OrderState`: the class is the present status.
    let is_state = unit.class.is_some_and(|class| {
        class.bases.split(|c: char| !c.is_alphanumeric() && c != '_').any(|base| {
            let words = words(base);
            [words.first(), words.last()].into_iter().flatten().any(|word| STATUS.contains(&word.as_str()))
        })
    });
    derives
        || is_state
        || MACHINES.iter().any(|word| name.contains(word) || class.contains(word))
        || super::mentions(
            unit,
            reading,
            &["transition", "Transition", "stateMachine", "StateMachine", "state_machine"],
        )
}
