//! I6, I7 and I12: one order for one purchase, one answer for one key, and what was told stays true.
//!
//! Decides by comparing answers with each other and with the shop's orders.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::books::Order;
use crate::dialect::sellonce::REUSED;
use crate::history::{End, Exchange, Line, Step, Told};

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::testimony::{Ack, Purchase};

/// What is counted of orders.
pub(super) struct Counts {
    pub(super) duplicates: u64,
    pub(super) lost: Option<u64>,
}

pub(super) fn judge(case: &Case<'_>, report: &mut Report) -> Counts {
    walks(case, report.of(Id::I6));
    for purchase in &case.testimony.purchases {
        stays_over(purchase, report.of(Id::I6));
        replays(purchase, report.of(Id::I7));
        misused(purchase, report.of(Id::I7));
        says_so(purchase, report.of(Id::I12));
    }
    let duplicates = one_order_each(case, report.of(Id::I7));
    one_order_per_checkout(case, report.of(Id::I7));
    let lost = match case.books.orders.get() {
        Ok(_) => {
            refused_without_effect(case, report.of(Id::I12));
            supplied(case, report.of(Id::I12));
            Some(acknowledged(case, report.of(Id::I12)))
        }
        Err(reason) => {
            report.of(Id::I12).skip(reason);
            None
        }
    };
    Counts { duplicates, lost }
}

/// The edges that an order may walk.
const EDGES: [(&str, &[&str]); 6] = [
    ("pending", &["paid", "cancelled"]),
    ("paid", &["processing", "cancelled", "refunded"]),
    ("processing", &["shipped", "cancelled", "refunded"]),
    ("shipped", &["delivered", "refunded"]),
    ("delivered", &["refunded"]),
    ("cancelled", &["refunded"]),
];

/// I6: every order walked only edges of its table, and its history ends where it stands.
fn walks(case: &Case<'_>, finding: &mut Finding) {
    let orders = match case.books.orders.get() {
        Ok(orders) => orders,
        Err(reason) => return finding.skip(reason),
    };
    if orders.iter().all(|order| order.statuses.is_empty()) {
        return finding.skip("no order shows its history");
    }
    for order in orders {
        finding.check(is_legal(order), || {
            let found = format!("{}, and it is {}", order.statuses.join(" > "), order.status);
            violation(
                format!("order {}", order.id),
                "a way along the table's edges to where it stands",
                found,
            )
        });
    }
}

fn is_legal(order: &Order) -> bool {
    let begins = order.statuses.first().is_some_and(|first| ["pending", "paid"].contains(&first.as_str()));
    let is_edge =
        |pair: &[String]| EDGES.iter().any(|(from, to)| pair[0] == *from && to.contains(&pair[1].as_str()));
    begins && order.statuses.windows(2).all(is_edge) && order.statuses.last() == Some(&order.status)
}

/// I6: a checkout that became an order is never told to be anything else afterwards.
fn stays_over(purchase: &Purchase<'_>, finding: &mut Finding) {
    let mut tabs: Vec<u8> = Vec::new();
    for Ack { exchange: first, .. } in purchase.acks() {
        if tabs.contains(&first.tab) {
            continue;
        }
        tabs.push(first.tab);
        let later = purchase.exchanges.iter().find(|exchange| {
            let is_later = exchange.tab == first.tab && exchange.sent_ns > first.answered_ns;
            // The same key is judged by I7: it must get the very same answer.
            let is_replay = exchange.key.is_some() && exchange.key == first.key;
            is_later && !is_replay && takes_back(&exchange.told)
        });
        finding.check(later.is_none(), || {
            let found =
                later.map_or_else(String::new, |exchange| format!("then told {}", words(&exchange.told)));
            violation(purchase.name(), "ordered, and that for good", found)
        });
    }
}

fn takes_back(told: &Told) -> bool {
    matches!(told, Told::Declined { .. } | Told::SoldOut { .. } | Told::UnderWay { .. })
}

/// I7: once an answer was recorded, every repetition with its key gets it.
fn replays(purchase: &Purchase<'_>, finding: &mut Finding) {
    let mut recorded: Vec<&Exchange> = Vec::new();
    let paying = purchase.exchanges.iter().filter(|exchange| exchange.step == Step::Complete);
    for exchange in paying.filter(|exchange| exchange.key.is_some()) {
        let same_key = |first: &&&Exchange| first.key == exchange.key && first.tab == exchange.tab;
        let Some(first) = recorded.iter().find(same_key) else {
            if matches!(exchange.told, Told::Ordered(_) | Told::Declined { .. }) {
                recorded.push(exchange);
            }
            continue;
        };
        if let Some(same) = is_same(first, exchange) {
            finding.check(same, || {
                let key = exchange.key.as_deref().unwrap_or_default();
                let what = format!("{}, key {key}, told again", purchase.name());
                violation(what, words(&first.told), words(&exchange.told))
            });
        }
    }
}

/// Whether an answer repeats the one that was recorded; `None` if it says nothing of it.
fn is_same(recorded: &Exchange, again: &Exchange) -> Option<bool> {
    match (&recorded.told, &again.told) {
        (Told::Ordered(first), Told::Ordered(second)) => {
            // Who says that it repeats itself must do so to the letter.
            let repeats = (first.replayed || second.replayed) && recorded.status == again.status;
            Some(first.order == second.order && (!repeats || first.body_hash == second.body_hash))
        }
        (
            Told::Declined { reason, body_hash, .. },
            Told::Declined { reason: other, body_hash: hash, replayed },
        ) => Some(reason == other && (!replayed || body_hash == hash)),
        (Told::Ordered(_), Told::Declined { .. }) | (Told::Declined { .. }, Told::Ordered(_)) => Some(false),
        // It was sent after the recorded answer had come, so it must not find anything else.
        (_, Told::SoldOut { .. } | Told::UnderWay { .. }) => {
            (again.sent_ns > recorded.answered_ns).then_some(false)
        }
        _ => None,
    }
}

/// I7: a key that comes with another body is refused as that: it stands for what it was first used for.
fn misused(purchase: &Purchase<'_>, finding: &mut Finding) {
    for exchange in purchase.exchanges.iter().filter(|exchange| exchange.step == Step::Misuse) {
        let is_refused = match &exchange.told {
            // Nothing was said of the key.
            Told::Shed { .. } | Told::Lost { .. } | Told::Broken { as_success: false, .. } => continue,
            Told::Refused { code } => code == REUSED,
            Told::Fine
            | Told::Opened { .. }
            | Told::Ordered(_)
            | Told::UnderWay { .. }
            | Told::Declined { .. }
            | Told::SoldOut { .. }
            | Told::Broken { as_success: true, .. } => false,
        };
        finding.check(is_refused, || {
            let key = exchange.key.as_deref().unwrap_or_default();
            let what = format!("{}, key {key}, with another body", purchase.name());
            violation(what, format!("refused as {REUSED}"), words(&exchange.told))
        });
    }
}

/// I12: whoever is told by its status that their payment went well is told of an order.
fn says_so(purchase: &Purchase<'_>, finding: &mut Finding) {
    let paying = purchase.exchanges.iter().filter(|exchange| exchange.step == Step::Complete);
    for exchange in paying {
        if let Told::Broken { what, as_success: true } = &exchange.told {
            finding.check(false, || {
                violation(format!("{}, told of success", purchase.name()), "an order", what.clone())
            });
        }
    }
}

/// I7: at most one order for a purchase, by whatever account. Gives the number of those beyond the first.
fn one_order_each(case: &Case<'_>, finding: &mut Finding) -> u64 {
    let of_purchase = case.shelves.orders.iter().filter_map(|account| Some((account.purchase?, account.id)));
    let mut of_purchase: Vec<(u64, &str)> = of_purchase.collect();
    of_purchase.sort_by_key(|(purchase, _)| *purchase);
    let mut duplicates = 0;
    finding.judge();
    for orders in of_purchase.chunk_by(|one, next| one.0 == next.0) {
        duplicates += u64::try_from(orders.len() - 1).unwrap_or(u64::MAX);
        finding.check(orders.len() == 1, || {
            let ids: Vec<&str> = orders.iter().map(|(_, id)| *id).collect();
            violation(format!("purchase {}", orders[0].0), "one order", ids.join(", "))
        });
    }
    duplicates
}

fn one_order_per_checkout(case: &Case<'_>, finding: &mut Finding) {
    let mut seen: FxHashMap<&str, (&str, Option<u64>)> = FxHashMap::default();
    for account in &case.shelves.orders {
        let Some(checkout) = account.booked.and_then(|order| order.checkout.as_deref()) else { continue };
        let before = seen.insert(checkout, (account.id, account.purchase));
        // Two orders of one purchase have been counted already.
        let before = before.filter(|(_, purchase)| purchase.is_none() || *purchase != account.purchase);
        finding.check(before.is_none(), || {
            let found = format!("{} and {}", before.map_or("", |(id, _)| id), account.id);
            violation(format!("checkout {checkout}"), "one order", found)
        });
    }
}

/// I12: every order that a buyer was told of is there, with what they were told. Gives the number of those that are not.
fn acknowledged(case: &Case<'_>, finding: &mut Finding) -> u64 {
    let mut lost = 0;
    finding.judge();
    for account in &case.shelves.orders {
        let Some(Ack { order: told, .. }) = account.told else { continue };
        let name = || format!("order {}, acknowledged", account.id);
        match account.booked {
            None => {
                lost += 1;
                finding.check(false, || violation(name(), "in the shop's book", "not there"));
            }
            Some(booked) => finding
                .check(told.lines == booked.lines || units(&told.lines) == units(&booked.lines), || {
                    violation(name(), list(&told.lines), list(&booked.lines))
                }),
        }
    }
    lost
}

/// I12: what a buyer was refused has no effect.
fn refused_without_effect(case: &Case<'_>, finding: &mut Finding) {
    let with_orders: FxHashSet<u64> =
        case.shelves.orders.iter().filter_map(|account| account.purchase).collect();
    for purchase in &case.testimony.purchases {
        let is_refused = match purchase.end() {
            Some(End::SoldOut | End::Declined) => !purchase.has_unknown(),
            Some(End::Abandoned) => purchase.never_paid(),
            Some(End::Ordered | End::Refused | End::GaveUp | End::Error) | None => false,
        };
        if is_refused {
            finding.check(!with_orders.contains(&purchase.number), || {
                let end = purchase.end().map_or_else(String::new, |end| format!("{end:?}"));
                violation(purchase.name(), format!("no order: it ended as {end}"), "an order")
            });
        }
    }
}

/// I12: units that the shop said it had put in or taken out are in its ledger.
fn supplied(case: &Case<'_>, finding: &mut Finding) {
    let Ok(ledgers) = &case.ledgers else { return };
    for act in case.testimony.stock_acts.iter().filter(|act| act.confirmed) {
        let (Some(version), Some(ledger)) = (act.version, ledgers.whole(act.sku)) else { continue };
        let movement = ledger.movements.iter().find(|movement| movement.version == version);
        let is_there = movement.is_some_and(|movement| {
            matches!(movement.kind.as_str(), "receive" | "adjust" | "return")
                && movement.quantity == act.units
        });
        finding.check(is_there, || {
            let what = format!("{}: {} units, confirmed as version {version}", act.sku, act.units);
            let found = movement.map(|movement| format!("{} {}", movement.kind, movement.quantity));
            violation(what, "in the ledger", found.unwrap_or_else(|| "not there".to_owned()))
        });
    }
}

/// Units by SKU.
fn units(lines: &[Line]) -> BTreeMap<&str, i64> {
    let mut units = BTreeMap::new();
    for line in lines {
        let sum: &mut i64 = units.entry(line.sku.as_str()).or_default();
        *sum = sum.saturating_add(line.quantity);
    }
    units
}

fn list(lines: &[Line]) -> String {
    let words: Vec<String> = units(lines).iter().map(|(sku, units)| format!("{units} of {sku}")).collect();
    words.join(", ")
}

fn words(told: &Told) -> String {
    match told {
        Told::Ordered(order) => format!("order {} (body {:016x})", order.order, order.body_hash),
        Told::Declined { reason, body_hash, .. } => format!("declined, {reason} (body {body_hash:016x})"),
        Told::SoldOut { .. } => "sold out".to_owned(),
        Told::UnderWay { status } => status.clone(),
        Told::Fine => "fine".to_owned(),
        Told::Opened { .. } => "open".to_owned(),
        Told::Refused { code } => code.clone(),
        Told::Shed { .. } => "busy".to_owned(),
        Told::Broken { what, .. } => what.clone(),
        Told::Lost { why, .. } => why.clone(),
    }
}
