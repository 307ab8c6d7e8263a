//! The lab on SQLite: tables of its own, a connection and a thread for each client.
//!
//! Decides on the file, its tables and what SQLite lacks. The patterns themselves are in `buyer`. Every commit waits for
//! the disk (`synchronous = FULL`), as a shop's must.

mod buyer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use std::{fs, thread};

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::mpsc;

use self::buyer::Till;
use super::Error;
use super::clients::{Round, Waiting};
use super::error::sqlite;
use super::judge::{Answer, Book, Told};
use super::pattern::Pattern;
use super::queue::{self, FLUSH_MAX};
use super::scene::{self, Way};
use crate::verdict::Setting;

/// How long a client stands in line for the one writer before it gives up.
const BUSY_MAX: Duration = Duration::from_secs(60);

/// A file with tables of the lab's own.
pub(super) struct Sqlite {
    place: Place,
    tables: String,
    desk: Connection,
    /// Each client holds one while its connection is open: an interrupted round goes on for a moment on its threads.
    presence: mpsc::Sender<()>,
    all_gone: mpsc::Receiver<()>,
}

/// Where the file is, and whose.
enum Place {
    /// The lab's own; it goes with its folder.
    ThrowAway(TempDir),
    /// The caller's. What was not there before is removed.
    Given { path: PathBuf, is_new: bool },
}

impl Place {
    fn path(&self) -> PathBuf {
        match self {
            Self::ThrowAway(folder) => folder.path().join("lab.db"),
            Self::Given { path, .. } => path.clone(),
        }
    }
}

impl Sqlite {
    /// A file of its own in the system's folder for such.
    pub(super) fn throw_away(name: &str) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix(&format!("{name}_")).tempdir();
        let folder = folder.map_err(|error| Error::Unreachable {
            address: std::env::temp_dir().display().to_string(),
            reason: error.to_string(),
        })?;
        Self::at(Place::ThrowAway(folder), name)
    }

    /// A file of the caller's.
    pub(super) fn open(path: &Path, name: &str) -> Result<Self, Error> {
        if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
            return Err(Error::Usage(
                "--database: every client connects for itself, so it must be a file".to_owned(),
            ));
        }
        let place = Place::Given { path: path.to_owned(), is_new: !path.exists() };
        Self::at(place, name)
    }

    fn at(place: Place, name: &str) -> Result<Self, Error> {
        let path = place.path();
        let is_ours = !matches!(place, Place::Given { is_new: false, .. });
        let open = || {
            let desk = connect(&path)?;
            if is_ours {
                desk.pragma_update(None, "journal_mode", "WAL")?;
            }
            // Reads the file for the first time: whatever it is, it must be a database.
            desk.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
            Ok(desk)
        };
        let desk = open().map_err(|error: rusqlite::Error| Error::Unreachable {
            address: path.display().to_string(),
            reason: error.to_string(),
        })?;
        let (presence, all_gone) = mpsc::channel(1);
        Ok(Self { place, tables: name.to_owned(), desk, presence, all_gone })
    }

    pub(super) fn announcement(&self) -> String {
        let path = self.place.path();
        let path = path.display();
        let tables = format!("the tables {0}_stock and {0}_sale", self.tables);
        match &self.place {
            Place::ThrowAway(_) => {
                format!("The lab makes a database of its own, {path}, and removes it afterwards.")
            }
            Place::Given { is_new: true, .. } => {
                format!("The lab makes the database {path} and removes it afterwards.")
            }
            Place::Given { is_new: false, .. } => format!(
                "The lab makes {tables} in {path}, works in them alone, and removes them afterwards. Others who write into \
                 this file wait in the meantime."
            ),
        }
    }

    pub(super) fn facts(&self) -> Result<(String, Vec<Setting>), Error> {
        let journal = self.desk.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
        let journal = journal.map_err(sqlite("reading the file's settings"))?;
        let settings = [("journal_mode", journal.as_str()), ("synchronous", "full")];
        let settings =
            settings.map(|(name, value)| Setting { name: name.to_owned(), value: value.to_owned() });
        Ok((format!("SQLite {}", rusqlite::version()), settings.into()))
    }

    pub(super) fn lacks(pattern: Pattern) -> Option<String> {
        let lacks = match pattern {
            Pattern::ForUpdate => "SQLite has no FOR UPDATE: its one writer locks the whole database",
            Pattern::SkipLocked => "SQLite has no SKIP LOCKED: its one writer locks the whole database",
            Pattern::OneStatement => {
                "SQLite writes one table in a statement; without a network it would gain nothing"
            }
            Pattern::ReadThenWrite
            | Pattern::VersionColumn
            | Pattern::ConditionalUpdate
            | Pattern::Combined => return None,
        };
        Some(lacks.to_owned())
    }

    pub(super) fn lay_out(&self, stock: u32) -> Result<(), Error> {
        let tables = &self.tables;
        // No CHECK (available >= 0): what a pattern does wrong is to be seen.
        let text = format!(
            "{};
             CREATE TABLE {tables}_stock (sku INTEGER PRIMARY KEY, available INTEGER NOT NULL, version INTEGER NOT NULL);
             INSERT INTO {tables}_stock VALUES (1, {stock}, 1);
             CREATE TABLE {tables}_sale (buyer INTEGER PRIMARY KEY);",
            drop_tables(tables)
        );
        self.desk.execute_batch(&text).map_err(sqlite("making the lab's tables"))
    }

    pub(super) async fn race(&self, pattern: Pattern, clients: u32, buyers: u32) -> Result<Vec<Told>, Error> {
        if pattern == Pattern::Combined {
            return self.race_combined(clients, buyers).await;
        }
        let tills = self.tills(clients)?;
        let (round, waiting) = Round::begin(buyers);
        on_threads(tills, waiting, move |mut till| {
            let mut answers = Vec::new();
            while let Some(buyer) = round.next() {
                let answer = match till.sell(pattern, buyer.number) {
                    Ok(answer) => answer,
                    Err(error) if is_busy(&error) => Answer::GaveUp,
                    Err(error) => return Err(sqlite("selling")(error)),
                };
                answers.push(round.told(buyer, answer));
            }
            Ok(answers)
        })
        .await
    }

    async fn race_combined(&self, clients: u32, buyers: u32) -> Result<Vec<Told>, Error> {
        let mut till = self.till()?;
        let (round, _waiting) = Round::begin(buyers);
        let (asking, mut waiting) = queue::open(&round, clients);
        // The one writer; it ends with the last client.
        let writer = tokio::task::spawn_blocking(move || {
            let mut flush = Vec::new();
            while waiting.blocking_recv_many(&mut flush, FLUSH_MAX) > 0 {
                let granted = till.flush(&flush).map_err(sqlite("flushing"))?;
                queue::answer(&mut flush, granted);
            }
            Ok(())
        });
        let (flushed, told) = tokio::join!(writer, queue::collect(asking));
        flushed.map_err(|error| Error::Internal(error.to_string()))??;
        told
    }

    pub(super) async fn play(&self, way: Way) -> Result<Vec<Told>, Error> {
        let tills = self.tills(scene::CLIENTS)?;
        let everybody_has_read = Barrier::new(tills.len());
        let (round, waiting) = Round::begin(scene::CLIENTS);
        on_threads(tills, waiting, move |mut till| {
            let Some(buyer) = round.next() else { return Ok(Vec::new()) };
            let read = till.read();
            // Also after an error, or the others would wait for ever.
            everybody_has_read.wait();
            let answer = read.and_then(|read| till.write(way, read, buyer.number));
            Ok(vec![round.told(buyer, answer.map_err(sqlite("playing the scene"))?)])
        })
        .await
    }

    fn tills(&self, clients: u32) -> Result<Vec<Till>, Error> {
        (0..clients).map(|_| self.till()).collect()
    }

    fn till(&self) -> Result<Till, Error> {
        let connection = connect(&self.place.path()).map_err(sqlite("connecting a client"))?;
        Ok(Till::new(connection, &self.tables, self.presence.clone()))
    }

    pub(super) fn book(&self) -> Result<Book, Error> {
        let both =
            format!("SELECT (SELECT available FROM {0}_stock), (SELECT count(*) FROM {0}_sale)", self.tables);
        let read = self.desk.query_row(&both, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (available, sales): (i64, i64) = read.map_err(sqlite("reading the book"))?;
        Ok(Book { available, sales: sales.unsigned_abs() })
    }

    pub(super) async fn remove(mut self) -> Result<(), Error> {
        drop(self.presence);
        let _all_gone = self.all_gone.recv().await;
        let drop_tables = drop_tables(&self.tables);
        self.desk.execute_batch(&drop_tables).map_err(sqlite("removing the lab's tables"))?;
        drop(self.desk);
        match self.place {
            Place::ThrowAway(folder) => folder.close().map_err(|error| gone(&error)),
            Place::Given { path, is_new: true } => fs::remove_file(path).map_err(|error| gone(&error)),
            Place::Given { is_new: false, .. } => Ok(()),
        }
    }
}

fn drop_tables(tables: &str) -> String {
    format!("DROP TABLE IF EXISTS {tables}_stock; DROP TABLE IF EXISTS {tables}_sale")
}

fn gone(error: &std::io::Error) -> Error {
    Error::Database { doing: "removing the lab's file", reason: error.to_string() }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Whether a client has stood in line for too long.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    )
}

/// Lets every client work on a thread of its own; returns what all were told when the last is done.
async fn on_threads(
    tills: Vec<Till>,
    waiting: Waiting,
    work: impl Fn(Till) -> Result<Vec<Told>, Error> + Send + Sync + 'static,
) -> Result<Vec<Told>, Error> {
    let work = Arc::new(work);
    let all = tokio::task::spawn_blocking(move || {
        let start = |till| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(till))
        };
        let threads: Vec<_> = tills.into_iter().map(start).collect();
        let mut answers = Vec::new();
        for thread in threads {
            let client = thread.join().map_err(|_| Error::Internal("a client has panicked".to_owned()))?;
            answers.extend(client?);
        }
        Ok(answers)
    });
    let answers = all.await.map_err(|error| Error::Internal(error.to_string()))?;
    drop(waiting);
    answers
}
