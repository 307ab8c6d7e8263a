//! Opening a PostgreSQL database: as a server of it, or beside its servers.
//!
//! Decides what is refused at the door, and that an empty database is migrated by whoever opens it first. Leaves the texts
//! of the schema to `migrations`.

use std::sync::Arc;

use sellonce_checkout::clock::Clock;
use sellonce_checkout::store::{Failure, Shop};
use sellonce_postgres::Address;

use crate::error::OpenError;
use crate::migrations::{Applied, Migration, Misfit, latest, missing};
use crate::pipeline::Pipeline;
use crate::postgres::clock::DatabaseClock;
use crate::postgres::engine::Writer;
use crate::postgres::link::{Isolation, Link, Purpose};
use crate::postgres::migrations::{Found, MIGRATIONS, applied, lock, look, prepare, run};
use crate::postgres::readers::Readers;
use crate::postgres::{Postgres, PostgresStore, Time};
use crate::sql::{Statements, values};
use crate::trouble::Trouble;

/// The oldest version that is known to do what the store needs.
const VERSION_MIN: i64 = 150_000;

/// What a store is opened with.
#[derive(Clone)]
pub struct PostgresSettings {
    /// Where the database is, as `postgres://user:password@host:5432/shop?sslmode=require`.
    pub url: String,
    /// What the shop is; its currency must be that of the database.
    pub shop: Shop,
    /// The process's own clock.
    pub clock: Arc<dyn Clock>,
    /// With which clock expiries and leases are compared.
    pub time: TimeSource,
}

/// With which clock expiries and leases are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// With the database's: the same for all servers.
    Database,
    /// With the process's own, as tests do that move it by hand.
    OwnClock,
}

/// Which databases are brought to this program's schema when they are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Migrated {
    All,
    EmptyOnes,
    None,
}

impl PostgresStore {
    /// Opens a database to serve it, or to work beside its servers. An empty one is migrated; an older one is refused,
    /// because other servers may be running on it.
    pub fn open(settings: PostgresSettings) -> Result<Self, OpenError> {
        apart(|| open(settings, Migrated::EmptyOnes))
    }

    /// Opens a database that is a shop's already.
    pub fn open_existing(settings: PostgresSettings) -> Result<Self, OpenError> {
        apart(|| open(settings, Migrated::None))
    }

    /// Opens a database and brings it to this program's schema; its servers should be stopped.
    pub fn open_and_migrate(settings: PostgresSettings) -> Result<Self, OpenError> {
        apart(|| open(settings, Migrated::All))
    }
}

/// Runs what waits for the database on a thread of its own: the caller's may be one that must not wait.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, OpenError> + Send) -> Result<T, OpenError> {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|_| {
        Err(OpenError::Unusable {
            database: "the database".to_owned(),
            problem: "opening it panicked".to_owned(),
        })
    })
}

fn open(settings: PostgresSettings, migrated: Migrated) -> Result<PostgresStore, OpenError> {
    let address = Address::parse(&settings.url)
        .map_err(|problem| OpenError::Unusable { database: "the database".to_owned(), problem })?;
    let database = address.named();
    let link = Link::connect(&address, Purpose::Opening).map_err(|trouble| unusable(&database, trouble))?;
    new_enough(&link, &database)?;
    let migrated = migrate(&link, &database, migrated)?;
    same_currency(&link, &database, &settings.shop)?;
    drop(link);
    start(&address, &database, settings, migrated)
}

fn start(
    address: &Address,
    database: &str,
    settings: PostgresSettings,
    migrated: Vec<&'static str>,
) -> Result<PostgresStore, OpenError> {
    let PostgresSettings { shop, clock, time, .. } = settings;
    let queue_wait_ms = shop.times.queue_wait_ms;
    let shop = Arc::new(shop);
    let time = match time {
        TimeSource::Database => Time::OfDatabase(Arc::new(DatabaseClock::new(clock))),
        TimeSource::OwnClock => Time::Given(clock),
    };
    let pipeline = || {
        let writer = Writer::new(address.clone(), Arc::clone(&shop), time.clone());
        Pipeline::start(writer, time.clock(), queue_wait_ms).map(Arc::new).map_err(|error| {
            OpenError::Unusable { database: database.to_owned(), problem: error.to_string() }
        })
    };
    let (sales, book, aside) = (pipeline()?, pipeline()?, pipeline()?);
    let readers = Arc::new(Readers::new(address.clone()));
    let clock = time.clock();
    let postgres = Postgres { sales, book, aside, readers };
    Ok(PostgresStore::new(postgres, shop, clock, migrated))
}

fn new_enough(link: &Link, database: &str) -> Result<(), OpenError> {
    let sql: &dyn Statements = link;
    let version = sql
        .one("SELECT CAST(current_setting('server_version_num') AS bigint)", &[], |columns| columns.integer())
        .map_err(|trouble| unusable(database, trouble))?
        .unwrap_or_default();
    if version >= VERSION_MIN {
        return Ok(());
    }
    let problem = format!("PostgreSQL {} is too old: use 15 or newer", version / 10_000);
    Err(OpenError::Unusable { database: database.to_owned(), problem })
}

/// Brings a database to the present schema, if it may; returns what was run here.
fn migrate(link: &Link, database: &str, migrated: Migrated) -> Result<Vec<&'static str>, OpenError> {
    let unusable = |trouble| unusable(database, trouble);
    let applied = match look(link).map_err(unusable)? {
        Found::Foreign => return Err(OpenError::Foreign { database: database.to_owned() }),
        Found::Empty => Vec::new(),
        Found::Shop(applied) => applied,
    };
    if lacking(database, migrated, &applied)?.is_empty() {
        return Ok(Vec::new());
    }
    prepare(link).map_err(unusable)?;
    link.begin(Isolation::EachStatement).map_err(unusable)?;
    let ran = migrate_alone(link, database, migrated);
    let end = if ran.is_ok() { "COMMIT" } else { "ROLLBACK" };
    link.run(end).map_err(unusable)?;
    ran
}

/// All steps that are lacking, in one transaction: a database is never seen half made. Whoever comes second waits, and
/// finds none lacking.
fn migrate_alone(link: &Link, database: &str, migrated: Migrated) -> Result<Vec<&'static str>, OpenError> {
    lock(link).map_err(|trouble| unusable(database, trouble))?;
    let applied = applied(link).map_err(|trouble| unusable(database, trouble))?;
    let lacking = lacking(database, migrated, &applied)?;
    for migration in lacking {
        run(link, migration).map_err(|trouble| OpenError::Migration {
            database: database.to_owned(),
            name: migration.name,
            problem: trouble.into_failure().to_string(),
        })?;
    }
    Ok(lacking.iter().map(|migration| migration.name).collect())
}

/// The steps that a database lacks, if they may be run.
fn lacking(
    database: &str,
    migrated: Migrated,
    applied: &[Applied],
) -> Result<&'static [Migration], OpenError> {
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    let named = || database.to_owned();
    let lacking = missing(MIGRATIONS, applied).map_err(|misfit| match misfit {
        Misfit::Newer { found } => OpenError::NewerSchema { database: named(), found, known },
        Misfit::Changed { version, name } => OpenError::ChangedMigration { database: named(), version, name },
    })?;
    let found = latest(applied);
    let may = match migrated {
        Migrated::All => true,
        Migrated::EmptyOnes => found == 0,
        Migrated::None => false,
    };
    if lacking.is_empty() || may {
        return Ok(lacking);
    }
    Err(OpenError::OlderSchema { database: named(), found, known })
}

/// The currency is fixed when the database is made.
fn same_currency(link: &Link, database: &str, shop: &Shop) -> Result<(), OpenError> {
    let configured = shop.currency.code();
    let insert = "INSERT INTO shop (id, currency) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING";
    let sql: &dyn Statements = link;
    let found = sql
        .execute(insert, values![configured])
        .and_then(|_| sql.one("SELECT currency FROM shop WHERE id = 1", &[], |columns| columns.string()))
        .map_err(|trouble| unusable(database, trouble))?
        .unwrap_or_default();
    if found == configured {
        return Ok(());
    }
    Err(OpenError::OtherCurrency { database: database.to_owned(), found, configured: configured.to_owned() })
}

fn unusable(database: &str, trouble: Trouble) -> OpenError {
    let problem = match trouble.into_failure() {
        Failure::Unavailable(problem) | Failure::Broken(problem) => problem,
        overloaded @ Failure::Overloaded { .. } => overloaded.to_string(),
    };
    OpenError::Unusable { database: database.to_owned(), problem }
}
