//! `sellonce surge` from its command line to its verdict: a rush on servers that it started, on a shop that runs, and
//! what it refuses to load.

use std::process::Output;

use sellonce_cluster::Database;
use serde_json::Value;

use crate::harness::{Shop, get, http};

/// Runs a surge in the shop's folder; gives its verdict, if there is one, and its output.
pub(crate) fn surge(shop: &Shop, arguments: &[&str]) -> (Value, Output) {
    let arguments = [
        &["surge", "--json", "verdict.json", "--html", "report.html", "--history", "history.jsonl"],
        arguments,
    ];
    let output = shop.run(&arguments.concat());
    let verdict = std::fs::read_to_string(shop.path("verdict.json")).unwrap_or_default();
    (serde_json::from_str(&verdict).unwrap_or(Value::Null), output)
}

#[track_caller]
pub(crate) fn assert_held(verdict: &Value, output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    let noted = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}\n{noted}");
    assert_eq!(
        (&verdict["ok"], &verdict["errors"], &verdict["gave_up"]),
        (&true.into(), &0.into(), &0.into())
    );
    for zero in [
        "oversold",
        "false_sold_out",
        "orphaned_payments",
        "duplicate_orders",
        "lost_acknowledgements",
        "wrong_amounts",
    ] {
        assert_eq!(verdict[zero], 0, "{zero}: {said}");
    }
}

#[test]
fn two_thousand_buyers_at_one_instant_buy_two_hundred_units() {
    let shop = Shop::new();
    let (verdict, output) = surge(&shop, &["--buyers", "2000", "--stock", "200", "--seed", "1"]);
    assert_held(&verdict, &output);
    assert_eq!((&verdict["sold"], &verdict["sold_out"]), (&200.into(), &1_800.into()));
    // Counted at the server: all were there at once.
    let held = verdict["environment"]["in_flight_at_servers_max"].as_u64();
    assert!(held >= Some(2_000), "{held:?}");
    let invariants = verdict["invariants"].as_array().expect("a list");
    assert_eq!(invariants.len(), 14);
    assert!(invariants.iter().all(|invariant| invariant["ok"] == true), "{invariants:#?}");
    let page = std::fs::read_to_string(shop.path("report.html")).expect("there is a page");
    assert!(page.starts_with("<!doctype html>") && page.contains("surge"), "{:.200}", page);
    let history = std::fs::read_to_string(shop.path("history.jsonl")).expect("there is a history");
    // An opening, two requests and an end for each buyer, and the opened door.
    assert!(history.lines().count() > 1 + 2_000 * 3, "{}", history.lines().count());
}

#[test]
fn a_day_of_everything_holds_through_kills_pauses_and_a_bad_network() {
    let shop = Shop::new();
    let faults = ["--kill", "900ms", "--toxic", "all", "--hold", "5s"];
    let day = ["--workload", "everything", "--buyers", "20", "--stock", "300", "--seed", "5"];
    let (verdict, output) = surge(&shop, &[&day[..], &faults].concat());
    assert_held(&verdict, &output);
    let faults = verdict["timeline"]["faults"].as_array().expect("a list");
    assert!(faults.iter().any(|fault| fault["fault"] == "kill"), "{faults:#?}");
    assert!(faults.iter().any(|fault| fault["fault"] != "kill"), "{faults:#?}");
}

#[test]
fn buyers_on_connections_of_two_processes_buy_from_two_servers() {
    let (shop, database) = (Shop::new(), Database::new());
    let url = database.url();
    let many = ["--connections", "600", "--workers", "2", "--servers", "2", "--database", &url];
    let (verdict, output) = surge(&shop, &[&many[..], &["--stock", "100", "--seed", "3"]].concat());
    assert_held(&verdict, &output);
    assert_eq!((&verdict["sold"], &verdict["sold_out"]), (&100.into(), &500.into()));
    let transport = verdict["environment"]["transport"].as_str().expect("it is said");
    assert_eq!(transport, "600 TCP connections from 2 processes");
    let servers = verdict["environment"]["in_flight_at_servers_max"].as_u64();
    assert!(servers >= Some(600), "{servers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_runs_is_loaded_and_cleaned() {
    let mut shop = Shop::with_stock("mug", 5);
    std::fs::write(shop.path("key"), shop.key()).expect("a file can be written");
    let url = shop.url();
    let there = ["--url", &url, "--admin-key-file", "key"];
    let rush = ["--buyers", "50", "--stock", "60", "--seed", "9"];
    let (verdict, output) = tokio::task::block_in_place(|| surge(&shop, &[&there[..], &rush].concat()));
    assert_held(&verdict, &output);
    assert_eq!(verdict["sold"], 50);
    let again = shop.run(&[&["surge"], &there[..], &rush].concat());
    assert_eq!(again.status.code(), Some(2), "one seed, one run: {again:?}");
    let handles = async || {
        let list = get(&http(), &format!("{url}/v1/products"), &[]).await.expect("the server answers").body;
        let names = list["data"].as_array().expect("a list").iter();
        names.map(|product| product["handle"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(handles().await, ["mug", "surge-9"]);
    let cleaned = shop.run(&[&["surge", "clean"], &there[..]].concat());
    assert_eq!(cleaned.status.code(), Some(0), "{cleaned:?}");
    assert_eq!(handles().await, ["mug"]);
    let bearer = format!("Bearer {}", shop.key());
    let stock = format!("{url}/v1/admin/inventory/surge-9");
    let stock = get(&http(), &stock, &[("authorization", &bearer)]).await.expect("the server answers").body;
    assert_eq!((&stock["available"], &stock["committed"]), (&0.into(), &50.into()));
    shop.assert_audit_ok();
}

#[test]
fn a_sellonce_that_a_file_describes_comes_to_the_same_verdict() {
    let mut shop = Shop::with_stock("mug", 5);
    let file = include_str!("../../../../examples/surge/sellonce.toml");
    let file = file.replace("http://127.0.0.1:8080", &shop.url());
    std::fs::write(shop.path("shop.toml"), &file).expect("a file can be written");
    std::fs::write(shop.path("wrong.toml"), file.replace("{{checkout}}", "{{chekout}}"))
        .expect("a file can be written");
    let key = shop.key();
    shop.set("SHOP_ADMIN_KEY", &key);
    let wrong = shop.run(&["surge", "target", "check", "wrong.toml"]);
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(wrong.status.code() == Some(2) && said.contains("wrong.toml, line ") && said.contains("chekout"));
    let bought = shop.run(&["surge", "target", "check", "shop.toml", "--dry-run", "--seed", "3"]);
    let shown = String::from_utf8_lossy(&bought.stdout);
    assert!(bought.status.success() && shown.contains("step 2, pay: POST"), "{bought:?}");
    let rush = ["--target", "shop.toml", "--buyers", "250", "--stock", "120", "--seed", "4"];
    let (verdict, output) = surge(&shop, &rush);
    assert_held(&verdict, &output);
    assert_eq!((&verdict["sold"], &verdict["sold_out"]), (&120.into(), &130.into()));
    // Orders, ledger and the provider's book were read, all their pages.
    let judged = |id: &str| {
        let invariants = verdict["invariants"].as_array().expect("a list");
        invariants.iter().find(|each| each["id"] == id).is_some_and(|each| each["ok"] == true)
    };
    for id in ["I1", "I2", "I3", "I4", "I5", "I7", "I11", "I12", "I13"] {
        assert!(judged(id), "{id}: {verdict:#}");
    }
    shop.assert_audit_ok();
}

#[test]
fn a_run_whose_book_could_not_be_read_proves_nothing() {
    let mut shop = Shop::with_stock("mug", 5);
    let file = include_str!("../../../../examples/surge/sellonce.toml");
    let file = file.replace("http://127.0.0.1:8080", &shop.url());
    let file = file.replace("/movements?limit=100", "/moves?limit=100");
    std::fs::write(shop.path("shop.toml"), file).expect("a file can be written");
    let key = shop.key();
    shop.set("SHOP_ADMIN_KEY", &key);
    let (verdict, output) = surge(&shop, &["--target", "shop.toml", "--buyers", "9", "--stock", "5"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &verdict["sold"]), (Some(2), &5.into()), "{said}");
    assert!(said.contains("nothing is proved by a run whose ledger could not be read"), "{said}");
}

#[test]
fn what_may_not_be_loaded_or_cannot_be_is_refused_before_anything_is_sent() {
    let shop = Shop::new();
    std::fs::write(shop.path("key"), "sk_none").expect("a file can be written");
    let check = |arguments: &[&str], words: &str| {
        let refused = shop.run(&[&["surge"], arguments].concat());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    };
    let key = ["--admin-key-file", "key"];
    check(&[&["--url", "http://203.0.113.7"], &key[..]].concat(), "--i-own 203.0.113.7");
    check(&[&["--url", "https://127.0.0.1"], &key[..]].concat(), "http://");
    check(
        &[&["--url", "http://127.0.0.1:9", "--kill", "1s"], &key[..]].concat(),
        "only servers that surge started",
    );
    check(&["--url", "http://127.0.0.1:9"], "--admin-key-file");
    check(&["--workload", "rush"], "there is no workload");
    check(&["--toxic", "poison"], "there is no toxic");
    check(&["--servers", "2"], "several servers need");
    check(&["--connections", "900000"], "connections need");
}
