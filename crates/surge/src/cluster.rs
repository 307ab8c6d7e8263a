//! A throw-away PostgreSQL: a cluster in a temporary folder, made for the run, crashed and started again if a fault asks
//! for it, and removed with the run.
//!
//! Decides where PostgreSQL's programs are found and how the server is started. It is durable as in production, and
//! reached by a socket in its folder, which nobody but its user can open. Leaves when it crashes to `faults`.

use std::fs::File;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::own::{OwnError, end_of};

/// The user that the server runs as where surge runs as root, which PostgreSQL refuses: `nobody`.
const UNPRIVILEGED: u32 = 65_534;
/// Connections of one shop's server, with some to spare.
const CONNECTIONS_PER_SERVER: u32 = 16;
/// The pause between two looks whether a server that was started answers, or one that was told to end has ended.
const LOOK: Duration = Duration::from_millis(20);
/// How often one looks for an answer: for a minute at least.
const START_LOOKS_MAX: u32 = 3_000;
/// How often one looks for an end when the run is over: for five seconds.
const END_LOOKS_MAX: u32 = 250;

/// A PostgreSQL server with its folder.
pub(crate) struct Cluster {
    version: String,
    connections_max: u32,
    server: Mutex<Option<Child>>,
    folder: TempDir,
}

impl Cluster {
    /// Makes a cluster for so many of the shop's servers, and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub(crate) async fn make(servers: u16) -> Result<Self, OwnError> {
        // A socket's path must be short, so it is not where the machine's temporary folders are.
        let folder = tempfile::Builder::new().prefix("sellonce-pg-").tempdir_in("/tmp")?;
        if is_root() {
            chown(folder.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED))?;
        }
        let version = version().await?;
        let connections_max = u32::from(servers) * CONNECTIONS_PER_SERVER + CONNECTIONS_PER_SERVER;
        let cluster = Self { version, connections_max, server: Mutex::new(None), folder };
        let mut initdb = cluster.program("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made = initdb.arg("--pgdata").arg(cluster.data()).output().await?;
        if !made.status.success() {
            return Err(OwnError(format!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim())));
        }
        cluster.start().await?;
        Ok(cluster)
    }

    /// What it is, for the verdict.
    pub(crate) fn name(&self) -> String {
        format!("a throw-away PostgreSQL {}", self.version)
    }

    /// The address of its database.
    pub(crate) fn url(&self) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/postgres")
    }

    /// Ends the server as a crash would, as `pg_ctl stop -m immediate` does: nothing is written, connections break off.
    ///
    /// # Errors
    /// When it cannot be told to, or waited for.
    pub(crate) async fn crash(&self) -> Result<(), OwnError> {
        let Some(mut server) = self.server.lock().await.take() else { return Ok(()) };
        tell_to_end(&server);
        server.wait().await?;
        Ok(())
    }

    /// Starts the server, and waits until it answers: after a crash, until it has recovered.
    ///
    /// # Errors
    /// When it does not come to answer.
    pub(crate) async fn start(&self) -> Result<(), OwnError> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let errors = log.try_clone()?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        let connections_max = format!("max_connections={}", self.connections_max);
        for setting in ["listen_addresses=", &connections_max, "jit=off"] {
            command.args(["-c", setting]);
        }
        let server = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn()?;
        // Kept from here on, so that whatever follows, it ends with the run.
        *self.server.lock().await = Some(server);
        for _ in 0..START_LOOKS_MAX {
            let mut asked = self.program("pg_isready");
            asked.args(["--quiet", "--timeout=1", "--dbname=postgres", "--host"]).arg(self.folder.path());
            if asked.status().await?.success() {
                return Ok(());
            }
            if self
                .server
                .lock()
                .await
                .as_mut()
                .is_some_and(|server| matches!(server.try_wait(), Ok(Some(_))))
            {
                return Err(OwnError(format!("PostgreSQL has ended: {}", end_of(&self.log()))));
            }
            sleep(LOOK).await;
        }
        Err(OwnError(format!("PostgreSQL does not answer: {}", end_of(&self.log()))))
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        if is_root() {
            command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(server) = self.server.get_mut() else { return };
        // Told, not killed: killed it would leave its shared memory behind.
        tell_to_end(server);
        for _ in 0..END_LOOKS_MAX {
            if !matches!(server.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        // One that does not listen; there is nobody left to tell of what comes of it.
        let _killed = server.start_kill();
    }
}

/// The server's own answer to SIGQUIT is to end at once, with all of its processes.
fn tell_to_end(server: &Child) {
    if let Some(pid) = server.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        // Who has ended by itself need not be told.
        let _told = kill_process(pid, Signal::QUIT);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program of the newest PostgreSQL that Debian's packages have installed, which is on no path; else one on the path.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok()).max();
    match newest {
        Some(newest) => Path::new("/usr/lib/postgresql").join(newest.to_string()).join("bin").join(name),
        None => PathBuf::from(name),
    }
}

/// The version of the server that is installed, as `15.18`.
async fn version() -> Result<String, OwnError> {
    let missing = |error: std::io::Error| {
        OwnError(format!("a throw-away PostgreSQL needs its programs, as `postgres` and `initdb`: {error}"))
    };
    let said = Command::new(program("postgres")).arg("--version").output().await.map_err(missing)?;
    let said = String::from_utf8_lossy(&said.stdout);
    let version = said.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    Ok(version.unwrap_or("of an unknown version").to_owned())
}
