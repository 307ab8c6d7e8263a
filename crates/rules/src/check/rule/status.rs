//! ORD001: an order's status changes only through the state machine function.

use super::Verdicts;
use crate::check::chain::Chain;
use crate::check::entry::entries;
use crate::check::fact::{Persistence, Reading};
use crate::check::finding::{Confidence, Finding};
use crate::check::guard;
use crate::check::idiom::{NEUTRAL, UPDATES};
use crate::check::names::{singular, squashed, words};
use crate::check::owner::{Origin, column_of};
use crate::check::persistence;
use crate::check::sql::{self, SqlFact};
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

const RULE: &str = "ORD001";
const ORDERS: &[&str] =
    &["order", "pedido", "orden", "commande", "bestellung", "donhang", "pesanan", "siparis", "ordine"];
const STATUS: &[&str] = &["status", "state", "orderstatus", "orderstate", "statut", "estado", "trangthai"];
/// Words in the names of functions that may change the status, and of what they consult.
const MACHINES: &[&str] = &["transition", "statemachine", "fsm", "nextstate", "allowedstatus", "validstatus"];

/// Judges the writes of a unit to the status of orders.
pub(super) fn judge(unit: &Unit<'_, '_>, reading: Reading<'_>, verdicts: &mut Verdicts) {
    if !reading.names_status() {
        return;
    }
    let mut places: Vec<(Span, bool)> = Vec::new();
    let mut report = |at: Span, guarded: bool| places.push((at, guarded));
    for assignment in unit.assignments.iter().filter(|assignment| assignment.operator == "=") {
        if let Some((object, column)) = column_of(assignment.target)
            && is_status(reading, column)
            && is_stored_order(unit, object, assignment.span, reading)
        {
            let loaded = is_loaded_by_status(unit, reading, object, column);
            report(assignment.span, loaded || is_checked(unit, reading, assignment.span));
        }
    }
    for chain in &unit.chains {
        if let Some((at, loaded)) = setter(unit, chain, reading) {
            report(at, loaded || is_checked(unit, reading, at));
        }
        for position in 0..chain.links.len() {
            if let Some(guarded) = update(unit, chain, position, reading) {
                let column =
                    reading.names.status_columns.iter().map(String::as_str).chain(["status", "state"]);
                let mut loaded = column.map(|column| is_loaded_by_status(unit, reading, chain.root, column));
                let checked = guarded || loaded.any(|loaded| loaded) || is_checked(unit, reading, chain.span);
                report(super::place(reading, &chain.links[position]), checked);
            }
        }
    }
    for (text, _) in &unit.texts {
        let Some(SqlFact::Update { table, writes, guards, .. }) = text.text().and_then(sql::read) else {
            continue;
        };
        let wanted = writes.iter().find(|write| is_status(reading, &write.column));
        if let (Some(write), true) = (wanted, is_order(reading, &table)) {
            let named = guards.iter().any(|guard| squashed(guard) == squashed(&write.column));
            report(text.span, named || is_checked(unit, reading, text.span));
        }
    }
    // Asked last: it looks through the whole file.
    if places.is_empty() || is_elsewhere(unit, reading) {
        return;
    }
    let machine = is_machine(unit, reading);
    for (at, guarded) in places {
        if machine || guarded {
            verdicts.kept.push((RULE, at));
            continue;
        }
        let confidence =
            if reading.names.status_functions.is_empty() { Confidence::Medium } else { Confidence::High };
        let message = "The order's status is written directly: nothing here refuses a step that its present status does not allow.".to_owned();
        verdicts.findings.push(Finding::new(RULE, confidence, at, message).fix(
            "call the one function that knows the allowed transitions, and let its UPDATE name the status it comes from",
        ));
    }
}

/// Orders of a stock exchange, and what a page in a browser asks its server to do.
fn is_elsewhere(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let exchange =
        ["broker", "ticker", "limit_price", "stop_loss", "avg_fill_price", "orderbook", "order_book"]
            .iter()
            .any(|word| reading.source.contains(word));
    let frameworks =
        ["from 'react'", "from \"react\"", "@angular/", "from 'vue'", "from \"vue\"", "createSlice("];
    let browser = frameworks.iter().any(|mark| reading.source.contains(mark));
    let database = ["supabase", "firestore", "firebase", "prisma", "use server"]
        .iter()
        .any(|word| reading.source.contains(word));
    // Go's methods have a receiver instead.
    let receiver = unit.function.and_then(|function| unit.parameters.get(function.receiver)).copied();
    let class = unit.class.map_or(receiver.unwrap_or_default(), |class| class.name).to_lowercase();
    let stores = ["repository", "repo", "dao", "mapper", "gateway", "store", "storage", "queries"]
        .iter()
        .any(|word| class.ends_with(word));
    // A data access object that writes what it is told is not where steps are decided.
    let told = stores
        && unit.parameters.keys().any(|name| words(name).iter().any(|word| STATUS.contains(&word.as_str())));
    exchange || browser && !database || told
}

/// A setter of the status, and whether the order was loaded by the status it had.
fn setter(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, reading: Reading<'_>) -> Option<(Span, bool)> {
    let link = chain.links.last()?;
    let column = link.name.strip_prefix("set").or(link.name.strip_prefix("Set"))?;
    let called = link.given().len() == 1 && is_status(reading, column);
    let Kind::Call(callee, _) = &chain.node.kind else { return None };
    let Kind::Member(object, _) = &callee.kind else { return None };
    let stored = called && is_stored_order(unit, object, chain.span, reading);
    stored.then(|| (chain.span, is_loaded_by_status(unit, reading, object, column)))
}

/// Whether a call updates the status of an order, and whether it names the status that it comes from.
fn update(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, position: usize, reading: Reading<'_>) -> Option<bool> {
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
    if !is_order(reading, &unit.entity_of(chain)) {
        return None;
    }
    let own = entries.iter().any(|other| {
        squashed(&other.column) == squashed(&entry.column) && guard::is_condition(other, key, arguments)
    });
    Some(own || guard::in_chain(chain, position, &entry.column) != crate::check::fact::Guard::None)
}

/// Whether the present status was looked at before: a read-then-write, but one that refuses some steps.
fn is_checked(unit: &Unit<'_, '_>, reading: Reading<'_>, at: Span) -> bool {
    // `self.verify_paid()` in a method of the order itself.
    let asserts = |name: &str| {
        let words = words(name);
        words.len() > 1 && matches!(words[0].as_str(), "verify" | "ensure" | "assert" | "guard" | "require")
    };
    let own = unit.class.is_some_and(|class| is_order(reading, class.name));
    let verified = unit.chains.iter().any(|chain| {
        chain.span.start < at.start
            && chain.root.name() == Some("this")
            && chain.links.first().is_some_and(|link| asserts(link.name))
    });
    if own && verified {
        return true;
    }
    // `validateCancellable(order.getStatus())`, `ensurePayable(order)`.
    let asked = unit.chains.iter().filter(|chain| chain.span.end <= at.start).any(|chain| {
        chain.links.iter().any(|link| {
            let first = words(link.name).into_iter().next().unwrap_or_default();
            let asserts = asserts(link.name) || matches!(first.as_str(), "validate" | "check" | "can" | "is");
            asserts
                && link.given().iter().any(|argument| {
                    column_of(argument).is_some_and(|(_, column)| is_status(reading, column))
                        || argument.name().is_some_and(|name| is_order(reading, name))
                            && words(link.name).len() > 1
                            && !link.key.contains("owner")
                            && !link.key.contains("exist")
                })
        })
    });
    if asked {
        return true;
    }
    unit.conditions.iter().filter(|condition| condition.span.start < at.start).any(|condition| {
        condition.any(&|node| {
            column_of(node).is_some_and(|(object, column)| {
                let named = object.name().is_some_and(|name| is_order(reading, name));
                let asks = is_status(reading, column) || is_permission(column);
                asks && (named || is_order(reading, &unit.owner(object).entity))
            }) || matches!(node.kind, Kind::Name(name) if is_of_lines(unit, reading, name, node.span.start))
        })
    })
}

/// `statuses = {line.status for line in lines}`: the states of all lines decide.
fn is_of_lines(unit: &Unit<'_, '_>, reading: Reading<'_>, name: &str, at: usize) -> bool {
    let all = words(name).last().is_some_and(|last| matches!(last.as_str(), "statuses" | "states"));
    let of_status = |column: &str| words(column).last().is_some_and(|last| is_status(reading, last));
    all && unit.definition(name, at).is_some_and(|definition| {
        definition.value.any(&|part| {
            column_of(part).is_some_and(|(object, column)| object.name().is_some() && of_status(column))
        })
    })
}

/// `Order.findOne({ _id, status: 'assigned' })`: what has another status is not found, so the step is refused.
fn is_loaded_by_status(unit: &Unit<'_, '_>, reading: Reading<'_>, object: &Node<'_>, column: &str) -> bool {
    let Some(load) = unit.owner(object).load else { return false };
    let made = |chain: &Chain<'_, '_>| {
        chain.links.last().is_some_and(|link| matches!(link.key.as_str(), "create" | "build" | "insert"))
    };
    if unit.chains.iter().any(|chain| chain.span == load && made(chain)) {
        return true;
    }
    let chains = unit.chains.iter().filter(|chain| {
        chain.span.start <= load.start && load.end <= chain.span.end
            || load.start <= chain.span.start && chain.span.end <= load.end
    });
    chains.flat_map(|chain| &chain.links).any(|link| {
        let by_name = is_status_of_finder(reading, link.name);
        let chosen = link.given().iter().any(|filter| guard::names_column(filter, column));
        by_name && link.arguments.is_some() || chosen && !NEUTRAL.contains(&link.key.as_str())
    })
}

/// `findByIdAndStatus(id, PENDING)` of Spring Data.
fn is_status_of_finder(reading: Reading<'_>, name: &str) -> bool {
    let Some((_, by)) = name.split_once("By") else { return false };
    by.split("And").any(|column| is_status(reading, column.trim_end_matches("In")))
}

/// `order.canShip()`, `order.may_cancel`, `order.allowed_next_statuses`: the order itself knows its next steps.
fn is_permission(name: &str) -> bool {
    let words = words(name);
    let first = words.first().map_or("", String::as_str);
    let steps = [
        "pending",
        "paid",
        "cancelled",
        "canceled",
        "shipped",
        "delivered",
        "completed",
        "complete",
        "refunded",
        "draft",
        "open",
        "closed",
        "confirmed",
        "placed",
        "fulfilled",
        "returned",
        "processing",
        "finished",
        "purchased",
        "unpaid",
    ];
    // Ruby's `order.accepted?` is named after the state; a few questions are about the row.
    let of_row =
        ["nil", "present", "blank", "persisted", "valid", "invalid", "new_record", "changed", "save"];
    let asked = name.strip_suffix('?').is_some_and(|state| !of_row.contains(&state));
    asked
        || matches!(first, "can" | "may" | "allowed" | "next")
        || words.iter().any(|word| word.ends_with("able"))
        || words.last().is_some_and(|last| steps.contains(&last.as_str()))
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

fn is_order(reading: Reading<'_>, entity: &str) -> bool {
    let words = words(entity);
    let last = words.last().map(|word| singular(word)).unwrap_or_default();
    ORDERS.contains(&last.as_str()) || reading.names.order_entities.contains(&squashed(entity))
}

fn is_status(reading: Reading<'_>, column: &str) -> bool {
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
    derives
        || MACHINES.iter().any(|word| name.contains(word) || class.contains(word))
        || super::mentions(
            unit,
            reading,
            &["transition", "Transition", "stateMachine", "StateMachine", "state_machine"],
        )
}
