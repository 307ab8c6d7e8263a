//! The lab on PostgreSQL.

use sellonce_surge::lab::{Lab, Outcome, Pattern, Plan};
use tokio_postgres::NoTls;

fn url() -> String {
    let server = std::env::var("SELLONCE_TEST_POSTGRES").expect(
        "SELLONCE_TEST_POSTGRES names a server; `cargo run -p sellonce-cluster -- cargo nextest run -p sellonce-surge` starts one",
    );
    format!("{}/postgres", server.trim_end_matches('/'))
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_every_pattern_is_right() {
    super::alone_every_pattern_is_right(Some(&url()), &Pattern::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn together_all_but_the_race_are_right() {
    super::together_all_but_the_race_are_right(Some(&url()), &Pattern::ALL[1..]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_race_oversells() {
    super::the_race_oversells(Some(&url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scene_ends_as_it_is_told() {
    super::the_scene_ends_as_it_is_told(Some(&url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_clients_than_connections_is_said_and_only_combined_flushes_need_none_for_each() {
    let patterns = [Pattern::ConditionalUpdate, Pattern::Combined];
    let rows = super::compare(Some(&url()), &patterns, &[1_024]).await;
    let refused = &rows[0].outcome;
    assert!(
        matches!(refused, Outcome::Skipped { skipped } if skipped.contains("needs 1024 connections")),
        "{}",
        rows[0]
    );
    assert_eq!(super::ran(&rows[1]).sold, 20, "{}", rows[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_works_in_a_schema_of_its_own_and_removes_it() {
    let url = url();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let lab = Lab::open(Some(&url), None).await.unwrap();
    let announced = lab.announcement();
    let schema = announced.split(' ').find(|word| word.starts_with("sellonce_lab_")).unwrap().to_owned();
    let tables = async || {
        let all = "SELECT count(*), count(*) FILTER (WHERE schemaname = $1) FROM pg_tables WHERE tablename IN ('stock', 'sale', 'unit') \
                   AND schemaname NOT LIKE 'sellonce\\_lab\\_%' OR schemaname = $1";
        let row = client.query_one(all, &[&schema]).await.unwrap();
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    assert_eq!(tables().await, (0, 0));
    let plan = Plan { patterns: Pattern::ALL.into(), clients: vec![4], stock: 5, buyers: 8 };
    lab.compare(&plan, |_| ()).await.unwrap();
    assert_eq!(tables().await, (3, 3), "all that is there is in the schema that was announced");
    lab.close().await.unwrap();
    assert_eq!(tables().await, (0, 0));
    let schemas = client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await.unwrap();
    assert!(schemas.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn at_serializable_the_race_gives_up_instead() {
    let url = format!("{}?options=-c%20default_transaction_isolation%3Dserializable", url());
    let lab = Lab::open(Some(&url), None).await.unwrap();
    let plan = Plan { patterns: vec![Pattern::ReadThenWrite], clients: vec![8], stock: 20, buyers: 60 };
    let mut gave_up = 0;
    for _ in 0..super::ROUNDS_MAX {
        let comparison = lab.compare(&plan, |_| ()).await.unwrap();
        let isolation = comparison.settings.iter().find(|one| one.name == "default_transaction_isolation");
        assert_eq!(isolation.unwrap().value, "serializable");
        let round = super::ran(&comparison.rows[0]);
        assert_eq!((round.oversold, round.attempts), (0, 60));
        gave_up += round.gave_up;
        if gave_up > 0 {
            break;
        }
    }
    lab.close().await.unwrap();
    assert!(gave_up > 0, "{} rounds with eight clients, and none got into another's way", super::ROUNDS_MAX);
}
