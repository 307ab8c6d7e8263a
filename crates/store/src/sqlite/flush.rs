//! A flush on SQLite: the jobs of one transaction, the book that they share, and writing what it says.
//!
//! Decides the order of things within the transaction: each job reads and writes its own rows in turn, and the stock
//! and counter rows, which many jobs touch, are written once at the end under the condition that they are as read.
//! Leaves queueing to the pipeline, and what each job does to the file of its name.

pub(super) mod book;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rusqlite::{Connection, Params};
use sellonce_checkout::book::Book;
use sellonce_checkout::catalog::{Offer, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::money::Currency;
use sellonce_checkout::store::{Failure, Shop};
use tokio::sync::oneshot;

use crate::pipeline::{self, Engine, Written};
use crate::sqlite::statements::{self, one};
use crate::trouble::Trouble;

/// How often a flush is planned again because a row was not as read, before one of its calls is blamed.
const PLANS_MAX: u32 = 3;

/// A call on its way, with the instant at which it was made.
pub(crate) struct Job {
    now: Timestamp,
    call: Box<dyn Call>,
}

/// What a job does; it can be run again after a rollback.
trait Call: Send {
    fn run(&mut self, flush: &mut Flush) -> Result<(), Trouble>;
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, failure: Failure);
}

struct Pending<T, R> {
    run: R,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl Job {
    pub(super) fn new<T, R>(now: Timestamp, run: R, reply: oneshot::Sender<Result<T, Failure>>) -> Self
    where
        T: Send + 'static,
        R: FnMut(&mut Flush) -> Result<T, Trouble> + Send + 'static,
    {
        Self { now, call: Box::new(Pending { run, outcome: None, reply }) }
    }
}

impl pipeline::Job for Job {
    fn answer(self) {
        self.call.answer();
    }

    fn fail(self, failure: Failure) {
        self.call.fail(failure);
    }
}

// A caller that went away is not told: what was done for it stands.
impl<T, R> Call for Pending<T, R>
where
    T: Send,
    R: FnMut(&mut Flush) -> Result<T, Trouble> + Send,
{
    fn run(&mut self, flush: &mut Flush) -> Result<(), Trouble> {
        self.outcome = Some((self.run)(flush)?);
        Ok(())
    }

    fn answer(self: Box<Self>) {
        let lost = || Err(Failure::Broken("a call was answered before it was run".to_owned()));
        let _ = self.reply.send(self.outcome.map_or_else(lost, Ok));
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.reply.send(Err(failure));
    }
}

/// The writer's connection, and what the transaction under way has in memory.
pub(crate) struct Flush {
    connection: Connection,
    /// What the shop is.
    pub(super) shop: Arc<Shop>,
    /// The instant of the present job.
    pub(super) now: Timestamp,
    /// The stock and counter rows that jobs have read so far, and what they made of them.
    pub(super) book: Book,
    /// The purchase limits that were read, by SKU; most SKUs have none.
    purchase_max: HashMap<Sku, Option<i64>>,
    /// The offers that were read.
    offers: HashMap<Sku, Option<Offer>>,
    /// The number of the next order, once one was placed.
    next_order_number: Option<i64>,
}

impl Flush {
    /// The connection, to read with and to write rows that only one call touches.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The shop's currency.
    pub(super) fn currency(&self) -> Currency {
        self.shop.currency
    }

    /// Runs a writing statement; says how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Trouble> {
        statements::execute(&self.connection, sql, params)
    }

    /// Runs a writing statement that must change the one row that was read before.
    pub(super) fn execute_one(&self, what: &str, sql: &str, params: impl Params) -> Result<(), Trouble> {
        statements::execute_one(&self.connection, what, sql, params)
    }

    /// Draws the number of an order.
    pub(super) fn draw_order_number(&mut self) -> Result<i64, Trouble> {
        let number = match self.next_order_number {
            Some(number) => number,
            None => {
                let sql = "SELECT next_order_number FROM shop WHERE id = 1";
                let found = one(&self.connection, sql, [], |columns| columns.integer())?;
                found.ok_or_else(|| Trouble::call("the row of the shop is gone"))?
            }
        };
        self.next_order_number = Some(number.saturating_add(1));
        Ok(number)
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        self.forget();
        self.next_order_number = None;
        statements::execute(&self.connection, "BEGIN IMMEDIATE", [])?;
        Ok(())
    }

    fn run(&mut self, jobs: &mut [Job]) -> Result<(), Trouble> {
        for job in jobs {
            self.now = job.now;
            job.call.run(self)?;
        }
        self.write_book()?;
        if let Some(next) = self.next_order_number {
            self.execute_one("the shop", "UPDATE shop SET next_order_number = ?1 WHERE id = 1", [next])?;
        }
        Ok(())
    }

    fn end(&self, wrote: bool) -> Result<Written, Trouble> {
        if !wrote {
            statements::execute(&self.connection, "ROLLBACK", [])?;
            return Ok(Written::Nothing);
        }
        statements::execute(&self.connection, "COMMIT", [])?;
        Ok(Written::Committed)
    }

    /// Leaves nothing of the transaction; SQLite itself has ended it after some errors.
    fn abandon(&mut self) {
        self.forget();
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a flush could not be rolled back");
        }
    }

    /// Forgets the rows that were read.
    fn forget(&mut self) {
        self.book = Book::default();
        self.purchase_max.clear();
        self.offers.clear();
    }
}

/// What the writer thread runs flushes with.
pub(super) struct Writer {
    flush: Flush,
}

impl Writer {
    pub(super) fn new(connection: Connection, shop: Arc<Shop>) -> Self {
        let flush = Flush {
            connection,
            shop,
            now: Timestamp::default(),
            book: Book::default(),
            purchase_max: HashMap::new(),
            offers: HashMap::new(),
            next_order_number: None,
        };
        Self { flush }
    }

    fn attempt(&mut self, jobs: &mut [Job]) -> Result<Written, Trouble> {
        let flush = &mut self.flush;
        flush.begin()?;
        let before = flush.connection.total_changes();
        // The rollback undoes whatever a panic leaves half-done, in the database and in the book.
        let outcome = catch_unwind(AssertUnwindSafe(|| flush.run(jobs)))
            .unwrap_or_else(|panic| Err(Trouble::call(words_of(panic.as_ref()))));
        let wrote = flush.connection.total_changes() != before;
        let outcome = outcome.and_then(|()| flush.end(wrote));
        if outcome.is_err() {
            flush.abandon();
        }
        outcome
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

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a call ended with a panic").to_owned()
}
