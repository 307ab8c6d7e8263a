//! Opening a file: whose it is, who may serve it, which schema it has, and how its connections are set.
//!
//! Decides when a file is refused and why. A server takes the lock `FILE.lock` for as long as it lives; the neighbours
//! beside it (import, audit, `admin key`) take none and migrate nothing that somebody may be serving.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::store::{Failure, Shop};

use crate::error::OpenError;
use crate::migrations::{Misfit, latest, missing};
use crate::pipeline::Pipeline;
use crate::sql::{Statements, values};
use crate::sqlite::flush::Writer;
use crate::sqlite::migrations::{APPLICATION_ID, MIGRATIONS, applied, run};
use crate::sqlite::readers::{READERS, Readers};
use crate::sqlite::{Sqlite, SqliteStore};
use crate::trouble::Trouble;

/// The first version of SQLite without the defect that could corrupt a file written by two connections.
const LIBRARY_MIN: i32 = 3_051_003;
/// How long a connection waits for another process's short transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than the statements that there are, so that each is prepared once.
const STATEMENTS_MAX: usize = 256;

/// The pages that the writer keeps in memory: 64 MiB.
const CACHE_KIB_WRITER: i64 = 65_536;
/// The pages that each reader keeps in memory: 16 MiB.
const CACHE_KIB_READER: i64 = 16_384;
/// How long the log grows before it is copied into the file: 16 MiB, because each copy costs two fsyncs of its own.
const CHECKPOINT_PAGES: i64 = 4_096;

/// What a store is opened with.
#[derive(Clone)]
pub struct Settings {
    /// What the shop is; its currency must be that of the file.
    pub shop: Shop,
    /// The clock that expiries and leases are compared with.
    pub clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens a file to serve it: takes its lock, makes it if it is absent, and migrates it if it is older.
    pub fn open(path: &Path, settings: Settings) -> Result<Self, OpenError> {
        let path = existing(path)?;
        let lock = lock(&path)?;
        let mut connection = connect(&path)?;
        let migrated = migrate(&mut connection, &path, &settings)?;
        start(&path, settings, connection, Some(lock), migrated)
    }

    /// Opens a file beside the process that may be serving it. Only an empty or absent file is migrated, under its
    /// lock.
    pub fn open_neighbour(path: &Path, settings: Settings) -> Result<Self, OpenError> {
        let path = existing(path)?;
        let mut connection = connect(&path)?;
        let fit = |connection: &Connection| {
            let applied = applied(connection).map_err(|trouble| unusable(&path, trouble))?;
            let missing = missing(MIGRATIONS, &applied).map_err(|misfit| misfitting(&path, misfit))?;
            Ok((latest(&applied), missing.is_empty()))
        };
        let migrated = match fit(&connection)? {
            (_, true) => Vec::new(),
            (0, false) => {
                let _lock = lock(&path)?;
                migrate(&mut connection, &path, &settings)?
            }
            (found, false) => {
                let known = MIGRATIONS.last().map_or(0, |last| last.version);
                return Err(OpenError::OlderSchema { database: named(&path), found, known });
            }
        };
        start(&path, settings, connection, None, migrated)
    }
}

fn start(
    path: &Path,
    settings: Settings,
    connection: Connection,
    lock: Option<File>,
    migrated: Vec<&'static str>,
) -> Result<SqliteStore, OpenError> {
    same_currency(&connection, path, &settings)?;
    let unusable =
        |error: std::io::Error| OpenError::Unusable { database: named(path), problem: error.to_string() };
    let mut readers = Vec::with_capacity(READERS);
    for _ in 0..READERS {
        let reader = connect(path)?;
        let set = reader.pragma_update(None, "query_only", true);
        let set = set.and_then(|()| reader.pragma_update(None, "cache_size", -CACHE_KIB_READER));
        set.map_err(|error| open_error(path, error))?;
        readers.push(reader);
    }
    let Settings { shop, clock } = settings;
    let queue_wait_ms = shop.times.queue_wait_ms;
    let shop = Arc::new(shop);
    let writer = Writer::new(connection, Arc::clone(&shop));
    let pipeline = Pipeline::start(writer, Arc::clone(&clock), queue_wait_ms).map_err(unusable)?;
    let readers = Arc::new(Readers::new(readers));
    let database = Sqlite { pipeline: Arc::new(pipeline), readers, _served: lock };
    Ok(SqliteStore::new(database, shop, clock, migrated))
}

/// The file's true path; made empty if it is absent. Two names of one file lead to one lock.
fn existing(path: &Path) -> Result<PathBuf, OpenError> {
    let unusable =
        |error: std::io::Error| OpenError::Unusable { database: named(path), problem: error.to_string() };
    if !path.exists() {
        OpenOptions::new().create(true).append(true).open(path).map_err(unusable)?;
    }
    path.canonicalize().map_err(unusable)
}

/// Takes the lock of a file and writes into it whose it is. The system gives it back when the process ends, however it
/// ends, so there is never a stale one.
fn lock(path: &Path) -> Result<File, OpenError> {
    let unusable =
        |error: std::io::Error| OpenError::Unusable { database: named(path), problem: error.to_string() };
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&name)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(OpenError::Locked { database: named(path), pid });
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    file.set_len(0).map_err(unusable)?;
    file.seek(SeekFrom::Start(0)).map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

/// A connection as all of ours are set.
fn connect(path: &Path) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < LIBRARY_MIN {
        return Err(OpenError::OldLibrary { found: rusqlite::version().to_owned() });
    }
    let set = || -> rusqlite::Result<(Connection, i64, i64)> {
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Plans must not depend on the values that are bound: a statement that compares a column of a partial index with
        // a parameter would be prepared anew each time it runs.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // Asked before anything is set, because setting the journal writes to the file.
        let application_id = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if application_id == APPLICATION_ID || tables == 0 {
            // An answer means durable: FULL makes each commit wait for the disk.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", false)?;
            connection.pragma_update(None, "temp_store", "MEMORY")?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB_WRITER)?;
            connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        }
        Ok((connection, application_id, tables))
    };
    let (connection, application_id, tables) = set().map_err(|error| open_error(path, error))?;
    if application_id != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign { database: named(path) });
    }
    Ok(connection)
}

/// Brings a file to the present schema; returns what was run. The shop's row is written with it.
fn migrate(
    connection: &mut Connection,
    path: &Path,
    settings: &Settings,
) -> Result<Vec<&'static str>, OpenError> {
    let now = settings.clock.now();
    let applied = applied(connection).map_err(|trouble| unusable(path, trouble))?;
    let missing = missing(MIGRATIONS, &applied).map_err(|misfit| misfitting(path, misfit))?;
    for migration in missing {
        run(connection, migration, now).map_err(|trouble| OpenError::Migration {
            database: named(path),
            name: migration.name,
            problem: trouble.into_failure().to_string(),
        })?;
    }
    let insert = "INSERT INTO shop (id, currency, next_order_number, created_at) VALUES (1, ?1, 1001, ?2)
                  ON CONFLICT (id) DO NOTHING";
    let row = values![settings.shop.currency.code(), now.millis()];
    Statements::execute(connection, insert, row).map_err(|trouble| unusable(path, trouble))?;
    Ok(missing.iter().map(|migration| migration.name).collect())
}

fn same_currency(connection: &Connection, path: &Path, settings: &Settings) -> Result<(), OpenError> {
    let sql: &dyn Statements = connection;
    let found = sql.one("SELECT currency FROM shop WHERE id = 1", &[], |columns| columns.string());
    let found = found.map_err(|trouble| unusable(path, trouble))?.unwrap_or_default();
    let configured = settings.shop.currency.code().to_owned();
    if found == configured {
        Ok(())
    } else {
        Err(OpenError::OtherCurrency { database: named(path), found, configured })
    }
}

fn misfitting(path: &Path, misfit: Misfit) -> OpenError {
    let database = named(path);
    match misfit {
        Misfit::Newer { found } => {
            let known = MIGRATIONS.last().map_or(0, |last| last.version);
            OpenError::NewerSchema { database, found, known }
        }
        Misfit::Changed { version, name } => OpenError::ChangedMigration { database, version, name },
    }
}

/// The file in messages.
fn named(path: &Path) -> String {
    path.display().to_string()
}

fn open_error(path: &Path, error: rusqlite::Error) -> OpenError {
    unusable(path, error.into())
}

fn unusable(path: &Path, trouble: Trouble) -> OpenError {
    match trouble.into_failure() {
        Failure::Broken(problem) => OpenError::NotADatabase { database: named(path), problem },
        failure @ (Failure::Unavailable(_) | Failure::Overloaded { .. }) => {
            OpenError::Unusable { database: named(path), problem: failure.to_string() }
        }
    }
}
