//! The crew: worker processes that share the buyers among them, where one process may not have enough files open.
//!
//! Decides how they are started, led before the door together, and that every event of theirs comes into one history.
//! What a worker does is the load's; `work` is the worker's own end of the talk.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, Stdin, Stdout};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::dialect::sellonce::Sellonce;
use crate::history::Event;
use crate::load::{self, Job, Usher};
use crate::plan::Arrival;
use crate::recorder::Recorder;

/// How often a worker hands over what was taken down.
const HAND_OVER: Duration = Duration::from_millis(250);

/// What a worker says, a line of JSON each.
#[derive(Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
enum Say {
    /// A purchase was begun, for who watches.
    Begun { purchases: u64 },
    /// Something that was taken down.
    Happened { event: Event },
    /// All of its buyers have their checkouts open.
    Ready,
    /// So many stand before the door.
    Standing { standing: u64 },
    /// The door was opened, between these instants.
    Opened { began_ns: u64, ended_ns: u64 },
    /// It is over.
    Done,
}

/// What a worker is told: the job first, then that it may go on, a line each.
const GO_ON: &[u8] = b"\n";

/// Starts a worker per job and leads them; ends when all are done.
///
/// # Errors
/// When a worker cannot be started, or ends before it is done.
pub(crate) async fn lead(
    binary: &Path,
    jobs: &[Job],
    recorder: &Arc<Recorder>,
    usher: &impl Usher,
) -> Result<(), String> {
    let mut workers = Vec::new();
    for job in jobs {
        workers.push(Worker::start(binary, job).await?);
    }
    if jobs.iter().any(|job| job.arrival == Arrival::DoorsOpen) {
        lead_through_the_door(&mut workers, recorder, usher).await?;
    }
    let mut listening = JoinSet::new();
    for mut worker in workers {
        let recorder = Arc::clone(recorder);
        listening
            .spawn(async move { worker.hear(&recorder, |say| matches!(say, Say::Done)).await.map(drop) });
    }
    while let Some(heard) = listening.join_next().await {
        heard.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// All of them wait for the slowest before each step, so that the door opens for all buyers at once.
async fn lead_through_the_door(
    workers: &mut [Worker],
    recorder: &Recorder,
    usher: &impl Usher,
) -> Result<(), String> {
    for worker in &mut *workers {
        worker.hear(recorder, |say| matches!(say, Say::Ready)).await?;
    }
    usher.ready().await;
    tell_all(workers).await?;
    let mut standing_all = 0;
    for worker in &mut *workers {
        if let Say::Standing { standing } =
            worker.hear(recorder, |say| matches!(say, Say::Standing { .. })).await?
        {
            standing_all += standing;
        }
    }
    usher.standing(standing_all).await;
    tell_all(workers).await?;
    let (mut began, mut ended) = (u64::MAX, 0);
    for worker in &mut *workers {
        let said = worker.hear(recorder, |say| matches!(say, Say::Opened { .. })).await?;
        if let Say::Opened { began_ns, ended_ns } = said {
            (began, ended) = (began.min(began_ns), ended.max(ended_ns));
        }
    }
    usher.opened(began, ended);
    Ok(())
}

async fn tell_all(workers: &mut [Worker]) -> Result<(), String> {
    for worker in workers {
        worker.tell(GO_ON).await?;
    }
    Ok(())
}

/// A worker process, as its leader has it.
struct Worker {
    says: Lines<BufReader<ChildStdout>>,
    told: ChildStdin,
    /// Killed when it is dropped.
    _process: Child,
}

impl Worker {
    async fn start(binary: &Path, job: &Job) -> Result<Self, String> {
        let mut command = Command::new(binary);
        command.args(["surge", "worker"]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().map_err(|error| format!("no worker process: {error}"))?;
        let (Some(told), Some(says)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("a worker process without pipes".to_owned());
        };
        let mut worker = Self { says: BufReader::new(says).lines(), told, _process: process };
        let mut line = serde_json::to_vec(job).map_err(|error| error.to_string())?;
        line.push(b'\n');
        worker.tell(&line).await?;
        Ok(worker)
    }

    async fn tell(&mut self, line: &[u8]) -> Result<(), String> {
        self.told.write_all(line).await.map_err(|error| format!("a worker does not listen: {error}"))
    }

    /// Listens until it says what is waited for, and takes down the rest.
    async fn hear(&mut self, recorder: &Recorder, awaited: impl Fn(&Say) -> bool) -> Result<Say, String> {
        loop {
            let line = self.says.next_line().await.map_err(|error| error.to_string())?;
            let line = line.ok_or("a worker process ended before it was done")?;
            let say: Say =
                serde_json::from_str(&line).map_err(|error| format!("a worker says {line:?}: {error}"))?;
            if awaited(&say) {
                return Ok(say);
            }
            match say {
                Say::Happened { event: Event::Exchange(exchange) } => recorder.exchange(exchange),
                Say::Happened { event: Event::Ended(ended) } => recorder.ended(ended),
                Say::Happened { event } => recorder.take_down(event),
                Say::Begun { purchases } => (0..purchases).for_each(|_| recorder.begins()),
                Say::Ready | Say::Standing { .. } | Say::Opened { .. } | Say::Done => {}
            }
        }
    }
}

/// A worker's own end: takes its job from standard input, and says on standard output what happens.
///
/// # Errors
/// When its leader is gone.
pub async fn work() -> Result<(), String> {
    let _raised = crate::machine::Machine::look();
    let mut hears = BufReader::new(tokio::io::stdin()).lines();
    let line = hears.next_line().await.map_err(|error| error.to_string())?.ok_or("no job was given")?;
    let job: Job = serde_json::from_str(&line).map_err(|error| format!("no job: {error}"))?;
    let recorder = Arc::new(Recorder::default());
    let voice = Arc::new(Mutex::new(tokio::io::stdout()));
    let orders = Orders { hears: Mutex::new(hears), voice: Arc::clone(&voice) };
    let buying = load::run(&job, Arc::new(Sellonce), Arc::clone(&recorder), &orders);
    let mut begun = 0;
    let handing_over = async {
        loop {
            sleep(HAND_OVER).await;
            hand_over(&recorder, &voice, &mut begun).await?;
        }
    };
    tokio::select! {
        () = buying => {}
        gone = handing_over => {
            let gone: Result<(), String> = gone;
            return gone;
        }
    }
    hand_over(&recorder, &voice, &mut begun).await?;
    say(&voice, &[Say::Done]).await
}

async fn hand_over(recorder: &Recorder, voice: &Mutex<Stdout>, begun: &mut u64) -> Result<(), String> {
    let now = recorder.live.begun.load(std::sync::atomic::Ordering::Relaxed);
    let mut all = vec![Say::Begun { purchases: now - *begun }];
    *begun = now;
    all.extend(recorder.take().into_iter().map(|event| Say::Happened { event }));
    say(voice, &all).await
}

/// Says one thing after the other, written at once.
async fn say(voice: &Mutex<Stdout>, all: &[Say]) -> Result<(), String> {
    let mut lines = Vec::new();
    for say in all {
        serde_json::to_writer(&mut lines, say).map_err(|error| error.to_string())?;
        lines.push(b'\n');
    }
    let mut voice = voice.lock().await;
    voice.write_all(&lines).await.map_err(|error| error.to_string())?;
    voice.flush().await.map_err(|error| error.to_string())
}

/// Ushers this worker's buyers as its leader says.
struct Orders {
    hears: Mutex<Lines<BufReader<Stdin>>>,
    voice: Arc<Mutex<Stdout>>,
}

impl Orders {
    async fn wait(&self) {
        // A leader that is gone shows when the next event is handed over.
        let _told = self.hears.lock().await.next_line().await;
    }
}

impl Usher for Orders {
    async fn ready(&self) {
        let _gone = say(&self.voice, &[Say::Ready]).await;
        self.wait().await;
    }

    async fn standing(&self, standing: u64) {
        let _gone = say(&self.voice, &[Say::Standing { standing }]).await;
        self.wait().await;
    }

    fn opened(&self, began_ns: u64, ended_ns: u64) {
        let voice = Arc::clone(&self.voice);
        tokio::spawn(async move { say(&voice, &[Say::Opened { began_ns, ended_ns }]).await });
    }
}
