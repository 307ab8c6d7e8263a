//! Payment providers: implementations of the port `PaymentProvider`, a file per provider, and the suite of its contract.
//!
//! Decides how a provider is spoken to. Leaves what its answer means, and when to ask again, to checkout. No runtime is
//! named here: time comes from the port `Clock`.

pub mod contract;
pub mod memory_book;
pub mod simulated;
pub mod standard_webhooks;
pub mod time_limit;
