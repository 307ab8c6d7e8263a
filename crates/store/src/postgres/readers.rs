//! The readers: a few connections that only read, each question on a blocking thread and in one snapshot.
//!
//! Decides how many questions run at once, and that a connection that was lost in the meantime costs nobody an answer.
//! Leaves the questions to `calls`.

use std::sync::{Arc, Mutex, PoisonError};

use sellonce_checkout::store::Failure;
use sellonce_postgres::Address;
use tokio::sync::Semaphore;

use crate::postgres::link::{Isolation, Link, Purpose};
use crate::sql::Statements;
use crate::trouble::Trouble;

/// How many questions run at once; more wait for their turn.
const READERS: usize = 8;

/// The connections that only read; each is made when it is needed.
pub(super) struct Readers {
    address: Address,
    free: Mutex<Vec<Link>>,
    turns: Semaphore,
}

impl Readers {
    pub(super) fn new(address: Address) -> Self {
        Self { address, free: Mutex::default(), turns: Semaphore::new(READERS) }
    }

    /// Runs a question on a connection of its own.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&dyn Statements) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        let turn = self.turns.acquire().await;
        let readers = Arc::clone(self);
        let answer = tokio::task::spawn_blocking(move || readers.answer(question)).await;
        drop(turn);
        match answer {
            Ok(answer) => answer.map_err(Trouble::into_failure),
            Err(error) if error.is_panic() => Err(Failure::Broken("a read ended with a panic".to_owned())),
            Err(_) => Err(Failure::Unavailable("the process is shutting down".to_owned())),
        }
    }

    fn answer<T>(&self, question: impl FnOnce(&dyn Statements) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let link = self.begun()?;
        let answer = question(&link);
        // Nothing was written: ending the transaction ends the snapshot. A connection that cannot is not kept.
        if link.run("ROLLBACK").is_ok() {
            self.free().push(link);
        }
        answer
    }

    /// A connection with its snapshot begun; those that were lost while nobody used them are dropped.
    fn begun(&self) -> Result<Link, Trouble> {
        loop {
            let idle = self.free().pop();
            let was_idle = idle.is_some();
            let link = match idle {
                Some(link) => link,
                None => Link::connect(&self.address, Purpose::Questions)?,
            };
            match link.begin(Isolation::SnapshotReadOnly) {
                Ok(_) => return Ok(link),
                Err(_) if was_idle => {}
                Err(trouble) => return Err(trouble),
            }
        }
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
