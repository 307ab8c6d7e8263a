//! Which words belong into which room: the table "where does a line belong" of ARCHITECTURE.md.
//!
//! Decides on words in the code of `crates/*/src`, comments and literals apart. A word is a blunt tool, and a good one:
//! who needs it in another room has found a line that belongs elsewhere. The crates' tests may use what they like.

use crate::source;
use crate::tree::File;

/// Where words may stand. A room is the beginning of a path.
enum Rooms {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// Words and where they may stand.
struct Rule {
    words: &'static [&'static str],
    rooms: Rooms,
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["rusqlite", "tokio_postgres"],
        rooms: Rooms::Only(&["crates/store/", "crates/surge/src/lab", "crates/postgres/"]),
        instead: "SQL lives in store: give the Store port a call that is named for what it does",
    },
    Rule {
        words: &["axum", "hyper", "StatusCode"],
        rooms: Rooms::Only(&["crates/server/", "crates/surge/"]),
        instead: "HTTP is spoken in server: return a value or an error, and let it choose the status",
    },
    Rule {
        words: &["reqwest"],
        rooms: Rooms::Only(&["crates/payments/", "crates/delivery/"]),
        instead: "others are called by payments and delivery, with a time limit and three outcomes",
    },
    Rule {
        words: &["SystemTime::now", "Instant::now"],
        rooms: Rooms::Only(&["crates/sellonce/", "crates/cluster/"]),
        instead: "time is an argument: take it from the Clock port (for a deadline: tokio::time::Instant)",
    },
    Rule {
        words: &["getrandom", "Uuid::now_v7", "Uuid::new_v4"],
        rooms: Rooms::Only(&["crates/sellonce/"]),
        instead: "ids and secrets are drawn by the Ids port",
    },
    Rule {
        words: &["std::env", "env::"],
        rooms: Rooms::Only(&["crates/sellonce/", "crates/surge/", "crates/cluster/"]),
        instead: "arguments and environment are read by the binary; take a value",
    },
    Rule {
        words: &["tokio::spawn", "task::spawn", "runtime.spawn", "JoinSet", "TaskTracker", "thread::spawn"],
        rooms: Rooms::Only(&[
            "crates/sellonce/",
            "crates/server/src/accept",
            "crates/store/src/pipeline",
            // What drives a connection runs only while its thread waits for an answer.
            "crates/store/src/postgres/link.rs",
            "crates/surge/",
        ]),
        instead: "tasks are started by the binary, which also ends them; return a future",
    },
    Rule {
        words: &["tree_sitter", "ast_grep_core"],
        rooms: Rooms::Only(&["crates/rules/"]),
        instead: "source code is read by rules",
    },
    Rule {
        words: &["serde", "serde_json", "f32", "f64"],
        rooms: Rooms::AllBut(&["crates/checkout/"]),
        instead: "the domain has types, not JSON shapes, and counts in integers",
    },
];

impl Rule {
    fn allows(&self, path: &str) -> bool {
        let stands_in = |rooms: &[&str]| rooms.iter().any(|room| path.starts_with(room));
        match self.rooms {
            Rooms::Only(rooms) => stands_in(rooms),
            Rooms::AllBut(rooms) => !stands_in(rooms),
        }
    }
}

/// Every word that stands in a room of others.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let sources = files.iter().filter(|file| {
        let mut parts = file.path.split('/');
        parts.next() == Some("crates") && parts.nth(1) == Some("src") && file.path.ends_with(".rs")
    });
    sources.flat_map(misplaced).collect()
}

fn misplaced(file: &File) -> Vec<String> {
    let code = source::code(&file.text);
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| !rule.allows(&file.path)) {
        for word in rule.words {
            let what = format!("`{word}` does not belong here: {}", rule.instead);
            let places = source::places_of(&code, word).filter(|at| !is_timer(&code, *at));
            findings.extend(places.map(|at| file.finding(at, &what)));
        }
    }
    findings
}

/// The runtime's `Instant` is no clock but a timer, which tests can stop: it sets deadlines and decides nothing.
fn is_timer(code: &str, at: usize) -> bool {
    if !code[at..].starts_with("Instant") {
        return false;
    }
    let mut imports = code.split(';').filter(|statement| statement.contains("use tokio::time::"));
    let imported = imports.any(|list| source::places_of(list, "Instant").next().is_some());
    code[..at].ends_with("tokio::time::") || (imported && !code[..at].ends_with("::"))
}

fn findings(path: &str, text: &str) -> usize {
    check(&[File::example(path, text)]).len()
}

#[test]
fn each_word_is_refused_in_a_room_of_others() {
    for (path, text) in [
        ("crates/server/src/api/orders.rs", "use rusqlite::Connection;"),
        ("crates/surge/src/buyer.rs", "use tokio_postgres::Client;"),
        ("crates/checkout/src/coordinator.rs", "fn f() -> axum::http::StatusCode {}"),
        ("crates/store/src/lib.rs", "use hyper::Request;"),
        ("crates/server/src/app.rs", "let answer = reqwest::get(url);"),
        ("crates/store/src/rows.rs", "let now = SystemTime::now();"),
        ("crates/server/src/app.rs", "let began = std::time::Instant::now();"),
        ("crates/server/src/app.rs", "use tokio::time::sleep; use std::time::Instant; Instant::now();"),
        ("crates/server/src/app.rs", "use tokio::time::Instant; std::time::Instant::now();"),
        ("crates/store/src/sqlite.rs", "let id = Uuid::now_v7();"),
        ("crates/checkout/src/id.rs", "getrandom::fill(&mut bytes)"),
        ("crates/payments/src/lib.rs", "use std::env;"),
        ("crates/delivery/src/lib.rs", "use std::{env, fs};\nfn f() { env::var(\"HOME\") }"),
        ("crates/server/src/app.rs", "tokio::spawn(work);"),
        ("crates/store/src/sqlite.rs", "std::thread::spawn(work);"),
        ("crates/server/src/pages/cart.rs", "use tree_sitter::Parser;"),
        ("crates/checkout/src/order.rs", "use serde_json::Value;"),
        ("crates/checkout/src/money.rs", "let rate: f64 = 0.19;"),
    ] {
        assert!(findings(path, text) > 0, "{path}: {text}");
    }
}

#[test]
fn each_word_is_at_home_in_its_own_room() {
    for (path, text) in [
        ("crates/store/src/sqlite.rs", "use rusqlite::Connection;"),
        ("crates/surge/src/lab/postgres.rs", "use tokio_postgres::Client;"),
        ("crates/server/src/api/orders.rs", "use axum::http::StatusCode; use serde_json::Value;"),
        ("crates/payments/src/stripe.rs", "use reqwest::Client;"),
        ("crates/sellonce/src/clock.rs", "let now = SystemTime::now();"),
        ("crates/server/src/accept.rs", "tokio::spawn(work); tokio::time::Instant::now();"),
        ("crates/server/src/app.rs", "use tokio::time::{Instant, sleep};\nlet until = Instant::now();"),
        ("crates/store/src/pipeline.rs", "std::thread::spawn(work);"),
        ("crates/rules/src/check/parse.rs", "use tree_sitter::Parser;"),
        ("crates/store/src/rows.rs", "let share: f64 = 0.5;"),
    ] {
        assert_eq!(findings(path, text), 0, "{path}: {text}");
    }
}

#[test]
fn words_in_comments_literals_longer_names_and_tests_are_no_code() {
    let text = "// rusqlite does this\nlet engine = \"rusqlite\"; let rusqlite_like = env!(\"X\");";
    assert_eq!(findings("crates/checkout/src/store.rs", text), 0);
    assert_eq!(findings("crates/server/tests/api/main.rs", "use rusqlite::Connection;"), 0);
}
