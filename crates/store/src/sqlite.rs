//! The store on SQLite: one writer connection behind the pipeline, a few readers beside it.
//!
//! Decides how calls and questions reach the connections. Leaves opening to `open`, running a flush to `flush`, and what
//! calls do to `calls`.

mod flush;
mod migrations;
mod open;
mod readers;
mod statements;

use std::fs::File;
use std::sync::Arc;

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::store::Failure;

use crate::calls::{Database, DatabaseStore};
use crate::job::Job;
use crate::pipeline::{Counts, Lane, Pipeline};
use crate::sql::Statements;
use crate::trouble::Trouble;
pub use open::Settings;
use readers::Readers;

/// A shop's store in one SQLite file.
pub type SqliteStore = DatabaseStore<Sqlite>;

/// An open SQLite file.
pub struct Sqlite {
    pipeline: Arc<Pipeline<Job>>,
    readers: Arc<Readers>,
    /// Held as long as the store is open, if this process serves the file; its lock ends with it, however it ends.
    _served: Option<File>,
}

impl Database for Sqlite {
    fn submit(&self, lane: Lane, make: impl FnOnce(Timestamp) -> Job) -> Result<(), Failure> {
        // There is one writer, so what runs aside elsewhere waits with the shop's calls here.
        let lane = if lane == Lane::Aside { Lane::Shop } else { lane };
        self.pipeline.submit(lane, make)
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Statements) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        self.readers.read(move |connection| question(connection)).await
    }

    async fn close(&self) {
        let pipeline = Arc::clone(&self.pipeline);
        if readers::blocking(move || pipeline.close()).await.is_err() {
            tracing::warn!("the store was not closed in order: the runtime is shutting down");
        }
    }

    fn counts(&self) -> Counts {
        self.pipeline.counts()
    }
}
