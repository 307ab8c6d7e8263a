//! What a shop remembers: the store port on SQLite and on PostgreSQL, with its migrations and the commit pipeline.
//!
//! Decides how rows are kept, which calls share a transaction, and when a call is durable. Leaves every decision about
//! money, stock, prices, sagas and orders to `sellonce_checkout`: a store loads rows, asks, and writes what it is told,
//! under the condition that the rows are still as read.

mod calls;
mod direct;
mod error;
mod job;
mod load;
mod migrations;
mod pipeline;
mod postgres;
mod rows;
mod sql;
mod sqlite;
mod tables;
mod trouble;

pub use calls::DatabaseStore;
pub use error::OpenError;
pub use pipeline::{Counts, LaneCounts};
pub use postgres::{Postgres, PostgresSettings, PostgresStore, TimeSource};
pub use sqlite::{Settings, Sqlite, SqliteStore};
