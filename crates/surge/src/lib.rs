//! Buyers, faults, an auditor and a report: the stranger who doubts.
//!
//! Meets a shop as strangers do, over HTTP, and knows nothing of how it is built. The way of a run: `plan` says who buys
//! what and when (a pure function of the seed), `load` lets them do it, `history` remembers every request and answer,
//! `faults` makes the shop's day worse meanwhile; at rest `books` are read from the shop and from the payment provider,
//! `audit` compares them with what buyers were told, and `verdict` says what came of it. `lab` is the rule behind all of
//! that as bare SQL on a database of one's own.

mod admin;
pub mod audit;
pub mod books;
mod chance;
pub mod chart;
mod clean;
mod clerk;
mod clock;
mod cluster;
mod crew;
mod day;
pub mod dialect;
mod faults;
pub mod history;
mod keeper;
pub mod lab;
mod limits;
mod load;
mod machine;
mod merchant;
mod metrics;
mod own;
mod page;
mod plan;
mod progress;
mod proxy;
mod read_books;
mod recorder;
pub mod report;
mod run;
mod rush;
mod settings;
mod stage;
mod summary;
mod tally;
pub mod target;
pub mod verdict;
mod verdict_of;
mod wire;

pub use self::clean::clean;
pub use self::crew::work;
pub use self::faults::FaultPlan;
pub use self::plan::Workload;
pub use self::proxy::TOXICS;
pub use self::run::{Outcome, Stop, run};
pub use self::settings::{OwnDatabase, Settings, ShopChoice};
pub use self::summary::text as summary;
