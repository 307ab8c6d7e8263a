//! `sellonce surge` on a PostgreSQL that it starts itself: what a crash of the database leaves of a run, and what is
//! never crashed.

use crate::harness::Shop;
use crate::surge::{assert_held, surge};

#[test]
fn a_day_of_everything_holds_through_crashes_of_the_database() {
    let shop = Shop::new();
    let database = ["--database", "postgres", "--restart-database", "1s", "--servers", "2"];
    let day = ["--workload", "everything", "--buyers", "20", "--skus", "3", "--seed", "6", "--hold", "8s"];
    let (verdict, output) = surge(&shop, &[&database[..], &day].concat());
    assert_held(&verdict, &output);
    let kind = verdict["environment"]["database"].as_str().expect("it is said");
    assert!(kind.starts_with("a throw-away PostgreSQL 1"), "{kind}");
    let crashes = verdict["timeline"]["faults"].as_array().expect("a list");
    assert!(!crashes.is_empty(), "it was never crashed");
    for crash in crashes {
        assert_eq!(crash["fault"], "restart_database");
        assert!(crash["ended_ms"].as_u64() > crash["began_ms"].as_u64(), "{crash}");
    }
    // Buyers were served again after the first.
    let crash = crashes[0]["ended_ms"].as_u64().expect("an instant");
    let bins = verdict["timeline"]["bins"].as_array().expect("a list");
    let later = bins.iter().filter(|bin| bin["at_ms"].as_u64() > Some(crash));
    assert!(later.filter_map(|bin| bin["ordered"].as_u64()).sum::<u64>() > 0);
    let page = std::fs::read_to_string(shop.path("report.html")).expect("there is a page");
    assert!(page.contains("crash of the database at "));
}

#[test]
fn no_database_but_its_own_is_crashed() {
    let shop = Shop::new();
    std::fs::write(shop.path("key"), "sk_none").expect("a file can be written");
    let check = |shop_of: &[&str], words: &str| {
        let crash = ["surge", "--restart-database", "1s", "--buyers", "1", "--no-html"];
        let refused = shop.run(&[&crash, shop_of].concat());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{shop_of:?}: {said}");
        assert!(said.contains(words), "{shop_of:?}: {said}");
    };
    let only_own = "only a PostgreSQL that surge started itself is restarted";
    check(&[], "a SQLite file has no server to restart");
    check(&["--database", "postgres://localhost/shop"], only_own);
    check(&["--database", "sqlite:shop.db"], only_own);
    check(&["--url", "http://127.0.0.1:9", "--admin-key-file", "key"], only_own);
}
