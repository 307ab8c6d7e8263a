//! The lab on SQLite.

use std::fs;

use rusqlite::Connection;
use sellonce_surge::lab::{Lab, Outcome, Pattern, Plan};
use tempfile::TempDir;

/// The patterns that SQLite has.
const PATTERNS: [Pattern; 4] =
    [Pattern::ReadThenWrite, Pattern::VersionColumn, Pattern::ConditionalUpdate, Pattern::Combined];

#[tokio::test(flavor = "multi_thread")]
async fn alone_every_pattern_is_right() {
    super::alone_every_pattern_is_right(None, &PATTERNS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn together_all_but_the_race_are_right() {
    super::together_all_but_the_race_are_right(None, &PATTERNS[1..]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_race_oversells() {
    super::the_race_oversells(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scene_ends_as_it_is_told() {
    super::the_scene_ends_as_it_is_told(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sqlite_lacks_is_said() {
    let lacking = [Pattern::ForUpdate, Pattern::OneStatement, Pattern::SkipLocked];
    for row in super::compare(None, &lacking, &[8]).await {
        assert!(matches!(&row.outcome, Outcome::Skipped { skipped } if skipped.contains("SQLite")), "{row}");
        assert!(row.to_string().contains("not run: SQLite"), "{row}");
    }
}

/// What is in a file besides what SQLite itself has there.
fn tables(connection: &Connection) -> Vec<String> {
    let mut tables =
        connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").expect("a schema can be read");
    tables
        .query_map([], |row| row.get(0))
        .expect("a schema can be read")
        .collect::<Result<_, _>>()
        .expect("names are text")
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_file_of_others_only_tables_of_the_lab_come_and_go() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shop.db");
    let shop = Connection::open(&path).unwrap();
    shop.execute_batch("CREATE TABLE stock (available); INSERT INTO stock VALUES (7)").unwrap();
    let url = format!("sqlite:{}", path.display());
    let lab = Lab::open(Some(&url), None).await.unwrap();
    let announced = lab.announcement();
    let plan = Plan { patterns: PATTERNS.into(), clients: vec![4], stock: 5, buyers: 8 };
    lab.compare(&plan, |_| ()).await.unwrap();
    let during = tables(&shop);
    assert_eq!(during.len(), 3, "{during:?}");
    for table in during.iter().filter(|table| *table != "stock") {
        assert!(table.starts_with("sellonce_lab_") && announced.contains(table), "{table}: {announced}");
    }
    lab.close().await.unwrap();
    assert_eq!(tables(&shop), ["stock"]);
    let available: i64 = shop.query_row("SELECT available FROM stock", [], |row| row.get(0)).unwrap();
    assert_eq!(available, 7);
    let journal: String = shop.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(journal, "delete", "a file of others keeps its settings");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_lab_made_is_removed() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("lab.db").display());
    super::compare(Some(&url), &PATTERNS, &[4]).await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("products.csv");
    let text = "sku,quantity\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let error = super::refusal(&format!("sqlite:{}", path.display())).await;
    assert!(error.is_usage() && error.to_string().contains("not a database"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
