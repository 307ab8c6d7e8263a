//! kill -9 at random moments under load, while clients outside keep what they were told (I12).
//!
//! `SELLONCE_KILLS` sets how often; the seed is printed and can be given back as `SELLONCE_SEED`.

use std::time::{Duration, Instant};

use sellonce_cluster::{Cluster, Database, Durability};

use crate::harness::Shop;
use crate::load::{Load, Random, assert_all_kept, number, ready};

const BUYERS: u64 = 24;
const UNITS: u32 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_by_killing_the_server() {
    let (kills, mut random) = (number("SELLONCE_KILLS").unwrap_or(10), Random::seeded());
    let mut shop = Shop::with_stock("thing", UNITS);
    let load = Load::start(vec![shop.url()], "thing", BUYERS);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(100 + random.below(500))).await;
        shop.kill();
        #[expect(clippy::disallowed_methods, reason = "the time to be ready again is what is measured")]
        let killed = Instant::now();
        shop.start();
        ready(&shop.url()).await;
        let down = killed.elapsed();
        assert!(down < Duration::from_secs(1), "ready again after {down:?}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = load.stop().await;
    shop.assert_audit_ok();
    assert_all_kept(&shop, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_by_killing_one_of_two_servers_again_and_again() {
    let (kills, mut random) = (number("SELLONCE_KILLS").unwrap_or(10), Random::seeded());
    let cluster = Cluster::start(Durability::Durable);
    let database = Database::of(&cluster.url());
    let mut shop = Shop::on_postgres(database.url(), 2, "thing", UNITS);
    (0..2).for_each(|server| shop.start_server(server, &[]));
    let load = Load::start(vec![shop.url_of(0), shop.url_of(1)], "thing", BUYERS);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(100 + random.below(500))).await;
        let server = usize::try_from(random.below(2)).expect("a small number");
        shop.kill_server(server);
        shop.start_server(server, &[]);
        ready(&shop.url_of(server)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = load.stop().await;
    shop.assert_audit_ok();
    assert_all_kept(&shop, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_by_crashing_the_database_under_two_servers() {
    let (crashes, mut random) = (number("SELLONCE_KILLS").unwrap_or(10).div_ceil(2), Random::seeded());
    let mut cluster = Cluster::start(Durability::Durable);
    let database = Database::of(&cluster.url());
    let mut shop = Shop::on_postgres(database.url(), 2, "thing", UNITS);
    (0..2).for_each(|server| shop.start_server(server, &[]));
    let load = Load::start(vec![shop.url_of(0), shop.url_of(1)], "thing", BUYERS);
    for _ in 0..crashes {
        tokio::time::sleep(Duration::from_millis(300 + random.below(700))).await;
        tokio::task::block_in_place(|| {
            cluster.crash();
            cluster.restart();
        });
    }
    for server in 0..2 {
        ready(&shop.url_of(server)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = load.stop().await;
    shop.assert_audit_ok();
    assert_all_kept(&shop, &acknowledged).await;
}
