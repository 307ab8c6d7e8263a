//! The store on PostgreSQL 15 or newer, beside which other servers of the same database may run.
//!
//! Decides how calls and questions reach the connections: one for everything that touches stock or limits, one for the
//! simulated provider's book, one for what nobody waits for, and a few that read. Leaves opening to `open`, running a
//! flush to `engine`, and what calls do to `calls`.

mod batch;
mod clock;
mod engine;
mod link;
mod migrations;
mod open;
mod readers;
mod values;

use std::sync::Arc;

use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::store::Failure;

use crate::calls::{Database, DatabaseStore};
use crate::job::Job;
use crate::pipeline::{Counts, Lane, Pipeline};
use crate::sql::Statements;
use crate::trouble::Trouble;
use clock::DatabaseClock;
pub use open::{PostgresSettings, TimeSource};
use readers::Readers;

/// A shop's store in one PostgreSQL database.
pub type PostgresStore = DatabaseStore<Postgres>;

/// An open PostgreSQL database.
pub struct Postgres {
    sales: Arc<Pipeline<Job>>,
    book: Arc<Pipeline<Job>>,
    aside: Arc<Pipeline<Job>>,
    readers: Arc<Readers>,
}

/// The clock that expiries and leases are compared with.
#[derive(Clone)]
enum Time {
    OfDatabase(Arc<DatabaseClock>),
    Given(Arc<dyn Clock>),
}

impl Time {
    fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::OfDatabase(clock) => Arc::clone(clock) as Arc<dyn Clock>,
            Self::Given(clock) => Arc::clone(clock),
        }
    }
}

impl Postgres {
    fn pipeline(&self, lane: Lane) -> &Arc<Pipeline<Job>> {
        match lane {
            Lane::Shop => &self.sales,
            Lane::Book => &self.book,
            Lane::Aside => &self.aside,
        }
    }
}

impl Database for Postgres {
    fn submit(&self, lane: Lane, make: impl FnOnce(Timestamp) -> Job) -> Result<(), Failure> {
        self.pipeline(lane).submit(lane, make)
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Statements) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Failure> {
        self.readers.read(question).await
    }

    async fn close(&self) {
        for lane in [Lane::Shop, Lane::Book, Lane::Aside] {
            let pipeline = Arc::clone(self.pipeline(lane));
            if tokio::task::spawn_blocking(move || pipeline.close()).await.is_err() {
                tracing::warn!("the store was not closed in order: the runtime is shutting down");
            }
        }
    }

    fn counts(&self) -> Counts {
        [Lane::Shop, Lane::Book, Lane::Aside]
            .into_iter()
            .map(|lane| self.pipeline(lane).counts())
            .fold(Counts::default(), Counts::and)
    }
}
