//! What leaves the database: payments, calls of other servers, mails, events. By the names of libraries and of the objects
//! that stand for them; whether it leaves inside a transaction is asked in `effect`.

use super::charge::Charge;
use crate::check::chain::{Chain, Link};
use crate::check::fact::Reading;
use crate::check::language::Language;
use crate::check::names::{squashed, words};
use crate::check::tree::{Kind, Node};
use crate::check::unit::Unit;

/// Objects that speak HTTP, by their names without separators.
const CLIENTS: &[&str] = &[
    "axios",
    "axiosinstance",
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
    "urlfetchapp",
    "unirest",
    "okhttpclient",
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
    "postformasync",
    "patchasync",
    "do",
    "postform",
    "send",
    "head",
    "fetch",
];
/// Objects of payment providers.
const PROVIDERS: &[&str] = &[
    "stripe",
    "braintree",
    "razorpay",
    "mollie",
    "adyen",
    "paypal",
    "square",
    "paystack",
    "mercadopago",
    "midtrans",
    "xendit",
    "flutterwave",
    "iyzipay",
    "conekta",
    "payjp",
    "omise",
];
/// What is asked of a provider.
const ACTS: &[&str] = &[
    "create",
    "capture",
    "confirm",
    "cancel",
    "refund",
    "sale",
    "execute",
    "update",
    "retrieve",
    "del",
    "charge",
    "authorize",
    "pay",
    "purchase",
    "transfer",
    "payout",
    "void",
];
/// Clients whose name other things end with: `cancellation_requests.all().delete()` asks nobody.
const EXACT: &[&str] = &["http", "got", "requests", "needle"];
/// What a background job must be about to be an event: a cache that is emptied tells nobody anything.
const TELLS: &[&str] = &[
    "mail", "email", "notif", "webhook", "sms", "publish", "confirm", "receipt", "invoice", "event", "send",
    "order", "payment",
];
/// Objects that carry messages, by parts of their names.
const CARRIERS: &[&str] = &[
    "kafka",
    "producer",
    "sqs",
    "servicebus",
    "rabbit",
    "queue",
    "sns",
    "amqp",
    "messagebus",
    "eventbus",
    "streambridge",
    "jmstemplate",
    "pubsub",
    "eventgrid",
    "messagebroker",
];
/// Objects that stay inside the process.
const LOCAL: &[&str] = &[
    "mediator",
    "eventemitter",
    "applicationeventpublisher",
    "dispatcher",
    "repository",
    "model",
    "product",
    "article",
    "post",
    "page",
    "outbox",
];

/// What leaves the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Payment,
    Network,
    /// A mail or text message that is handed to its server at once.
    Mail,
    /// A message, a job or a mail that waits in a queue.
    Event,
    /// What pages that are open are told.
    Broadcast,
}

/// Whether a chain hands its message to a broker outside of the process.
pub(super) fn is_brokered(chain: &Chain<'_, '_>, position: usize) -> bool {
    let names = chain.root.name().into_iter().chain(chain.links[..position].iter().map(|link| link.name));
    let brokers = [
        "kafka",
        "rabbit",
        "sqs",
        "sns",
        "servicebus",
        "producer",
        "publisher",
        "publishendpoint",
        "streambridge",
        "amqp",
        "nats",
    ];
    names.map(squashed).any(|name| brokers.iter().any(|broker| name.contains(broker)))
}

/// Whether a call takes money through an object that is named after the gateway.
pub(super) fn is_gateway_charge(chain: &Chain<'_, '_>) -> Option<usize> {
    let position = chain.links.iter().position(|link| {
        // Asked of every call of a file: the letters first.
        let begins = ["charge", "capture", "purchase"].iter().any(|verb| link.key.starts_with(verb));
        let words = if begins { words(link.name) } else { Vec::new() };
        link.arguments.is_some()
            && words.first().is_some_and(|word| matches!(word.as_str(), "charge" | "capture" | "purchase"))
    })?;
    let on = match position.checked_sub(1) {
        Some(before) => chain.links[before].name,
        None => chain.root.name().filter(|root| *root != chain.links[0].name)?,
    };
    let on = squashed(on);
    ["gateway", "paymentprovider", "paymentclient", "paymentprocessor", "paymentservice"]
        .iter()
        .any(|end| on.ends_with(end))
        .then_some(position)
}

/// What a chain sends into the world, and with which of its links.
pub(super) fn effect(
    unit: &Unit<'_, '_>,
    chain: &Chain<'_, '_>,
    charges: &[Charge<'_, '_, '_>],
    reading: Reading<'_>,
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
        let before = names.get(..names.len() - (chain.links.len() - position)).unwrap_or_default();
        let function = chain.links.len() == 1 && chain.root.name() == Some(link.name);
        let at = Call { unit, chain, link, position, before, function, reading };
        let found = at.payment().or_else(|| at.network()).or_else(|| at.message());
        if let Some(found) = found {
            return Some((found, position));
        }
    }
    None
}

/// One call of a chain with the names that stand before it.
struct Call<'c, 't, 'a, 'r> {
    unit: &'c Unit<'t, 'a>,
    chain: &'c Chain<'t, 'a>,
    link: &'c Link<'t, 'a>,
    position: usize,
    before: &'c [String],
    /// A function that belongs to no object.
    function: bool,
    reading: Reading<'r>,
}

impl Call<'_, '_, '_, '_> {
    fn contains(&self, parts: &[&str]) -> bool {
        self.before.iter().any(|name| parts.iter().any(|part| name.contains(part)))
    }

    fn payment(&self) -> Option<Effect> {
        let key = self.link.key.as_str();
        let exact = self.before.iter().any(|name| PROVIDERS.contains(&name.as_str()));
        if exact && ACTS.contains(&key) && self.position > 0 {
            return Some(Effect::Payment);
        }
        let words = words(self.link.name);
        let acts =
            words.iter().any(|word| ACTS.contains(&word.as_str()) && word != "update" && word != "del");
        // `stripeService.createRefund(...)`, `paymentGateway.charge(...)`: what speaks to the provider by its name.
        let speaker = self.before.last().is_some_and(|name| {
            let name = name.trim_start_matches('_');
            let speaks =
                ["service", "client", "gateway", "api", "provider", "helper", "manager", "sdk", "adapter"];
            let provider = PROVIDERS.iter().any(|provider| name.contains(provider));
            provider && speaks.iter().any(|end| name.ends_with(end))
                || matches!(name, "paymentgateway" | "paymentprovider" | "paymentclient" | "paymentsgateway")
        });
        // `Customer.create_stripe_payment_intent(...)`: a helper that is named after the provider.
        let named = words.iter().any(|word| PROVIDERS.contains(&word.as_str()) && word != "square")
            && !words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "id" | "ids" | "key" | "url" | "record" | "row" | "log" | "event" | "to" | "from"
                )
            });
        (acts && (speaker || named)).then_some(Effect::Payment)
    }

    fn network(&self) -> Option<Effect> {
        let key = self.link.key.as_str();
        let before = self.before;
        let speaks = CLIENTS.iter().any(|client| {
            before.iter().any(|name| name.ends_with(client) && !EXACT.contains(client))
                // `account.requests.all()` are rows; `requests.post()` and `this.http.post()` ask somebody.
                || before.last().is_some_and(|name| name == client) && (before.len() == 1 || *client == "http")
        });
        // `http.get('/path', handler)` serves a route; it asks nobody.
        let route = self.link.given().iter().any(|argument| matches!(argument.kind, Kind::Function(_)));
        let called = self.function && matches!(key, "fetch" | "axios" | "curlexec");
        let made = self.position <= 1 && VERBS.contains(&key) && self.is_client();
        (called || (speaks || made) && VERBS.contains(&key) && !route || self.is_remote())
            .then_some(Effect::Network)
    }

    /// `inventoryClient.reserve(...)`: a field of the class that stands for another service, such as Feign makes.
    fn is_remote(&self) -> bool {
        let Some(name) = self.before.last().map(|name| name.trim_start_matches('_')) else { return false };
        let stores = [
            "db",
            "pg",
            "sql",
            "redis",
            "prisma",
            "mongo",
            "cache",
            "supabase",
            "elastic",
            "new",
            "tx",
            "my",
            "database",
            "r2dbc",
            "jdbc",
            "cosmos",
            "dynamo",
            "opensearch",
            "cassandra",
            "neo4j",
            "clickhouse",
            "spanner",
            "couch",
            "table",
            "blob",
        ];
        let client =
            matches!(self.reading.language, Language::Java | Language::CSharp | Language::TypeScript)
                && name.len() > "client".len()
                && name.ends_with("client")
                && !stores.iter().any(|store| name.starts_with(store));
        let here = || {
            self.chain.root.name().is_some_and(|root| {
                self.unit.definitions.contains_key(root)
                    || self.unit.parameters.contains_key(root)
                    || self.unit.locals.contains_key(root)
            })
        };
        client && !here() && self.is_field(name)
    }

    /// Whether a field is declared with a type of its own name: `InventoryClient inventoryClient`, `client: TaxClient`.
    fn is_field(&self, name: &str) -> bool {
        let before = self.position.checked_sub(1).and_then(|before| self.chain.links.get(before));
        let Some(written) = before.map(|link| link.name).or(self.chain.root.name()) else { return false };
        let source = self.reading.source;
        source.match_indices(written).any(|(at, _)| {
            let before =
                source[..at].trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let after = source[at + written.len()..].trim_start_matches([':', ' ']);
            let after = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            [before, after].into_iter().filter(|word| word.ends_with("Client")).any(|word| {
                let word = squashed(word);
                word.ends_with(name) || name.ends_with(&word)
            })
        })
    }

    /// `const client = new Client(); client.post(url)` of PHP's Guzzle, `client = httpx.AsyncClient()` of Python.
    fn is_client(&self) -> bool {
        let known = self.chain.root.name().and_then(|name| self.unit.definition(name, self.chain.span.start));
        known.is_some_and(|known| {
            let of = match &known.value.kind {
                Kind::New(of, _) | Kind::Call(of, _) => of.as_ref(),
                _ => return false,
            };
            let text = self.reading.source.get(of.span.start..of.span.end).unwrap_or_default();
            text.contains("httpx.")
                || text.ends_with("AsyncClient")
                || text.ends_with("ClientSession")
                || text.ends_with("GuzzleHttp\\Client")
                || text == "Client"
                    && self.reading.language == Language::Php
                    && self.reading.source.contains("GuzzleHttp\\Client")
        })
    }

    fn message(&self) -> Option<Effect> {
        let (key, link) = (self.link.key.as_str(), self.link);
        if self.is_mail() {
            let queued = matches!(key, "queue" | "later" | "deliverlater" | "queuemail");
            return Some(if queued { Effect::Event } else { Effect::Mail });
        }
        if self.publishes() || key.starts_with("publish") && self.before.iter().any(|name| name == "bus") {
            return Some(Effect::Event);
        }
        let open = self.before.last().is_some_and(|name| {
            matches!(name.trim_start_matches('_'), "io" | "socket" | "socketio" | "wss")
                || name.ends_with("socket")
                || name.ends_with("gateway")
                || name.ends_with("socketservice")
        });
        let room = key == "emit" && self.before.iter().any(|name| name == "io");
        let alarm = key.starts_with("notify")
            && self.contains(&["alert", "realtime", "push", "telegram", "slack", "whatsapp", "sms", "fcm"]);
        let pages =
            key.starts_with("broadcast") && !self.function || key == "emit" && (open || room) || alarm;
        (pages && !link.given().is_empty()).then_some(Effect::Broadcast)
    }

    /// Whether a call hands a message to a queue or a bus.
    fn publishes(&self) -> bool {
        let (key, link, function) = (self.link.key.as_str(), self.link, self.function);
        // An event that is given the transaction waits for it.
        let held = || link.given().iter().any(|argument| argument.any(&is_transaction));
        let within = || {
            self.contains(LOCAL)
                || self.reading.source.contains("@nestjs/cqrs") && self.contains(&["eventbus"])
                // CAP keeps an outbox; MediatR stays in the process.
                || self.contains(&["cappublisher", "capbus"])
                || self.reading.source.contains("MediatR") && self.contains(&["publisher"])
        };
        match key {
            "publish" | "publishasync" | "sendtoqueue" | "basicpublish" | "basicpublishasync"
            | "convertandsend" | "produce" | "produceasync" | "publishwithcontext" | "writemessages"
            | "lpublish" => !within() && !function && !held(),
            "send" | "sendasync" | "sendmessage" | "sendmessageasync" => self.contains(CARRIERS) && !held(),
            // What stays in the process is heard before the commit too.
            "emit" | "emitasync" => {
                matches!(link.given(), [Node { kind: Kind::Text(..), .. }, ..])
                    && (self.contains(&["kafka", "rabbit", "rmq", "nats", "emitter"])
                        || self.before.last().is_some_and(|name| name.ends_with("client")))
            }
            // `publisher.publishOrderCreated(order)`; Spring's `publishEvent` stays in the process.
            _ if key.starts_with("publish") && key != "publishevent" && key != "published" => {
                self.before.last().is_some_and(|name| {
                    ["publisher", "producer", "publishendpoint", "messagebus", "broker"]
                        .iter()
                        .any(|end| name.ends_with(end))
                }) && !self.contains(&["applicationeventpublisher", "mediator", "outbox"])
                    && !held()
            }
            "add" | "push" => self.contains(&["queue"]) && link.given().len() >= 2,
            "deliverlater" => !function,
            "delay" | "applyasync" | "performlater" | "performasync" => !function && self.contains(TELLS),
            // Laravel's jobs; one that waits for the commit says so.
            "dispatch" => {
                self.reading.language == Language::Php
                    && self.position == 0
                    && self.chain.root.name().is_some_and(is_job)
                    && !self.chain.has(&["aftercommit"])
            }
            _ => false,
        }
    }

    fn is_mail(&self) -> bool {
        let (key, name) = (self.link.key.as_str(), self.link.name);
        // A function of this file that is called `sendMail` is judged where it is written. Django's signals stay inside.
        let signal = key == "sendrobust"
            || self
                .link
                .given()
                .iter()
                .any(|given| matches!(&given.kind, Kind::Pair(key, _) if key.name() == Some("sender")));
        if self.function && self.unit.name == name || signal {
            return false;
        }
        let parts = words(name);
        let has = |list: &[&str]| parts.iter().any(|word| list.contains(&word.as_str()));
        let mail = has(&["mail", "email", "emails", "mails", "sms", "whatsapp", "telegram", "slack"]);
        let sends = parts
            .first()
            .is_some_and(|word| matches!(word.as_str(), "send" | "deliver" | "queue" | "notify"));
        let carriers = &["mail", "smtp", "resend", "sgmail", "sendgrid", "postmark", "twilio"];
        let on = self.contains(carriers);
        let stored = self.contains(&["repository", "repo", "table", "model", "dao", "outbox", "template"]);
        matches!(key, "delivernow" | "sendmail")
            || mail && sends && parts.len() >= 2
            // `reservation_to_slack`
            || matches!(parts.as_slice(), [.., to, last] if to == "to" && matches!(last.as_str(), "slack" | "telegram"))
            || matches!(key, "send" | "sendnow" | "sendasync" | "queue" | "sendmessage" | "later") && (on || self.is_written())
            // `emailService.sendOrderConfirmation(order)`
            || on && !stored && parts.len() >= 2 && parts.first().is_some_and(|word| word == "send")
            || key == "create" && self.contains(&["twilio"]) && self.contains(&["messages"])
            // Laravel's notifications go out by mail.
            || key == "notify" && self.reading.language == Language::Php
                && matches!(self.link.given(), [Node { kind: Kind::New(..), .. }])
    }

    /// `msg = EmailMessage(...); msg.send()`.
    fn is_written(&self) -> bool {
        let known = self.chain.root.name().and_then(|name| self.unit.definition(name, self.chain.span.start));
        self.position <= 1
            && known.is_some_and(|known| {
                let (Kind::New(of, _) | Kind::Call(of, _)) = &known.value.kind else { return false };
                let (Kind::Name(name) | Kind::Member(_, name)) = of.kind else { return false };
                squashed(name).starts_with("email") || name == "MIMEMultipart"
            })
    }
}

/// `SendReceipt::dispatch($order)`: a job by its name; an event is named after what happened.
fn is_job(class: &str) -> bool {
    let words = words(class.rsplit('\\').next().unwrap_or(class));
    words.iter().any(|word| matches!(word.as_str(), "job" | "send" | "notify" | "process" | "mail" | "email"))
}

fn is_transaction(node: &Node<'_>) -> bool {
    node.name().is_some_and(|name| {
        matches!(squashed(name).as_str(), "tx" | "trx" | "txctx" | "transaction" | "dbtransaction")
    })
}
