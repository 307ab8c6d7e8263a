//! The lab on real databases: the race oversells, nothing else does, and nothing stays behind.
//!
//! PostgreSQL is the server that `SELLONCE_TEST_POSTGRES` names; `sellonce-cluster` starts one around the tests.

mod postgres;
mod sqlite;

use sellonce_surge::lab::{Error, Lab, Measured, Outcome, Pattern, Plan, Row};

/// Rounds in which a race must have happened once: each of them is far more likely to have it than not.
const ROUNDS_MAX: u32 = 50;

/// Runs a plan, and gives back its rows; the lab is closed afterwards.
async fn compare(url: Option<&str>, patterns: &[Pattern], clients: &[u32]) -> Vec<Row> {
    let lab = Lab::open(url, None).await.expect("the database is there");
    let plan = Plan { patterns: patterns.into(), clients: clients.into(), stock: 20, buyers: 60 };
    let mut told = Vec::new();
    let comparison = lab.compare(&plan, |row| told.push(row.clone())).await.expect("the plan is run");
    lab.close().await.expect("the lab removes what it made");
    assert_eq!(comparison.rows, told, "each row is told when its round is over");
    told
}

fn ran(row: &Row) -> &Measured {
    match &row.outcome {
        Outcome::Ran(measured) => measured,
        Outcome::Skipped { skipped } => panic!("{}: {skipped}", row.pattern),
    }
}

/// With one client after the other every pattern is right.
async fn alone_every_pattern_is_right(url: Option<&str>, patterns: &[Pattern]) {
    for row in compare(url, patterns, &[1]).await {
        let round = ran(&row);
        assert_eq!((round.attempts, round.sold, round.sold_out), (60, 20, 40), "{row}");
        assert_eq!((round.oversold, round.false_sold_out, round.gave_up), (0, 0, 0), "{row}");
        assert_eq!(round.stock_left, 0, "{row}");
        assert!(round.sold_per_second > 0.0 && round.seconds > 0.0, "{row}");
    }
}

/// With many at once all but the race are right: each has one answer for every buyer, and sells what is there at most.
async fn together_all_but_the_race_are_right(url: Option<&str>, patterns: &[Pattern]) {
    for row in compare(url, patterns, &[8, 16]).await {
        let round = ran(&row);
        assert_eq!(round.attempts, round.sold + round.sold_out + round.gave_up, "{row}");
        assert_eq!((round.attempts, round.oversold, round.false_sold_out), (60, 0, 0), "{row}");
        assert_eq!(round.stock_left, 20 - i64::try_from(round.sold).expect("a small number"), "{row}");
        if row.pattern == Pattern::VersionColumn {
            // Who gave up may have left units behind; nobody is told "sold out" before they are gone.
            assert!(round.sold == 20 || (round.sold_out == 0 && round.gave_up >= 40), "{row}");
        } else {
            assert_eq!((round.sold, round.sold_out, round.gave_up), (20, 40, 0), "{row}");
        }
    }
}

/// The race is real: nothing in it waits, and yet it sells more than there is.
async fn the_race_oversells(url: Option<&str>) {
    for _ in 0..ROUNDS_MAX {
        let rows = compare(url, &[Pattern::ReadThenWrite], &[8]).await;
        let round = ran(&rows[0]);
        assert_eq!(round.oversold, round.sold.saturating_sub(20));
        if round.oversold > 0 {
            return;
        }
    }
    panic!("{ROUNDS_MAX} rounds with eight clients, and none oversold");
}

/// Five units, eight buyers: the same ending every time.
async fn the_scene_ends_as_it_is_told(url: Option<&str>) {
    for _ in 0..3 {
        let lab = Lab::open(url, None).await.expect("the database is there");
        let scene = lab.scene().await.expect("the scene is played");
        lab.close().await.expect("the lab removes what it made");
        let endings: Vec<_> =
            scene.endings.iter().map(|ending| (ending.sold, ending.oversold, ending.stock_left)).collect();
        assert_eq!(endings, [(8, 3, -3), (8, 3, 4), (5, 0, 0)]);
        let told = scene.to_string();
        for sentence in
            ["sold 8 of 5   stock ends at -3", "sold 5 of 5   stock ends at  0", "a barrier holds them"]
        {
            assert!(told.contains(sentence), "{sentence} in {told}");
        }
    }
}

async fn refusal(url: &str) -> Error {
    match Lab::open(Some(url), None).await {
        Err(error) => error,
        Ok(_) => panic!("{url} was taken"),
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused_in_words_that_help() {
    for (url, words) in [
        ("mysql://localhost/shop", "neither sqlite:PATH nor postgres://"),
        ("sqlite::memory:", "must be a file"),
        ("sqlite:", "must be a file"),
        ("sqlite:/nowhere/at/all/shop.db", "unable to open database file"),
        ("postgres://localhost:notaport/shop", "invalid"),
        ("postgres://127.0.0.1:1/shop", "Connection refused"),
        ("postgres://db.example.com/shop", "--i-own db.example.com"),
    ] {
        let error = refusal(url).await;
        assert!(error.is_usage() && error.to_string().contains(words), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_run_is_refused() {
    let plan = Plan { patterns: Pattern::ALL.into(), clients: vec![8], stock: 5, buyers: 8 };
    for (plan, words) in [
        (Plan { clients: vec![8, 0], ..plan.clone() }, "0 clients"),
        (Plan { clients: vec![1_025], ..plan.clone() }, "1025 clients"),
        (Plan { stock: 0, ..plan.clone() }, "stock 0"),
        (Plan { buyers: 1_000_001, ..plan }, "buyers 1000001"),
    ] {
        let lab = Lab::open(None, None).await.unwrap();
        let error = lab.compare(&plan, |row| panic!("{row}")).await.unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(words), "{error}");
        lab.close().await.unwrap();
    }
}

#[test]
fn patterns_are_named_on_the_command_line() {
    for pattern in Pattern::ALL {
        assert_eq!(pattern.id().parse(), Ok(pattern));
    }
    assert!("for_update".parse::<Pattern>().unwrap_err().contains("read-then-write, for-update"));
}
