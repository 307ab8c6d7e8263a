//! The store on SQLite: one writer connection behind the pipeline, a few readers beside it.
//!
//! Decides how a call reaches the writer or a reader and how its answer comes back. Leaves opening to `open`, running
//! a flush to `flush`, and each part of the port to the file of its name.

mod accounts;
mod audit;
mod book;
mod carts;
mod catalog;
mod checkouts;
mod deliveries;
mod discounts;
mod flush;
mod inventory;
mod keys;
mod migrations;
mod open;
mod orders;
mod readers;
mod sagas;
mod statements;

use std::fs::File;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use sellonce_checkout::audit::Report;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::store::{Books, Failure, Shop};
use tokio::sync::oneshot;

use crate::pipeline::{Counts, Lane, Pipeline};
use crate::trouble::Trouble;
use flush::{Flush, Job};
pub use open::Settings;
use readers::Readers;

/// A shop's store in one SQLite file.
///
/// Dropping it finishes the calls that wait, as [`SqliteStore::close`] does.
pub struct SqliteStore {
    pipeline: Arc<Pipeline<Job>>,
    readers: Arc<Readers>,
    shop: Arc<Shop>,
    clock: Arc<dyn Clock>,
    migrated: Vec<&'static str>,
    /// Held as long as the store is open, if this process serves the file; its lock ends with it, however it ends.
    _served: Option<File>,
}

impl SqliteStore {
    /// Takes no more calls, and returns when all that wait are durable and answered.
    pub async fn close(&self) {
        let pipeline = Arc::clone(&self.pipeline);
        if readers::blocking(move || pipeline.close()).await.is_err() {
            tracing::warn!("the store was not closed in order: the runtime is shutting down");
        }
    }

    /// How many transactions the pipeline has made of how many calls.
    pub fn counts(&self) -> Counts {
        self.pipeline.counts()
    }

    /// The migrations that were applied when this store was opened.
    pub fn migrated(&self) -> &[&'static str] {
        &self.migrated
    }

    /// Runs a call in the writer's next flush of the shop's lane.
    async fn write<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut Flush) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        self.write_in(Lane::Shop, run).await
    }

    /// Runs a call in the writer's next flush of a lane.
    async fn write_in<T: Send + 'static>(
        &self,
        lane: Lane,
        run: impl FnMut(&mut Flush) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        self.pipeline.submit(lane, |now| Job::new(now, run, reply))?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the writer has ended".to_owned())))
    }

    /// Runs a question against one snapshot of what is committed.
    async fn read<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection, &Shop) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        let shop = Arc::clone(&self.shop);
        self.readers.read(move |connection| run(connection, &shop)).await
    }
}

#[async_trait]
impl Books for SqliteStore {
    fn shop(&self) -> &Shop {
        &self.shop
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.read(|connection, _| statements::one(connection, "SELECT id FROM shop", [], |_| Ok(()))).await?;
        Ok(())
    }

    async fn audit(&self) -> Result<Report, Failure> {
        let clock = Arc::clone(&self.clock);
        self.read(move |connection, shop| audit::audit(connection, shop, clock.as_ref())).await
    }
}
