//! The store port, once for both databases: how a call reaches the writer or a reader, and how its answer comes back.
//!
//! Decides which calls are written, which only read, and which can share statements with others. Leaves each part of the
//! port to the file of its name, and running the calls to the [`Database`].

mod accounts;
mod audit;
mod book;
mod callbacks;
mod carts;
mod catalog;
mod checkouts;
mod deliveries;
mod discounts;
mod inventory;
mod orders;
#[cfg(feature = "sabotage")]
mod sabotage;
mod sagas;

use std::sync::Arc;

use async_trait::async_trait;
use sellonce_checkout::audit::Report;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::store::{Books, Failure, Shop};
use tokio::sync::oneshot;

use crate::job::{Job, Manner};
use crate::pipeline::{Counts, Lane};
use crate::sql::Statements;
use crate::tables::Tables;
use crate::trouble::Trouble;

/// A database that runs calls.
pub(crate) trait Database: Send + Sync + 'static {
    /// Queues a call, which is made with the instant of its arrival, or refuses it at once.
    fn submit(&self, lane: Lane, make: impl FnOnce(Timestamp) -> Job) -> Result<(), Failure>;
    /// Runs a question against one snapshot of what is committed.
    fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Statements) -> Result<T, Trouble> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send;
    /// Takes no more calls, and returns when all that wait are durable and answered.
    fn close(&self) -> impl Future<Output = ()> + Send;
    /// How many transactions were made of how many calls.
    fn counts(&self) -> Counts;
}

/// A shop's store in a database.
///
/// Dropping it finishes the calls that wait, as [`DatabaseStore::close`] does.
pub struct DatabaseStore<D> {
    database: D,
    shop: Arc<Shop>,
    clock: Arc<dyn Clock>,
    migrated: Vec<&'static str>,
}

impl<D> DatabaseStore<D> {
    /// The store of an opened database; `clock` is the one that expiries and leases are compared with.
    pub(crate) fn new(
        database: D,
        shop: Arc<Shop>,
        clock: Arc<dyn Clock>,
        migrated: Vec<&'static str>,
    ) -> Self {
        Self { database, shop, clock, migrated }
    }

    /// The migrations that were applied when this store was opened.
    pub fn migrated(&self) -> &[&'static str] {
        &self.migrated
    }
}

#[expect(private_bounds, reason = "the databases are those of this crate")]
impl<D: Database> DatabaseStore<D> {
    /// Takes no more calls, and returns when all that wait are durable and answered.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// How many transactions the pipeline has made of how many calls.
    pub fn counts(&self) -> Counts {
        self.database.counts()
    }

    /// Runs a call that asks by keys only in the next flush of the shop's lane.
    async fn write_by_keys<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        self.write_in(Lane::Shop, Manner::ByKeys, run).await
    }

    /// Runs a call with statements of its own in the next flush of the shop's lane.
    async fn write<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        self.write_in(Lane::Shop, Manner::Alone, run).await
    }

    /// Runs a call that touches neither stock nor limits, and for which nobody waits, beside the shop's lane.
    async fn write_aside<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        self.write_in(Lane::Aside, Manner::Alone, run).await
    }

    /// Runs a call in the next flush of a lane.
    async fn write_in<T: Send + 'static>(
        &self,
        lane: Lane,
        manner: Manner,
        run: impl FnMut(&mut dyn Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        self.database.submit(lane, |now| Job::new(now, manner, run, reply))?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the writer has ended".to_owned())))
    }

    /// Runs a question against one snapshot of what is committed.
    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Statements, &Shop) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        let shop = Arc::clone(&self.shop);
        self.database.read(move |sql| question(sql, &shop)).await
    }
}

#[async_trait]
impl<D: Database> Books for DatabaseStore<D> {
    fn shop(&self) -> &Shop {
        &self.shop
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.read(|sql, _| sql.any("SELECT id FROM shop", &[])).await?;
        Ok(())
    }

    async fn audit(&self) -> Result<Report, Failure> {
        let clock = Arc::clone(&self.clock);
        self.read(move |sql, shop| audit::audit(sql, shop, clock.as_ref())).await
    }
}
