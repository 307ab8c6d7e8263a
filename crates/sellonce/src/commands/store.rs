//! Opening the database for a command: as a server, beside one, or only to read.

use std::path::Path;
use std::sync::Arc;

use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_checkout::store::Store;
use sellonce_store::{OpenError, PostgresSettings, PostgresStore, Settings, SqliteStore, TimeSource};

use super::Stop;
use crate::config::{Config, Database};
use crate::output;
use crate::system::SystemClock;

/// A shop's store, in whichever database, with the book of the simulated provider.
pub(super) trait ShopStore: Store + SimulatedBook {}

impl<T: Store + SimulatedBook> ShopStore for T {}

/// A database that cannot be opened is a matter of configuration; the error says what to do.
fn usage(error: OpenError) -> Stop {
    Stop::Usage(error.to_string())
}

fn settings(config: &Config) -> Settings {
    Settings { shop: config.shop.shop(config.payments.capture), clock: Arc::new(SystemClock::start()) }
}

fn postgres(config: &Config, url: &str) -> PostgresSettings {
    let Settings { shop, clock } = settings(config);
    PostgresSettings { url: url.to_owned(), shop, clock, time: TimeSource::Database }
}

/// As the one server of a file, or as one of the servers of a database.
pub(super) fn open(config: &Config) -> Result<Arc<dyn ShopStore>, Stop> {
    Ok(match &config.server.database {
        Database::Sqlite(path) => Arc::new(SqliteStore::open(path, settings(config)).map_err(usage)?),
        Database::Postgres(url) => Arc::new(PostgresStore::open(postgres(config, url)).map_err(usage)?),
    })
}

/// Whether every earlier server of the database is known to be dead once it was opened: the lock on a file proves it.
pub(super) fn is_alone(config: &Config) -> bool {
    match config.server.database {
        Database::Sqlite(_) => true,
        Database::Postgres(_) => false,
    }
}

/// Beside a server that may be running.
pub(super) fn open_beside(config: &Config) -> Result<Arc<dyn ShopStore>, Stop> {
    match &config.server.database {
        Database::Sqlite(path) => open_file_beside(config, path),
        Database::Postgres(_) => open(config),
    }
}

/// Beside a server that may be running; a database that is not there is a mistyped name.
pub(super) fn open_existing(config: &Config) -> Result<Arc<dyn ShopStore>, Stop> {
    match &config.server.database {
        Database::Sqlite(path) if !path.exists() => Err(Stop::Usage(format!(
            "there is no database {}; name one with --database sqlite:FILE",
            path.display()
        ))),
        Database::Sqlite(path) => open_file_beside(config, path),
        Database::Postgres(url) => {
            Ok(Arc::new(PostgresStore::open_existing(postgres(config, url)).map_err(usage)?))
        }
    }
}

fn open_file_beside(config: &Config, path: &Path) -> Result<Arc<dyn ShopStore>, Stop> {
    Ok(Arc::new(SqliteStore::open_neighbour(path, settings(config)).map_err(usage)?))
}

/// Brings the database to this version's schema.
pub(super) fn migrate(config: &Config) -> Result<(), Stop> {
    let migrated = match &config.server.database {
        Database::Sqlite(path) => {
            SqliteStore::open(path, settings(config)).map_err(usage)?.migrated().to_vec()
        }
        Database::Postgres(url) => {
            PostgresStore::open_and_migrate(postgres(config, url)).map_err(usage)?.migrated().to_vec()
        }
    };
    for name in migrated {
        output::note(format_args!("applied {name}"));
    }
    output::note(format_args!("{} has this version's schema", config.server.database));
    Ok(())
}
