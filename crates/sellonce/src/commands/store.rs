//! Opening the database for a command: as the server, beside it, or only to read.

use std::sync::Arc;

use sellonce_store::{OpenError, Settings, SqliteStore};

use super::Stop;
use crate::config::{Config, Database};
use crate::output;
use crate::system::SystemClock;

/// A database that cannot be opened is a matter of configuration; the error says what to do.
fn usage(error: OpenError) -> Stop {
    Stop::Usage(error.to_string())
}

fn settings(config: &Config) -> Settings {
    Settings { shop: config.shop.shop(), clock: Arc::new(SystemClock::start()) }
}

/// As the one server of the file.
pub(super) fn open(config: &Config) -> Result<SqliteStore, Stop> {
    let Database::Sqlite(path) = &config.server.database;
    SqliteStore::open(path, settings(config)).map_err(usage)
}

/// Beside a server that may be running.
pub(super) fn open_beside(config: &Config) -> Result<SqliteStore, Stop> {
    let Database::Sqlite(path) = &config.server.database;
    SqliteStore::open_neighbour(path, settings(config)).map_err(usage)
}

/// Beside a server that may be running; a database that is not there is a mistyped name.
pub(super) fn open_existing(config: &Config) -> Result<SqliteStore, Stop> {
    let Database::Sqlite(path) = &config.server.database;
    if !path.exists() {
        return Err(Stop::Usage(format!(
            "there is no database {}; name one with --database sqlite:FILE",
            path.display()
        )));
    }
    open_beside(config)
}

/// Brings the database to this version's schema.
pub(super) fn migrate(config: &Config) -> Result<(), Stop> {
    let store = open(config)?;
    output::note(format_args!("{} has this version's schema", config.server.database));
    drop(store);
    Ok(())
}
