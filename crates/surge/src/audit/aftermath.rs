//! I8, I9, I11 and I13: what is left behind when everything is at rest.
//!
//! Decides by the mails, the stuck list and the ledger.

use std::cell::LazyCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::books::{Movement, Order, Unfinished};
use crate::history::{End, Line, Told};

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::instants::{saga, suffix};
use super::shelves::is_called_off;

pub(super) fn judge(case: &Case<'_>, report: &mut Report) {
    mails(case, report.of(Id::I8));
    hanging(case, report.of(Id::I9));
    reservations(case, report);
}

/// I8: every paid order was told by a mail, no mail tells of an order that is not there, equal ids say the same.
fn mails(case: &Case<'_>, finding: &mut Finding) {
    let (mails, orders) = match (case.books.mails.get(), case.books.orders.get()) {
        (Ok(mails), Ok(orders)) => (mails, orders),
        (Err(reason), _) | (_, Err(reason)) => return finding.skip(reason),
    };
    finding.judge();
    // Only a mail that names no order is looked up by its address.
    let addresses: LazyCell<FxHashSet<&str>, _> =
        LazyCell::new(|| orders.iter().map(|order| order.email.as_str()).collect());
    let mut contents: FxHashMap<&str, u64> = FxHashMap::default();
    contents.reserve(mails.len());
    let mut is_told = vec![false; case.shelves.orders.len()];
    let mut told_addresses = FxHashSet::default();
    for mail in mails {
        let is_true = match &mail.order {
            Some(order) => {
                let place = case.shelves.place_of_booked(order);
                place.into_iter().for_each(|place| is_told[place] = true);
                place.is_some()
            }
            None => {
                told_addresses.insert(mail.to.as_str());
                addresses.contains(mail.to.as_str())
            }
        };
        finding.check(is_true, || {
            let order = mail.order.clone().unwrap_or_else(|| "an order".to_owned());
            violation(
                format!("mail {} to {}", mail.id, mail.to),
                format!("{order} in the shop's book"),
                "not there",
            )
        });
        let first = *contents.entry(&mail.id).or_insert(mail.body_hash);
        finding.check(first == mail.body_hash, || {
            let hash = |hash: u64| format!("{hash:016x}");
            violation(format!("mail {}", mail.id), hash(first), hash(mail.body_hash))
        });
    }
    for (account, is_told) in case.shelves.orders.iter().zip(is_told) {
        let Some(order) = account.booked.filter(|order| is_paid(order)) else { continue };
        let is_told = is_told || told_addresses.contains(order.email.as_str());
        finding.check(is_told, || violation(format!("order {}", order.id), "a confirmation", "none"));
    }
}

fn is_paid(order: &Order) -> bool {
    !order.status.eq_ignore_ascii_case("pending") && !is_called_off(order)
}

/// I9: nothing is under way any more, but for what waits for its buyer.
fn hanging(case: &Case<'_>, finding: &mut Finding) {
    if let Ok(unfinished) = case.books.unfinished.get() {
        finding.judge();
        for saga in unfinished {
            finding.check(waits_for_buyer(saga), || {
                let found = format!("{} {}", saga.state, saga.problem);
                violation(format!("saga {}", saga.id), "over, now that all is at rest", found.trim_end())
            });
        }
        return;
    }
    if case.testimony.had_faults {
        return finding.skip("there were faults, and the shop does not tell what is under way");
    }
    for purchase in &case.testimony.purchases {
        let last = purchase.exchanges.last().map(|exchange| &exchange.told);
        let hangs = match last {
            Some(Told::UnderWay { status }) => {
                purchase.end() == Some(End::GaveUp) && status != "requires_action"
            }
            _ => false,
        };
        finding
            .check(!hangs, || violation(purchase.name(), "an end", "still under way when its buyer gave up"));
    }
}

fn waits_for_buyer(saga: &Unfinished) -> bool {
    let state: String = saga.state.chars().filter(char::is_ascii_alphanumeric).collect();
    state.eq_ignore_ascii_case("awaitingbuyer") || state.eq_ignore_ascii_case("requiresaction")
}

/// What the movements of one saga add up to, for one SKU.
#[derive(Default)]
struct Held<'a> {
    saga: &'a str,
    sku: &'a str,
    reserved: i64,
    released: i64,
    committed: i64,
    /// By the orders of the saga, if there are any.
    ordered: Option<i64>,
}

/// The same for all, in the order of their first movement.
#[derive(Default)]
struct AllHeld<'a> {
    list: Vec<Held<'a>>,
    places: FxHashMap<(&'a str, &'a str), usize>,
}

impl<'a> AllHeld<'a> {
    fn of(movements: &'a [Movement]) -> Self {
        let mut all = Self::default();
        for movement in movements {
            let Some(saga) = saga(&movement.cause) else { continue };
            let place = all.place(saga, &movement.sku);
            let held = &mut all.list[place];
            let sum = match movement.kind.as_str() {
                "reserve" => &mut held.reserved,
                "release" => &mut held.released,
                "commit" => &mut held.committed,
                _ => continue,
            };
            *sum = sum.saturating_add(movement.quantity);
        }
        all
    }

    fn place(&mut self, saga: &'a str, sku: &'a str) -> usize {
        *self.places.entry((saga, sku)).or_insert_with(|| {
            self.list.push(Held { saga, sku, ..Held::default() });
            self.list.len() - 1
        })
    }

    /// Adds what an order of the saga says was sold.
    fn orders(&mut self, saga: &'a str, line: &'a Line) {
        let place = self.place(saga, &line.sku);
        let ordered = &mut self.list[place].ordered;
        *ordered = Some(ordered.unwrap_or_default().saturating_add(line.quantity));
    }
}

/// I11: every reservation ended once. I13: what was sold left the shelf for its order, and nothing else did.
fn reservations(case: &Case<'_>, report: &mut Report) {
    let movements = match case.books.movements.get() {
        Ok(movements) => movements,
        Err(reason) => {
            report.of(Id::I11).skip(reason);
            return report.of(Id::I13).skip(reason);
        }
    };
    let mut held = AllHeld::of(movements);
    let under_way = case.books.unfinished.get().map_or(&[][..], Vec::as_slice);
    let under_way: FxHashSet<&str> = under_way.iter().filter_map(|saga| suffix(&saga.id)).collect();
    let finding = report.of(Id::I11).judge();
    for held in held.list.iter().filter(|held| !under_way.contains(held.saga)) {
        let Held { saga, sku, .. } = held;
        let ended = held.released.saturating_add(held.committed);
        finding.check(held.reserved == ended, || {
            let expected = format!("all {} committed or released, once", held.reserved);
            let found = format!("{} committed, {} released", held.committed, held.released);
            violation(format!("reservation of saga {saga}, {sku}"), expected, found)
        });
    }
    match case.books.orders.get() {
        Ok(orders) => causes(orders, &mut held, report.of(Id::I13)),
        Err(reason) => report.of(Id::I13).skip(reason),
    }
}

/// I13: an order and the movements of its units stand together, or neither stands.
fn causes<'a>(orders: &'a [Order], held: &mut AllHeld<'a>, finding: &mut Finding) {
    // What costs nothing has no payment, and so does not say which saga it came from.
    let mut has_unpaid = false;
    for order in orders {
        match order.payment.as_ref().and_then(|payment| suffix(&payment.id)) {
            Some(saga) => order.lines.iter().for_each(|line| held.orders(saga, line)),
            None => has_unpaid = true,
        }
    }
    finding.judge();
    for Held { saga, sku, committed, ordered, .. } in &held.list {
        match ordered {
            // Each SKU of each saga once, however many lines it has.
            Some(units) => finding.check(committed == units, || {
                let what = format!("the order of saga {saga}, {sku}");
                violation(what, format!("{units} committed in the ledger"), committed.to_string())
            }),
            None if *committed > 0 => finding.check(has_unpaid, || {
                let what = format!("saga {saga}, {sku}");
                violation(what, "an order", format!("{committed} committed in the ledger without one"))
            }),
            None => {}
        }
    }
}
