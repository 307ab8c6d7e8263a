//! Payment providers: implementations of the port `PaymentProvider`, a file per provider, and the suite of its contract.
//!
//! Decides how a provider is spoken to. Leaves what its answer means, and when to ask again, to checkout. No runtime is
//! named here: time comes from the port `Clock`.
//!
//! # How a server drives the simulated provider
//!
//! Everything is made from a book (a store), a clock and [`simulated::Settings`], and keeps nothing else: make one
//! [`simulated::Simulated`] for the shop's calls and one for the rest, in each server of the shop, all alike.
//!
//! - **The shop's calls.** `Coordinator::new` takes, under the name [`simulated::NAME`], the provider with all that stands
//!   before it: [`circuit_breaker::CircuitBreaker`] over [`time_limit::TimeLimited`] over [`simulated::faults::Faulty`] over
//!   [`simulated::Simulated`]. Without [`simulated::faults::Faults`] leave [`simulated::faults::Faulty`] out.
//! - **The page where a buyer acts.** `GET` [`simulated::ACTION_PATH`]`{key}`: [`simulated::Simulated::payment`]; `None` is
//!   404, and only a payment whose status is `requires_action` gets buttons. `POST {"result": "succeed" | "fail"}` there:
//!   [`simulated::Simulated::act`]; it answers how the payment stands, the same again when it comes twice. The address of
//!   the page is in `next_action` and begins with [`simulated::Settings::public_url`].
//! - **Callbacks out.** Every half a second or so, for each of [`simulated::Simulated::due_callbacks`]: `POST` its headers
//!   and its body, as they are, to the shop's `/v1/payments/webhooks/simulated`, with a time limit of 5 s; then tell
//!   [`simulated::Simulated::called_back`] whether the answer was a 2xx. What a dead server had claimed comes again.
//! - **Callbacks in.** `POST /v1/payments/webhooks/simulated`: [`simulated::callbacks::Reader`] reads the headers (names in
//!   lower case, each as often as it came) and the body byte for byte. `Err` is a 401, and its text is for our log. What it
//!   has read goes to `Coordinator::hear`: a `Failure` is a 503, so that it comes again; every answer is a 200, for what
//!   was heard is durable. `Coordinator::forget_callbacks` runs once an hour or so.
//! - **Config.** [`simulated::Settings`]: public address, the shop's `capture`, latency, and
//!   [`simulated::callbacks::Callbacks`] (secret, what is told, copies, delay, how many never and forged, a seed);
//!   [`simulated::faults::Faults`]: how many of a thousand calls fail in which way, a seed. Both are read with `checked`,
//!   which says what cannot be; `bad_day` is a bad day of each. The secret is one for all servers of a shop, as
//!   [`standard_webhooks::Secret::parse`] reads it; while it is replaced, the reader is given the old and the new one.

pub mod circuit_breaker;
pub mod contract;
pub mod memory_book;
pub mod simulated;
pub mod standard_webhooks;
pub mod time_limit;
