//! Calls of payment providers' libraries that move money: where they are and what they are given.
//! Whether they carry a key is asked in `key`, where their amount comes from in `request`, what is around them in `effect`.

use crate::check::chain::{Chain, Link};
use crate::check::fact::Reading;
use crate::check::language::Language;
use crate::check::names::squashed;
use crate::check::tree::{Kind, Node};
use crate::check::unit::Unit;

/// What a call does with money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Charge,
    Refund,
    /// Asks for a payment that the buyer confirms elsewhere (checkout sessions, orders of a wallet).
    Ask,
}

/// One call that moves money.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charge<'u, 't, 'a> {
    pub(crate) chain: &'u Chain<'t, 'a>,
    pub(crate) link: &'u Link<'t, 'a>,
    pub(crate) what: Move,
    /// The provider's library takes an idempotency key with this call.
    pub(crate) takes_key: bool,
    pub(crate) provider: &'static str,
}

/// Resources of Stripe by their names without separators, and what creating one does.
const STRIPE: &[(&str, Move)] = &[
    ("paymentintent", Move::Charge),
    ("charge", Move::Charge),
    ("refund", Move::Refund),
    ("applicationfeerefund", Move::Refund),
    ("transfer", Move::Charge),
    ("payout", Move::Charge),
    ("session", Move::Ask),
];

/// All calls of a unit that move money.
pub(crate) fn charges<'u, 't, 'a>(unit: &'u Unit<'t, 'a>, reading: Reading<'_>) -> Vec<Charge<'u, 't, 'a>> {
    if !reading.names_provider() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for chain in &unit.chains {
        for (position, link) in chain.links.iter().enumerate() {
            if link.arguments.is_some()
                && let Some((what, takes_key, provider)) = moves(unit, chain, position, reading)
            {
                found.push(Charge { chain, link, what, takes_key, provider });
            }
        }
    }
    found
}

fn moves(
    unit: &Unit<'_, '_>,
    chain: &Chain<'_, '_>,
    position: usize,
    reading: Reading<'_>,
) -> Option<(Move, bool, &'static str)> {
    let verb = chain.links[position].key.as_str();
    let on = match position.checked_sub(1) {
        Some(before) => chain.links[before].name,
        None => chain.root.name().or_else(|| made(chain.root))?,
    };
    let path = path(chain, position);
    let resource = squashed(on.rsplit(['\\', ':']).next().unwrap_or(on));
    // Go makes by `New`; elsewhere `new` only builds what is sent later.
    if matches!(verb, "create" | "createasync") || verb == "new" && reading.language == Language::Go {
        let stripe = STRIPE.iter().find(|(name, _)| {
            let service =
                served(unit, chain, position).is_some_and(|service| service == format!("{name}service"));
            service || resource.trim_end_matches('s') == *name
        });
        if let Some((name, what)) = stripe
            && is_stripe(&path, on, reading)
        {
            return Some((*what, *name != "session", "Stripe"));
        }
    }
    // What was held is taken: `stripe.paymentIntents.capture(id)`.
    if matches!(verb, "capture" | "captureasync") && is_stripe(&path, on, reading) {
        let captured = ["paymentintent", "charge"].iter().any(|name| {
            let service =
                served(unit, chain, position).is_some_and(|service| service == format!("{name}service"));
            service || resource.trim_end_matches('s') == *name
        });
        if captured {
            return Some((Move::Charge, true, "Stripe"));
        }
    }
    if (verb, reading.language) == ("send", Language::Rust)
        && let Some((name, what)) = built(unit, chain)
        && reading.source.contains("stripe")
    {
        return Some((*what, *name != "session", "Stripe"));
    }
    let mentions = |word: &str| path.contains(word);
    match (verb, resource.as_str()) {
        ("create", "payments") if mentions("mollie") => Some((Move::Charge, true, "Mollie")),
        ("create", "paymentsrefunds" | "paymentrefunds") if mentions("mollie") => {
            Some((Move::Refund, true, "Mollie"))
        }
        ("payments", _) if mentions("adyen") || mentions("checkout") && reading.has("adyen") => {
            Some((Move::Charge, true, "Adyen"))
        }
        ("sale", "transaction") => Some((Move::Charge, false, "Braintree")),
        ("refund", "transaction") if reading.has("braintree") => Some((Move::Refund, false, "Braintree")),
        ("create", "orders" | "order") if mentions("razorpay") => Some((Move::Ask, false, "Razorpay")),
        ("getsnaptoken" | "createtransaction" | "charge", "snap" | "coreapi") if reading.has("midtrans") => {
            Some((Move::Ask, false, "Midtrans"))
        }
        _ => None,
    }
}

/// What async-stripe's `CreatePaymentIntent::new(..).customer(..).send(&client)` creates, also from a variable.
fn built(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>) -> Option<&'static (&'static str, Move)> {
    let root = chain.root.name()?;
    let defined = unit.definition(root, chain.span.start).and_then(|known| known.value.root().name());
    let resource = squashed(defined.unwrap_or(root).strip_prefix("Create")?);
    STRIPE.iter().find(|(name, _)| resource == *name || resource == format!("checkout{name}"))
}

/// The names before a call, in lower case.
fn path(chain: &Chain<'_, '_>, position: usize) -> String {
    let names = chain.root.name().into_iter().chain(chain.links[..position].iter().map(|link| link.name));
    names.collect::<Vec<&str>>().join(".").to_lowercase()
}

/// The class of the service object that a C# call is made on.
fn served(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, position: usize) -> Option<String> {
    if position > 1 {
        return None;
    }
    // `new ChargeService().Create(options)`
    if let Some(class) = made(chain.root) {
        return Some(last_part(class));
    }
    let name = chain.root.name()?;
    let known = unit.definition(name, chain.span.start).and_then(|definition| made(definition.value));
    let on = if position == 1 { chain.links[0].name } else { name };
    // What is given names the service too: `new PaymentIntentCreateOptions { ... }`.
    let given = chain.links[position].given().first().and_then(|options| {
        let defined = options.name().and_then(|name| unit.definition(name, options.span.start));
        made(defined.map_or(options, |definition| definition.value))
    });
    let by_options = given
        .map(last_part)
        .and_then(|class| class.strip_suffix("createoptions").map(|resource| format!("{resource}service")));
    let typed = unit.parameters.get(name).copied().filter(|declared| !declared.is_empty());
    by_options.or_else(|| Some(last_part(known.or(typed).unwrap_or(on))))
}

/// A class without its namespace, in lower case.
fn last_part(class: &str) -> String {
    squashed(class.rsplit('.').next().unwrap_or(class))
}

/// The class of which a node makes an object.
fn made<'a>(node: &Node<'a>) -> Option<&'a str> {
    let Kind::New(of, _) = &node.kind else { return None };
    match of.kind {
        Kind::Name(name) | Kind::Member(_, name) => Some(name),
        _ => None,
    }
}

fn is_stripe(path: &str, on: &str, reading: Reading<'_>) -> bool {
    match reading.language {
        // A model may be called `Refund` too: the library is named by the object or by its import.
        Language::Java => {
            reading.source.contains("com.stripe") || reading.source.contains(&format!("{on}CreateParams"))
        }
        Language::Php => path.contains("stripe") || reading.source.contains(&format!("Stripe\\{on}")),
        Language::CSharp => reading.source.contains("Stripe"),
        Language::Go => reading.source.contains("stripe-go") || reading.source.contains("&stripe."),
        Language::Rust => reading.source.contains("stripe::"),
        _ => path.contains("stripe"),
    }
}

/// The value under one of these keys in what a call is given, at any depth, and through variables.
pub(crate) fn given<'t, 'a>(
    unit: &Unit<'t, 'a>,
    arguments: &'t [Node<'a>],
    keys: &[&str],
) -> Option<&'t Node<'a>> {
    arguments.iter().find_map(|argument| under(unit, argument, keys, 0))
}

/// Java's `params.put("amount", value)`.
fn put_into<'t, 'a>(unit: &Unit<'t, 'a>, map: &str, keys: &[&str]) -> Option<&'t Node<'a>> {
    let puts = unit.chains.iter().filter(|chain| chain.root.name() == Some(map) && chain.links.len() == 1);
    puts.filter_map(|chain| chain.links.first()).find_map(|link| match link.given() {
        [key, value] if link.key == "put" => {
            key.text().is_some_and(|key| keys.contains(&squashed(key).as_str())).then_some(value)
        }
        _ => None,
    })
}

fn under<'t, 'a>(
    unit: &Unit<'t, 'a>,
    node: &'t Node<'a>,
    keys: &[&str],
    depth: usize,
) -> Option<&'t Node<'a>> {
    if depth > 6 {
        return None;
    }
    match &node.kind {
        Kind::Pair(key, value) => {
            let name = key.text().or(key.name()).map(squashed).unwrap_or_default();
            if keys.contains(&name.as_str()) && !matches!(value.kind, Kind::List(_)) {
                return Some(value);
            }
            under(unit, value, keys, depth + 1)
        }
        // C#'s object initializers assign.
        Kind::Assign(target, _, value) => {
            let name = target.name().map(squashed).unwrap_or_default();
            if keys.contains(&name.as_str()) {
                return Some(value);
            }
            under(unit, value, keys, depth + 1)
        }
        Kind::List(items) | Kind::New(_, items) | Kind::Other(items) => {
            // `{ amount }` names the variable.
            let short = items
                .iter()
                .find(|item| item.name().is_some_and(|name| keys.contains(&squashed(name).as_str())));
            short.or_else(|| items.iter().find_map(|item| under(unit, item, keys, depth + 1)))
        }
        Kind::Name(name) => {
            let definition = unit.definition(name, node.span.start)?;
            let apart =
                definition.part || definition.element || definition.value.span.start == node.span.start;
            if apart { None } else { under(unit, definition.value, keys, depth + 1) }
                .or_else(|| put_into(unit, name, keys))
        }
        // Java's builders: `PaymentIntentCreateParams.builder().setAmount(n)`.
        Kind::Call(callee, arguments) => match &callee.kind {
            Kind::Member(object, name) => {
                let set = squashed(name.strip_prefix("set").unwrap_or(""));
                match arguments.as_slice() {
                    [value] if keys.contains(&set.as_str()) => Some(value),
                    _ => under(unit, object, keys, depth + 1)
                        .or_else(|| arguments.iter().find_map(|part| under(unit, part, keys, depth + 1))),
                }
            }
            _ => arguments.iter().find_map(|part| under(unit, part, keys, depth + 1)),
        },
        _ => None,
    }
}

/// All values under these keys in what a call is given, through variables, lists that are filled step by step, and closures
/// that make an item of each thing.
pub(crate) fn all_given<'t, 'a>(
    unit: &Unit<'t, 'a>,
    arguments: &'t [Node<'a>],
    keys: &[&str],
) -> Vec<&'t Node<'a>> {
    let mut found = Vec::new();
    for argument in arguments {
        all_under(unit, argument, keys, 0, &mut found);
    }
    found
}

fn all_under<'t, 'a>(
    unit: &Unit<'t, 'a>,
    node: &'t Node<'a>,
    keys: &[&str],
    depth: usize,
    found: &mut Vec<&'t Node<'a>>,
) {
    if depth > 8 || found.len() > 20 {
        return;
    }
    if let Some(one) = under(unit, node, keys, 0)
        && !found.iter().any(|known| known.span == one.span)
    {
        found.push(one);
    }
    match &node.kind {
        Kind::Pair(_, value) | Kind::Assign(_, _, value) => all_under(unit, value, keys, depth + 1, found),
        Kind::List(items) | Kind::New(_, items) | Kind::Other(items) | Kind::Return(items) => {
            items.iter().for_each(|item| all_under(unit, item, keys, depth + 1, found));
        }
        Kind::Function(function) => {
            function.body.iter().for_each(|part| all_under(unit, part, keys, depth + 1, found));
        }
        Kind::Statement(inner) => all_under(unit, inner, keys, depth + 1, found),
        Kind::Call(callee, arguments) => {
            if let Kind::Member(object, _) = &callee.kind {
                all_under(unit, object, keys, depth + 1, found);
            }
            arguments.iter().for_each(|part| all_under(unit, part, keys, depth + 1, found));
        }
        Kind::Name(name) => {
            let known = unit.definitions.get(name).into_iter().flatten();
            for definition in known.filter(|definition| !definition.part && !definition.element) {
                if definition.at < node.span.start && definition.value.span.start != node.span.start {
                    all_under(unit, definition.value, keys, depth + 2, found);
                }
            }
            // `items.push({ price_data: ... })`, `$items[] = [...]`.
            for chain in unit.chains.iter().filter(|chain| chain.root.name() == Some(name)) {
                let puts = chain
                    .links
                    .iter()
                    .filter(|link| matches!(link.key.as_str(), "push" | "append" | "add" | "unshift"));
                for put in puts.flat_map(|link| link.given()) {
                    all_under(unit, put, keys, depth + 2, found);
                }
            }
            for assignment in &unit.assignments {
                let filled =
                    matches!(&assignment.target.kind, Kind::Index(object, _) if object.name() == Some(name));
                if filled && assignment.span.start < node.span.start {
                    all_under(unit, assignment.value, keys, depth + 2, found);
                }
            }
        }
        _ => {}
    }
}
