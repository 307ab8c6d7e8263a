//! A connection to PostgreSQL, used by one thread: statements are sent and waited for.
//!
//! Decides how a statement's text becomes PostgreSQL's, that each is prepared once, and what an error means for the calls
//! of a flush. Leaves the texts to the files that run them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::try_join;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::store::Failure;
use sellonce_postgres::Address;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement};

use crate::postgres::values::RowColumns;
use crate::sql::{Dialect, Look, Next, Statements, Value};
use crate::trouble::Trouble;

/// How long a connection may take to be made.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a transaction may rest between two statements, so that a server that was stopped holds no locks.
const IDLE_MAX_MS: u32 = 10_000;

/// A connection with the runtime that drives it while its thread waits.
pub(super) struct Link {
    /// Taken only when the link is dropped.
    runtime: Option<Runtime>,
    client: Client,
    prepared: RefCell<HashMap<&'static str, Statement>>,
    /// Rows that were changed in the present transaction.
    changed: Cell<u64>,
    /// Whether the connection is lost.
    is_lost: Cell<bool>,
}

/// What a transaction is begun for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// One snapshot; a row that another transaction has changed since is refused.
    Snapshot,
    /// One snapshot, and nothing is written.
    SnapshotReadOnly,
    /// Each statement sees what is committed when it begins; for rows that are locked before they are read.
    EachStatement,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Writing flushes: rows by their keys, and nothing else in numbers.
    Flushes,
    /// Questions, an audit among them.
    Questions,
    /// Opening and migrating.
    Opening,
}

impl Purpose {
    /// How long a statement may take; the database ends it then.
    fn statement_ms(self) -> u32 {
        match self {
            Self::Flushes => 30_000,
            Self::Questions => 600_000,
            Self::Opening => 3_600_000,
        }
    }

    /// How statements are planned. Those of a flush look rows up by their keys. Their plans are kept, and must not be
    /// those of a table that was empty when they were made: reading all of it each time.
    fn plans(self) -> &'static str {
        match self {
            Self::Flushes => {
                "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; \
                 SET enable_mergejoin = off"
            }
            Self::Questions | Self::Opening => "",
        }
    }
}

impl Isolation {
    fn begin(self) -> &'static str {
        match self {
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            Self::SnapshotReadOnly => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::EachStatement => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }
}

impl Link {
    /// Connects.
    pub(super) fn connect(address: &Address, purpose: Purpose) -> Result<Self, Trouble> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
            Trouble::World(Failure::Unavailable(format!("no runtime for a connection: {error}")))
        })?;
        let connected = runtime.block_on(async {
            let late = || unavailable("the database does not answer", "no connection within 5 s");
            let connected = timeout(CONNECT_MAX, address.connect()).await;
            let (client, connection) = connected.map_err(|_| late())?.map_err(trouble)?;
            // It runs whenever this thread waits for an answer, and ends with the runtime.
            runtime.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection to the database ended");
                }
            });
            let settings = format!(
                "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {IDLE_MAX_MS}; \
                 SET TimeZone = 'UTC'; {}",
                purpose.statement_ms(),
                purpose.plans()
            );
            client.batch_execute(&settings).await.map_err(trouble)?;
            Ok::<Client, Trouble>(client)
        });
        Ok(Self {
            client: connected?,
            runtime: Some(runtime),
            prepared: RefCell::default(),
            changed: Cell::new(0),
            is_lost: Cell::new(false),
        })
    }

    /// Whether it can no longer be used.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.get() || self.client.is_closed()
    }

    /// How many rows the present transaction has changed.
    pub(super) fn changed(&self) -> u64 {
        self.changed.get()
    }

    /// Begins a transaction; returns the database's instant.
    pub(super) fn begin(&self, isolation: Isolation) -> Result<Timestamp, Trouble> {
        self.changed.set(0);
        let clock = self.prepared("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")?;
        let begun =
            try_join(self.client.batch_execute(isolation.begin()), self.client.query_one(&clock, &[]));
        let (_, row) = self.wait(begun)?;
        let now = row.try_get(0).map_err(|error| Trouble::call(error.to_string()))?;
        Ok(Timestamp::from_millis(now))
    }

    /// Runs a text as it is, for what is neither asked nor prepared.
    pub(super) fn run(&self, text: &str) -> Result<(), Trouble> {
        self.wait(self.client.batch_execute(text))
    }

    /// Waits for an answer, while the connection is driven.
    pub(super) fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        let Some(runtime) = &self.runtime else {
            return Err(unavailable("the connection is closed", "its runtime has ended"));
        };
        runtime.block_on(answer).map_err(|error| {
            let lost = error.is_closed() || self.client.is_closed() || ends_connection(&error);
            self.is_lost.set(self.is_lost.get() || lost);
            trouble(error)
        })
    }

    /// The statement of a text, prepared once per connection.
    pub(super) fn prepared(&self, sql: &'static str) -> Result<Statement, Trouble> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&dollars(sql)))?;
        self.prepared.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    /// The client, for answers that are waited for together.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Notes that rows were changed.
    pub(super) fn note_changed(&self, rows: u64) {
        self.changed.set(self.changed.get().saturating_add(rows));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A store may be dropped where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Statements for Link {
    fn query(&self, sql: &'static str, values: &[Value<'_>], look: &mut Look<'_>) -> Result<(), Trouble> {
        let statement = self.prepared(sql)?;
        let rows = self.wait(self.client.query(&statement, &as_params(values)))?;
        for row in &rows {
            if look(&mut RowColumns::new(row))? == Next::Enough {
                break;
            }
        }
        Ok(())
    }

    fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Trouble> {
        let statement = self.prepared(sql)?;
        let changed = self.wait(self.client.execute(&statement, &as_params(values)))?;
        self.note_changed(changed);
        Ok(changed)
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }
}

/// Values as the driver takes them.
fn as_params<'a>(values: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect()
}

/// Placeholders are `$1` here.
fn dollars(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_placeholder = letter == '?' && letters.peek().is_some_and(char::is_ascii_digit);
        text.push(if is_placeholder { '$' } else { letter });
    }
    text
}

/// What an error means for the calls of a flush.
pub(super) fn trouble(error: Error) -> Trouble {
    let Some(database) = error.as_db_error() else {
        return if error.is_closed() || is_of_the_wire(&error) {
            unavailable("the database cannot be reached", words(&error))
        } else {
            Trouble::call(words(&error))
        };
    };
    let code = database.code();
    match *code {
        // Another transaction was quicker, at a row or at a key: the calls are planned again from what is there now.
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::UNIQUE_VIOLATION
        | SqlState::LOCK_NOT_AVAILABLE => Trouble::Raced,
        SqlState::DISK_FULL => unavailable("the database's disk is full", &error),
        SqlState::READ_ONLY_SQL_TRANSACTION => unavailable("the database cannot be written", &error),
        SqlState::QUERY_CANCELED => unavailable("the database takes too long", &error),
        _ if ends_connection(&error) || code.code().starts_with("53") => {
            unavailable("the database cannot be reached", &error)
        }
        _ => Trouble::call(words(&error)),
    }
}

/// Whether the database has ended the connection with it: shutting down, starting, crashed, or refusing it.
fn ends_connection(error: &Error) -> bool {
    let Some(code) = error.code() else { return false };
    ["08", "57P", "28", "3D", "25P03"].iter().any(|class| code.code().starts_with(class))
}

/// Whether it is no answer of the database at all.
fn is_of_the_wire(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

fn unavailable(why: &str, error: impl std::fmt::Display) -> Trouble {
    Trouble::World(Failure::Unavailable(format!("{why}: {error}")))
}

/// An error with what it was about; the driver's own words are `db error`.
fn words(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_the_databases_and_nothing_else_does() {
        assert_eq!(dollars("SELECT ?1, ?12, 'why?' WHERE a = ?2"), "SELECT $1, $12, 'why?' WHERE a = $2");
    }
}
