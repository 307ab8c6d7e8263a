//! False sold-outs, judged under I1: a refusal of units that were there is the other side of an oversell.
//!
//! An answer that n units are not there is false if at every instant between its request and its answer n were there.
//! Decides that exactly where there is a ledger: by the version that the answer names, or by every version that can have
//! been the latest in between. Without a ledger it decides a lower bound, from who can have taken units by then; where
//! units came back during the run, that bound says nothing, and the count is left out.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::history::{End, Exchange, Short};

use super::Case;
use super::finding::{Id, Report, violation};
use super::instants::Witnesses;
use super::ledger::Ledger;
use super::testimony::Purchase;

/// Units that were refused although they were there; `None` if that cannot be told.
pub(super) fn judge(case: &Case<'_>, witnesses: &Witnesses<'_>, report: &mut Report) -> Option<i64> {
    let shelves = Takers::of(case);
    let ledgers = case.ledgers.as_ref().ok();
    let ledgers = ledgers.into_iter().flat_map(|ledgers| ledgers.skus.keys().map(move |sku| (*sku, ledgers)));
    let ledgers: FxHashMap<&str, Exact<'_, '_>> =
        ledgers.filter_map(|(sku, ledgers)| Some((sku, Exact::of(ledgers.whole(sku)?)))).collect();
    let finding = report.of(Id::I1);
    let (mut units, mut judged, mut answers) = (0_i64, 0_u64, 0_u64);
    for purchase in &case.testimony.purchases {
        let mut refused = None;
        for (exchange, lines) in purchase.sold_out() {
            answers += 1;
            let lines = Refused::lines(purchase, lines);
            let is_false = |line: &Refused<'_>| {
                let exact = ledgers.get(line.sku).zip(witnesses.of(line.sku));
                match exact {
                    Some((ledger, instants)) => Some(ledger.is_false(instants, line, exchange)),
                    None => shelves.as_ref().map(|takers| takers.is_false(line, exchange)),
                }
            };
            // One SKU that is short justifies the refusal of the whole cart.
            let verdicts: Vec<Option<bool>> = lines.iter().map(is_false).collect();
            if lines.is_empty() || verdicts.contains(&None) {
                continue;
            }
            judged += 1;
            if refused.is_none() && verdicts.iter().all(|verdict| *verdict == Some(true)) {
                refused = Some(lines);
            }
        }
        let refused = refused.unwrap_or_default();
        let wanted = refused.iter().fold(0_i64, |sum, line| sum.saturating_add(line.units));
        units = units.saturating_add(wanted);
        if purchase.sold_out().next().is_some() {
            finding.check(refused.is_empty(), || told_wrong(purchase, &refused));
        }
    }
    (judged == answers).then_some(units)
}

fn told_wrong(purchase: &Purchase<'_>, lines: &[Refused<'_>]) -> crate::verdict::Violation {
    let words: Vec<String> = lines.iter().map(|line| format!("{} of {}", line.units, line.sku)).collect();
    let found = "refused as sold out, while so many were there all the time";
    violation(purchase.name(), format!("{} sold", words.join(", ")), found)
}

/// A line that was refused.
struct Refused<'a> {
    sku: &'a str,
    units: i64,
    version: Option<i64>,
}

impl<'a> Refused<'a> {
    /// The lines that an answer calls short; if it names none, all that was wanted.
    fn lines(purchase: &Purchase<'a>, short: &'a [Short]) -> Vec<Self> {
        if !short.is_empty() {
            let line = |short: &'a Short| Self {
                sku: &short.sku,
                units: short.requested,
                version: short.stock_version,
            };
            return short.iter().map(line).collect();
        }
        let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
        for line in purchase.ended.iter().flat_map(|ended| &ended.wanted) {
            let sum = wanted.entry(&line.sku).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
        wanted.into_iter().map(|(sku, units)| Self { sku, units, version: None }).collect()
    }
}

/// A ledger that answers for the smallest stock within any span of versions.
struct Exact<'l, 'a> {
    ledger: &'l Ledger<'a>,
    /// A tree of minima: leaf v is version v, each node the smaller of its two.
    minima: Vec<i64>,
    leaves: usize,
}

impl<'l, 'a> Exact<'l, 'a> {
    fn of(ledger: &'l Ledger<'a>) -> Self {
        // Version 0, before any movement: nothing was there.
        let stock = std::iter::once(0).chain(ledger.movements.iter().map(|movement| movement.available));
        let stock: Vec<i64> = stock.collect();
        let leaves = stock.len();
        let mut minima = vec![i64::MAX; leaves];
        minima.extend(stock);
        for node in (1..leaves).rev() {
            minima[node] = minima[2 * node].min(minima[2 * node + 1]);
        }
        Self { ledger, minima, leaves }
    }

    /// The smallest stock from a version to another one, both included.
    fn smallest(&self, from: i64, to: i64) -> Option<i64> {
        let place = |version: i64| usize::try_from(version).ok().map(|place| place + self.leaves);
        let (mut from, mut to) = (place(from)?, place(to)?.checked_add(1)?);
        if from >= to || to > 2 * self.leaves {
            return None;
        }
        let mut smallest = i64::MAX;
        while from < to {
            if from % 2 == 1 {
                smallest = smallest.min(self.minima[from]);
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                smallest = smallest.min(self.minima[to]);
            }
            (from, to) = (from / 2, to / 2);
        }
        Some(smallest)
    }

    fn is_false(
        &self,
        instants: &super::instants::Instants,
        line: &Refused<'_>,
        exchange: &Exchange,
    ) -> bool {
        if let Some(version) = line.version
            && let Some(available) = self.ledger.available(version)
        {
            if available >= line.units {
                return true;
            }
            if version >= instants.known_before(exchange.sent_ns) {
                return false;
            }
        }
        let (from, to) = (instants.known_before(exchange.sent_ns), instants.last_at(exchange.answered_ns));
        self.smallest(from, to).is_some_and(|smallest| smallest >= line.units)
    }
}

/// Who can have taken units by when, for a shop without a ledger.
struct Takers<'a> {
    /// By SKU: instants that grow, with the units that may have been taken until then.
    taken: FxHashMap<&'a str, Vec<(u64, i64)>>,
    stock: FxHashMap<&'a str, i64>,
}

impl<'a> Takers<'a> {
    /// `None` if units came back during the run: then nobody can tell what was there at an instant.
    fn of(case: &Case<'a>) -> Option<Self> {
        if units_came_back(case) {
            return None;
        }
        let mut taken: FxHashMap<&str, Vec<(u64, i64)>> = FxHashMap::default();
        let mut has_order = vec![false; case.testimony.purchases.len()];
        for account in &case.shelves.orders {
            let place = account.purchase.and_then(|number| case.testimony.place(number));
            if let Some(place) = place {
                has_order[place] = true;
            }
            let purchase = place.map(|place| &case.testimony.purchases[place]);
            let since_ns = purchase.and_then(Purchase::first_sent_ns).unwrap_or(0);
            for line in account.lines() {
                taken.entry(&line.sku).or_default().push((since_ns, line.quantity));
            }
        }
        for (purchase, has_order) in case.testimony.purchases.iter().zip(has_order) {
            let is_over =
                matches!(purchase.end(), Some(End::SoldOut | End::Refused)) && !purchase.has_unknown();
            if !has_order && !is_over {
                for line in purchase.ended.iter().flat_map(|ended| &ended.wanted) {
                    let since_ns = purchase.first_sent_ns().unwrap_or(0);
                    taken.entry(&line.sku).or_default().push((since_ns, line.quantity));
                }
            }
        }
        for act in &case.testimony.stock_acts {
            taken.entry(act.sku).or_default().push((act.began_ns, act.units.saturating_neg()));
        }
        for list in taken.values_mut() {
            list.sort_unstable();
            let mut sum = 0_i64;
            for (_, units) in list {
                sum = sum.saturating_add(*units);
                *units = sum;
            }
        }
        let goods = &case.history.opening.goods;
        Some(Self { taken, stock: goods.iter().map(|good| (good.sku.as_str(), good.stock)).collect() })
    }

    /// Units only go, so fewest were there when the answer came.
    fn is_false(&self, line: &Refused<'_>, exchange: &Exchange) -> bool {
        let Some(stock) = self.stock.get(line.sku) else { return false };
        let taken = self.taken.get(line.sku).map_or(0, |list| {
            let place = list.partition_point(|(since_ns, _)| *since_ns < exchange.answered_ns);
            place.checked_sub(1).map_or(0, |place| list[place].1)
        });
        stock.saturating_sub(taken) >= line.units
    }
}

/// Whether units can have gone and come back: then what was there at an instant is not what is missing at the end.
fn units_came_back(case: &Case<'_>) -> bool {
    let restocked = case.testimony.stock_acts.iter().any(|act| act.units > 0);
    let called_off =
        case.shelves.orders.iter().any(|account| account.booked.is_some_and(super::shelves::is_called_off));
    let given_back = case.testimony.purchases.iter().any(|purchase| match purchase.end() {
        Some(End::Declined | End::Abandoned) => true,
        // A cart of several SKUs may hold one until it learns that another is short.
        Some(End::Ordered | End::SoldOut | End::Refused | End::GaveUp | End::Error) | None => {
            let wanted = purchase.ended.map_or(&[][..], |ended| ended.wanted.as_slice());
            wanted.iter().any(|line| line.sku != wanted[0].sku)
        }
    });
    restocked || called_off || given_back
}
