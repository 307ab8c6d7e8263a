//! PAY001: every charge and refund carries an idempotency key that survives retries.

use super::Verdicts;
use super::charge::{Charge, Move};
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::language::Language;
use crate::check::names::squashed;
use crate::check::tree::{Kind, Node};
use crate::check::unit::Unit;

const RULE: &str = "PAY001";
const FIX: &str = "pass an idempotency key made from the payment attempt's id, the same on every retry";

/// Judges the charges of a unit.
pub(super) fn judge(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    charges: &[Charge<'_, '_, '_>],
    verdicts: &mut Verdicts,
) {
    for charge in charges.iter().filter(|charge| charge.takes_key) {
        if has_key(unit, reading, charge) {
            verdicts.kept.push((RULE, charge.chain.span));
            continue;
        }
        let what = if charge.what == Move::Refund { "refund" } else { "charge" };
        let message = format!(
            "{}'s {what} is sent without an idempotency key: when the answer is lost and the call is made again, money moves twice.",
            charge.provider
        );
        let at = super::place(reading, charge.link);
        verdicts.findings.push(Finding::new(RULE, Confidence::High, at, message).fix(FIX));
    }
    wallets(unit, reading, verdicts);
}

/// Whether the call has a key, or this file does not show that it has none.
fn has_key(unit: &Unit<'_, '_>, reading: Reading<'_>, charge: &Charge<'_, '_, '_>) -> bool {
    if super::mentions(unit, reading, &["dempoten"]) {
        return true;
    }
    let arguments = charge.link.given();
    // Options that come from elsewhere may hold the key.
    let unknown = |node: &Node<'_>| match &node.kind {
        Kind::Name(name) => {
            !(squashed(name).contains("cancellation") || *name == "ct")
                && unit.definition(name, node.span.start).is_none()
        }
        Kind::Call(..) | Kind::Member(..) => true,
        // A map that is spread into the arguments.
        Kind::Other(parts) => !parts.is_empty(),
        Kind::List(items) => {
            items.iter().any(|item| matches!(&item.kind, Kind::Other(parts) if !parts.is_empty()))
        }
        _ => false,
    };
    match reading.language {
        Language::Python | Language::Ruby => {
            arguments.iter().any(|argument| is_spread_unseen(unit, argument))
                || arguments.iter().skip(1).any(|argument| !is_spread(argument) && unknown(argument))
        }
        Language::Go => false,
        Language::Rust => reading.source.contains("RequestStrategy"),
        _ => arguments.iter().skip(1).any(unknown),
    }
}

fn is_spread(argument: &Node<'_>) -> bool {
    matches!(&argument.kind, Kind::Other(parts) if !parts.is_empty())
}

/// `create(**data)`, unless this function writes down all that `data` holds.
fn is_spread_unseen(unit: &Unit<'_, '_>, argument: &Node<'_>) -> bool {
    let Kind::Other(parts) = &argument.kind else { return false };
    let shown = |part: &Node<'_>| {
        let definition = part.name().and_then(|name| unit.definition(name, part.span.start));
        definition.is_some_and(|definition| {
            matches!(&definition.value.kind, Kind::List(items)
                if items.iter().all(|item| matches!(item.kind, Kind::Pair(..))))
        })
    };
    !parts.is_empty() && !parts.iter().all(shown)
}

/// PayPal's capture, whose key is a header.
fn wallets(unit: &Unit<'_, '_>, reading: Reading<'_>, verdicts: &mut Verdicts) {
    if !reading.has("paypal") || super::mentions(unit, reading, &["paypal-request-id", "paypalrequestid"]) {
        return;
    }
    let message = "PayPal's capture is sent without PayPal-Request-Id: when the answer is lost and the call is made again, nobody can tell the two apart.";
    for (text, chain) in &unit.texts {
        let Some(url) = text.text() else { continue };
        let capture = url.contains("checkout/orders/") && url.trim_end().ends_with("/capture");
        let call = chain.and_then(|index| unit.chains.get(index));
        if capture && call.is_some_and(|chain| chain.has(&["fetch", "post", "request", "axios"])) {
            verdicts
                .findings
                .push(Finding::new(RULE, Confidence::High, text.span, message.to_owned()).fix(FIX));
        }
    }
    let Some(function) = unit.function else { return };
    for part in &function.body {
        part.walk(&mut |node| {
            if let Kind::New(of, _) = &node.kind
                && (of.name() == Some("OrdersCaptureRequest")
                    || matches!(of.kind, Kind::Member(_, "OrdersCaptureRequest")))
            {
                verdicts
                    .findings
                    .push(Finding::new(RULE, Confidence::High, node.span, message.to_owned()).fix(FIX));
            }
        });
    }
}
