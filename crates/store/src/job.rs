//! A call on its way: what it does, whom it answers, and whether it can share statements with others.
//!
//! Decides that a call can be run again after a rollback, and is answered once. Leaves queueing to the pipeline and
//! running to each database's engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::store::Failure;
use tokio::sync::oneshot;

use crate::pipeline;
use crate::tables::Tables;
use crate::trouble::Trouble;

/// How a call asks its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Only by keys, so that many calls can be read and written at once.
    ByKeys,
    /// With statements of its own.
    Alone,
}

/// A call on its way, with the instant at which it was made.
pub(crate) struct Job {
    now: Timestamp,
    manner: Manner,
    call: Box<dyn Call>,
}

/// What a job does; it can be run again after a rollback.
trait Call: Send {
    fn run(&mut self, tables: &mut dyn Tables) -> Result<(), Trouble>;
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, failure: Failure);
}

struct Pending<T, R> {
    run: R,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl Job {
    /// A call that was made at an instant and waits for its answer.
    pub(crate) fn new<T, R>(
        now: Timestamp,
        manner: Manner,
        run: R,
        reply: oneshot::Sender<Result<T, Failure>>,
    ) -> Self
    where
        T: Send + 'static,
        R: FnMut(&mut dyn Tables) -> Result<T, Trouble> + Send + 'static,
    {
        Self { now, manner, call: Box::new(Pending { run, outcome: None, reply }) }
    }

    /// The instant at which it was made.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// How it asks its tables.
    pub(crate) fn manner(&self) -> Manner {
        self.manner
    }

    /// Runs it. A panic is trouble of this call: the rollback undoes whatever it leaves half-done.
    pub(crate) fn run(&mut self, tables: &mut dyn Tables) -> Result<(), Trouble> {
        catch_unwind(AssertUnwindSafe(|| self.call.run(tables)))
            .unwrap_or_else(|panic| Err(Trouble::call(words_of(panic.as_ref()))))
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
    R: FnMut(&mut dyn Tables) -> Result<T, Trouble> + Send,
{
    fn run(&mut self, tables: &mut dyn Tables) -> Result<(), Trouble> {
        self.outcome = Some((self.run)(tables)?);
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

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a call ended with a panic").to_owned()
}
