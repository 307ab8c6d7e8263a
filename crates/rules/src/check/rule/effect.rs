//! CHK001: nothing external inside a database transaction, and a charge that fails later is taken back.
//! EVT001: events, mails and webhooks leave through an outbox written in the same transaction.

use super::Verdicts;
use super::charge::{Charge, Move, given};
use super::transaction::transactions;
use crate::check::chain::{Chain, Link};
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::names::{squashed, words};
use crate::check::tree::{Kind, Node};
use crate::check::unit::Unit;

const OUTSIDE: &str = "CHK001";
const EVENTS: &str = "EVT001";
/// Objects that speak HTTP, by their names without separators.
const CLIENTS: &[&str] = &[
    "axios",
    "requests",
    "httpx",
    "resttemplate",
    "webclient",
    "httpclient",
    "httpservice",
    "got",
    "superagent",
    "faraday",
    "httparty",
    "restclient",
    "guzzle",
    "guzzleclient",
    "http",
    "reqwest",
    "needle",
    "restclient",
];
const VERBS: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "request",
    "exchange",
    "postforobject",
    "postforentity",
    "getforobject",
    "getforentity",
    "postasync",
    "getasync",
    "putasync",
    "sendasync",
    "deleteasync",
    "postasjsonasync",
    "putasjsonasync",
    "getfromjsonasync",
    "getstringasync",
    "do",
    "postform",
    "send",
    "head",
];
/// Objects of payment providers.
const PROVIDERS: &[&str] =
    &["stripe", "braintree", "razorpay", "mollie", "adyen", "paypal", "square", "paystack"];

/// Clients whose name other things end with: `cancellation_requests.all().delete()` asks nobody.
const EXACT: &[&str] = &["http", "got", "requests", "needle"];
/// What a background job must be about to be an event: a cache that is emptied tells nobody anything.
const TELLS: &[&str] = &[
    "mail", "email", "notif", "webhook", "sms", "publish", "confirm", "receipt", "invoice", "event", "send",
    "order", "payment",
];

/// What is asked of a provider.
const ACTS: &[&str] =
    &["create", "capture", "confirm", "cancel", "refund", "sale", "execute", "update", "retrieve", "del"];
/// Objects that carry messages, by parts of their names.
const CARRIERS: &[&str] =
    &["kafka", "producer", "sqs", "servicebus", "rabbit", "queue", "sns", "amqp", "messagebus", "eventbus"];

/// What leaves the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Payment,
    Network,
    Mail,
    Event,
}

/// Judges what a unit sends into the world, and when.
pub(super) fn judge(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    charges: &[Charge<'_, '_, '_>],
    verdicts: &mut Verdicts,
) {
    if !reading.names_transaction() {
        return;
    }
    let transactions = transactions(unit);
    let outbox = (reading.has("outbox") || reading.has("outgoing"))
        && super::mentions(unit, reading, &["outbox", "outgoing_mail", "outgoingmail"]);
    for chain in &unit.chains {
        let Some((effect, position)) = effect(unit, chain, charges) else { continue };
        let at = super::place(reading, &chain.links[position]);
        let inside = transactions.hold(chain.span) && !is_deferred(unit, chain);
        match effect {
            Effect::Payment | Effect::Network if inside => {
                let what = if effect == Effect::Payment { "A payment provider" } else { "Another server" };
                let message = format!(
                    "{what} is called inside a database transaction: rows stay locked while it answers, and a rollback does not take the call back."
                );
                let finding = Finding::new(OUTSIDE, Confidence::High, at, message)
                    .fix("commit first, call afterwards, and record the outcome in a second transaction");
                verdicts.findings.push(finding);
            }
            Effect::Mail | Effect::Event if outbox => verdicts.kept.push((EVENTS, at)),
            Effect::Mail | Effect::Event if inside || transactions.precede(chain.span) => {
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
                let message = format!("{what} {why}.");
                let finding = Finding::new(EVENTS, confidence, at, message)
                    .fix("write it to an outbox table in the same transaction and deliver it from there");
                verdicts.findings.push(finding);
            }
            Effect::Payment | Effect::Network | Effect::Mail | Effect::Event => {}
        }
    }
    taken_back(unit, reading, charges, verdicts);
}

/// A closure that runs only after the commit.
fn is_deferred(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>) -> bool {
    unit.chains.iter().any(|outer| {
        outer.span.start < chain.span.start
            && outer.span.end >= chain.span.end
            && outer.has(&["oncommit", "aftercommit", "aftercommitcallback", "registersynchronization"])
    })
}

fn effect(
    unit: &Unit<'_, '_>,
    chain: &Chain<'_, '_>,
    charges: &[Charge<'_, '_, '_>],
) -> Option<(Effect, usize)> {
    if let Some(charge) = charges.iter().find(|charge| charge.chain.span == chain.span) {
        let position = chain.links.iter().position(|link| link.at == charge.link.at)?;
        return Some((Effect::Payment, position));
    }
    let names: Vec<String> =
        chain.root.name().into_iter().chain(chain.links.iter().map(|link| link.name)).map(squashed).collect();
    for (position, link) in chain.links.iter().enumerate() {
        if link.arguments.is_none() {
            continue;
        }
        let key = link.key.as_str();
        let before = names.get(..names.len() - (chain.links.len() - position)).unwrap_or_default();
        let on = |words: &[&str]| before.iter().any(|name| words.contains(&name.trim_start_matches('_')));
        let contains =
            |parts: &[&str]| before.iter().any(|name| parts.iter().any(|part| name.contains(part)));
        let provider = before.iter().any(|name| PROVIDERS.contains(&name.as_str()));
        if provider && ACTS.contains(&key) && position > 0 {
            return Some((Effect::Payment, position));
        }
        let function = chain.links.len() == 1 && chain.root.name() == Some(link.name);
        let speaks = CLIENTS.iter().any(|client| {
            before.iter().any(|name| name.ends_with(client) && !EXACT.contains(client))
                // `account.requests.all()` are rows; `requests.post()` and `this.http.post()` ask somebody.
                || before.last().is_some_and(|name| name == client) && (before.len() == 1 || *client == "http")
        });
        if function && matches!(key, "fetch" | "axios")
            || speaks && VERBS.contains(&key) && !is_route(chain, position)
        {
            return Some((Effect::Network, position));
        }
        if is_mail(key, link.name, &contains) && !is_local(unit, link.name, function) {
            return Some((Effect::Mail, position));
        }
        let publishes =
            publishes(key, function, link, &contains) || key.starts_with("publish") && on(&["bus"]);
        if publishes {
            return Some((Effect::Event, position));
        }
    }
    None
}

/// Whether a call hands a message to a queue or a bus.
fn publishes(key: &str, function: bool, link: &Link<'_, '_>, contains: &dyn Fn(&[&str]) -> bool) -> bool {
    match key {
        // An event that is given the transaction waits for it.
        "publish" if link.given().iter().any(|argument| argument.any(&is_transaction)) => false,
        "publish" | "publishasync" | "sendtoqueue" | "basicpublish" | "convertandsend" | "produce"
        | "produceasync" => {
            !contains(&["repository", "model", "product", "article", "post", "page"]) && !function
        }
        "send" | "sendasync" | "sendmessage" => contains(CARRIERS),
        "add" | "push" => contains(&["queue"]) && !contains(&["this.queue"]) && link.given().len() >= 2,
        "deliverlater" => !function,
        "delay" | "applyasync" | "performlater" | "performasync" => !function && contains(TELLS),
        _ => false,
    }
}

fn is_transaction(node: &Node<'_>) -> bool {
    node.name().is_some_and(|name| {
        matches!(squashed(name).as_str(), "tx" | "trx" | "txctx" | "transaction" | "dbtransaction")
    })
}

/// `http.get('/path', handler)` serves a route; it asks nobody.
fn is_route(chain: &Chain<'_, '_>, position: usize) -> bool {
    chain.links[position].given().iter().any(|argument| matches!(argument.kind, Kind::Function(_)))
}

fn is_mail(key: &str, name: &str, contains: &dyn Fn(&[&str]) -> bool) -> bool {
    let parts = words(name);
    let mail =
        parts.iter().any(|word| matches!(word.as_str(), "mail" | "email" | "emails" | "mails" | "sms"));
    let sends = parts.first().is_some_and(|word| matches!(word.as_str(), "send" | "deliver" | "queue"));
    matches!(key, "delivernow" | "sendmail")
        || mail && sends && parts.len() >= 2
        || matches!(key, "send" | "sendnow" | "sendasync" | "queue" | "sendmessage")
            && contains(&["mail", "smtp", "resend", "sgmail", "sendgrid", "postmark"])
}

/// A function of this file that is called `sendMail` is judged where it is written.
fn is_local(unit: &Unit<'_, '_>, name: &str, function: bool) -> bool {
    function && unit.name == name
}

/// A charge after which something can fail, in a function that neither refunds nor releases.
fn taken_back(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    charges: &[Charge<'_, '_, '_>],
    verdicts: &mut Verdicts,
) {
    if charges.is_empty() {
        return;
    }
    let undoes = ["refund", "cancel", "void", "release", "compensat", "rollback", "reverse", "saga"];
    if super::mentions(unit, reading, &undoes) {
        return;
    }
    for charge in charges.iter().filter(|charge| charge.what == Move::Charge && takes_money(unit, charge)) {
        let later = unit.chains.iter().find(|chain| {
            chain.span.start > charge.chain.span.end
                && chain.links.iter().any(|link| {
                    matches!(
                        link.key.as_str(),
                        "save"
                            | "create"
                            | "insert"
                            | "commit"
                            | "savechangesasync"
                            | "persist"
                            | "insertone"
                    )
                })
                && !charges.iter().any(|other| other.chain.span == chain.span)
        });
        if let Some(later) = later {
            let message = "Money is taken here and something is written afterwards: when that fails, nothing in this function gives the money back.".to_owned();
            let finding =
                Finding::new(OUTSIDE, Confidence::Medium, super::place(reading, charge.link), message)
                    .fix("write down the attempt first, and refund or void it when a later step fails")
                    .related("can fail here", Some(later.span));
            verdicts.findings.push(finding);
        }
    }
}

/// A payment intent takes no money until it is confirmed; a charge does at once.
fn takes_money(unit: &Unit<'_, '_>, charge: &Charge<'_, '_, '_>) -> bool {
    let confirmed = |node: &Node<'_>| matches!(node.name(), Some("true" | "True"));
    let resource = charge.chain.links.iter().map(|link| link.key.as_str()).chain(charge.chain.root.name());
    let mut resource = resource.map(squashed);
    let at_once = resource.any(|name| matches!(name.trim_end_matches('s'), "charge" | "sale"));
    at_once || given(unit, charge.link.given(), &["confirm", "offsession"]).is_some_and(confirmed)
}
