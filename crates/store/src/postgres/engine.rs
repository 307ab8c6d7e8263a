//! A flush on PostgreSQL: one transaction on the writer's connection, planned against one snapshot.
//!
//! Decides when a flush is run again, and what became of a commit whose answer was lost. Leaves queueing to the
//! pipeline, what each job does to `calls`, and the rows to `direct`.
//!
//! | what happens | what follows |
//! | --- | --- |
//! | another process was quicker at a row or a key | the same flush again, from a fresh snapshot |
//! | a flush with several parts waits for a lock, perhaps for one that waits for it | the same, after 50 ms |
//! | three times in a row | the rows are locked first, in the order of their keys, and then read |
//! | the connection is lost before the commit was sent | nothing was written: again, on a new connection |
//! | the connection is lost while the commit is under way | the flush's own row tells: see [`Writer::resolve`] |

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::Uuid;
use sellonce_checkout::purchase_limit::LimitKey;
use sellonce_checkout::store::{Failure, Shop};
use sellonce_postgres::Address;
use tokio::time::Instant;

use crate::direct::{Contended, Direct};
use crate::job::{Job, Manner};
use crate::pipeline::{Engine, Written};
use crate::postgres::Time;
use crate::postgres::batch::Batch;
use crate::postgres::link::{Isolation, Link, Purpose};
use crate::sql::{Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

/// How often a flush is planned from a snapshot before its rows are locked first.
const SNAPSHOTS_MAX: u32 = 3;
/// A lock that is not to be had for so long is given up: most are held for the length of a commit.
const WAIT_BRIEFLY: &str = "SET LOCAL lock_timeout = '50ms'";
/// How often a flush is run before one of its calls is blamed for what keeps it from ending.
const RUNS_MAX: u32 = 12;
/// How long a flush waits for a database that cannot be reached.
const OUTAGE_MAX: Duration = Duration::from_secs(5);
/// How long the fate of a commit is asked for.
const RESOLVE_MAX: Duration = Duration::from_secs(20);
/// The pause between two tries to reach the database.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);
/// The rows of flushes are kept for longer than anybody asks for them, and deleted now and then.
const PRUNE_EVERY: u32 = 500;

/// What a writer thread runs flushes with.
pub(super) struct Writer {
    address: Address,
    shop: Arc<Shop>,
    time: Time,
    tables: Option<Direct<Link>>,
    /// Commits since the rows of old flushes were deleted.
    unpruned: u32,
}

/// Why a try of a flush did not end.
enum Unended {
    /// Nothing of it was written.
    Trouble(Trouble),
    /// The commit was sent and not answered; the flush's row has this id.
    Unknown(Uuid),
}

impl From<Trouble> for Unended {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// What became of a commit that was not answered.
enum Fate {
    /// All of the flush is written.
    Committed,
    /// None of it is, and none of it ever will be.
    Never,
}

impl Writer {
    pub(super) fn new(address: Address, shop: Arc<Shop>, time: Time) -> Self {
        Self { address, shop, time, tables: None, unpruned: 0 }
    }

    /// The tables of a connection that is thought to live.
    fn tables(&mut self) -> Result<&mut Direct<Link>, Trouble> {
        if self.tables.as_ref().is_none_or(|tables| tables.connection().is_lost()) {
            self.tables = None;
            let link = Link::connect(&self.address, Purpose::Flushes)?;
            self.tables = Some(Direct::new(link, Arc::clone(&self.shop)));
        }
        self.tables.as_mut().ok_or_else(|| Trouble::call("a connection was made and is not there"))
    }

    fn attempt(&mut self, jobs: &mut [Job], lock: Option<&Contended>) -> Result<Written, Unended> {
        let isolation = if lock.is_some() { Isolation::EachStatement } else { Isolation::Snapshot };
        let time = self.time.clone();
        let tables = self.tables()?;
        tables.forget();
        let now = time.note(tables.connection().begin(isolation)?);
        if let Some(contended) = lock {
            lock_first(tables.connection(), contended)?;
        }
        run_all(tables, now, jobs, lock.is_some())?;
        let link = tables.connection();
        if link.changed() == 0 {
            link.run("ROLLBACK")?;
            return Ok(Written::Nothing);
        }
        let mark = mark(link)?;
        match link.run("COMMIT") {
            Ok(()) => Ok(Written::Committed),
            Err(_) if link.is_lost() => Err(Unended::Unknown(mark)),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Leaves nothing of a transaction that did not end.
    fn abandon(&mut self) {
        let Some(tables) = &mut self.tables else { return };
        tables.forget();
        if !tables.connection().is_lost() && tables.connection().run("ROLLBACK").is_err() {
            self.tables = None;
        }
    }

    /// Finds out what became of a commit whose answer was lost, by inserting the flush's row once more: refused as a
    /// duplicate means that all of the flush is committed, accepted that none of it ever will be. While the old
    /// connection's transaction is still under way the insert waits for it.
    fn resolve(&mut self, mark: Uuid) -> Result<Fate, Trouble> {
        let until = Instant::now() + RESOLVE_MAX;
        loop {
            let insert = "INSERT INTO flushes (id) VALUES (?1)";
            let asked = self
                .tables()
                .and_then(|tables| tables.connection().execute(insert, values![mark.as_bytes()]));
            match asked {
                Ok(_) => return Ok(Fate::Never),
                Err(Trouble::Raced) => return Ok(Fate::Committed),
                Err(trouble) if Instant::now() >= until => {
                    tracing::error!(flush = %mark, ?trouble, "the fate of a commit is not known");
                    return Err(trouble);
                }
                Err(_) => std::thread::sleep(RECONNECT_PAUSE),
            }
        }
    }

    /// Deletes the rows of flushes that nobody asks for any more.
    fn prune(&mut self) {
        self.unpruned += 1;
        if self.unpruned < PRUNE_EVERY {
            return;
        }
        self.unpruned = 0;
        let delete = "DELETE FROM flushes WHERE at < now() - interval '1 hour'";
        if let Some(tables) = &self.tables
            && let Err(trouble) = tables.connection().execute(delete, &[])
        {
            tracing::warn!(?trouble, "the rows of old flushes were not deleted");
        }
    }
}

impl Engine for Writer {
    type Job = Job;

    fn run(&mut self, jobs: &mut [Job]) -> Result<Written, Trouble> {
        let outage_until = Instant::now() + OUTAGE_MAX;
        let mut contended = Contended::default();
        let mut locks_first = false;
        let mut runs = 0;
        loop {
            let trouble = match self.attempt(jobs, locks_first.then_some(&contended)) {
                Ok(written) => {
                    self.prune();
                    return Ok(written);
                }
                Err(Unended::Unknown(mark)) => match self.resolve(mark)? {
                    Fate::Committed => return Ok(Written::Committed),
                    Fate::Never => continue,
                },
                Err(Unended::Trouble(trouble)) => trouble,
            };
            // A try that was broken off has not seen all rows that it wants: each adds what it has seen.
            if let Some(tables) = &self.tables {
                contended.extend(tables.contended().clone());
            }
            self.abandon();
            match &trouble {
                Trouble::World(Failure::Unavailable(_)) if Instant::now() < outage_until => {
                    std::thread::sleep(RECONNECT_PAUSE);
                }
                Trouble::Raced if runs < RUNS_MAX => {
                    runs += 1;
                    counter!("sellonce_store_flushes_again_total").increment(1);
                    locks_first = runs >= SNAPSHOTS_MAX;
                }
                // Without one snapshot, rows can contradict each other: that is no call's fault.
                Trouble::Call(_) if locks_first => locks_first = false,
                Trouble::Call(_) | Trouble::World(_) | Trouble::Raced | Trouble::NotYet => {
                    return Err(trouble);
                }
            }
        }
    }
}

/// Runs jobs in their order: those that ask by keys many at once, the others alone.
///
/// Each part takes its locks in the order of their keys, but the next part begins with the first keys again: two flushes can
/// come to wait for each other, and PostgreSQL looks for that only after a second. So a flush that has locked rows does not
/// wait for long any more; also one that has locked its rows first, for it knows only those that its last tries have seen.
fn run_all(
    tables: &mut Direct<Link>,
    now: Timestamp,
    mut jobs: &mut [Job],
    locked_first: bool,
) -> Result<(), Trouble> {
    let mut waits_for_long = true;
    while let Some(first) = jobs.first_mut() {
        if waits_for_long && (locked_first || tables.connection().changed() > 0) {
            tables.connection().run(WAIT_BRIEFLY)?;
            waits_for_long = false;
        }
        let done = match first.manner() {
            Manner::Alone => {
                tables.turn_to(now);
                first.run(tables)?;
                tables.write_rest()?;
                1
            }
            Manner::ByKeys => {
                let alone = jobs.iter().position(|job| job.manner() == Manner::Alone);
                let (these, _) = jobs.split_at_mut(alone.unwrap_or(jobs.len()));
                let mut batch = Batch::new(tables.shop(), now);
                let done = batch.run(tables.connection(), these);
                tables.note_contended(batch.contended());
                done?
            }
        };
        jobs = std::mem::take(&mut jobs).split_at_mut(done).1;
    }
    Ok(())
}

/// The flush's own row, which tells later whether it was committed.
fn mark(link: &Link) -> Result<Uuid, Trouble> {
    let insert = "INSERT INTO flushes (id) VALUES (gen_random_uuid()) RETURNING id";
    let sql: &dyn Statements = link;
    let mark = sql.one(insert, &[], |columns| columns.uuid())?;
    mark.ok_or_else(|| Trouble::call("a flush's row has no id"))
}

/// Takes the locks of rows that other processes keep changing, in the order of their keys, before they are read.
fn lock_first(sql: &dyn Statements, contended: &Contended) -> Result<(), Trouble> {
    for sku in &contended.skus {
        let rows = "SELECT 1 FROM inventory WHERE sku = ?1 ORDER BY location FOR UPDATE";
        sql.many(rows, values![sku.as_str()], |_| Ok(()))?;
    }
    for limit in &contended.limits {
        match limit {
            LimitKey::Discount(code) => {
                sql.any("SELECT 1 FROM discounts WHERE code = ?1 FOR UPDATE", values![code.as_str()])?
            }
            LimitKey::Purchase(sku, identity) => sql.any(
                "SELECT 1 FROM purchase_counters WHERE sku = ?1 AND identity = ?2 FOR UPDATE",
                values![sku.as_str(), &identity.0],
            )?,
        };
    }
    Ok(())
}

/// The instant of a flush.
impl Time {
    fn note(&self, shown: Timestamp) -> Timestamp {
        match self {
            Self::OfDatabase(clock) => clock.set(shown),
            Self::Given(clock) => clock.now(),
        }
    }
}
