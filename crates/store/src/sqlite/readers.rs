//! The readers: a few connections that only read, each question on a blocking thread and in one snapshot.
//!
//! Decides how many questions run at once. Leaves the questions to their files.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use sellonce_checkout::store::Failure;
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::trouble::Trouble;

/// How many questions run at once; more wait for their turn.
pub(super) const READERS: usize = 4;

/// The connections that only read.
pub(super) struct Readers {
    free: Mutex<Vec<Connection>>,
    turns: Semaphore,
}

/// A connection that goes back to the others, also after a panic.
struct Borrowed {
    connection: Option<Connection>,
    readers: Arc<Readers>,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut free = self.readers.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.connection.take());
        drop(free);
        self.readers.turns.add_permits(1);
    }
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let turns = Semaphore::new(connections.len());
        Self { free: Mutex::new(connections), turns }
    }

    /// Runs a question on a connection of its own.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        run: impl FnOnce(&Connection) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        let borrowed = self.borrow().await;
        let answer = blocking(move || {
            let Some(connection) = &borrowed.connection else { return Err(gone()) };
            in_one_snapshot(connection, run).map_err(Trouble::into_failure)
        });
        match answer.await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => Err(Failure::Broken("a read ended with a panic".to_owned())),
            Err(_) => Err(Failure::Unavailable("the process is shutting down".to_owned())),
        }
    }

    async fn borrow(self: &Arc<Self>) -> Borrowed {
        // The permit comes back with the connection, which may outlive a caller that went away.
        if let Ok(turn) = self.turns.acquire().await {
            turn.forget();
        }
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Borrowed { connection, readers: Arc::clone(self) }
    }
}

fn in_one_snapshot<T>(
    connection: &Connection,
    run: impl FnOnce(&Connection) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    // Nothing is written: dropping the transaction, which rolls it back, ends the snapshot as well as a commit.
    let snapshot = connection.unchecked_transaction()?;
    run(&snapshot)
}

fn gone() -> Failure {
    Failure::Unavailable("there is no connection to read with".to_owned())
}

/// Runs what blocks where it stops nobody else.
pub(super) async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    tokio::task::spawn_blocking(run).await
}
