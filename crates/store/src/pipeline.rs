//! The commit pipeline: store calls wait in a queue, and one writer thread runs all that wait as one transaction.
//!
//! Decides what is combined, when a call is refused for lack of time, and whom a failed transaction is blamed on.
//! Leaves running and committing a flush to the database's [`Engine`].
//!
//! ```text
//! call ──▶ queue ──▶ writer drains what is there ──▶ one transaction ──▶ commit ──▶ all callers are answered
//!                      └── the fsync of the flush before is the batching interval: there is no timer
//! ```
//!
//! An answer therefore means durable. A flush that fails because of one call is run again in halves, in order, until
//! the culprit stands alone. Calls of the shop and of the simulated provider's book wait in two lanes, which take
//! turns and never share a transaction.

mod lanes;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use metrics::{counter, histogram};
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::store::Failure;
use tokio::time::Instant;

use crate::trouble::Trouble;
pub(crate) use lanes::Lane;
pub use lanes::{Counts, LaneCounts};
use lanes::{Lanes, Transaction};

/// A call on its way through the pipeline.
pub(crate) trait Job: Send + 'static {
    /// Tells its caller what came of it; the transaction is durable.
    fn answer(self);
    /// Tells its caller that nothing was done.
    fn fail(self, failure: Failure);
}

/// What a database does with a flush.
pub(crate) trait Engine: Send + 'static {
    /// The calls that it runs.
    type Job: Job;
    /// Runs the jobs one after another in one transaction and commits it if it wrote anything; on trouble it leaves no
    /// trace of any of them, and can be asked again.
    fn run(&mut self, jobs: &mut [Self::Job]) -> Result<Written, Trouble>;
}

/// Whether a flush had anything to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It was committed.
    Committed,
    /// All of its calls were refusals or repetitions: there was nothing to commit.
    Nothing,
}

/// The queue and its writer thread.
pub(crate) struct Pipeline<J: Job> {
    shared: Arc<Shared<J>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

struct Shared<J> {
    lanes: Mutex<Lanes<J>>,
    /// Wakes the writer when it sleeps over empty lanes.
    arrived: Condvar,
    clock: Arc<dyn Clock>,
    queue_wait_ms: i64,
}

impl<J: Job> Pipeline<J> {
    /// Starts the writer thread.
    pub(crate) fn start<E: Engine<Job = J>>(
        engine: E,
        clock: Arc<dyn Clock>,
        queue_wait_ms: i64,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            lanes: Mutex::new(Lanes::new()),
            arrived: Condvar::new(),
            clock,
            queue_wait_ms,
        });
        let writers = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write(&writers, engine))?;
        Ok(Self { shared, writer: Mutex::new(Some(writer)) })
    }

    /// Queues a call, which is made with the instant of its arrival, or refuses it at once.
    ///
    /// The instant is drawn under the lock of the queue: a later call never carries an earlier time.
    pub(crate) fn submit(&self, lane: Lane, make: impl FnOnce(Timestamp) -> J) -> Result<(), Failure> {
        let mut lanes = self.shared.lock();
        let now = self.shared.clock.now();
        let wake = lanes.admit(lane, self.shared.queue_wait_ms, || make(now))?;
        drop(lanes);
        if wake {
            self.shared.arrived.notify_one();
        }
        Ok(())
    }

    /// What the pipeline has done so far.
    pub(crate) fn counts(&self) -> Counts {
        self.shared.lock().counts()
    }

    /// Takes no more calls, finishes those that wait, and ends the writer thread.
    pub(crate) fn close(&self) {
        self.shared.lock().close();
        self.shared.arrived.notify_one();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the writer thread ended with a panic");
        }
    }
}

impl<J: Job> Drop for Pipeline<J> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<J> Shared<J> {
    fn lock(&self) -> MutexGuard<'_, Lanes<J>> {
        // The lock is only held for moves within the queue, which leave it whole wherever they end.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls of the next flush; sleeps while there are none, `None` when there will be no more.
    fn next(&self) -> Option<(Lane, Vec<J>)> {
        let mut lanes = self.lock();
        loop {
            if let Some(flush) = lanes.drain() {
                return Some(flush);
            }
            if lanes.is_closed() {
                return None;
            }
            lanes.rest();
            lanes = self.arrived.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the queue with the writer, also when it ends with a panic: nobody waits for an answer that will not come.
struct Ending<'a, J>(&'a Shared<J>);

impl<J> Drop for Ending<'_, J> {
    fn drop(&mut self) {
        let unanswered = self.0.lock().abandon();
        drop(unanswered);
    }
}

/// The writer thread's whole life.
fn write<E: Engine>(shared: &Shared<E::Job>, mut engine: E) {
    let _ending = Ending(shared);
    while let Some((lane, jobs)) = shared.next() {
        histogram!("sellonce_store_flush_calls").record(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
        flush(shared, &mut engine, lane, jobs);
    }
}

/// Runs jobs as one transaction, or in halves if one of them spoils it.
fn flush<E: Engine>(shared: &Shared<E::Job>, engine: &mut E, lane: Lane, mut jobs: Vec<E::Job>) {
    let began = Instant::now();
    let outcome = engine.run(&mut jobs);
    let took = began.elapsed();
    let committed = outcome == Ok(Written::Committed);
    counter!("sellonce_store_flushes_total", "lane" => lane.as_str()).increment(1);
    counter!("sellonce_store_commits_total", "lane" => lane.as_str()).increment(u64::from(committed));
    histogram!("sellonce_store_flush_seconds").record(took);
    shared.lock().count(lane, Transaction { calls: jobs.len(), committed, took });
    match outcome {
        Ok(Written::Committed | Written::Nothing) => jobs.into_iter().for_each(Job::answer),
        Err(Trouble::World(failure)) => {
            tracing::warn!(calls = jobs.len(), %failure, "a flush failed; nothing of it was written");
            jobs.into_iter().for_each(|job| job.fail(failure.clone()));
        }
        Err(trouble @ (Trouble::Call(_) | Trouble::Raced | Trouble::NotYet)) if jobs.len() == 1 => {
            let failure = trouble.into_failure();
            tracing::error!(%failure, "a call failed; nothing of it was written");
            jobs.into_iter().for_each(|job| job.fail(failure.clone()));
        }
        Err(Trouble::Call(_) | Trouble::Raced | Trouble::NotYet) => {
            let later = jobs.split_off(jobs.len() / 2);
            flush(shared, engine, lane, jobs);
            flush(shared, engine, lane, later);
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tokio::sync::oneshot;

    use super::*;

    struct Midnight;

    #[async_trait]
    impl Clock for Midnight {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }

        async fn sleep_ms(&self, _ms: i64) {}
    }

    struct Question(oneshot::Sender<Result<(), Failure>>);

    impl Job for Question {
        fn answer(self) {
            let _ = self.0.send(Ok(()));
        }

        fn fail(self, failure: Failure) {
            let _ = self.0.send(Err(failure));
        }
    }

    /// Dies with its first flush.
    struct Defective;

    impl Engine for Defective {
        type Job = Question;

        fn run(&mut self, _jobs: &mut [Question]) -> Result<Written, Trouble> {
            panic!("an engine catches the panics of its jobs; this one is its own")
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_writer_that_has_died() {
        let pipeline = Pipeline::start(Defective, Arc::new(Midnight), 5_000).expect("a thread starts");
        let mut waiting = Vec::new();
        for _ in 0..8 {
            let (reply, answer) = oneshot::channel();
            if pipeline.submit(Lane::Shop, |_| Question(reply)).is_ok() {
                waiting.push(answer);
            }
        }
        assert!(!waiting.is_empty());
        for answer in waiting {
            assert!(answer.await.is_err(), "its sender is gone");
        }
    }
}
