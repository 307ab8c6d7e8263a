//! The store that the saga's suite runs on here: PostgreSQL, a database for one test at a time, emptied between its shops.
//!
//! Fewer flows meet each fault than on SQLite: a round trip takes longer than a file in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::id::{SagaId, Uuid};
use sellonce_checkout::store::sagas::Sagas;
use sellonce_checkout::store::{Books, Failure, Shop, Store};
use sellonce_cluster::Database;
use sellonce_store::{OpenError, PostgresSettings, PostgresStore, TimeSource};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::every_step::Sample;

/// A part; all of it if `SELLONCE_SAGA_ALL` is set.
pub(crate) fn sample() -> Sample {
    if std::env::var_os("SELLONCE_SAGA_ALL").is_some() {
        return Sample::ALL;
    }
    Sample { flows: 8, calls: 23, cases: 4 }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// A test's database, the stores that have it open, and how it is emptied.
struct Place {
    database: Database,
    client: Client,
    /// One per way to take money: making a connection takes longer than most of what is done with it.
    stores: BTreeMap<&'static str, Arc<PostgresStore>>,
    clock: Arc<ClockOfTheDay>,
    /// Deletes the rows of every table that a shop writes, and numbers its orders anew.
    emptied: String,
}

/// The clock of the shop that the test is at.
struct ClockOfTheDay(Mutex<Arc<dyn Clock>>);

impl ClockOfTheDay {
    fn today(&self) -> Arc<dyn Clock> {
        self.0.lock().expect("no clock panics").clone()
    }
}

#[async_trait]
impl Clock for ClockOfTheDay {
    fn now(&self) -> Timestamp {
        self.today().now()
    }

    async fn sleep_ms(&self, ms: i64) {
        self.today().sleep_ms(ms).await;
    }
}

/// What a database keeps between two shops: what was written when it was made.
const KEPT: &str = "'schema_migrations', 'order_edges', 'shop'";

impl Place {
    fn new(clock: &Arc<dyn Clock>) -> Self {
        // Tests that run at the same time have slots of their own; making a database takes longer than most of them.
        let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").unwrap_or_default();
        let database = Database::standing(&format!("sellonce_test_saga_{slot}"));
        let url = database.url();
        let connect = || RUNTIME.block_on(tokio_postgres::connect(&url, NoTls));
        let connected = connect().or_else(|_missing| {
            database.make();
            connect()
        });
        let (client, connection) = connected.expect("the database answers");
        RUNTIME.spawn(connection);
        // Without slots, as under `cargo test`, one test waits for the other here.
        RUNTIME.block_on(client.batch_execute("SELECT pg_advisory_lock(1)")).expect("it can be locked");
        let clock = Arc::new(ClockOfTheDay(Mutex::new(clock.clone())));
        Self { database, client, stores: BTreeMap::new(), clock, emptied: String::new() }
    }

    fn open(&self, shop: &Shop) -> Result<PostgresStore, OpenError> {
        let (url, shop, clock) = (self.database.url(), shop.clone(), self.clock.clone());
        PostgresStore::open(PostgresSettings { url, shop, clock, time: TimeSource::OwnClock })
    }

    fn store(&mut self, shop: &Shop) -> Arc<PostgresStore> {
        let kind = shop.capture.as_str();
        if !self.stores.contains_key(kind) {
            let opened = self.open(shop).or_else(|_of_another_schema| {
                let anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
                RUNTIME.block_on(self.client.batch_execute(anew)).expect("all can be dropped");
                self.open(shop)
            });
            self.stores.insert(kind, Arc::new(opened.expect("the database opens")));
        }
        let store = self.stores[kind].clone();
        assert_eq!(store.shop(), shop, "the suite's shops differ in how they take money alone");
        store
    }

    async fn empty(&mut self) -> Result<(), Failure> {
        // What a server that was killed had asked for and nobody waits for any more is done before.
        for store in self.stores.values() {
            let nobody = store.retry_saga(SagaId(Uuid::from_u128(0))).await?;
            assert!(nobody.is_err(), "there is no such saga");
            store.end_leases().await?;
        }
        if self.emptied.is_empty() {
            let tables = format!(
                "SELECT string_agg(format('DELETE FROM %I', tablename), '; ') FROM pg_tables \
                 WHERE schemaname = 'public' AND tablename NOT IN ({KEPT})"
            );
            let row = self.client.query_one(&tables, &[]).await.expect("tables can be listed");
            let deleted: &str = row.get(0);
            // Quicker than TRUNCATE, which makes new files. As a replica's, so that no guard keeps what is to stay.
            self.emptied = format!(
                "SET session_replication_role = replica; {deleted}; ALTER SEQUENCE order_numbers RESTART"
            );
        }
        self.client.batch_execute(&self.emptied).await.expect("tables can be emptied");
        Ok(())
    }
}

/// An empty store whose time is that of the clock. Of the one before nothing is left.
pub(crate) fn open(shop: Shop, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
    PLACE.with_borrow_mut(|place| {
        let place = place.get_or_insert_with(|| {
            // Never left: the store needs it as long as the test lives.
            std::mem::forget(RUNTIME.enter());
            Place::new(&clock)
        });
        *place.clock.0.lock().expect("no clock panics") = clock;
        let store = place.store(&shop);
        RUNTIME.block_on(place.empty()).expect("the store answers");
        store
    })
}
