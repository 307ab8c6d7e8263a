//! Buyers, faults, an auditor and a report: the stranger who doubts.
//!
//! Meets a shop as strangers do, over HTTP, and knows nothing of how it is built. The way of a run: `plan` says who buys
//! what and when (a pure function of the seed), `load` lets them do it, `history` remembers every request and answer,
//! `faults` makes the shop's day worse meanwhile; at rest `books` are read from the shop and from the payment provider,
//! `audit` compares them with what buyers were told, and `verdict` says what came of it. `lab` is the rule behind all of
//! that as bare SQL on a database of one's own.

pub mod audit;
pub mod books;
mod chance;
pub mod clock;
pub mod dialect;
pub mod history;
pub mod lab;
pub mod report;
pub mod target;
pub mod verdict;
