//! The doubter is doubted: `sellonce surge` must find each planted defect, and nothing where none is planted.
//!
//! Decides with which command line each defect shows, and which invariants must be violated by it. The first rows are
//! enough for every day; `SELLONCE_SURGE_DEFECTS=all`, or names with commas between, runs the others (`just long-surge`).

use std::time::Duration;

use sellonce_checkout::sabotage::Sabotage;
use serde_json::Value;
use tokio::time::Instant;

use crate::harness::Shop;

/// Which defects are looked for, `all` of them or so many by name.
const VARIABLE: &str = "SELLONCE_SURGE_DEFECTS";
/// The longest that a run may take: whatever hangs in the shop, there is a verdict.
const RUN_MAX: Duration = Duration::from_secs(120);

/// A day of everything on one server, with kills.
const EVERYTHING: &str = "--workload everything --buyers 120 --stock 500 --hold 8s --kill 3s --patience 20s";
/// The same on two servers that are paused for longer than their leases.
const PAUSES: &str = "--workload everything --buyers 80 --stock 500 --hold 20s --pause 500ms --patience 20s \
    --database postgres --servers 2";
/// Banks that take their time, and a shop that waits for them.
const SLOW_BANKS: &str = "--workload failing-payments --buyers 150 --stock 2000 --hold 5s --patience 20s";
/// More buyers than units.
const RUSH: &str = "--workload flash-sale --buyers 80 --stock 20 --patience 20s";
/// Clicks, tabs and misused keys.
const CLICKS: &str = "--workload impatient-buyers --buyers 60 --stock 500 --patience 20s";

/// How a defect is looked for; `None` stands for a shop without one, where nothing may be found.
struct Row {
    defect: Option<Sabotage>,
    /// All of these must be violated.
    violated: &'static [&'static str],
    command: &'static str,
    /// Enough where there is no time for the whole command.
    quick: Option<&'static str>,
}

const fn row(defect: Sabotage, violated: &'static [&'static str]) -> Row {
    Row { defect: Some(defect), violated, command: EVERYTHING, quick: None }
}

const NONE: Row = Row { defect: None, violated: &[], command: EVERYTHING, quick: None };

const ROWS: &[Row] = &[
    Row { quick: Some(RUSH), ..NONE },
    Row { quick: Some(CLICKS), command: SLOW_BANKS, ..NONE },
    Row { quick: Some(RUSH), ..row(Sabotage::SoldOutAnswered200, &["I12"]) },
    Row { quick: Some(CLICKS), ..row(Sabotage::KeyWithoutBody, &["I7"]) },
    row(Sabotage::ReadThenWriteStock, &["I1", "I2"]),
    row(Sabotage::UpdateWithoutCondition, &["I1", "I2"]),
    row(Sabotage::ReplicaRead, &["I1", "I2"]),
    row(Sabotage::ReleaseTwiceOnExpiry, &["I11"]),
    row(Sabotage::OutboxOutsideTransaction, &["I8", "I13"]),
    row(Sabotage::KeyAfterEffect, &["I7"]),
    row(Sabotage::PriceRecalculatedAtPay, &["I3", "I5"]),
    row(Sabotage::RetryWithNewProviderKey, &["I4"]),
    row(Sabotage::RefundPostedTwice, &["I4"]),
    row(Sabotage::LateSuccessIgnored, &["I4"]),
    row(Sabotage::CallbackNotDeduplicated, &["I11"]),
    row(Sabotage::OlderCallbackOverwrites, &["I6"]),
    Row { command: SLOW_BANKS, ..row(Sabotage::LeaseByLocalClock, &["I14"]) },
    Row { command: PAUSES, ..NONE },
    Row { command: PAUSES, ..row(Sabotage::NoFenceCheck, &["I14"]) },
];

impl Row {
    fn name(&self) -> &'static str {
        self.defect.map_or("none", Sabotage::as_str)
    }

    /// Runs a surge on a shop with this row's defect, and judges its verdict.
    #[track_caller]
    fn check(&self, command: &str) {
        let mut shop = Shop::new();
        shop.keep_default_times();
        shop.set("SELLONCE_SABOTAGE", self.name());
        let mut arguments = vec!["surge", "--json", "verdict.json", "--no-html"];
        arguments.extend(command.split_whitespace());
        let began = Instant::now();
        let output = shop.run(&arguments);
        let took = began.elapsed();
        let verdict = std::fs::read_to_string(shop.path("verdict.json")).unwrap_or_default();
        let verdict: Value = serde_json::from_str(&verdict).unwrap_or(Value::Null);
        let violated = violated(&verdict);
        let seconds = took.as_secs_f64();
        say(&format!("{:28} {seconds:5.1} s, seed {}: {violated:?}", self.name(), verdict["seed"]));
        let said = format!("{} by `{command}`, seed {}: {output:#?}", self.name(), verdict["seed"]);
        assert_eq!(output.status.code(), Some(i32::from(self.defect.is_some())), "{said}");
        for id in self.violated {
            assert!(violated.iter().any(|violated| violated == id), "{id} is not violated: {said}");
        }
        assert!(took < RUN_MAX, "{took:?}: {said}");
    }
}

#[expect(clippy::print_stdout, reason = "a long run is watched, and a test's output is shown when it fails")]
fn say(what: &str) {
    println!("{what}");
}

/// The invariants that are violated.
fn violated(verdict: &Value) -> Vec<String> {
    let invariants = verdict["invariants"].as_array().into_iter().flatten();
    let violated = invariants.filter(|invariant| invariant["violated"].as_u64() > Some(0));
    violated.filter_map(|invariant| invariant["id"].as_str().map(ToOwned::to_owned)).collect()
}

#[test]
fn a_surge_catches_each_planted_defect_and_finds_nothing_where_none_is() {
    let wanted = std::env::var(VARIABLE).ok();
    for row in ROWS {
        match &wanted {
            None => row.quick.into_iter().for_each(|quick| row.check(quick)),
            Some(names) if names == "all" || names.split(',').any(|name| name == row.name()) => {
                row.check(row.command);
            }
            Some(_) => {}
        }
    }
}

#[test]
fn a_surge_looks_for_each_defect() {
    for defect in Sabotage::ALL {
        assert_eq!(ROWS.iter().filter(|row| row.defect == Some(*defect)).count(), 1, "{defect:?}");
    }
    assert!(ROWS.iter().all(|row| row.defect.is_none() == row.violated.is_empty()));
}
