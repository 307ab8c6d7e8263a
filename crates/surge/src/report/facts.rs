//! Figures and circumstances by their names: what was counted, and where and how it was run.

use super::sentences::time;
use crate::page::{grouped, money, rounded};
use crate::verdict::{Report, Verdict};

/// A figure to be seen at once.
pub(super) struct Tile {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// The class of what must be zero: `good` if it is, `bad` if not.
    pub(super) tone: &'static str,
}

/// A circumstance.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
}

pub(super) fn tiles(verdict: &Verdict) -> Vec<Tile> {
    let plain = |name: &'static str, value: String| Tile { name, value, tone: "" };
    let units = |count: Option<i64>| count.map(i128::from);
    let checks = |count: Option<u64>| count.map(i128::from);
    let mut tiles = vec![
        plain("units in stock", grouped(verdict.stock)),
        plain("units sold", grouped(verdict.sold)),
        must_be_zero("units oversold", units(verdict.oversold)),
        must_be_zero("units falsely sold out", units(verdict.false_sold_out)),
        must_be_zero("payments without order", checks(verdict.orphaned_payments)),
        must_be_zero("orders too many", checks(verdict.duplicate_orders)),
        must_be_zero("orders lost", checks(verdict.lost_acknowledgements)),
        must_be_zero("wrong amounts", checks(verdict.wrong_amounts)),
        plain("checkouts per second", rounded(verdict.checkouts_per_s)),
        plain("99 of 100 waited less than", time(verdict.latency_ms.p99)),
    ];
    if verdict.cost.amount > 0 {
        tiles.push(Tile {
            name: "cost",
            value: money(verdict.cost.amount, &verdict.cost.currency),
            tone: "bad",
        });
    }
    tiles
}

fn must_be_zero(name: &'static str, count: Option<i128>) -> Tile {
    match count {
        None => Tile { name, value: "not judged".to_owned(), tone: "none" },
        Some(0) => Tile { name, value: "0".to_owned(), tone: "good" },
        Some(count) => Tile { name, value: grouped(count), tone: "bad" },
    }
}

pub(super) fn of_run(report: &Report) -> Vec<Fact> {
    let Report { verdict, environment, .. } = report;
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
    let mebibytes = environment.memory_bytes / (1 << 20);
    let mut facts = vec![
        fact("seed", verdict.seed.to_string()),
        fact("shop", verdict.target.clone()),
        fact("workload", verdict.workload.clone()),
        fact("connected by", environment.transport.clone()),
        fact("began", moment(&environment.began_at)),
        fact("sellonce", environment.version.clone()),
        fact("system", environment.system.clone()),
        fact("processor cores", grouped(environment.cores)),
        fact("memory", format!("{} MiB", grouped(mebibytes))),
        fact("open files of a process, at most", grouped(environment.open_files_max)),
        fact("server processes", grouped(environment.servers)),
    ];
    let known = [
        ("version of the shop", environment.shop_version.clone()),
        ("database", environment.database.clone()),
        ("requests held at once at the servers", environment.in_flight_at_servers_max.map(grouped)),
    ];
    facts.extend(known.into_iter().filter_map(|(name, value)| Some(fact(name, value?))));
    if verdict.buyers > 0 {
        facts.insert(3, fact("buyers at once", grouped(verdict.buyers)));
    }
    let settings = environment.plan.iter().chain(&environment.limits);
    facts.extend(settings.map(|setting| fact(&setting.name, setting.value.clone())));
    facts
}

/// An instant of RFC 3339 in UTC to the second, as 2026-11-27 09:00:00 UTC; anything else as it is.
pub(super) fn moment(text: &str) -> String {
    let seconds = text.strip_suffix('Z').map(|text| text.split('.').next().unwrap_or(text));
    seconds.map_or_else(|| text.to_owned(), |seconds| format!("{} UTC", seconds.replace('T', " ")))
}

#[test]
fn an_instant_is_told_to_the_second() {
    for (text, expect) in [
        ("2026-11-27T09:00:00.849410502Z", "2026-11-27 09:00:00 UTC"),
        ("2026-11-27T09:00:00Z", "2026-11-27 09:00:00 UTC"),
        ("yesterday", "yesterday"),
    ] {
        assert_eq!(moment(text), expect);
    }
}
