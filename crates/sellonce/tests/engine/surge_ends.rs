//! How `sellonce surge` ends: with which exit code, and with which JSON for programs, key by key.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::harness::Shop;
use crate::surge::{assert_held, surge};

/// The verdict's keys in the order of docs/surge.md, each with what it holds.
const CONTRACT: &[(&str, Kind)] = &[
    ("seed", Kind::Count),
    ("target", Kind::Text),
    ("workload", Kind::Text),
    ("buyers", Kind::Count),
    ("attempts", Kind::Count),
    ("stock", Kind::Whole),
    ("sold", Kind::Whole),
    ("sold_out", Kind::Count),
    ("declined", Kind::Count),
    ("gave_up", Kind::Count),
    ("shed", Kind::Count),
    ("errors", Kind::Count),
    ("oversold", Kind::Known),
    ("false_sold_out", Kind::Known),
    ("orphaned_payments", Kind::Known),
    ("duplicate_orders", Kind::Known),
    ("lost_acknowledgements", Kind::Known),
    ("wrong_amounts", Kind::Known),
    ("invariants", Kind::Invariants),
    ("duration_s", Kind::Number),
    ("checkouts_per_s", Kind::Number),
    (
        "latency_ms",
        Kind::Keys(&[
            ("p50", Kind::Number),
            ("p90", Kind::Number),
            ("p99", Kind::Number),
            ("p999", Kind::Number),
            ("max", Kind::Number),
        ]),
    ),
    ("cost", Kind::Keys(&[("amount", Kind::Whole), ("currency", Kind::Text)])),
    ("ok", Kind::Truth),
    ("environment", Kind::Any),
    ("timeline", Kind::Any),
];

const INVARIANT: &[(&str, Kind)] = &[
    ("id", Kind::Text),
    ("ok", Kind::Truth),
    ("checked", Kind::Count),
    ("violated", Kind::Count),
    ("violations", Kind::Violations),
];

const VIOLATION: &[(&str, Kind)] = &[("what", Kind::Text), ("expected", Kind::Text), ("found", Kind::Text)];

/// What may stand under a key.
#[derive(Clone, Copy)]
enum Kind {
    /// A whole number from 0 on.
    Count,
    /// A whole number.
    Whole,
    /// A whole number from 0 on, or `null` where the book is missing that it would be counted from.
    Known,
    Number,
    Text,
    Truth,
    Keys(&'static [(&'static str, Kind)]),
    Invariants,
    Violations,
    /// Not part of the contract but for its name.
    Any,
}

/// Everything about the value that the contract does not allow.
fn breaches(at: &str, value: &Value, kind: Kind) -> Vec<String> {
    let is_right = match kind {
        Kind::Count => value.is_u64(),
        Kind::Whole => value.is_i64() || value.is_u64(),
        Kind::Known => value.is_u64() || value.is_null(),
        Kind::Number => value.is_number(),
        Kind::Text => value.is_string(),
        Kind::Truth => value.is_boolean(),
        Kind::Any => value.is_object(),
        Kind::Keys(keys) => return of_keys(at, value, keys),
        Kind::Violations => {
            let rows = value.as_array().map_or(&[][..], Vec::as_slice);
            let breaches = rows.iter().flat_map(|row| of_keys(at, row, VIOLATION)).collect::<Vec<_>>();
            if value.is_array() && rows.len() <= 100 { return breaches } else { false }
        }
        Kind::Invariants => {
            let rows = value.as_array().map_or(&[][..], Vec::as_slice);
            let ids: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
            let expected: Vec<String> = (1..=14).map(|number| format!("I{number}")).collect();
            if ids == expected { return rows.iter().flat_map(invariant).collect() } else { false }
        }
    };
    if is_right { Vec::new() } else { vec![format!("{at}: {value}")] }
}

/// What was skipped says why, and is neither ok nor counted.
fn invariant(row: &Value) -> Vec<String> {
    let mut row = row.clone();
    let id = row["id"].to_string();
    let skipped = row.as_object_mut().and_then(|keys| keys.remove("skipped"));
    let mut found = of_keys(&id, &row, INVARIANT);
    let is_zero = |key: &str| row[key] == 0;
    match &skipped {
        Some(reason) if !reason.is_string() || reason == "" => found.push(format!("{id}: skipped {reason}")),
        Some(_) if row["ok"] == true || !is_zero("checked") || !is_zero("violated") => {
            found.push(format!("{id} is skipped, and counted"));
        }
        None if row["ok"] != is_zero("violated") => found.push(format!("{id}: ok is wrong")),
        Some(_) | None => {}
    }
    found
}

/// Each key is there, in its kind, and no other.
fn of_keys(at: &str, value: &Value, keys: &[(&str, Kind)]) -> Vec<String> {
    let none = Map::new();
    let found = value.as_object().unwrap_or(&none);
    let missing = keys.iter().filter(|(key, _)| !found.contains_key(*key));
    let missing = missing.map(|(key, _)| format!("{at}: no {key}"));
    let known = |name: &String| keys.iter().find(|(key, _)| key == name);
    let others = found.iter().flat_map(|(name, value)| match known(name) {
        Some((_, kind)) => breaches(&format!("{at}.{name}"), value, *kind),
        None => vec![format!("{at}: {name} is new")],
    });
    missing.chain(others).collect()
}

#[track_caller]
fn assert_contract(verdict: &Value) {
    assert_eq!(of_keys("", verdict, CONTRACT), Vec::<String>::new());
}

#[test]
fn the_contract_is_looked_at_key_by_key() {
    let right = serde_json::json!({"amount": -3, "currency": "USD"});
    let keys = [("amount", Kind::Whole), ("currency", Kind::Text)];
    assert!(of_keys("", &right, &keys).is_empty());
    for (key, value) in [("amount", Value::Null), ("currency", 3.into()), ("more", true.into())] {
        let mut wrong = right.clone();
        wrong[key] = value;
        assert_eq!(of_keys("", &wrong, &keys).len(), 1, "{wrong}");
    }
    assert_eq!(of_keys("", &Value::Null, &keys).len(), 2);
    let mut judged =
        serde_json::json!({"id": "I1", "ok": true, "checked": 1, "violated": 0, "violations": []});
    assert!(invariant(&judged).is_empty());
    judged["skipped"] = "no book".into();
    assert_eq!(invariant(&judged).len(), 1, "what is skipped is not ok");
}

#[test]
fn a_run_that_holds_keeps_the_contract_and_ends_with_0() {
    let shop = Shop::new();
    let (verdict, output) = surge(&shop, &["--buyers", "40", "--stock", "20", "--seed", "11"]);
    assert_held(&verdict, &output);
    assert_contract(&verdict);
    for (key, expect) in [("seed", 11), ("buyers", 40), ("attempts", 40), ("stock", 20), ("sold", 20)] {
        assert_eq!(verdict[key], expect, "{key}");
    }
    assert_eq!((&verdict["workload"], &verdict["cost"]["currency"]), (&"flash-sale".into(), &"USD".into()));
}

/// A shop on a database of its own, of which a trigger forgets whatever was used of a limit.
fn forgetful() -> Shop {
    let shop = Shop::with_stock("mug", 5);
    let open = rusqlite::Connection::open(shop.path("sellonce.db")).expect("the shop's file can be opened");
    let forget = "
        CREATE TRIGGER forget_use AFTER UPDATE OF used ON discounts WHEN NEW.used > OLD.used
            BEGIN UPDATE discounts SET used = OLD.used WHERE code = NEW.code; END;
        CREATE TRIGGER forget_units AFTER UPDATE OF used ON purchase_counters WHEN NEW.used > OLD.used
            BEGIN UPDATE purchase_counters SET used = OLD.used WHERE sku = NEW.sku AND identity = NEW.identity; END;";
    open.execute_batch(forget).expect("triggers can be made");
    shop
}

/// How often what needs many buyers may not show, on a machine that is busy with other things.
const SEEDS: std::ops::Range<u64> = 4..9;

/// A day of everything with one SKU, in which many run into its limits.
fn day(shop: &Shop, seed: u64, arguments: &[&str]) -> (Value, std::process::Output) {
    let seed = seed.to_string();
    let day = ["--workload", "everything", "--buyers", "40", "--skus", "1", "--stock", "900", "--hold", "4s"];
    surge(shop, &[&day[..], &["--seed", &seed], arguments].concat())
}

#[test]
fn buyers_who_run_into_limits_are_refused() {
    let shop = Shop::new();
    let codes = ["discount_exhausted", "purchase_limit_reached"];
    for seed in SEEDS {
        let (verdict, output) = day(&shop, seed, &[]);
        assert_held(&verdict, &output);
        let limits = &verdict["invariants"][9];
        assert!(limits["id"] == "I10" && limits["checked"].as_u64() > Some(0), "{limits}");
        let history = std::fs::read_to_string(shop.path("history.jsonl")).expect("there is a history");
        if codes.iter().all(|code| history.contains(code)) {
            return;
        }
    }
    panic!("nobody was refused for one of {codes:?}");
}

#[test]
fn a_run_that_is_violated_keeps_the_contract_and_ends_with_1() {
    let mut shop = forgetful();
    shop.kill();
    let database = format!("sqlite:{}", shop.path("sellonce.db").display());
    for seed in SEEDS {
        let (verdict, output) = day(&shop, seed, &["--database", &database]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert_contract(&verdict);
        assert_eq!(verdict["ok"], false);
        assert!(said.contains("I10  VIOLATED"), "{said}");
        let violations = verdict["invariants"][9]["violations"].as_array().expect("a list");
        let begins = |words: &str| {
            violations.iter().any(|row| row["what"].as_str().is_some_and(|what| what.starts_with(words)))
        };
        assert!(begins("the shop's own audit: "), "its counters are wrong: {violations:#?}");
        // Surge sees it without them, by orders: a code that was used too often, a buyer who has too much.
        if begins(&format!("discount SURGE-{seed}: order ")) && begins("buyer-") {
            return;
        }
    }
    panic!("surge itself has seen nothing");
}

#[test]
fn a_shop_without_books_keeps_the_contract_with_nulls() {
    let mut shop = Shop::with_stock("mug", 5);
    let file = include_str!("../../../../examples/surge/sellonce.toml");
    let file = file.replace("http://127.0.0.1:8080", &shop.url());
    // Only the stock is read, and nothing else.
    let orders = file.find("[orders]").expect("the file describes orders");
    std::fs::write(shop.path("shop.toml"), &file[..orders]).expect("a file can be written");
    let key = shop.key();
    shop.set("SHOP_ADMIN_KEY", &key);
    let (verdict, output) = surge(&shop, &["--target", "shop.toml", "--buyers", "9", "--stock", "5"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_contract(&verdict);
    for unknown in ["orphaned_payments", "lost_acknowledgements"] {
        assert_eq!(verdict[unknown], Value::Null, "{unknown}");
    }
    assert_eq!((&verdict["sold"], &verdict["oversold"]), (&5.into(), &0.into()));
}

/// The processes that a process has started to buy for it.
#[cfg(target_os = "linux")]
fn workers_of(surge: &Child) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("processes can be listed");
    let ids = processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_worker = |id: &u32| {
        let words = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // Behind the name, which is in brackets: the state, then the parent.
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        words.ends_with("surge\0worker\0") && parent == Some(surge.id())
    };
    ids.filter(is_worker).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_killed_leaves_no_verdict_and_ends_with_3() {
    let shop = Shop::new();
    let many = ["surge", "--buyers", "40", "--workers", "2", "--hold", "60s", "--json", "verdict.json"];
    let mut command = shop.command(&many);
    let surge = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let surge = surge.expect("the binary can be started");
    let mut workers = Vec::new();
    for _ in 0..600 {
        workers = workers_of(&surge);
        if workers.len() == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(workers.len(), 2, "both workers buy");
    let killed = std::process::Command::new("kill").args(["-9", &workers[0].to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let output = surge.wait_with_output().expect("a child ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("a worker process ended before it was done"), "{said}");
    assert!(!shop.path("verdict.json").exists(), "nothing is known of the shop");
}

#[cfg(target_os = "linux")]
#[test]
fn a_verdict_that_does_not_fit_on_its_disk_ends_with_3() {
    let shop = Shop::new();
    let run = ["surge", "--buyers", "20", "--stock", "10", "--no-html", "--json", "/dev/full"];
    let output = shop.run(&run);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("/dev/full: "), "{said}");
}

#[test]
fn a_report_that_has_nowhere_to_go_is_refused_before_the_run() {
    let shop = Shop::new();
    for flag in ["--json", "--html", "--history"] {
        for (file, words) in [("no/such/folder/file", "no/such/folder"), (".", "is a folder")] {
            let output = shop.run(&["surge", "--buyers", "1", flag, file]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{flag} {file}: {said}");
            assert!(said.contains(words) && !said.contains("seed"), "{flag} {file}: {said}");
        }
    }
}
