//! The stores under test, each empty, with a clock that only moves when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use sellonce_checkout::catalog::Location;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::{Shop, Store};
use sellonce_cluster::Database;
use sellonce_store::{PostgresSettings, PostgresStore, Settings, SqliteStore, TimeSource};
use tempfile::TempDir;

/// A clock that stands still between steps.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_700_000_000_000)))
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn sleep_ms(&self, ms: i64) {
        self.advance(ms.max(0));
    }
}

/// A store under test, and what keeps it alive.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<HandClock>,
    _place: Place,
}

/// Where a store keeps what it remembers.
enum Place {
    Nowhere,
    Folder(#[expect(dead_code, reason = "it is removed when it is dropped")] TempDir),
    Database(#[expect(dead_code, reason = "it is removed when it is dropped")] Database),
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").expect("USD is a currency")
}

/// Two sellable locations, so that lines can be split.
pub(crate) fn shop(capture: Capture) -> Shop {
    let location = |name| Location::parse(name).expect("a location");
    let locations = vec![location("main"), location("annex")];
    Shop { currency: usd(), locations, capture, times: Times::default() }
}

pub(crate) fn memory(capture: Capture) -> Subject {
    let clock = HandClock::new();
    let store = Arc::new(MemoryStore::new(shop(capture), clock.clone()));
    Subject { name: "memory", store, clock, _place: Place::Nowhere }
}

pub(crate) fn sqlite(capture: Capture) -> Subject {
    let clock = HandClock::new();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let settings = Settings { shop: shop(capture), clock: clock.clone() };
    let store = SqliteStore::open(&folder.path().join("shop.db"), settings).expect("an empty shop opens");
    Subject { name: "sqlite", store: Arc::new(store), clock, _place: Place::Folder(folder) }
}

pub(crate) fn postgres(capture: Capture) -> Subject {
    let database = Database::new();
    let clock = HandClock::new();
    let store = postgres_of(&database.url(), &clock, capture);
    Subject { name: "postgres", store, clock, _place: Place::Database(database) }
}

/// A store at a database that others may have opened as well.
pub(crate) fn postgres_at(url: &str, clock: &Arc<HandClock>) -> Arc<PostgresStore> {
    postgres_of(url, clock, Capture::Automatic)
}

fn postgres_of(url: &str, clock: &Arc<HandClock>, capture: Capture) -> Arc<PostgresStore> {
    let (url, clock) = (url.to_owned(), clock.clone());
    let settings = PostgresSettings { url, shop: shop(capture), clock, time: TimeSource::OwnClock };
    Arc::new(PostgresStore::open(settings).expect("the database opens"))
}

/// A subject of a store that was opened before.
pub(crate) fn subject_of(store: Arc<PostgresStore>, clock: &Arc<HandClock>) -> Subject {
    Subject { name: "postgres", store, clock: clock.clone(), _place: Place::Nowhere }
}

/// Every kind of store, empty.
pub(crate) fn all(capture: Capture) -> Vec<Subject> {
    vec![memory(capture), sqlite(capture), postgres(capture)]
}

/// Runs a behaviour on every store; of a shop that takes money in one step, unless it says otherwise. What must always
/// hold, holds at the end of each.
macro_rules! on_every_store {
    (in two steps; $($name:ident: |$world:ident| $body:block)+) => {
        crate::stores::on_every_store! { Manual; $($name: |$world| $body)+ }
    };
    ($($name:ident: |$world:ident| $body:block)+) => {
        crate::stores::on_every_store! { Automatic; $($name: |$world| $body)+ }
    };
    ($capture:ident; $($name:ident: |$world:ident| $body:block)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for subject in crate::stores::all(sellonce_checkout::payment::Capture::$capture) {
                println!("on {}", subject.name);
                #[allow(unused_mut, reason = "not every behaviour changes the world's own counters")]
                let mut $world = crate::world::World::new(subject);
                $body
                $world.assert_always_ok().await;
            }
        }
    )+};
}
pub(crate) use on_every_store;
