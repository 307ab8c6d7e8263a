//! `[payments]`: which providers take the money and when, and how the simulated one behaves.

use std::net::SocketAddr;

use sellonce_checkout::payment::Capture;
use sellonce_payments::simulated::callbacks::{Callbacks, Tells};
use sellonce_payments::simulated::faults::Faults;
use sellonce_payments::standard_webhooks::Secret;

use super::read::Values;

/// `[payments]`.
#[derive(Clone, Debug)]
pub(crate) struct Payments {
    pub(crate) providers: Vec<String>,
    pub(crate) capture: Capture,
    pub(crate) simulated: Simulated,
}

/// How the simulated provider behaves; all of it is 0 unless somebody wants to see bad days.
#[derive(Clone, Debug)]
pub(crate) struct Simulated {
    pub(crate) faults: Faults,
    /// How it calls back; its secret is drawn anew by each server if none is given here.
    pub(crate) callbacks: Callbacks,
    pub(crate) secret_given: bool,
}

/// The rates of what goes wrong on the way to the simulated provider, and of what is wrong with its callbacks.
const FAULT_KEYS: [&str; 4] = [
    "payments.simulated_lost_per_mille",
    "payments.simulated_answer_lost_per_mille",
    "payments.simulated_server_error_per_mille",
    "payments.simulated_too_many_requests_per_mille",
];

/// The simulated provider takes no money. It is the default only where nobody else can come in.
pub(super) fn decode(values: &mut Values, listen: &[SocketAddr]) -> Payments {
    let known = ["simulated"];
    let all_loopback = listen.iter().all(|address| address.ip().is_loopback());
    let default: &[&str] = if all_loopback { &["simulated"] } else { &[] };
    let providers = values.texts("payments.providers", default);
    for provider in &providers {
        if !known.contains(&provider.as_str()) {
            let reason =
                format!("names `{provider}`, which is no payment provider; known: {}", known.join(", "));
            values.wrong("payments.providers", &reason);
        }
    }
    if providers.is_empty() {
        values.wrong(
            "payments.providers",
            "must name a payment provider: `simulated` takes no money, and is the default only while every listen address is on loopback",
        );
    }
    let capture = capture(values);
    let simulated = simulated(values);
    Payments { providers, capture, simulated }
}

fn capture(values: &mut Values) -> Capture {
    let text = values.text("payments.capture", Capture::Automatic.as_str());
    Capture::parse(&text).unwrap_or_else(|| {
        values.wrong(
            "payments.capture",
            "must be `automatic` (money is taken with the order) or `manual` (it is set aside, and taken when the order stands)",
        );
        Capture::Automatic
    })
}

fn simulated(values: &mut Values) -> Simulated {
    let seed = values.number("payments.simulated_seed", 0_u64, 0..=u64::MAX);
    let [lost, answer_lost, server_error, too_many] =
        FAULT_KEYS.map(|key| values.number(key, 0_u32, 0..=1_000));
    let faults = Faults {
        seed,
        lost_per_mille: lost,
        answer_lost_per_mille: answer_lost,
        server_error_per_mille: server_error,
        too_many_requests_per_mille: too_many,
    };
    let faults = faults.checked().unwrap_or_else(|problem| {
        values.wrong(FAULT_KEYS[0], &problem.to_string());
        Faults::default()
    });
    let secret_given = values.has("payments.simulated_callback_secret");
    let secret = secret(values);
    let callbacks = Callbacks {
        seed,
        tells: tells(values),
        copies_max: values.number("payments.simulated_callback_copies_max", 1, 1..=5),
        delay_ms_max: values.number("payments.simulated_callback_delay_ms_max", 0, 0..=300_000),
        never_per_mille: values.number("payments.simulated_callback_never_per_mille", 0, 0..=1_000),
        forged_per_mille: values.number("payments.simulated_callback_forged_per_mille", 0, 0..=1_000),
        ..Callbacks::new(secret)
    };
    Simulated { faults, callbacks, secret_given }
}

/// The secret that is given; one of zeros stands for one that is yet to be drawn.
fn secret(values: &mut Values) -> Secret {
    let text = values.text("payments.simulated_callback_secret", "");
    if text.is_empty() {
        return Secret::from_bytes([0; 32]);
    }
    Secret::parse(&text).unwrap_or_else(|problem| {
        values.wrong("payments.simulated_callback_secret", &problem.to_string());
        Secret::from_bytes([0; 32])
    })
}

fn tells(values: &mut Values) -> Tells {
    match values.text("payments.simulated_callbacks", "acts").as_str() {
        "acts" => Tells::BuyersActs,
        "everything" => Tells::Everything,
        _ => {
            let reason = "must be `acts` (what buyers do at the provider) or `everything` (all changes)";
            values.wrong("payments.simulated_callbacks", reason);
            Tells::BuyersActs
        }
    }
}

/// The section as it would be written; the secret stays where it is.
pub(super) fn print(payments: &Payments) -> toml::Table {
    let Payments { providers, capture, simulated } = payments;
    let (faults, callbacks) = (&simulated.faults, &simulated.callbacks);
    let mut table = toml::Table::new();
    let names = providers.iter().cloned().map(toml::Value::String).collect();
    table.insert("providers".into(), toml::Value::Array(names));
    table.insert("capture".into(), capture.as_str().into());
    let tells = match callbacks.tells {
        Tells::BuyersActs => "acts",
        Tells::Everything => "everything",
    };
    table.insert("simulated_callbacks".into(), tells.into());
    for (key, number) in [
        ("simulated_seed", i64::try_from(faults.seed).unwrap_or(i64::MAX)),
        ("simulated_lost_per_mille", i64::from(faults.lost_per_mille)),
        ("simulated_answer_lost_per_mille", i64::from(faults.answer_lost_per_mille)),
        ("simulated_server_error_per_mille", i64::from(faults.server_error_per_mille)),
        ("simulated_too_many_requests_per_mille", i64::from(faults.too_many_requests_per_mille)),
        ("simulated_callback_copies_max", i64::from(callbacks.copies_max)),
        ("simulated_callback_delay_ms_max", callbacks.delay_ms_max),
        ("simulated_callback_never_per_mille", i64::from(callbacks.never_per_mille)),
        ("simulated_callback_forged_per_mille", i64::from(callbacks.forged_per_mille)),
    ] {
        // What is as it always is would only bury the rest.
        if number != 0 && !(key == "simulated_callback_copies_max" && number == 1) {
            table.insert(key.into(), number.into());
        }
    }
    table
}
