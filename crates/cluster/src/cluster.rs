//! A cluster: one server process with its folder.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use tempfile::TempDir;

/// Whether commits wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// They do, as in production: for tests that kill the server.
    Durable,
    /// They do not: for all other tests, which end sooner so.
    Forgetful,
}

/// The user that a server runs as where the tests run as root, which PostgreSQL refuses: `nobody`.
const UNPRIVILEGED: u32 = 65_534;
/// The pause between two looks at a server that was started.
const PAUSE: Duration = Duration::from_millis(20);
/// How often one looks: a minute at least.
const LOOKS_MAX: u32 = 3_000;

/// A PostgreSQL server in a folder of its own, reached by a socket in that folder, or with TLS. It ends with the value.
pub struct Cluster {
    folder: TempDir,
    durability: Durability,
    /// Where it also listens, on 127.0.0.1 and with TLS.
    tls_port: Option<u16>,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    pub fn start(durability: Durability) -> Self {
        // A socket's path must be short, so the folder is not below the build's.
        let folder = tempfile::Builder::new().prefix("sellonce-pg-").tempdir_in("/tmp");
        let folder = folder.expect("a temporary folder can be made");
        if is_root() {
            chown(folder.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED))
                .expect("root can give a folder away");
        }
        let mut cluster = Self { folder, durability, tls_port: None, server: None };
        let made = cluster
            .program("initdb")
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--pgdata".as_ref(), cluster.data().as_os_str()])
            .output()
            .expect("initdb can be run");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        cluster.restart();
        cluster
    }

    /// The server's address; a database's name is added behind it.
    pub fn url(&self) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}")
    }

    /// Restarts the server so that it also listens on a port of 127.0.0.1, with a certificate and its key in PEM; returns
    /// the address there.
    ///
    /// # Panics
    /// If the server does not start with them.
    pub(crate) fn listen_with_tls(&mut self, certificate: &str, key: &str) -> String {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a port is free").port();
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            fs::write(&path, text).expect("the cluster's folder can be written to");
            // PostgreSQL refuses a key that others can read.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
                .expect("a file can be closed to others");
            if is_root() {
                chown(&path, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).expect("root can give a file away");
            }
        }
        self.tls_port = Some(port);
        self.crash();
        self.restart();
        format!("postgres://postgres@127.0.0.1:{port}")
    }

    /// Stops the server as a crash would: nothing is written, connections break off.
    pub fn crash(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        // The server's own answer to SIGQUIT is to end at once, with all of its processes, as `pg_ctl -m immediate` asks.
        let pid = server.id().to_string();
        let told = Command::new("kill").args(["-QUIT", &pid]).status();
        assert!(told.is_ok_and(|status| status.success()), "the server can be told to end");
        server.wait().expect("a server that was told to end is waited for");
    }

    /// Starts the server, after a crash or for the first time, and waits until it answers.
    pub fn restart(&mut self) {
        let log =
            fs::OpenOptions::new().create(true).append(true).open(self.log()).expect("a log can be kept");
        let errors = log.try_clone().expect("a log has two ends");
        let mut command = self.program("postgres");
        command.args(["-D".as_ref(), self.data().as_os_str(), "-k".as_ref(), self.folder.path().as_os_str()]);
        for setting in ["max_connections=200", "shared_buffers=64MB", "jit=off"] {
            command.args(["-c", setting]);
        }
        match self.tls_port {
            None => command.args(["-c", "listen_addresses="]),
            Some(port) => {
                command.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-p", &port.to_string()])
            }
        };
        if self.durability == Durability::Forgetful {
            for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
                command.args(["-c", setting]);
            }
        }
        let server = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        self.server = Some(server.expect("the server can be started"));
        self.wait_until_it_answers();
    }

    fn wait_until_it_answers(&mut self) {
        for _ in 0..LOOKS_MAX {
            let mut asked = Command::new(program("pg_isready"));
            let port = self.tls_port.unwrap_or(5432).to_string();
            let asked =
                asked.args(["--quiet", "--timeout=1", "--dbname=postgres", "--port", &port, "--host"]);
            if asked.arg(self.folder.path()).status().is_ok_and(|status| status.success()) {
                return;
            }
            let ended = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            assert!(ended.is_none(), "the server has ended:\n{}", self.logged());
            std::thread::sleep(PAUSE);
        }
        panic!("the server does not answer:\n{}", self.logged());
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
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

    fn logged(&self) -> String {
        let mut text = String::new();
        let log = fs::File::open(self.log()).and_then(|mut log| log.read_to_string(&mut text));
        if log.is_err() { "there is no log".to_owned() } else { text }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.crash();
    }
}

/// A program of the newest PostgreSQL that is installed; its servers' folder is not on the path in Debian.
pub(crate) fn program(name: &str) -> PathBuf {
    static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let versions = versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        Some(Path::new("/usr/lib/postgresql").join(versions.max()?.to_string()).join("bin"))
    });
    FOLDER.as_ref().map_or_else(|| PathBuf::from(name), |folder| folder.join(name))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
