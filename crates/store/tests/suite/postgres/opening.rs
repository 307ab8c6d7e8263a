//! What is refused at the door, and what becomes of databases that several open at once.

use std::sync::Arc;

use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::Capture;
use sellonce_cluster::Database;
use sellonce_store::{OpenError, PostgresSettings, PostgresStore, TimeSource};

use crate::stores::{HandClock, shop};

pub(super) fn settings(url: &str) -> PostgresSettings {
    let clock: Arc<HandClock> = HandClock::new();
    PostgresSettings {
        url: url.to_owned(),
        shop: shop(Capture::Automatic),
        clock,
        time: TimeSource::OwnClock,
    }
}

pub(super) fn refused(opened: Result<PostgresStore, OpenError>) -> OpenError {
    match opened {
        Ok(_) => panic!("it opens"),
        Err(error) => error,
    }
}

#[test]
fn an_empty_database_is_migrated_once_however_many_open_it_at_once() {
    let database = Database::new();
    let url = database.url();
    let opened: Vec<usize> = std::thread::scope(|scope| {
        let open = || PostgresStore::open(settings(&url)).expect("it opens").migrated().len();
        let opening: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
        opening.into_iter().map(|each| each.join().expect("nobody panics")).collect()
    });
    let applied: usize = database.psql("SELECT count(*) FROM schema_migrations").parse().expect("a number");
    assert_eq!(opened.iter().sum::<usize>(), applied, "{opened:?}: each step was run by one of them");
}

#[test]
fn a_database_that_is_not_a_shops_is_refused() {
    let database = Database::new();
    let existing = refused(PostgresStore::open_existing(settings(&database.url())));
    assert!(matches!(existing, OpenError::OlderSchema { found: 0, .. }), "{existing}");
    database.psql("CREATE TABLE somebody_elses (a int)");
    let foreign = refused(PostgresStore::open(settings(&database.url())));
    assert!(matches!(foreign, OpenError::Foreign { .. }), "{foreign}");
}

#[test]
fn other_schemas_and_other_currencies_are_refused_with_what_to_do() {
    let database = Database::new();
    let url = database.url();
    drop(PostgresStore::open(settings(&url)).expect("it opens"));
    let mut euros = settings(&url);
    euros.shop.currency = Currency::parse("EUR").expect("a currency");
    let other = refused(PostgresStore::open(euros));
    assert!(other.to_string().contains("shop.currency = \"USD\""), "{other}");
    database.psql(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (99, 'later', sha256('later'))",
    );
    let newer = refused(PostgresStore::open(settings(&url)));
    assert!(matches!(newer, OpenError::NewerSchema { found: 99, .. }), "{newer}");
    database.psql("DELETE FROM schema_migrations WHERE version = 99");
    database.psql("UPDATE schema_migrations SET checksum = sha256('another text') WHERE version = 3");
    let changed = refused(PostgresStore::open(settings(&url)));
    assert!(matches!(changed, OpenError::ChangedMigration { version: 3, .. }), "{changed}");
}

#[test]
fn an_older_schema_is_brought_up_only_when_asked_for() {
    let database = Database::new();
    let url = database.url();
    drop(PostgresStore::open(settings(&url)).expect("it opens"));
    let last = "(SELECT max(version) FROM schema_migrations)";
    database.psql("ALTER TABLE sagas DROP COLUMN late_check");
    database.psql(&format!("DELETE FROM schema_migrations WHERE version = {last}"));
    let older = refused(PostgresStore::open(settings(&url)));
    assert!(older.to_string().contains("sellonce migrate"), "{older}");
    let migrated = PostgresStore::open_and_migrate(settings(&url)).expect("it is migrated");
    assert_eq!(migrated.migrated().len(), 1);
}

#[test]
fn an_address_that_leads_nowhere_is_named_without_its_password() {
    let nowhere = refused(PostgresStore::open(settings("postgres://shop:sesame@127.0.0.1:1/shop")));
    let text = nowhere.to_string();
    assert!(text.contains("127.0.0.1:1") && !text.contains("sesame"), "{text}");
    let nonsense = refused(PostgresStore::open(settings("postgres://shop:sesame@/?port=many")));
    assert!(!nonsense.to_string().contains("sesame"), "{nonsense}");
}
