//! What the page says, and that nothing it is given becomes markup.

use super::*;
use crate::history::Fault;
use crate::page::parse;
use crate::verdict::*;

const WEIRD: &str = "<script>alert(1)</script> & \"quotes\" 'n' \u{1b}";

/// Ten seconds of a rush: 5,000 units, 50,000 buyers.
pub(super) fn calm() -> Report {
    let latency =
        |p50: f64| Latency { p50, p90: p50 * 2.0, p99: p50 * 5.0, p999: p50 * 8.0, max: p50 * 10.0 };
    let bin = |index: u64| {
        let sold_total = i64::try_from(index + 1).unwrap_or(0).min(5) * 1_000;
        let is_selling = index < 5;
        Bin {
            at_ms: index * 1_000,
            sold: if is_selling { 1_000 } else { 0 },
            sold_total,
            stock_total: 5_000,
            ordered: if is_selling { 1_000 } else { 0 },
            sold_out: if is_selling { 0 } else { 9_000 },
            requests: 10_000,
            under_way: 50_000 - index * 5_000,
            latency_ms: latency(if index == 2 { 0.0 } else { 400.0 + count(index) }),
            ..Bin::default()
        }
    };
    let invariant = |number: u64| Invariant {
        id: format!("I{number}"),
        ok: number != 13,
        checked: 50_000,
        violated: 0,
        violations: Vec::new(),
        skipped: (number == 13).then(|| "no consumer of events was there".to_owned()),
    };
    Report {
        verdict: Verdict {
            seed: 7,
            target: "sellonce (own, sqlite)".to_owned(),
            workload: "flash-sale".to_owned(),
            buyers: 50_000,
            attempts: 50_000,
            stock: 5_000,
            sold: 5_000,
            sold_out: 45_000,
            declined: 0,
            shed: 120,
            gave_up: 0,
            errors: 0,
            oversold: Some(0),
            false_sold_out: Some(0),
            orphaned_payments: Some(0),
            duplicate_orders: Some(0),
            lost_acknowledgements: Some(0),
            wrong_amounts: Some(0),
            invariants: (1..=14).map(invariant).collect(),
            duration_s: 10.2,
            checkouts_per_s: 4_902.0,
            latency_ms: latency(480.0),
            cost: Cost { amount: 0, currency: "USD".to_owned() },
            ok: true,
        },
        environment: environment(),
        timeline: Timeline {
            bin_ms: 1_000,
            bins: (0..10).map(bin).collect(),
            latency_histogram: (1..40_u32).map(bucket).collect(),
            faults: Vec::new(),
            doors_opened_ms: Some(500),
        },
    }
}

fn bucket(step: u32) -> Bucket {
    let up_to_ms = 10.0 * 1.2_f64.powi(i32::try_from(step).unwrap_or(0));
    Bucket { up_to_ms, count: u64::from(step * (40 - step)) }
}

fn count(index: u64) -> f64 {
    u32::try_from(index).map_or(0.0, f64::from)
}

fn environment() -> Environment {
    Environment {
        version: "0.1.0".to_owned(),
        shop_version: Some("0.1.0".to_owned()),
        began_at: "2026-11-27T09:00:00Z".to_owned(),
        system: "Linux 6.1".to_owned(),
        cores: 2,
        memory_bytes: 8 << 30,
        open_files_max: 20_000,
        database: None,
        servers: 1,
        transport: "50,000 HTTP/2 streams on 500 connections".to_owned(),
        in_flight_at_servers_max: Some(49_870),
        limits: vec![Setting { name: "requests queued".to_owned(), value: "100,000".to_owned() }],
        plan: vec![Setting { name: "arrival".to_owned(), value: "doors open".to_owned() }],
        command: "sellonce surge --seed 7".to_owned(),
    }
}

/// The same rush on a shop that reads, then writes.
pub(super) fn racy() -> Report {
    let mut report = calm();
    let verdict = &mut report.verdict;
    (verdict.sold, verdict.oversold, verdict.orphaned_payments) = (5_003, Some(3), Some(1));
    verdict.cost.amount = 75_000;
    verdict.ok = false;
    let violation =
        Violation { what: WEIRD.to_owned(), expected: "at most 5,000".to_owned(), found: "5,003".to_owned() };
    verdict.invariants[0].ok = false;
    verdict.invariants[0].violated = 3;
    verdict.invariants[0].violations = vec![violation];
    report.timeline.bins[5].sold_total = 5_003;
    let kill =
        |began_ms: u64| FaultSpan { fault: Fault::Kill, server: 0, began_ms, ended_ms: began_ms + 700 };
    report.timeline.faults = [2_000, 2_100, 6_000].map(kill).into();
    report
}

fn text_of(page: &str) -> String {
    let document = parse(page);
    let text: Vec<&str> = document
        .descendants()
        .filter(|node| node.is_text())
        .filter_map(|node| node.text())
        .map(str::trim)
        .collect();
    text.join("\n")
}

fn first_sentence(report: &Report) -> String {
    sentences::all(report).remove(0)
}

#[test]
fn a_calm_run_says_so_in_its_first_sentence() {
    let report = calm();
    assert_eq!(
        first_sentence(&report),
        "Every unit was sold once: 5,000 units sold of 5,000. There was no payment without its order, no order twice, no \
         order lost and no wrong amount."
    );
    let text = text_of(&html(&report));
    for fact in [
        "50,000 checkouts in 10.2 s over 50,000 HTTP/2 streams on 500 connections: 5,000 became an order, 45,000 were told \
         that there is not enough. Half of them waited less than 480 ms, 99 of 100 less than 2.40 s. The servers held \
         49,870 requests at once.",
        "13 of 13 judged invariants hold, by 650,000 checks. 1 could not be judged; the table says why.",
        "no consumer of events was there",
        "USD 0.00: no unit was oversold.",
        "doors opened at 0.50 s: all waiting buyers at once",
        "sellonce surge --seed 7",
        "8,192 MiB",
    ] {
        assert!(text.contains(fact), "{fact}\nin\n{text}");
    }
}

#[test]
fn oversold_units_and_their_cost_come_first() {
    let report = racy();
    assert_eq!(
        first_sentence(&report),
        "3 units were sold that do not exist: 5,003 units sold, 5,000 in stock. That costs USD 750.00. 1 payment taken \
         without an order."
    );
    let text = text_of(&html(&report));
    for fact in [
        "USD 750.00 for 3 units oversold.",
        "3 of 50,000 checked",
        "The first 1 of 3.",
        "kill of server 1 at 2.00 s, for 700 ms",
    ] {
        assert!(text.contains(fact), "{fact}\nin\n{text}");
    }
}

#[test]
fn the_first_sentence_claims_no_more_than_was_judged() {
    let check = |change: fn(&mut Verdict), expect: &str| {
        let mut report = calm();
        change(&mut report.verdict);
        assert_eq!(first_sentence(&report), expect);
    };
    check(
        |verdict| {
            (verdict.oversold, verdict.orphaned_payments, verdict.wrong_amounts) = (None, None, None);
            (verdict.duplicate_orders, verdict.lost_acknowledgements) = (None, None);
        },
        "No fault was found: 5,000 units sold of 5,000.",
    );
    check(
        |verdict| {
            (verdict.sold, verdict.orphaned_payments, verdict.wrong_amounts) = (4_000, None, None);
            verdict.duplicate_orders = None;
        },
        "No unit was sold twice: 4,000 units sold of 5,000. There was no order lost.",
    );
    check(
        |verdict| {
            (verdict.ok, verdict.invariants[3].ok, verdict.invariants[3].violated) = (false, false, 2);
            (verdict.orphaned_payments, verdict.false_sold_out) = (Some(2), Some(1));
        },
        "No unit was sold twice, and yet the shop failed. 2 payments taken without an order; 1 unit refused as sold out \
         although it was there.",
    );
    check(
        |verdict| {
            (verdict.ok, verdict.oversold) = (false, None);
            (verdict.invariants[3].ok, verdict.invariants[3].violated) = (false, 2);
        },
        "The shop failed.",
    );
    check(
        |verdict| (verdict.ok, verdict.attempts) = (false, 0),
        "Nothing is shown: nobody got a definite answer, or no invariant could be judged.",
    );
}

#[test]
fn the_page_has_its_charts_and_its_fourteen_invariants() {
    let page = html(&racy());
    let document = parse(&page);
    let of_class =
        |class: &str| document.descendants().filter(|node| node.attribute("class") == Some(class)).count();
    assert_eq!(of_class("chart"), 6);
    assert_eq!((of_class("badge bad"), of_class("badge good"), of_class("badge none")), (1, 12, 1));
    // Three kills and the doors, on the four charts over time.
    assert_eq!((of_class("span"), of_class("event")), (3 * 4, 4 * 4));
    assert!(of_class("verdict bad") == 1 && of_class("verdict good") == 0);
}

#[test]
fn what_had_nothing_to_check_shows_nothing() {
    let mut report = calm();
    report.verdict.invariants[9].checked = 0;
    let text = text_of(&html(&report));
    assert!(
        text.contains("12 of 12 judged invariants hold, by 600,000 checks. 1 had nothing to check. 1 could"),
        "{text}"
    );
    assert!(text.contains("nothing to check"));
}

#[test]
fn whatever_it_is_given_stays_text() {
    let mut report = racy();
    let weird = || WEIRD.to_owned();
    let Report { verdict, environment, .. } = &mut report;
    (verdict.target, verdict.workload, verdict.cost.currency) = (weird(), weird(), weird());
    for invariant in &mut verdict.invariants {
        invariant.id = weird();
        invariant.skipped = Some(weird());
    }
    (environment.version, environment.shop_version, environment.began_at) = (weird(), Some(weird()), weird());
    (environment.system, environment.database, environment.transport) = (weird(), Some(weird()), weird());
    environment.command = weird();
    for settings in [&mut environment.limits, &mut environment.plan] {
        settings[0] = Setting { name: weird(), value: weird() };
    }
    // `parse` refuses scripts, and letters that XML has no place for.
    let page = html(&report);
    let text = text_of(&page);
    assert!(text.matches("<script>alert(1)</script> & \"quotes\" 'n' ").count() > 40);
}

#[test]
fn a_run_in_which_nothing_happened_is_a_page_too() {
    let mut report = calm();
    report.timeline = Timeline::default();
    report.verdict.invariants.clear();
    (report.verdict.attempts, report.verdict.ok, report.verdict.latency_ms) = (0, false, Latency::default());
    parse(&html(&report));
}

#[test]
fn streams_and_connections_are_not_called_people() {
    for report in [calm(), racy()] {
        let text = text_of(&html(&report)).to_lowercase();
        assert!(!text.contains("user"), "{text}");
        assert!(text.contains("http/2 streams"));
    }
}
