//! Opening a file: who may serve it, which schema it may have, whose it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rusqlite::Connection;
use sellonce_checkout::catalog::Location;
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::store::catalog::Catalog;
use sellonce_checkout::store::orders::Orders;
use sellonce_checkout::store::{Books, Shop};
use sellonce_store::{OpenError, Settings, SqliteStore};

use crate::shop::{HandClock, TestShop};

fn settings(currency: &str) -> Settings {
    let currency = Currency::parse(currency).expect("a currency");
    let shop = Shop {
        currency,
        locations: vec![Location::main()],
        times: Times::default(),
        capture: Capture::Automatic,
    };
    Settings { shop, clock: Arc::new(HandClock::at(1_700_000_000_000)) }
}

fn refused(path: &Path, currency: &str) -> OpenError {
    match SqliteStore::open(path, settings(currency)) {
        Ok(_) => panic!("it must not open"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn what_a_file_holds_is_what_it_held_before_it_was_closed() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let view = shop.sell("shirt", 1).await;
    let TestShop { store, clock, folder, .. } = shop;
    let settings = Settings { shop: store.shop().clone(), clock };
    drop(store);
    let again = SqliteStore::open(&folder.path().join("shop.db"), settings).expect("it opens again");
    assert_eq!(again.order(view.order.id).await, Ok(Some(view)));
    assert!(again.migrated().is_empty());
}

#[tokio::test]
async fn a_new_file_is_migrated_and_an_old_friend_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new.db");
    let store = SqliteStore::open(&path, settings("USD")).expect("it opens");
    assert_eq!(store.migrated().first(), Some(&"0001_shop"));
    assert_eq!(store.ping().await, Ok(()));
    drop(store);
    let store = SqliteStore::open(&path, settings("USD")).expect("it opens again");
    assert!(store.migrated().is_empty());
}

#[test]
fn a_second_server_is_refused_and_told_whose_the_file_is() {
    let shop = TestShop::new();
    let error = refused(&shop.path(), "USD");
    let here = std::process::id();
    assert!(matches!(error, OpenError::Locked { pid: Some(pid), .. } if pid == here), "{error}");
    assert!(error.to_string().contains(&format!("process {here}")), "{error}");
    let other_name = shop.folder.path().join("other-name.db");
    std::os::unix::fs::symlink(shop.path(), &other_name).expect("a link");
    assert!(matches!(refused(&other_name, "USD"), OpenError::Locked { .. }), "one file has one lock");
}

#[tokio::test]
async fn neighbours_read_and_write_beside_a_server() {
    let shop = TestShop::new();
    let neighbour = SqliteStore::open_neighbour(&shop.path(), settings("USD")).expect("it opens");
    let call = shop.product("mug", &[("mug", 3)], Policy::Deny);
    neighbour.put_product(call).await.expect("the store answers").expect("it is put");
    let run = shop.reserve("mug", 3).await;
    shop.place(&run).await;
    assert!(neighbour.audit().await.expect("the audit runs").ok());
}

#[test]
fn a_neighbour_makes_an_absent_file_and_migrates_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new.db");
    let made = SqliteStore::open_neighbour(&path, settings("USD")).expect("it is made");
    let latest = i64::try_from(made.migrated().len()).expect("a few migrations");
    drop(made);
    let hand = Connection::open(&path).expect("the file opens");
    hand.execute_batch("DELETE FROM schema_migrations WHERE version > 5").expect("it is older now");
    let error = SqliteStore::open_neighbour(&path, settings("USD")).err().expect("it is refused");
    assert!(matches!(error, OpenError::OlderSchema { found: 5, known, .. } if known == latest), "{error}");
    assert!(error.to_string().contains("sellonce migrate"), "{error}");
}

#[test]
fn a_newer_schema_is_refused_and_both_versions_are_named() {
    let shop = TestShop::new();
    let path = shop.path();
    let hand = shop.hand();
    let latest = i64::try_from(shop.store.migrated().len()).expect("a few migrations");
    drop(shop.store);
    let newer = "INSERT INTO schema_migrations VALUES (99, '0099_tomorrow', zeroblob(32), 0)";
    hand.execute_batch(newer).expect("it is newer now");
    let error = refused(&path, "USD");
    assert!(matches!(error, OpenError::NewerSchema { found: 99, known, .. } if known == latest), "{error}");
    let text = error.to_string();
    assert!(text.contains("99") && text.contains(&latest.to_string()), "{error}");
}

#[test]
fn a_migration_whose_text_has_changed_is_refused() {
    let shop = TestShop::new();
    let path = shop.path();
    let hand = shop.hand();
    drop(shop.store);
    let changed = "UPDATE schema_migrations SET checksum = zeroblob(32) WHERE version = 3";
    hand.execute_batch(changed).expect("it is another now");
    let error = refused(&path, "USD");
    assert!(matches!(error, OpenError::ChangedMigration { version: 3, .. }), "{error}");
}

#[test]
fn another_currency_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.db");
    drop(SqliteStore::open(&path, settings("USD")).expect("it opens"));
    let error = refused(&path, "EUR");
    assert!(matches!(error, OpenError::OtherCurrency { .. }), "{error}");
    assert!(error.to_string().contains("USD") && error.to_string().contains("EUR"), "{error}");
}

#[test]
fn what_is_no_shop_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "milk, bread, and a long list of other things".repeat(40)).expect("it is written");
    let error = refused(&text, "USD");
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    let foreign = folder.path().join("foreign.db");
    let hand = Connection::open(&foreign).expect("it opens");
    hand.execute_batch("CREATE TABLE recipes (name)").expect("it is somebody's");
    let before = std::fs::read(&foreign).expect("it is read");
    assert!(matches!(refused(&foreign, "USD"), OpenError::Foreign { .. }));
    assert_eq!(std::fs::read(&foreign).expect("it is read"), before);
    let nowhere = folder.path().join("no/such/folder/shop.db");
    assert!(matches!(refused(&nowhere, "USD"), OpenError::Unusable { .. }));
}

/// The name under which a test of this binary, run again as a process of its own, finds the file to hold.
const HELD: &str = "SELLONCE_STORE_TEST_HOLDS";

/// Not a test of its own: the process that is killed in the one below. Alone it has nothing to do.
#[test]
fn a_process_that_holds_a_file() {
    let Some(path) = std::env::var_os(HELD) else { return };
    let _store = SqliteStore::open(Path::new(&path), settings("USD")).expect("it opens");
    std::io::stdout().write_all(b"\nholding\n").expect("somebody listens");
    // Until it is killed, or the process that started it is gone.
    std::io::stdin().read_to_end(&mut Vec::new()).expect("it ends");
}

#[test]
fn a_process_that_was_killed_leaves_no_lock_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.db");
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["opening::a_process_that_holds_a_file", "--exact", "--nocapture"])
        .env(HELD, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    assert!(output.lines().map_while(Result::ok).any(|line| line == "holding"), "it opens the file");
    let error = refused(&path, "USD");
    let held_by_child = matches!(error, OpenError::Locked { pid: Some(pid), .. } if pid == child.id());
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    assert!(held_by_child, "{error}");
    SqliteStore::open(&path, settings("USD")).expect("it opens at once");
}

/// An order that was shipped and a refund that was refused, as shops knew them before there were shipments.
const OLD_ROWS: &str = "
    INSERT INTO orders (number, id, token, checkout_id, saga_id, status, total, version, created_at, updated_at)
    VALUES (1001, zeroblob(16), zeroblob(32), x'01', x'02', 'shipped', 3000, 3, 5, 9);
    INSERT INTO order_lines (order_id, number, position, sku, location, quantity, cancelled, shipped)
    VALUES (zeroblob(16), 1, 1, 'mug', 'main', 2, 0, 2), (zeroblob(16), 1, 2, 'mug', 'annex', 1, 0, 1);
    INSERT INTO order_events (order_id, sequence, id, from_status, to_status, actor, reason, at)
    VALUES (zeroblob(16), 4, zeroblob(16), 'processing', 'shipped', 'key_1', '1Z999', 9);
    INSERT INTO refunds (id, order_id, saga_id, amount, state, next_at, tries, problem, created_at, ended_at)
    VALUES (zeroblob(16), zeroblob(16), x'02', 500, 'refused', 6, 1, 'closed', 6, 8);
";

#[test]
fn an_older_shop_keeps_its_shipments_and_its_refunds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the folder is there").collect();
    files.sort_by_key(|file| file.as_ref().map(std::fs::DirEntry::file_name).ok());
    let hand = Connection::open_in_memory().expect("it opens");
    for file in files {
        let file = file.expect("a file");
        if file.file_name() == "0014_two_step_payments.sql" {
            hand.execute_batch(OLD_ROWS).expect("an old shop has such rows");
        }
        let text = std::fs::read_to_string(file.path()).expect("a text");
        hand.execute_batch(&text).expect("it is migrated");
    }
    let one = |sql: &str| hand.query_row(sql, [], |row| row.get::<_, String>(0)).expect(sql);
    assert_eq!(one("SELECT number || tracking || actor || at FROM shipments"), "11Z999key_19");
    let units = "SELECT group_concat(line || location || quantity) FROM \
                 (SELECT * FROM shipment_units ORDER BY position)";
    assert_eq!(one(units), "1main2,1annex1");
    assert_eq!(one("SELECT state || stuck_since || actor || amount FROM refunds"), "refused8engine500");
}
