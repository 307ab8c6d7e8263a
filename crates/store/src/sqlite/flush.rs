//! A flush on SQLite: the jobs of one transaction on the writer's connection, row by row.
//!
//! Decides where a transaction begins and ends. Leaves queueing to the pipeline, what each job does to `calls`, and the
//! rows to `direct`.

use std::sync::Arc;

use rusqlite::Connection;
use sellonce_checkout::store::Shop;

use crate::direct::Direct;
use crate::job::Job;
use crate::pipeline::{Engine, Written};
use crate::sql::Statements;
use crate::trouble::Trouble;

/// How often a flush is planned again because a row was not as read, before one of its calls is blamed.
const PLANS_MAX: u32 = 3;

/// What the writer thread runs flushes with.
pub(super) struct Writer {
    tables: Direct<Connection>,
}

impl Writer {
    pub(super) fn new(connection: Connection, shop: Arc<Shop>) -> Self {
        Self { tables: Direct::new(connection, shop) }
    }

    fn attempt(&mut self, jobs: &mut [Job]) -> Result<Written, Trouble> {
        self.tables.forget();
        let connection = self.tables.connection();
        Statements::execute(connection, "BEGIN IMMEDIATE", &[])?;
        let before = connection.total_changes();
        let outcome = self.run(jobs);
        let wrote = self.tables.connection().total_changes() != before;
        let outcome = outcome.and_then(|()| self.end(wrote));
        if outcome.is_err() {
            self.abandon();
        }
        outcome
    }

    fn run(&mut self, jobs: &mut [Job]) -> Result<(), Trouble> {
        for job in jobs {
            self.tables.turn_to(job.now());
            job.run(&mut self.tables)?;
        }
        self.tables.write_rest()
    }

    fn end(&self, wrote: bool) -> Result<Written, Trouble> {
        let connection = self.tables.connection();
        if !wrote {
            Statements::execute(connection, "ROLLBACK", &[])?;
            return Ok(Written::Nothing);
        }
        Statements::execute(connection, "COMMIT", &[])?;
        Ok(Written::Committed)
    }

    /// Leaves nothing of the transaction; SQLite itself has ended it after some errors.
    fn abandon(&mut self) {
        self.tables.forget();
        let connection = self.tables.connection();
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a flush could not be rolled back");
        }
    }
}

impl Engine for Writer {
    type Job = Job;

    fn run(&mut self, jobs: &mut [Job]) -> Result<Written, Trouble> {
        let mut outcome = Err(Trouble::Raced);
        for _ in 0..PLANS_MAX {
            outcome = self.attempt(jobs);
            if outcome != Err(Trouble::Raced) {
                break;
            }
        }
        outcome
    }
}
