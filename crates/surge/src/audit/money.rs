//! I3, I4 and I5: what was paid, for what, and how much.
//!
//! Decides by the payment provider's book, which knows nothing of orders, and by what buyers were shown and told. A payment
//! and its order find each other by the key that the order names.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::books::{Order, Payment, Totals};
use crate::history::{Money, Step, Told};
use crate::verdict::Violation;

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::instants::suffix;
use super::shelves::{Account, is_called_off};
use super::testimony::Purchase;

/// What is counted of money.
pub(super) struct Counts {
    pub(super) orphaned: Option<u64>,
    pub(super) wrong: u64,
}

pub(super) fn judge(case: &Case<'_>, report: &mut Report) -> Counts {
    let taken = taken(case);
    let orphaned = match &taken {
        Ok(taken) => {
            paid(case, taken, report.of(Id::I3));
            Some(orphans(case, taken, report.of(Id::I4)))
        }
        Err(reason) => {
            report.of(Id::I3).skip(reason);
            report.of(Id::I4).skip(reason);
            None
        }
    };
    let finding = report.of(Id::I5).judge();
    let wrong = prices(case, taken.as_ref().ok(), finding);
    confirmations(case, finding);
    Counts { orphaned, wrong }
}

/// The provider's book by its keys, and the orders that name them.
struct Taken<'a> {
    payments: &'a [Payment],
    by_key: FxHashMap<&'a str, Booked<'a>>,
}

/// A payment under its key, with what is known of it besides.
struct Booked<'a> {
    /// The first row that was captured, should there be several: an attempt that was declined may have had the same key.
    payment: &'a Payment,
    /// The first order that names it.
    order: Option<&'a Order>,
    /// Whether one of its orders may keep the money.
    has_keeper: bool,
}

impl<'a> Taken<'a> {
    fn payment(&self, key: &str) -> Option<&'a Payment> {
        self.by_key.get(key).map(|booked| booked.payment)
    }
}

/// Payments and orders together, or why they cannot be compared.
fn taken<'a>(case: &Case<'a>) -> Result<Taken<'a>, &'a str> {
    let payments = case.books.payments.get()?;
    let orders = case.books.orders.get()?;
    if !orders.is_empty() && orders.iter().all(|order| order.payment.is_none()) && !payments.is_empty() {
        return Err("no order names its payment");
    }
    let mut by_key: FxHashMap<&str, Booked<'_>> = FxHashMap::default();
    by_key.reserve(payments.len());
    for payment in payments {
        let booked = by_key.entry(&payment.id);
        let booked = booked.or_insert(Booked { payment, order: None, has_keeper: false });
        if booked.payment.status != "captured" {
            booked.payment = payment;
        }
    }
    for order in orders {
        let booked = order.payment.as_ref().and_then(|payment| by_key.get_mut(payment.id.as_str()));
        if let Some(booked) = booked {
            booked.order.get_or_insert(order);
            booked.has_keeper |= keeps_its_money(order);
        }
    }
    Ok(Taken { payments, by_key })
}

/// I3: no order past `pending` without its payment, and no two with the same.
fn paid(case: &Case<'_>, taken: &Taken<'_>, finding: &mut Finding) {
    let mut used: FxHashSet<&str> = FxHashSet::default();
    for order in case.shelves.orders.iter().filter_map(|account| account.booked) {
        if order.status.eq_ignore_ascii_case("pending") || is_called_off(order) {
            continue;
        }
        let total = order.totals.as_ref().map(|totals| totals.total);
        let name = || format!("order {}", order.id);
        let Some(payment) = &order.payment else {
            finding.check(total == Some(0), || violation(name(), "a payment", "none"));
            continue;
        };
        let booked = taken.payment(&payment.id);
        let captured =
            booked.filter(|payment| payment.status == "captured").map(|payment| payment.amount.amount);
        let is_enough = captured.is_some_and(|captured| total.is_none_or(|total| captured >= total));
        finding.check(is_enough && used.insert(&payment.id), || {
            let status = booked.map_or("unknown to the provider", |payment| payment.status.as_str());
            let found = match captured {
                _ if is_enough => format!("{} already pays another order", payment.id),
                Some(captured) => format!("{captured} captured"),
                None => format!("payment {} is {status}", payment.id),
            };
            violation(name(), format!("{} captured for it alone", total.unwrap_or_default()), found)
        });
    }
}

/// I4: what was captured has an order, or went back, or is on its way back. Gives the number of those that have not.
fn orphans(case: &Case<'_>, taken: &Taken<'_>, finding: &mut Finding) -> u64 {
    let unfinished = case.books.unfinished.get().map_or(&[][..], Vec::as_slice);
    let under_way: FxHashSet<&str> = unfinished.iter().filter_map(|saga| suffix(&saga.id)).collect();
    let mut orphans = 0;
    finding.judge();
    for payment in taken.payments.iter().filter(|payment| payment.status == "captured") {
        let kept = payment.amount.amount.saturating_sub(payment.refunded);
        let booked = taken.by_key.get(payment.id.as_str());
        let is_being_worked_on = suffix(&payment.id).is_some_and(|saga| under_way.contains(saga));
        let has_order = booked.is_some_and(|booked| booked.has_keeper);
        let is_orphan = kept > 0 && !has_order && !is_being_worked_on;
        orphans += u64::from(is_orphan);
        finding.check(!is_orphan, || {
            let found = match booked.and_then(|booked| booked.order) {
                Some(order) => format!("{kept} kept for order {}, which is {}", order.id, order.status),
                None => format!("{kept} {} taken, and no order", payment.amount.currency),
            };
            violation(format!("payment {}", payment.id), "an order, or the money back", found)
        });
        let is_first = booked.is_some_and(|booked| std::ptr::eq(booked.payment, payment));
        finding.check(is_first, || {
            violation(format!("payment {}", payment.id), "captured once", "booked twice under one key")
        });
    }
    orphans
}

/// An order that was called off gives its money back.
fn keeps_its_money(order: &Order) -> bool {
    let returns = order
        .payment
        .as_ref()
        .is_some_and(|payment| payment.refunded.saturating_add(payment.refund_pending) >= payment.captured);
    !is_called_off(order) || returns
}

/// I5: shown = told = booked = charged, and never more back than was taken. Gives the number of what is wrong.
fn prices<'a>(case: &Case<'a>, taken: Option<&Taken<'a>>, finding: &mut Finding) -> u64 {
    let mut wrong = 0;
    for account in &case.shelves.orders {
        let charged = account.booked.and_then(|order| order.payment.as_ref());
        let charged = charged.and_then(|payment| taken?.payment(&payment.id));
        let charged = charged.filter(|payment| payment.status == "captured").map(|payment| &payment.amount);
        let told = account.told.and_then(|ack| ack.order.total.as_ref());
        let totals = account.booked.and_then(|order| order.totals.as_ref());
        let shown = shown(case, account);
        let booked = totals.map(|totals| (totals.total, totals.currency.as_str()));
        let plain = |money: Option<&'a Money>| money.map(|money| (money.amount, money.currency.as_str()));
        let (shown, told, charged) = (plain(shown), plain(told), plain(charged));
        let mut amounts = [shown, told, booked, charged].into_iter().flatten();
        let adds_up = account.booked.is_none_or(adds_up);
        let first = amounts.next();
        let agree = amounts.all(|amount| Some(amount) == first);
        wrong += u64::from(!(agree && adds_up));
        finding.check(agree && adds_up, || {
            let words = |name: &str, money: Option<(i64, &str)>| {
                money.map(|(amount, currency)| format!("{name} {amount} {currency}"))
            };
            let found = [
                words("shown", shown),
                words("told", told),
                words("booked", booked),
                words("charged", charged),
                (!adds_up).then(|| "lines, discount, shipping and tax make another sum".to_owned()),
            ];
            let found: Vec<String> = found.into_iter().flatten().collect();
            violation(format!("order {}", account.id), "one amount everywhere", found.join(", "))
        });
    }
    for payment in taken.map_or(&[][..], |taken| taken.payments) {
        let captured = if payment.status == "captured" { payment.amount.amount } else { 0 };
        let is_fine = payment.refunded <= captured;
        wrong += u64::from(!is_fine);
        finding.check(is_fine, || too_much_back(payment, captured));
    }
    wrong
}

fn too_much_back(payment: &Payment, captured: i64) -> Violation {
    let expected = format!("at most {captured} given back");
    violation(format!("payment {}", payment.id), expected, payment.refunded.to_string())
}

/// The total that the checkout was locked at, in the tab that was told of the order; for an order that nobody was told
/// of, what its buyer was shown, if that was one total only.
fn shown<'a>(case: &Case<'a>, account: &Account<'a>) -> Option<&'a Money> {
    let purchase = case.testimony.find(account.purchase?)?;
    if let Some(ack) = account.told {
        return purchase.shown(ack.exchange.tab, ack.exchange.answered_ns);
    }
    let mut all = purchase.all_shown();
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// total = lines - discount + shipping + tax that is added.
fn adds_up(order: &Order) -> bool {
    let Some(totals) = &order.totals else { return true };
    let Totals { subtotal, discount, shipping, tax_added, total, .. } = totals;
    let sum = i128::from(*subtotal) - i128::from(*discount) + i128::from(*shipping) + i128::from(*tax_added);
    let line = |line: &crate::history::Line| {
        let price = line.unit_price.as_ref()?;
        Some(i128::from(line.quantity) * i128::from(price.amount))
    };
    let lines: Option<i128> = order.lines.iter().map(line).sum();
    sum == i128::from(*total) && lines.is_none_or(|lines| lines == i128::from(*subtotal))
}

/// I5: changed prices were confirmed before anything was ordered at them.
fn confirmations(case: &Case<'_>, finding: &mut Finding) {
    for purchase in &case.testimony.purchases {
        let asks = |told: &Told| matches!(told, Told::Opened { requires_confirmation: true, .. });
        if !purchase.exchanges.iter().any(|exchange| asks(&exchange.told)) {
            continue;
        }
        let unconfirmed =
            purchase.acks().find(|ack| is_unconfirmed(purchase, ack.exchange.tab, ack.exchange.answered_ns));
        finding.check(unconfirmed.is_none(), || {
            let found = format!("order {} without it", unconfirmed.map_or("", |ack| &ack.order.order));
            violation(purchase.name(), "changed prices confirmed first", found)
        });
    }
}

/// Whether the latest word of a tab's prices, before an instant, was that they have to be confirmed.
fn is_unconfirmed(purchase: &Purchase<'_>, tab: u8, by_ns: u64) -> bool {
    let of_tab =
        purchase.exchanges.iter().filter(|exchange| exchange.tab == tab && exchange.answered_ns <= by_ns);
    of_tab.fold(false, |open, exchange| match (&exchange.told, exchange.step) {
        (_, Step::Confirm) => false,
        (Told::Opened { requires_confirmation, .. }, Step::Open) => *requires_confirmation,
        _ => open,
    })
}
