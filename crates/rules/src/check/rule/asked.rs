//! Questions other than those for an order's status column that tell where the order stands: its flags and dates,
//! the state of its payment, and whether the message that asks for the step was handled before.

use crate::check::names::words;
use crate::check::owner::column_of;
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

/// What an order or a payment has come to, as its flags and dates say it.
const COME_TO: &[&str] = &[
    "paid",
    "settled",
    "cancelled",
    "canceled",
    "shipped",
    "delivered",
    "completed",
    "complete",
    "refunded",
    "open",
    "closed",
    "confirmed",
    "placed",
    "fulfilled",
    "returned",
    "processed",
    "processing",
    "finished",
    "finalized",
    "expired",
    "pending",
    "draft",
    "captured",
    "approved",
    "rejected",
    "accepted",
    "dispatched",
    "received",
    "voided",
    "locked",
    "final",
    "terminal",
    "active",
    "archived",
    "started",
    "handled",
    "picked",
    "packed",
    "assigned",
    "pagado",
    "cancelado",
    "entregado",
    "pago",
    "entregue",
];
/// What holds the state of a payment.
const PAYMENTS: &[&str] = &[
    "payment",
    "transaction",
    "txn",
    "pago",
    "pagamento",
    "paiement",
    "pembayaran",
    "transaksi",
    "transaccion",
    "thanhtoan",
];

/// `order.is_settled`, `order.paidAt`, `order.delivered_on`, `order.hasShipped()`: what the order knows of itself.
pub(super) fn is_known_step(column: &str) -> bool {
    let words = words(column.trim_end_matches('?'));
    let come = |word: &String| COME_TO.contains(&word.as_str());
    match words.as_slice() {
        [only] => come(only) && only != "pago",
        [first, .., last] => {
            matches!(first.as_str(), "is" | "was" | "has" | "already" | "not") && come(last)
                || matches!(last.as_str(), "at" | "on" | "date" | "time" | "timestamp")
                    && words.iter().any(come)
                || first == "date" && come(last)
                || words.len() == 2 && first == "payment" && matches!(last.as_str(), "status" | "state")
        }
        [] => false,
    }
}

/// Whether what pays for the order, or the message that asks for the step, was looked at before this place.
pub(super) fn is_settled_before(unit: &Unit<'_, '_>, at: Span) -> bool {
    let before = unit.conditions.iter().filter(|condition| condition.span.start < at.start);
    before
        .into_iter()
        .any(|condition| condition.any(&|node| is_of_payment(unit, node) || is_repeat(unit, node, 0)))
}

/// `payment.status`, `transaction.isProcessed()`, and `status` in a class of payments.
fn is_of_payment(unit: &Unit<'_, '_>, node: &Node<'_>) -> bool {
    // What serves payments is none: `PaymentService`.
    let own = || {
        let words = unit.class.map(|class| words(class.name)).unwrap_or_default();
        let last = words.last().map_or("", String::as_str);
        let record =
            PAYMENTS.contains(&last) || matches!(last, "notification" | "note" | "attempt" | "record");
        record && words.iter().any(|word| PAYMENTS.contains(&word.as_str()))
    };
    let Some((object, column)) = column_of(node) else {
        return matches!(node.kind, Kind::Name("status" | "state")) && own();
    };
    let (Kind::Name(holder) | Kind::Member(_, holder)) = object.kind else { return false };
    let column = words(column);
    let last = column.last().map_or("", String::as_str);
    // `payment.success()` is what the provider answers, not where the payment stood.
    let asked = matches!(last, "status" | "state" | "estado") || is_known_step(&column.join("_"));
    let held = words(holder).last().is_some_and(|last| PAYMENTS.contains(&last.as_str()));
    asked && (held || holder == "this" && own())
}

/// `alreadyProcessed`, `ProcessedEvent.exists(id)`, `existingPayment`, `is_duplicate(event)`: the same message once more.
fn is_repeat(unit: &Unit<'_, '_>, node: &Node<'_>, depth: usize) -> bool {
    let (Kind::Name(name) | Kind::Member(_, name)) = node.kind else { return false };
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let once = has(&["duplicate", "duplicated", "idempotency", "idempotent", "idempotence", "replay"])
        || has(&["processed", "handled", "already"]) && !has(&["at", "by", "count"])
        || has(&["existing", "exists", "seen", "prior", "previous"])
            && (has(PAYMENTS) || has(&["event", "webhook"]));
    let defined =
        || unit.definition(name, node.span.start).filter(|known| known.value.span.end <= node.span.start);
    once || depth < 1
        && matches!(node.kind, Kind::Name(_))
        && defined().is_some_and(|known| {
            matches!(known.value.kind, Kind::Call(..) | Kind::Other(_))
                && known.value.any(&|part| is_repeat(unit, part, depth + 1))
        })
}
