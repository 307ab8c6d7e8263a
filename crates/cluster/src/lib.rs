//! A PostgreSQL of a test's own: made in a temporary folder, started, killed, removed.
//!
//! Decides where the server's programs are found and how a cluster is set for tests. Leaves what is in its databases to
//! the tests. Nothing of the product leans on this crate.
//!
//! A test asks for a [`Database`]. It is made in the server that the variable `SELLONCE_TEST_POSTGRES` names (as
//! `postgres://postgres@localhost:5432`), or in a cluster that the test's process starts for itself.

mod cluster;
mod encrypted;

use std::process::{Command, Output};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use cluster::{Cluster, Durability};
pub use encrypted::Encrypted;

/// Names the server to use instead of one of the test's own.
pub const VARIABLE: &str = "SELLONCE_TEST_POSTGRES";

/// A database; it is dropped with the value, unless it stays.
pub struct Database {
    server: String,
    name: String,
    stays: bool,
}

impl Database {
    /// Makes an empty database in the server of this test run.
    ///
    /// # Panics
    /// If there is no server and none can be started: a test cannot go on then.
    pub fn new() -> Self {
        Self::of(&server())
    }

    /// A database in the server of this test run that stays for the tests that come after, which have to share it out among
    /// themselves. It may not be there yet: whoever finds it missing makes it.
    pub fn standing(name: &str) -> Self {
        let server = server().trim_end_matches('/').to_owned();
        Self { server, name: name.to_owned(), stays: true }
    }

    /// Makes the database, empty.
    ///
    /// # Panics
    /// If it is there, or cannot be made.
    pub fn make(&self) {
        self.tool("createdb", &["--template=template0", "--encoding=UTF8"]);
    }

    /// Makes an empty database in a server.
    pub fn of(server: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("sellonce_test_{}_{number}", std::process::id());
        let database = Self { server: server.trim_end_matches('/').to_owned(), name, stays: false };
        database.make();
        database
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let (server, options) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let mark = if options.is_empty() { "" } else { "?" };
        format!("{}/{}{mark}{options}", server.trim_end_matches('/'), self.name)
    }

    /// Runs statements in it, as an operator would by hand, and returns what is printed: a row a line.
    ///
    /// # Panics
    /// If a statement fails.
    pub fn psql(&self, sql: &str) -> String {
        match self.try_psql(sql) {
            Ok(printed) => printed,
            Err(refusal) => panic!("{sql}: {refusal}"),
        }
    }

    /// Runs statements in it; a failure is returned with the server's words.
    pub fn try_psql(&self, sql: &str) -> Result<String, String> {
        let mut command = Command::new(cluster::program("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        let output = command.args(["--command", sql]).arg(self.url()).output();
        let output = output.expect("psql can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn tool(&self, name: &str, options: &[&str]) {
        let mut command = Command::new(cluster::program(name));
        command.args(options).arg(format!("--maintenance-db={}", self.maintenance()));
        let output = command.arg(&self.name).output().expect("a program of PostgreSQL can be run");
        assert!(output.status.success(), "{name}: {}", said(&output));
    }

    fn maintenance(&self) -> String {
        Self { server: self.server.clone(), name: "postgres".to_owned(), stays: true }.url()
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        let mut command = Command::new(cluster::program("dropdb"));
        command.args(["--force", "--if-exists"]).arg(format!("--maintenance-db={}", self.maintenance()));
        // A cluster that was killed or is gone takes its databases with it.
        let _gone = command.arg(&self.name).output();
    }
}

/// The server of this test run: the one that the variable names, or one that this process starts for itself.
fn server() -> String {
    static OWN: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Durability::Forgetful));
    std::env::var(VARIABLE).unwrap_or_else(|_| OWN.url())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
