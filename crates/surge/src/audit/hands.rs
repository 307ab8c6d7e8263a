//! I14: one hand at a time, as far as it shows outside.
//!
//! Decides by how often the provider was asked. A request that had its answer before any call to the provider can have
//! been given up was the work of one hand, and one hand asks once, unless the shop's database refused calls meanwhile. Fence numbers are seen from inside only: of those the
//! shop's own audit is heard, which is added elsewhere.

use rustc_hash::FxHashMap;

use crate::books::Payment;
use crate::history::{Exchange, Step, Told};

use super::Case;
use super::finding::{Id, Report, violation};
use super::shelves::Account;

/// Tokens whose first asking is answered.
const ANSWERED: [&str; 2] = ["tok_ok", "tok_slow"];

pub(super) fn judge(case: &Case<'_>, report: &mut Report) {
    let finding = report.of(Id::I14);
    let (Some(limit_ms), Ok(payments)) = (case.history.opening.answers_within_ms, case.books.payments.get())
    else {
        return finding.skip(
            "fence numbers are seen from inside only, how long this shop waits for its payment provider is not known, \
             and its audit was not read",
        );
    };
    finding.judge();
    // One hand does a step again, too, that its database refused to note.
    if case.testimony.had_refusals {
        return;
    }
    let booked: FxHashMap<&str, &Payment> =
        payments.iter().map(|payment| (payment.id.as_str(), payment)).collect();
    for account in &case.shelves.orders {
        let payment = account.booked.and_then(|order| order.payment.as_ref());
        let Some(booked) = payment.and_then(|payment| booked.get(payment.id.as_str())) else { continue };
        let is_answered = booked.token.as_deref().is_some_and(|token| ANSWERED.contains(&token));
        if !is_answered || !is_one_hands(case, account, limit_ms) {
            continue;
        }
        finding.check(booked.asked == 1, || {
            let what = format!("payment {} of order {}", booked.id, account.id);
            let expected = format!("asked for once: its buyer had the order within {limit_ms} ms");
            violation(what, expected, format!("asked for {} times", booked.asked))
        });
    }
}

/// Whether the order came as the answer to one request, before any call to the provider can have been given up.
fn is_one_hands(case: &Case<'_>, account: &Account<'_>, limit_ms: u64) -> bool {
    let Some(first) = account.told.map(|told| told.exchange) else { return false };
    let Some(purchase) = case.testimony.find(first.purchase) else { return false };
    let took_ns = first.answered_ns.saturating_sub(first.sent_ns);
    let is_other = |other: &&&Exchange| {
        let is_of_key = other.step == Step::Complete && other.key == first.key && other.tab == first.tab;
        is_of_key && other.sent_ns < first.answered_ns && !std::ptr::eq(**other, first)
    };
    let is_first = matches!(&first.told, Told::Ordered(order) if !order.replayed);
    is_first
        && first.step == Step::Complete
        && took_ns < limit_ms.saturating_mul(1_000_000)
        && purchase.exchanges.iter().find(is_other).is_none()
}
