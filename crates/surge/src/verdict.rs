//! The verdict of a run: the JSON that outside tools read, and what a report needs besides.
//!
//! Decides names and units; they are a contract (docs/surge.md). Units of stock: `stock`, `sold`, `oversold`,
//! `false_sold_out`. Checkouts: `attempts`, `sold_out`, `declined`, `gave_up`. Requests: `shed`, `errors`.

use serde::{Deserialize, Serialize};

use crate::history::Fault;

/// The most violations of one invariant that are written out; all are counted.
pub const VIOLATIONS_MAX: usize = 100;

/// What `--json` writes: the verdict, then how the run went and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The verdict; its keys stand at the top.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Where and how it was run.
    pub environment: Environment,
    /// How it went, bin by bin.
    pub timeline: Timeline,
}

/// The verdict of a run.
///
/// A figure is `None` (`null`) where the book that it is counted from is missing; the invariant beside it says why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The seed that the plan is a function of.
    pub seed: u64,
    /// The shop.
    pub target: String,
    /// The workload.
    pub workload: String,
    /// Buyers at once (closed loop); 0 where the clock sends.
    pub buyers: u64,
    /// Checkouts that were begun.
    pub attempts: u64,
    /// Units that were there, with what was put in and taken out during the run.
    pub stock: i64,
    /// Units sold, as buyers were told.
    pub sold: i64,
    /// Checkouts that were told that there is not enough.
    pub sold_out: u64,
    /// Checkouts whose payment was declined.
    pub declined: u64,
    /// Requests that were refused because the shop was busy, and tried again.
    pub shed: u64,
    /// Checkouts without a definite answer in the buyer's time.
    pub gave_up: u64,
    /// Requests with an answer that nothing explains.
    pub errors: u64,
    /// Units sold beyond the stock.
    pub oversold: Option<i64>,
    /// Units that were refused as sold out although they were there.
    pub false_sold_out: Option<i64>,
    /// Payments taken without an order, and not on their way back.
    pub orphaned_payments: Option<u64>,
    /// Orders beyond the one that a purchase may have.
    pub duplicate_orders: Option<u64>,
    /// Orders that buyers were told of and that the shop does not have.
    pub lost_acknowledgements: Option<u64>,
    /// Orders or payments of another amount than the buyer was shown.
    pub wrong_amounts: Option<u64>,
    /// I1 to I14, in their order.
    pub invariants: Vec<Invariant>,
    /// From the first request to the last answer, in seconds.
    pub duration_s: f64,
    /// Checkouts that came to an end per second of that.
    pub checkouts_per_s: f64,
    /// How long buyers waited for the end of a checkout, in milliseconds.
    pub latency_ms: Latency,
    /// What the oversold units cost.
    pub cost: Cost,
    /// Whether every invariant that could be judged holds, and something was sold or refused at all.
    pub ok: bool,
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half were quicker.
    pub p50: f64,
    /// Nine of ten were quicker.
    pub p90: f64,
    /// 99 of 100 were quicker.
    pub p99: f64,
    /// 999 of 1000 were quicker.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// What the oversold units cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Minor units.
    pub amount: i64,
    /// Three letters of ISO 4217.
    pub currency: String,
}

/// What was found of one invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariant {
    /// `I1` to `I14`.
    pub id: String,
    /// Whether it was judged and holds.
    pub ok: bool,
    /// How many things were judged.
    pub checked: u64,
    /// How many of them violate it.
    pub violated: u64,
    /// The first [`VIOLATIONS_MAX`] of them.
    pub violations: Vec<Violation>,
    /// Why it was not judged: then it is neither ok nor counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skipped: Option<String>,
}

/// One thing that should not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Which thing.
    pub what: String,
    /// What must hold.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// What the auditor gives: the figures that are its own, and the invariants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// See [`Verdict::sold`].
    pub sold: i64,
    /// See [`Verdict::oversold`].
    pub oversold: Option<i64>,
    /// See [`Verdict::false_sold_out`].
    pub false_sold_out: Option<i64>,
    /// See [`Verdict::orphaned_payments`].
    pub orphaned_payments: Option<u64>,
    /// See [`Verdict::duplicate_orders`].
    pub duplicate_orders: Option<u64>,
    /// See [`Verdict::lost_acknowledgements`].
    pub lost_acknowledgements: Option<u64>,
    /// See [`Verdict::wrong_amounts`].
    pub wrong_amounts: Option<u64>,
    /// I1 to I14, in their order.
    pub invariants: Vec<Invariant>,
}

/// Where and how a run was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Of this binary.
    pub version: String,
    /// Of the shop, as it says itself.
    pub shop_version: Option<String>,
    /// When it began: RFC 3339 in UTC.
    pub began_at: String,
    /// The operating system, with its version.
    pub system: String,
    /// Processor cores.
    pub cores: u64,
    /// Memory in bytes; 0 if it is not known.
    pub memory_bytes: u64,
    /// The most files that one process may have open.
    pub open_files_max: u64,
    /// What the shop keeps its data in, without a password.
    pub database: Option<String>,
    /// How many server processes.
    pub servers: u64,
    /// How buyers were connected, as `50,000 HTTP/2 streams on 500 connections` or `50,000 TCP connections`.
    pub transport: String,
    /// The most requests that the servers held at once, as they say themselves.
    pub in_flight_at_servers_max: Option<u64>,
    /// Limits that were raised for the run: the setting and its value.
    pub limits: Vec<Setting>,
    /// The plan: how buyers come (`doors open`, `ramp 10 s`, `open loop 200/s`), which faults, and so on.
    pub plan: Vec<Setting>,
    /// The command line that brings about the same plan.
    pub command: String,
}

/// A setting and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// How the run went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// How long a bin is, in milliseconds; the first begins at 0.
    pub bin_ms: u64,
    /// The bins without a gap.
    pub bins: Vec<Bin>,
    /// How the waits of all checkouts are spread: counts up to growing bounds.
    pub latency_histogram: Vec<Bucket>,
    /// The faults that surge brought about.
    pub faults: Vec<FaultSpan>,
    /// When all waiting buyers were let go at once, in milliseconds, if they were.
    pub doors_opened_ms: Option<u64>,
}

/// What happened within one bin. Checkouts count where they ended, requests where they were answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Its beginning, in milliseconds from the run's start.
    pub at_ms: u64,
    /// Units sold within it, as buyers were told.
    pub sold: i64,
    /// Units sold from the beginning to its end.
    pub sold_total: i64,
    /// Units that were there from the beginning to its end: the stock with what was put in and taken out.
    pub stock_total: i64,
    /// Checkouts that became an order.
    pub ordered: u64,
    /// Checkouts that were told that there is not enough.
    pub sold_out: u64,
    /// Checkouts that were declined.
    pub declined: u64,
    /// Checkouts that ended otherwise as planned: abandoned, or refused for a reason that the plan explains.
    pub other: u64,
    /// Checkouts without a definite answer.
    pub gave_up: u64,
    /// Requests that were answered.
    pub requests: u64,
    /// Requests that were shed.
    pub shed: u64,
    /// Requests that were lost: connections cut or refused.
    pub lost: u64,
    /// Requests with an answer that nothing explains.
    pub errors: u64,
    /// Checkouts under way at its end.
    pub under_way: u64,
    /// Waits of the checkouts that ended within it.
    pub latency_ms: Latency,
}

/// So many checkouts waited at most that long, and longer than the bucket before says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The bound in milliseconds, included.
    pub up_to_ms: f64,
    /// How many.
    pub count: u64,
}

/// A fault and how long it was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSpan {
    /// What fault.
    pub fault: Fault,
    /// Which server; its place in the list, from 0. The database has none, and 0 stands there.
    pub server: u16,
    /// From when, in milliseconds from the run's start.
    pub began_ms: u64,
    /// Until when.
    pub ended_ms: u64,
}
