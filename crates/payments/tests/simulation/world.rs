//! The world of a simulation: tasks that go on in an order that is drawn, time that passes when all of them wait, and nodes
//! that can be killed with every task of theirs.
//!
//! Decides what runs next. One thread, one seed: the same seed is the same history, to the last poll.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use async_trait::async_trait;
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::id::{Ids, Uuid};

use crate::chance::Chance;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The number of a node; people have none.
pub(crate) type Node = usize;

struct Task {
    number: u64,
    node: Option<Node>,
    work: Work,
    bell: Arc<Bell>,
}

/// Whether a task can go on.
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Time, tasks and chance.
pub(crate) struct World {
    now_ms: AtomicI64,
    ids: AtomicU64,
    chance: Mutex<Chance>,
    alarms: Mutex<BTreeMap<(i64, u64), Waker>>,
    alarms_set: AtomicU64,
    tasks: Mutex<Vec<Task>>,
    tasks_begun: AtomicU64,
    /// Nodes that die as soon as the task that is running waits.
    doomed: Mutex<BTreeSet<Node>>,
    /// What happened, and how often.
    seen: Mutex<BTreeMap<String, u64>>,
    /// All that happened, in one number.
    trace: AtomicU64,
    calm: AtomicBool,
    /// Until when the provider answers nobody.
    silent_until_ms: AtomicI64,
}

impl World {
    pub(crate) fn of(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            now_ms: AtomicI64::new(1_000_000),
            ids: AtomicU64::new(1),
            chance: Mutex::new(Chance::of(seed)),
            alarms: Mutex::default(),
            alarms_set: AtomicU64::new(0),
            tasks: Mutex::default(),
            tasks_begun: AtomicU64::new(0),
            doomed: Mutex::default(),
            seen: Mutex::default(),
            trace: AtomicU64::new(0),
            calm: AtomicBool::new(false),
            silent_until_ms: AtomicI64::new(0),
        })
    }

    /// Begins a task.
    pub(crate) fn spawn(&self, node: Option<Node>, work: impl Future<Output = ()> + Send + 'static) {
        let number = self.tasks_begun.fetch_add(1, Ordering::SeqCst);
        let bell = Arc::new(Bell(AtomicBool::new(true)));
        lock(&self.tasks).push(Task { number, node, work: Box::pin(work), bell });
    }

    /// Lets the world go on for so long.
    pub(crate) fn pass(&self, ms: i64) {
        let until = self.now_ms.load(Ordering::SeqCst) + ms;
        loop {
            if let Some(task) = self.draw_task() {
                self.poll(task);
                continue;
            }
            let next = lock(&self.alarms).keys().next().map(|(at, _)| *at);
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.ring(next);
        }
        self.ring(until);
    }

    /// One of those tasks that can go on.
    fn draw_task(&self) -> Option<Task> {
        let mut tasks = lock(&self.tasks);
        let ready = tasks.iter().enumerate().filter(|(_, task)| task.bell.0.load(Ordering::SeqCst));
        let ready: Vec<usize> = ready.map(|(index, _)| index).collect();
        let drawn = self.below(u64::try_from(ready.len()).unwrap_or(0));
        let index = ready.get(usize::try_from(drawn).unwrap_or(0))?;
        Some(tasks.swap_remove(*index))
    }

    fn poll(&self, mut task: Task) {
        self.note_step(task.number);
        task.bell.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(task.bell.clone());
        let polled = task.work.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            lock(&self.tasks).push(task);
        }
        for node in std::mem::take(&mut *lock(&self.doomed)) {
            let (dead, living): (Vec<_>, Vec<_>) =
                std::mem::take(&mut *lock(&self.tasks)).into_iter().partition(|task| task.node == Some(node));
            *lock(&self.tasks) = living;
            drop(dead);
        }
    }

    fn ring(&self, now: i64) {
        let later = lock(&self.alarms).split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut *lock(&self.alarms), later);
        self.now_ms.store(now, Ordering::SeqCst);
        due.into_values().for_each(Waker::wake);
    }

    /// Kills a node as soon as the running task waits.
    pub(crate) fn kill(&self, node: Node) {
        lock(&self.doomed).insert(node);
    }

    /// Whether any task of a node is left.
    pub(crate) fn lives(&self, node: Node) -> bool {
        lock(&self.tasks).iter().any(|task| task.node == Some(node))
    }

    pub(crate) fn below(&self, end: u64) -> u64 {
        lock(&self.chance).below(end)
    }

    /// Whether something happens that happens to so many of a thousand.
    pub(crate) fn happens(&self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    pub(crate) fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        let drawn = self.below(u64::try_from(choices.len()).unwrap_or(0));
        choices[usize::try_from(drawn).unwrap_or(0)]
    }

    pub(crate) fn up_to_ms(&self, ms: u64) -> i64 {
        i64::try_from(self.below(ms)).unwrap_or(0)
    }

    /// Notes that something happened that must happen sometimes.
    pub(crate) fn sees(&self, what: impl Into<String>) {
        *lock(&self.seen).entry(what.into()).or_default() += 1;
    }

    pub(crate) fn seen(&self) -> BTreeMap<String, u64> {
        lock(&self.seen).clone()
    }

    fn note_step(&self, number: u64) {
        let now = self.now_ms.load(Ordering::SeqCst).unsigned_abs();
        let before = self.trace.load(Ordering::SeqCst);
        let after = (before.rotate_left(5) ^ number ^ (now << 20)).wrapping_mul(0x0100_0000_01B3);
        self.trace.store(after, Ordering::SeqCst);
    }

    pub(crate) fn trace(&self) -> u64 {
        self.trace.load(Ordering::SeqCst)
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn be_calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    /// The provider answers nobody for so long.
    pub(crate) fn silence_the_provider(&self, ms: i64) {
        self.silent_until_ms.store(self.now().plus_ms(ms).millis(), Ordering::SeqCst);
    }

    pub(crate) fn provider_is_silent(&self) -> bool {
        !self.is_calm() && self.now().millis() < self.silent_until_ms.load(Ordering::SeqCst)
    }

    /// Lets others go first.
    pub(crate) async fn give_way(&self) {
        let mut first = true;
        std::future::poll_fn(|context| {
            if std::mem::take(&mut first) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }
}

/// Nothing panics while it holds a lock for longer than a line.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this lock")
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms.load(Ordering::SeqCst))
    }

    async fn sleep_ms(&self, ms: i64) {
        let until = self.now().plus_ms(ms).millis();
        std::future::poll_fn(|context| {
            if self.now_ms.load(Ordering::SeqCst) >= until {
                return Poll::Ready(());
            }
            let number = self.alarms_set.fetch_add(1, Ordering::SeqCst);
            lock(&self.alarms).insert((until, number), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Ids for World {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::SeqCst)))
    }

    fn secret16(&self) -> [u8; 16] {
        self.uuid().into_bytes()
    }

    fn secret32(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(&self.secret16());
        secret
    }
}
