//! I10: the limits that surge has set, counted by orders.
//!
//! Decides who has used the discount and how many units each buyer has, by the shop's orders and by what buyers were
//! told of theirs, each order once. An order that was called off does not count: whether its use is given back is the
//! shop's business. What the shop's own counters say is judged by its own audit, which is added elsewhere.

use std::collections::BTreeMap;

use crate::history::{Acknowledged, Limits, email};

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::shelves::{Account, is_called_off};

pub(super) fn judge(case: &Case<'_>, report: &mut Report) {
    let finding = report.of(Id::I10);
    let Some(limits) = &case.history.opening.limits else {
        return finding.skip("this run sets no limits, and the shop's audit was not read");
    };
    finding.judge();
    uses(case, limits, finding);
    units(case, limits, finding);
}

/// Orders that stand, by any account.
fn standing<'c, 'a>(case: &'c Case<'a>) -> impl Iterator<Item = &'c Account<'a>> {
    let stands = |account: &&Account<'_>| !account.booked.is_some_and(is_called_off);
    case.shelves.orders.iter().filter(stands)
}

/// The discount was used no more often than it may be.
fn uses(case: &Case<'_>, limits: &Limits, finding: &mut Finding) {
    for (number, account) in (1_i64..).zip(standing(case).filter(|account| is_reduced(account))) {
        finding.check(number <= limits.uses_max, || {
            let what = format!("discount {}: order {}", limits.code, account.id);
            violation(what, format!("at most {} uses", limits.uses_max), format!("use {number}"))
        });
    }
}

/// Whether something was taken off: surge's code is the only one there is.
fn is_reduced(account: &Account<'_>) -> bool {
    let booked = account.booked.and_then(|order| order.totals.as_ref());
    booked.is_some_and(|totals| totals.discount > 0)
        || account.told.is_some_and(|told| costs_less_than_its_lines(told.order))
}

fn costs_less_than_its_lines(order: &Acknowledged) -> bool {
    let line = |line: &crate::history::Line| {
        Some(i128::from(line.quantity) * i128::from(line.unit_price.as_ref()?.amount))
    };
    let lines: Option<i128> = order.lines.iter().map(line).sum();
    let total = order.total.as_ref().map(|total| i128::from(total.amount));
    matches!((lines, total), (Some(lines), Some(total)) if total < lines)
}

/// What a buyer has of the limited SKU.
#[derive(Default)]
struct Bought<'a> {
    units: i64,
    orders: Vec<&'a str>,
}

/// No buyer has more units than they may.
fn units(case: &Case<'_>, limits: &Limits, finding: &mut Finding) {
    let mut buyers: BTreeMap<String, Bought<'_>> = BTreeMap::new();
    for account in standing(case) {
        let lines = account.lines().iter().filter(|line| line.sku == limits.sku);
        let units = lines.fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
        let Some(buyer) = buyer(case, account).filter(|_| units > 0) else { continue };
        let bought = buyers.entry(buyer).or_default();
        bought.units = bought.units.saturating_add(units);
        bought.orders.push(account.id);
    }
    for (buyer, Bought { units, orders }) in &buyers {
        finding.check(*units <= limits.units_max, || {
            let what = format!("{buyer}: units of {}", limits.sku);
            violation(
                what,
                format!("at most {}", limits.units_max),
                format!("{units} in {}", orders.join(", ")),
            )
        });
    }
}

/// Who a shop takes for one buyer: an address is the same in capitals. Of an order that only its buyer knows of it is
/// not known whether they have a second address.
fn buyer(case: &Case<'_>, account: &Account<'_>) -> Option<String> {
    match account.booked {
        Some(order) => Some(order.email.to_lowercase()),
        None => Some(email(case.history.opening.seed, account.purchase?)),
    }
}
