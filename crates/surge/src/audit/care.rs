//! I4, I6 and I12 of what the shop's own people did and read: money that went back, orders that were sent or called off.
//!
//! Decides by three accounts of it: what the clerk was told, what the shop's orders say, and what the provider has booked.
//! A shop whose orders do not tell how their payment stands is not judged by it.

use rustc_hash::FxHashMap;

use crate::books::{Order, OrderPayment, Payment};
use crate::history::Care;

use super::Case;
use super::finding::{Finding, Id, Report, violation};
use super::shelves::is_called_off;
use super::testimony::CareAct;

pub(super) fn judge(case: &Case<'_>, report: &mut Report) {
    let Ok(orders) = case.books.orders.get() else { return };
    let told: Vec<(&Order, &OrderPayment)> = orders
        .iter()
        .filter_map(|order| Some((order, order.payment.as_ref()?)))
        .filter(|(_, payment)| !payment.status.is_empty())
        .collect();
    let mut cares: FxHashMap<&str, Vec<CareAct<'_>>> = FxHashMap::default();
    for care in &case.testimony.cares {
        cares.entry(care.order).or_default().push(*care);
    }
    let booked = case.books.payments.get().ok().map(|payments| by_key(payments));
    for (order, payment) in told {
        let cares = cares.remove(order.id.as_str()).unwrap_or_default();
        stays_done(order, &cares, report.of(Id::I12));
        // Without the provider's book nobody knows what became of money.
        let Some(booked) = &booked else { continue };
        refunds(order, payment, &cares, report.of(Id::I4));
        if let Some(booked) = booked.get(payment.id.as_str()).filter(|booked| booked.status == "captured") {
            went_back(order, payment, booked, report.of(Id::I4));
            stands(order, payment, report.of(Id::I6));
        }
    }
    for (order, cares) in cares {
        let confirmed = cares.iter().any(|care| care.confirmed);
        let is_known = orders.iter().any(|known| known.id == order);
        report.of(Id::I12).check(!confirmed || is_known, || {
            violation(format!("order {order}, looked after"), "in the shop's book", "not there")
        });
    }
}

fn by_key(payments: &[Payment]) -> FxHashMap<&str, &Payment> {
    payments.iter().map(|payment| (payment.id.as_str(), payment)).collect()
}

/// I4: what the provider gave back is what the shop says went back, or is on its way.
fn went_back(order: &Order, payment: &OrderPayment, booked: &Payment, finding: &mut Finding) {
    let most = payment.refunded.saturating_add(payment.refund_pending);
    finding.check((payment.refunded..=most).contains(&booked.refunded), || {
        let what = format!("payment {} of order {}", payment.id, order.id);
        let expected = match payment.refund_pending {
            0 => format!("{} given back, as the shop says", payment.refunded),
            _ => format!("{} to {most} given back, as the shop says", payment.refunded),
        };
        violation(what, expected, format!("{} by the provider's book", booked.refunded))
    });
}

/// I6: money that was taken for an order that stands is not waited for any more.
fn stands(order: &Order, payment: &OrderPayment, finding: &mut Finding) {
    let is_pending = order.status.eq_ignore_ascii_case("pending");
    finding.check(is_pending || payment.status == "captured", || {
        let what = format!("payment {} of order {}", payment.id, order.id);
        violation(what, "captured, as by the provider's book", format!("{} in the shop's", payment.status))
    });
}

/// I4: as much goes back as the clerk gave back; all of it where the order was called off.
fn refunds(order: &Order, payment: &OrderPayment, cares: &[CareAct<'_>], finding: &mut Finding) {
    if is_called_off(order) {
        return;
    }
    let sum = |wanted: &dyn Fn(&CareAct<'_>) -> bool| {
        cares.iter().filter(|care| wanted(care)).fold(0_i64, |sum, care| match care.care {
            Care::Refund(amount) => sum.saturating_add(amount),
            Care::Ship | Care::Cancel => sum,
        })
    };
    let (least, most) = (sum(&|care| care.confirmed), sum(&|_| true));
    let back = payment.refunded.saturating_add(payment.refund_pending);
    finding.check((least..=most).contains(&back), || {
        let what = format!("what went back of order {}", order.id);
        violation(what, format!("{least}, as its clerk was told"), back.to_string())
    });
}

/// I12: what the clerk was told was done stays done.
fn stays_done(order: &Order, cares: &[CareAct<'_>], finding: &mut Finding) {
    if order.statuses.is_empty() {
        return;
    }
    for care in cares.iter().filter(|care| care.confirmed) {
        let is_there = match care.care {
            Care::Refund(_) => true,
            Care::Ship => order.statuses.iter().any(|status| status == "shipped"),
            Care::Cancel => is_called_off(order),
        };
        finding.check(is_there, || {
            let expected = if care.care == Care::Ship { "shipped" } else { "cancelled" };
            violation(
                format!("order {}", order.id),
                format!("{expected}, as its clerk was told"),
                order.statuses.join(" > "),
            )
        });
    }
}
