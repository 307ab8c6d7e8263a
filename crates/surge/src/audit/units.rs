//! I1 and I11: every unit is accounted for once.
//!
//! Decides what is an oversell and what is a unit that got lost. Sold + on sale + held = what was there: more is I1, a unit
//! that several have; less is I11, a unit that nobody has.

use rustc_hash::FxHashMap;

use crate::history::End;

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::shelves::Shelf;

/// Units over all SKUs.
pub(super) struct Units {
    pub(super) sold: i64,
    pub(super) oversold: i64,
}

pub(super) fn judge(case: &Case<'_>, report: &mut Report) -> Units {
    let mut units = Units { sold: 0, oversold: 0 };
    let all_must_sell = case.history.opening.all_must_sell;
    let wanted = if all_must_sell { wanted(case) } else { FxHashMap::default() };
    for (sku, shelf) in &case.shelves.skus {
        units.sold = units.sold.saturating_add(shelf.told);
        let over = shelf.sold.saturating_sub(shelf.supply_max).max(0);
        units.oversold = units.oversold.saturating_add(over);
        let finding = report.of(Id::I1);
        finding.check(over == 0, || {
            let found = format!(
                "{} sold: {} as buyers were told, {} by the shop's orders",
                shelf.sold, shelf.told, shelf.booked
            );
            violation(*sku, format!("at most {} units sold", shelf.supply_max), found)
        });
        counters(case, sku, shelf, finding);
        if over == 0 {
            balance(case, sku, shelf, report);
        }
        nothing_held(case, sku, shelf, report.of(Id::I11));
        if let Some(wanted) = wanted.get(sku) {
            sold_exactly(sku, shelf, wanted, report.of(Id::I1));
        }
    }
    if let Err(reason) = case.books.stock.get() {
        report.of(Id::I11).skip(reason);
    }
    units
}

/// No counter is below zero, and the shop's own count of what it sold agrees with its orders.
fn counters(case: &Case<'_>, sku: &str, shelf: &Shelf<'_>, finding: &mut Finding) {
    let Some(row) = shelf.row else { return };
    let committed = row.committed.unwrap_or_default();
    for (name, count) in [
        ("available", row.available),
        ("reserved", row.reserved),
        ("committed", committed),
        ("backordered", row.backordered),
    ] {
        finding.check(count >= 0, || violation(format!("{sku}: {name}"), "not below 0", count.to_string()));
    }
    if row.committed.is_some() && case.books.orders.get().is_ok() {
        let waiting = shelf.booked.saturating_sub(shelf.shipped);
        finding.check(committed == waiting, || {
            let expected = format!("{waiting}, the units of its orders that have not left the house");
            violation(format!("{sku}: committed"), expected, committed.to_string())
        });
    }
}

/// Sold + available + reserved = the stock with what was put in and taken out.
fn balance(case: &Case<'_>, sku: &str, shelf: &Shelf<'_>, report: &mut Report) {
    let Some(row) = shelf.row else { return };
    let (sold_min, sold_max) = match case.books.orders.get() {
        Ok(_) => (shelf.booked, shelf.booked),
        Err(_) => (shelf.told, shelf.told.saturating_add(shelf.unknown)),
    };
    let on_shelf = row.available.saturating_add(row.reserved).saturating_sub(row.backordered);
    let (least, most) = (sold_min.saturating_add(on_shelf), sold_max.saturating_add(on_shelf));
    let supply = if shelf.supply_min == shelf.supply_max {
        shelf.supply_max.to_string()
    } else {
        format!("{} to {}", shelf.supply_min, shelf.supply_max)
    };
    let told = |sum: i64| {
        let Shelf { booked, told, .. } = shelf;
        format!(
            "{sum}: {sold_min} sold ({told} told, {booked} in orders), {} available, {} reserved",
            row.available, row.reserved
        )
    };
    report.of(Id::I1).check(least <= shelf.supply_max, || {
        violation(format!("{sku}: sold + available + reserved"), supply.clone(), told(least))
    });
    report.of(Id::I11).check(most >= shelf.supply_min, || {
        violation(format!("{sku}: units that are neither sold nor available"), supply.clone(), told(most))
    });
}

/// Without a ledger, the held units as a whole tell whether a reservation never ended.
fn nothing_held(case: &Case<'_>, sku: &str, shelf: &Shelf<'_>, finding: &mut Finding) {
    let is_at_rest = case.books.unfinished.get().is_ok_and(|unfinished| unfinished.is_empty());
    if let Some(row) = shelf.row.filter(|_| is_at_rest && case.ledgers.is_err()) {
        finding.check(row.reserved == 0, || {
            let found = format!("{}, and nothing is under way", row.reserved);
            violation(format!("{sku}: reserved"), "0 at rest", found)
        });
    }
}

/// What all buyers of a SKU wanted, and what the most modest of those who got nothing did.
#[derive(Default)]
struct Wanted {
    units: i64,
    smallest_unmet: Option<i64>,
    /// Somebody wanted another SKU with it, and may have gone without because of that one.
    is_mixed: bool,
}

fn wanted<'a>(case: &Case<'a>) -> FxHashMap<&'a str, Wanted> {
    let mut all: FxHashMap<&str, Wanted> = FxHashMap::default();
    for ended in case.testimony.purchases.iter().filter_map(|purchase| purchase.ended) {
        let Some(first) = ended.wanted.first() else { continue };
        let is_mixed = ended.wanted.iter().any(|line| line.sku != first.sku);
        let units = ended.wanted.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
        for line in &ended.wanted {
            all.entry(&line.sku).or_default().is_mixed |= is_mixed;
        }
        let of_sku = all.entry(&first.sku).or_default();
        of_sku.units = of_sku.units.saturating_add(units);
        if ended.end != End::Ordered {
            of_sku.smallest_unmet = Some(of_sku.smallest_unmet.map_or(units, |smallest| smallest.min(units)));
        }
    }
    all
}

/// Where every unit that is wanted must be sold, nobody goes without while enough is left for them.
fn sold_exactly(sku: &str, shelf: &Shelf<'_>, wanted: &Wanted, finding: &mut Finding) {
    if wanted.is_mixed {
        return;
    }
    let left = shelf.supply_min.saturating_sub(shelf.sold);
    finding.check(wanted.smallest_unmet.is_none_or(|units| left < units), || {
        let expected =
            format!("{} sold, as {} were wanted", shelf.supply_min.min(wanted.units), wanted.units);
        let unmet = wanted.smallest_unmet.unwrap_or_default();
        violation(sku, expected, format!("{} sold, and a buyer of {unmet} went without", shelf.sold))
    });
}
