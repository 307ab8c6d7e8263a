//! The payment provider at its worst, while servers are killed and the database crashes: every sale comes to rest, and no
//! money is left over, at the latest a minute after the last fault. The shop's times are those that it has by default.
//!
//! Of a hundred calls to the provider ten are charged and lose their answer, ten are lost, five are answered 500 and five
//! 429. It calls back one to five times about everything, late, out of order, two of a hundred times never, and once
//! somebody else calls in its name.

use std::time::Duration;

use sellonce_cluster::{Cluster, Database, Durability};

use crate::harness::Shop;
use crate::load::{Load, Random, assert_all_kept, number, ready};

const BUYERS: u64 = 16;
const UNITS: u32 = 100_000;

const FAULTS: [(&str, &str); 4] = [
    ("SELLONCE_PAYMENTS__SIMULATED_ANSWER_LOST_PER_MILLE", "100"),
    ("SELLONCE_PAYMENTS__SIMULATED_LOST_PER_MILLE", "100"),
    ("SELLONCE_PAYMENTS__SIMULATED_SERVER_ERROR_PER_MILLE", "50"),
    ("SELLONCE_PAYMENTS__SIMULATED_TOO_MANY_REQUESTS_PER_MILLE", "50"),
];

const WORST: [(&str, &str); 6] = [
    ("SELLONCE_PAYMENTS__SIMULATED_CALLBACKS", "everything"),
    ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_COPIES_MAX", "5"),
    ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_DELAY_MS_MAX", "3000"),
    ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_NEVER_PER_MILLE", "20"),
    ("SELLONCE_PAYMENTS__SIMULATED_CALLBACK_FORGED_PER_MILLE", "10"),
    // But for this one: buyers who left before they were asked back are no fault, and ten minutes too long for a test.
    ("SELLONCE_SHOP__HOLD_MS", "15000"),
];

/// The sagas and refunds that are not over, a line each.
const UNFINISHED: &str = "SELECT 'saga ' || state || ', ' || tries || ' tries: ' || coalesce(problem, '') || ' ' || history \
                          FROM sagas WHERE ended_at IS NULL \
                          UNION ALL SELECT 'refund, ' || tries || ' tries: ' || coalesce(problem, '') \
                          FROM refunds WHERE state = 'pending'";

fn at_its_worst(shop: &mut Shop, capture: &str) {
    shop.keep_default_times();
    for (name, value) in FAULTS.into_iter().chain(WORST) {
        shop.set(name, value);
    }
    shop.set("SELLONCE_PAYMENTS__CAPTURE", capture);
}

/// The last kill, of every server, after which the provider answers again.
async fn faults_stop(shop: &mut Shop, servers: usize) {
    for (name, _) in FAULTS {
        shop.set(name, "0");
    }
    for server in 0..servers {
        shop.kill_server(server);
        shop.start_server(server, &[]);
        ready(&shop.url_of(server)).await;
    }
}

/// Waits until every saga and refund is over: a minute at most.
async fn all_at_rest(unfinished: impl Fn() -> Vec<String>) {
    let mut left = unfinished();
    for _ in 0..600 {
        if left.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = tokio::task::block_in_place(&unfinished);
    }
    panic!("not over after a minute: {left:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_and_the_worst_provider_leave_nothing_over_on_sqlite() {
    let (kills, mut random) = (number("SELLONCE_KILLS").unwrap_or(10).div_ceil(2), Random::seeded());
    let mut shop = Shop::with_stock_and("thing", UNITS, |shop| at_its_worst(shop, "manual"));
    let load = Load::start(vec![shop.url()], "thing", BUYERS);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(300 + random.below(700))).await;
        shop.kill();
        shop.start();
        ready(&shop.url()).await;
    }
    load.has_sold(20).await;
    let acknowledged = load.stop().await;
    faults_stop(&mut shop, 1).await;
    let database = shop.path("sellonce.db");
    all_at_rest(|| {
        let connection = rusqlite::Connection::open(&database).expect("the file opens");
        let mut statement = connection.prepare(UNFINISHED).expect("it is a question");
        let rows = statement.query_map([], |row| row.get(0)).expect("it can be asked");
        rows.collect::<Result<_, _>>().expect("texts")
    })
    .await;
    shop.assert_audit_ok();
    assert_all_kept(&shop, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_servers_a_crashed_database_and_the_worst_provider_leave_nothing_over_on_postgres() {
    let (kills, mut random) = (number("SELLONCE_KILLS").unwrap_or(10).div_ceil(2), Random::seeded());
    let mut cluster = Cluster::start(Durability::Durable);
    let database = Database::of(&cluster.url());
    let mut shop = Shop::on_postgres(database.url(), 2, "thing", UNITS);
    at_its_worst(&mut shop, "manual");
    (0..2).for_each(|server| shop.start_server(server, &[]));
    let load = Load::start(vec![shop.url_of(0), shop.url_of(1)], "thing", BUYERS);
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(300 + random.below(700))).await;
        if kill % 3 == 1 {
            tokio::task::block_in_place(|| {
                cluster.crash();
                cluster.restart();
            });
        } else {
            let server = usize::try_from(random.below(2)).expect("a small number");
            shop.kill_server(server);
            shop.start_server(server, &[]);
        }
    }
    for server in 0..2 {
        ready(&shop.url_of(server)).await;
    }
    load.has_sold(20).await;
    let acknowledged = load.stop().await;
    faults_stop(&mut shop, 2).await;
    all_at_rest(|| database.psql(UNFINISHED).lines().map(str::to_owned).collect()).await;
    shop.assert_audit_ok();
    assert_all_kept(&shop, &acknowledged).await;
}
