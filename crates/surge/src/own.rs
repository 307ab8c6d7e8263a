//! Own servers: processes of this very binary on a database, started for the run and ended with it.
//!
//! Decides how they are started, killed, paused, and what of their limits is raised. Leaves when to `faults`.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::verdict::Setting;
use crate::wire::Door;

/// The longest wait for a server to open: it may have to bring a database up to its version first.
const START_MAX: Duration = Duration::from_secs(60);
/// The pause between two tries to start a server on a port that the kernel has not given back yet.
const START_PAUSE: Duration = Duration::from_millis(50);
/// How often a server that was killed is tried to be started again.
const START_TRIES: u32 = 20;
/// What "at rest" means to the audit of a server that nobody else uses, in milliseconds; a minute is for real shops.
const REST_MS: u64 = 2_000;

/// Why own servers cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct OwnError(pub(crate) String);

impl From<std::io::Error> for OwnError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What own servers are started with.
#[derive(Clone, Debug)]
pub(crate) struct OwnSettings {
    /// This binary.
    pub(crate) binary: PathBuf,
    /// The address of a database; a SQLite file beside the servers if there is none.
    pub(crate) database: Option<String>,
    /// Whether the database is made for the run: then the shop is set up as the run needs it.
    pub(crate) is_thrown_away: bool,
    /// How many processes.
    pub(crate) servers: u16,
    /// How many connections may come at once.
    pub(crate) connections_max: usize,
    /// The currency of a throw-away shop.
    pub(crate) currency: String,
    /// What the workload's day needs: names without their prefix, and values.
    pub(crate) day: Vec<(&'static str, String)>,
}

/// The servers of a run.
pub(crate) struct OwnServers {
    folder: TempDir,
    settings: OwnSettings,
    variables: Vec<(String, String)>,
    servers: Vec<OwnServer>,
}

struct OwnServer {
    number: usize,
    address: SocketAddr,
    metrics: SocketAddr,
    process: Mutex<Option<Child>>,
}

impl OwnServers {
    /// Starts them all.
    ///
    /// # Errors
    /// When one does not open: with the end of what it said.
    pub(crate) async fn start(settings: OwnSettings) -> Result<Self, OwnError> {
        let folder = tempfile::Builder::new().prefix("sellonce-surge-").tempdir()?;
        let ports = free_ports(usize::from(settings.servers) * 2)?;
        let server = |(number, pair): (usize, &[SocketAddr])| OwnServer {
            number,
            address: pair[0],
            metrics: pair[1],
            process: Mutex::new(None),
        };
        let servers = ports.chunks_exact(2).enumerate().map(server).collect();
        let variables = variables(&settings);
        let own = Self { folder, settings, variables, servers };
        for server in 0..own.servers.len() {
            own.start_server(server).await?;
        }
        Ok(own)
    }

    /// Where buyers find them.
    pub(crate) fn doors(&self) -> Vec<Door> {
        let door = |server: &OwnServer| Door {
            address: server.address,
            host: server.address.to_string(),
            base: String::new(),
        };
        self.servers.iter().map(door).collect()
    }

    /// Where their metrics are.
    pub(crate) fn metrics(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(|server| server.metrics).collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.servers.len()
    }

    /// Where confirmations are written.
    pub(crate) fn mails(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The limits that were raised.
    pub(crate) fn limits(&self) -> Vec<Setting> {
        let setting = |(name, value): &(String, String)| {
            let (_, key) = name.split_once('_')?;
            Some(Setting { name: key.to_lowercase().replace("__", "."), value: value.clone() })
        };
        self.variables.iter().filter_map(setting).collect()
    }

    /// Makes a key for the admin surface.
    ///
    /// # Errors
    /// When the command does not give one.
    pub(crate) async fn admin_key(&self) -> Result<String, OwnError> {
        let mut command = self.command(&["admin", "key", "create", "surge"], 0);
        let output = command.stdin(Stdio::null()).output().await?;
        let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !key.is_empty() {
            return Ok(key);
        }
        Err(OwnError(format!("no admin key: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }

    /// kill -9; nothing happens to one that does not run.
    pub(crate) async fn kill(&self, server: usize) {
        if let Some(mut child) = self.servers[server].process.lock().await.take() {
            // Who is dead already needs no killing.
            let _dead = child.kill().await;
        }
    }

    /// Starts one that was killed, at its old address.
    ///
    /// # Errors
    /// When it does not open.
    pub(crate) async fn start_server(&self, server: usize) -> Result<(), OwnError> {
        let mut tries = 1;
        loop {
            match self.try_start(server).await {
                Ok(child) => {
                    *self.servers[server].process.lock().await = Some(child);
                    return Ok(());
                }
                Err(error) if tries >= START_TRIES => return Err(error),
                Err(_) => sleep(START_PAUSE * tries).await,
            }
            tries += 1;
        }
    }

    /// SIGSTOP, or SIGCONT.
    pub(crate) async fn pause(&self, server: usize, stop: bool) {
        let process = self.servers[server].process.lock().await;
        let id = process.as_ref().and_then(Child::id).and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            // One that has just died is neither stopped nor continued.
            let _told = kill_process(pid, if stop { Signal::STOP } else { Signal::CONT });
        }
    }

    async fn try_start(&self, server: usize) -> Result<Child, OwnError> {
        let listen = self.servers[server].address.to_string();
        let mut command = self.command(&["serve", "--listen", &listen], server);
        let log = self.folder.path().join(format!("server-{}.log", self.servers[server].number));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?);
        let mut child = command.kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| OwnError("the server has no output".to_owned()))?;
        let mut lines = BufReader::new(stdout).lines();
        let opened = timeout(START_MAX, lines.next_line()).await;
        if let Ok(Ok(Some(line))) = &opened
            && line.contains("open")
        {
            return Ok(child);
        }
        Err(OwnError(format!("a server did not open: {}", end_of(&log))))
    }

    fn command(&self, arguments: &[&str], server: usize) -> Command {
        let mut command = Command::new(&self.settings.binary);
        command.args(arguments).current_dir(self.folder.path());
        command.env("SELLONCE_LOG", "warn");
        command.env("SELLONCE_SERVER__METRICS_LISTEN", self.servers[server].metrics.to_string());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(database) = &self.settings.database {
            command.env("SELLONCE_SERVER__DATABASE", database);
        }
        command
    }
}

/// What is set besides the addresses: the limits that a load from one machine would run into, and the audit's rest.
fn variables(settings: &OwnSettings) -> Vec<(String, String)> {
    let file = ("SERVER__DATABASE", "sqlite:surge.db".to_owned());
    let file = Some(file).filter(|_| settings.database.is_none());
    let currency = ("SHOP__CURRENCY", settings.currency.clone());
    let currency = Some(currency).filter(|_| settings.is_thrown_away);
    let limits = [
        ("SERVER__CONNECTIONS_MAX", settings.connections_max.to_string()),
        ("SERVER__CONNECTIONS_PER_ADDRESS_MAX", "0".to_owned()),
        ("SERVER__REQUESTS_PER_SECOND_PER_ADDRESS_MAX", "0".to_owned()),
        ("SERVER__OPEN_CHECKOUTS_PER_ADDRESS_MAX", "0".to_owned()),
        ("SERVER__MAIL_FOLDER", "mail".to_owned()),
        ("SHOP__REST_MS", REST_MS.to_string()),
    ];
    let all = file.into_iter().chain(currency).chain(limits).chain(settings.day.iter().cloned());
    all.map(|(key, value)| (format!("SELLONCE_{key}"), value)).collect()
}

/// Free ports on loopback: all are taken before any is given back, so that no two are the same.
pub(crate) fn free_ports(count: usize) -> Result<Vec<SocketAddr>, OwnError> {
    let listeners: Result<Vec<TcpListener>, _> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let addresses: Result<Vec<SocketAddr>, _> = listeners?.iter().map(TcpListener::local_addr).collect();
    Ok(addresses?)
}

/// The end of a log: why a server did not open.
pub(crate) fn end_of(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(3)..].join(" / ")
}
