//! CHK001: nothing external inside a database transaction, and a charge that fails later is taken back.
//! EVT001: events, mails and webhooks leave through an outbox written in the same transaction.

use super::Verdicts;
use super::charge::{Charge, Move, given};
use super::outside::{Effect, effect, is_brokered, is_gateway_charge};
use super::transaction::transactions;
use crate::check::chain::Chain;
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::names::{squashed, words};
use crate::check::tree::{Node, Span};
use crate::check::unit::Unit;

const OUTSIDE: &str = "CHK001";
const EVENTS: &str = "EVT001";

/// Judges what a unit sends into the world, and when.
pub(super) fn judge(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
    charges: &[Charge<'_, '_, '_>],
    verdicts: &mut Verdicts,
) {
    taken_back(unit, reading, charges, verdicts);
    let brokers = reading.names_broker();
    if !reading.names_transaction() && !brokers {
        return;
    }
    let mut transactions = transactions(unit, units, reading);
    let mut leaving: Vec<(Effect, &Chain<'_, '_>, usize)> = Vec::new();
    for chain in &unit.chains {
        leaving.extend(
            effect(unit, chain, charges, reading).map(|(effect, position)| (effect, chain, position)),
        );
    }
    let outbox = (reading.has("outbox") || reading.has("outgoing"))
        && super::mentions(unit, reading, &["outbox", "outgoing_mail", "outgoingmail"]);
    let own: Vec<Span> = leaving.iter().map(|(_, chain, _)| chain.span).collect();
    if transactions.is_empty() && !is_helper(unit) {
        transactions.add_callers(unit, units, reading);
    }
    for chain in
        unit.chains.iter().filter(|chain| transactions.hold(chain.span) && !own.contains(&chain.span))
    {
        leaving.extend(through_call(unit, chain, units, reading).map(|effect| (effect, chain, 0)));
    }
    // What only publishes tells of nothing that could be rolled back.
    let writing = transactions.writing(unit, reading, &own);
    for (effect, chain, position) in leaving {
        let at = super::place(reading, &chain.links[position]);
        let deferred = is_deferred(unit, chain);
        let undone = transactions.is_undone(chain.span, reading);
        let inside = transactions.hold(chain.span) && !deferred && !undone;
        if inside && matches!(effect, Effect::Payment | Effect::Network | Effect::Mail) {
            verdicts.findings.push(outside(effect, at));
        }
        let tells = matches!(effect, Effect::Mail | Effect::Event | Effect::Broadcast);
        if tells && outbox {
            verdicts.kept.push((EVENTS, at));
        } else if tells && inside && writing.hold(chain.span) {
            verdicts.findings.push(told(effect, at, true));
        } else if tells
            && effect != Effect::Broadcast
            && !deferred
            && transactions.precede(chain.span, reading)
        {
            verdicts.findings.push(told(effect, at, false));
        } else if tells && transactions.is_implicit(chain.span) {
            verdicts.findings.push(told(effect, at, true));
        } else if effect == Effect::Event
            && brokers
            && transactions.is_empty()
            && is_brokered(chain, position)
            && is_stored_before(unit, chain.span)
        {
            verdicts.findings.push(told(effect, at, false));
        }
    }
}

fn outside(effect: Effect, at: Span) -> Finding {
    let what = match effect {
        Effect::Payment => "A payment provider",
        Effect::Mail => "A mail server",
        Effect::Network | Effect::Event | Effect::Broadcast => "Another server",
    };
    let message = format!(
        "{what} is called inside a database transaction: rows stay locked while it answers, and a rollback does not take the call back."
    );
    Finding::new(OUTSIDE, Confidence::High, at, message)
        .fix("commit first, call afterwards, and record the outcome in a second transaction")
}

fn told(effect: Effect, at: Span, inside: bool) -> Finding {
    let what = if effect == Effect::Mail { "A mail" } else { "An event" };
    let (confidence, why) = if inside {
        (
            Confidence::High,
            "leaves inside the transaction: when it rolls back, it tells of something that never happened",
        )
    } else {
        (
            Confidence::Medium,
            "leaves after the commit: when the process stops between the two, it is lost for good",
        )
    };
    Finding::new(EVENTS, confidence, at, format!("{what} {why}."))
        .fix("write it to an outbox table in the same transaction and deliver it from there")
}

/// `repository.save(order); producer.send(...)`: the save is a transaction of its own.
fn is_stored_before(unit: &Unit<'_, '_>, at: Span) -> bool {
    let verbs = ["save", "create", "insert", "update", "persist", "commit", "add", "delete", "increment"];
    unit.chains.iter().filter(|chain| chain.span.end <= at.start).any(|chain| {
        let names: Vec<String> = chain
            .root
            .name()
            .into_iter()
            .chain(chain.links.iter().map(|link| link.name))
            .map(squashed)
            .collect();
        let stores = names.iter().any(|name| {
            [
                "repo",
                "repository",
                "store",
                "dao",
                "context",
                "db",
                "manager",
                "model",
                "session",
                "prisma",
                "dbcontext",
            ]
            .iter()
            .any(|end| name.ends_with(end))
        });
        stores
            && chain.links.last().is_some_and(|link| {
                link.arguments.is_some() && words(link.name).iter().any(|word| verbs.contains(&word.as_str()))
            })
    })
}

/// Whether a function only sends: what it sends is the doing of those who call it.
fn is_helper(unit: &Unit<'_, '_>) -> bool {
    let stores = |key: &str| {
        let key = key.strip_suffix("async").unwrap_or(key);
        matches!(
            key,
            "save"
                | "update"
                | "create"
                | "insert"
                | "delete"
                | "commit"
                | "persist"
                | "savechanges"
                | "insertone"
                | "updateone"
                | "findbyidandupdate"
                | "execute"
                | "exec"
                | "saveandflush"
                | "upsert"
                | "merge"
        )
    };
    !unit
        .chains
        .iter()
        .any(|chain| chain.links.iter().any(|link| link.arguments.is_some() && stores(&link.key)))
}

/// What a helper of this file sends that is called inside a transaction: `this.announce(order)`.
fn through_call(
    unit: &Unit<'_, '_>,
    chain: &Chain<'_, '_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
) -> Option<Effect> {
    let [link] = chain.links.as_slice() else { return None };
    let own = matches!(chain.root.name(), Some(root) if root == "this" || root == link.name);
    link.arguments.filter(|_| own && link.name.len() > 3)?;
    let callee =
        units.iter().find(|other| other.name == link.name && other.function.is_some() && is_helper(other))?;
    if std::ptr::eq(callee, unit) {
        return None;
    }
    let charges = super::charge::charges(callee, reading);
    callee.chains.iter().find_map(|inner| {
        let (effect, _) = effect(callee, inner, &charges, reading)?;
        (!is_deferred(callee, inner)).then_some(effect)
    })
}

/// A closure that runs only after the commit.
fn is_deferred(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>) -> bool {
    unit.chains.iter().any(|outer| {
        outer.span.start < chain.span.start
            && outer.span.end >= chain.span.end
            && outer.has(&["oncommit", "aftercommit", "aftercommitcallback", "registersynchronization"])
    })
}

/// A charge after which something can fail, in a function that neither refunds nor releases.
fn taken_back(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    charges: &[Charge<'_, '_, '_>],
    verdicts: &mut Verdicts,
) {
    let gateway = unit.chains.iter().filter_map(|chain| is_gateway_charge(chain).map(|at| (chain, at)));
    let gateway: Vec<(&Chain<'_, '_>, usize)> = gateway.collect();
    if charges.is_empty() && gateway.is_empty() {
        return;
    }
    let undoes = ["refund", "cancel", "void", "release", "compensat", "rollback", "reverse", "saga"];
    if super::mentions(unit, reading, &undoes) {
        return;
    }
    let taken = charges
        .iter()
        .filter(|charge| charge.what == Move::Charge && takes_money(unit, charge))
        .map(|charge| (charge.chain.span, super::place(reading, charge.link)))
        .chain(gateway.iter().map(|(chain, at)| (chain.span, super::place(reading, &chain.links[*at]))));
    for (span, at) in taken {
        let later = unit.chains.iter().find(|chain| {
            chain.span.start > span.end
                && chain.links.iter().any(|link| {
                    let key = link.key.strip_suffix("async").unwrap_or(&link.key);
                    matches!(
                        key,
                        "save" | "create" | "insert" | "commit" | "savechanges" | "persist" | "insertone"
                    )
                })
                && !charges.iter().any(|other| other.chain.span == chain.span)
        });
        if let Some(later) = later {
            let message = "Money is taken here and something is written afterwards: when that fails, nothing in this function gives the money back.".to_owned();
            let finding = Finding::new(OUTSIDE, Confidence::Medium, at, message)
                .fix("write down the attempt first, and refund or void it when a later step fails")
                .related("can fail here", Some(later.span));
            verdicts.findings.push(finding);
        }
    }
}

/// A payment intent takes no money until it is confirmed; a charge does at once.
fn takes_money(unit: &Unit<'_, '_>, charge: &Charge<'_, '_, '_>) -> bool {
    if charge.link.key.starts_with("capture") {
        return true;
    }
    let confirmed = |node: &Node<'_>| matches!(node.name(), Some("true" | "True"));
    let resource = charge.chain.links.iter().map(|link| link.key.as_str()).chain(charge.chain.root.name());
    let mut resource = resource.map(squashed);
    let at_once = resource.any(|name| matches!(name.trim_end_matches('s'), "charge" | "sale"));
    at_once || given(unit, charge.link.given(), &["confirm", "offsession"]).is_some_and(confirmed)
}
