//! Starts the binary in a folder of its own, speaks JSON to it, kills it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_sellonce");

/// Short times, so that nothing in a test has to wait for long ones.
const TIMES: &[(&str, &str)] = &[
    ("SELLONCE_SHOP__SWEEP_MS", "50"),
    ("SELLONCE_SHOP__RETRY_MS_MIN", "20"),
    ("SELLONCE_SHOP__COMPLETE_WAIT_MS", "3000"),
    ("SELLONCE_SHOP__PAYMENT_CALL_MS", "2000"),
    ("SELLONCE_SHOP__LEASE_MS", "6000"),
];

/// A folder with a database, and perhaps servers that run on it.
pub(crate) struct Shop {
    folder: TempDir,
    /// Where the shop's data is; `None` is the file that is the default.
    database: Option<String>,
    servers: Vec<Server>,
    times: &'static [(&'static str, &'static str)],
    key: Option<String>,
    /// Variables that the commands get besides the usual ones.
    variables: Vec<(&'static str, String)>,
}

/// A server's place, and its process while it runs.
struct Server {
    address: SocketAddr,
    process: Option<Child>,
}

/// An answer as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) bytes: Bytes,
    pub(crate) replayed: bool,
}

impl Answer {
    /// The text at a JSON pointer; a test that asks for what is not there has found a defect.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {pointer} of {} {}", self.status, self.body))
    }

    pub(crate) fn code(&self) -> &str {
        self.body.pointer("/code").and_then(Value::as_str).unwrap_or_default()
    }
}

pub(crate) type Http = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

impl Shop {
    /// An empty folder and a free port.
    pub(crate) fn new() -> Self {
        Self::with_servers(1)
    }

    fn with_servers(count: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let free = || TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        // All are taken before any is given back, so that no two are the same.
        let listeners: Vec<TcpListener> = (0..count).map(|_| free()).collect();
        let server = |listener: &TcpListener| Server {
            address: listener.local_addr().expect("a bound socket has an address"),
            process: None,
        };
        let servers = listeners.iter().map(server).collect();
        Self { folder, database: None, servers, times: TIMES, key: None, variables: Vec::new() }
    }

    /// A shop with some units of one SKU, open.
    pub(crate) fn with_stock(sku: &str, units: u32) -> Self {
        let mut shop = Self::new();
        shop.stock(sku, units);
        shop.start();
        shop
    }

    /// Such a shop, set up before it opens.
    pub(crate) fn with_stock_and(sku: &str, units: u32, set_up: impl FnOnce(&mut Self)) -> Self {
        let mut shop = Self::new();
        set_up(&mut shop);
        shop.stock(sku, units);
        shop.start();
        shop
    }

    /// Such a shop on PostgreSQL, not open yet, with places for so many servers.
    pub(crate) fn on_postgres(url: String, servers: usize, sku: &str, units: u32) -> Self {
        let mut shop = Self::with_servers(servers);
        shop.database = Some(url);
        shop.stock(sku, units);
        shop
    }

    /// Leaves its times as they are unless somebody sets them.
    pub(crate) fn keep_default_times(&mut self) {
        self.times = &[];
    }

    /// Sets a variable for the commands that follow.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    fn stock(&self, sku: &str, units: u32) {
        let csv = format!(
            "Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n{sku},Thing {sku},true,Title,Default Title,{sku},shopify,{units},deny,49.99\n"
        );
        std::fs::write(self.path("stock.csv"), csv).expect("a file can be written");
        let import = self.run(&["import", "stock.csv"]);
        assert!(import.status.success(), "{import:?}");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.servers[0].address
    }

    pub(crate) fn url(&self) -> String {
        self.url_of(0)
    }

    /// The address of one of several servers.
    pub(crate) fn url_of(&self, server: usize) -> String {
        format!("http://{}", self.servers[server].address)
    }

    /// A command of the binary in the shop's folder, ready to be run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.folder.path()).env("SELLONCE_LOG", "warn");
        command.envs(self.times.iter().copied());
        command.env("SELLONCE_SERVER__METRICS_LISTEN", "127.0.0.1:0");
        command.envs(self.database.iter().map(|url| ("SELLONCE_SERVER__DATABASE", url)));
        // A binary that can have a defect does nothing until it is told that it has none.
        #[cfg(feature = "sabotage")]
        command.env("SELLONCE_SABOTAGE", "none");
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the binary can be started")
    }

    /// Starts the server and waits until it says that it is open.
    pub(crate) fn start(&mut self) {
        self.start_with(&[]);
    }

    pub(crate) fn start_with(&mut self, flags: &[&str]) {
        self.start_server(0, flags);
    }

    /// Starts one of several servers.
    pub(crate) fn start_server(&mut self, server: usize, flags: &[&str]) {
        let listen = self.servers[server].address.to_string();
        let arguments = [&["serve", "--listen", &listen], flags].concat();
        let mut command = self.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("stdout can be read");
        assert!(line.contains("open"), "the server said {line:?} and ended with {:?}", child.try_wait());
        self.servers[server].process = Some(child);
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.kill_server(0);
    }

    /// kill -9 for one of several servers.
    pub(crate) fn kill_server(&mut self, server: usize) {
        if let Some(mut process) = self.servers[server].process.take() {
            process.kill().expect("a child can be killed");
            process.wait().expect("a killed child ends");
        }
    }

    /// Sends a signal to one of several servers, as `STOP` and `CONT`.
    pub(crate) fn signal(&self, server: usize, signal: &str) {
        let process = self.servers[server].process.as_ref().expect("the server runs");
        let told = Command::new("kill").args([&format!("-{signal}"), &process.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "the server can be told");
    }

    /// The process id of the server.
    pub(crate) fn pid(&self) -> u32 {
        self.servers[0].process.as_ref().expect("the server runs").id()
    }

    /// Waits for the server to end by itself.
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.servers[0].process.take().expect("the server runs").wait().expect("a child ends")
    }

    /// An API key, made once.
    pub(crate) fn key(&mut self) -> String {
        if self.key.is_none() {
            let made = self.run(&["admin", "key", "create", "tests"]);
            assert!(made.status.success(), "{made:?}");
            self.key = Some(String::from_utf8(made.stdout).expect("a key is text").trim().to_owned());
        }
        self.key.clone().expect("a key was made")
    }

    /// `audit --json`, and its exit code.
    pub(crate) fn audit(&self) -> (Value, Option<i32>) {
        let output = self.run(&["audit", "--json"]);
        let report = serde_json::from_slice(&output.stdout);
        (report.unwrap_or_else(|_| panic!("{output:?}")), output.status.code())
    }

    /// Audits again and again until all is well or ten seconds have passed: what holds in the end needs a moment.
    pub(crate) fn assert_audit_ok(&self) {
        let mut last = Value::Null;
        for _ in 0..100 {
            let (report, code) = self.audit();
            if code == Some(0) && report["ok"] == true {
                return;
            }
            last = report;
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the audit finds: {last:#}");
    }

    /// The confirmations that were written.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path("mail")) else { return Vec::new() };
        let names = entries.map(|entry| entry.expect("a folder can be read").path());
        let mails = names.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
        mails.map(|path| std::fs::read_to_string(path).expect("a mail can be read")).collect()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        (0..self.servers.len()).for_each(|server| self.kill_server(server));
    }
}

/// A request; `Err` is a connection that broke, so that nothing is known of its effect.
pub(crate) async fn send(
    http: &Http,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Result<Answer, String> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body))).expect("a test's request is well-formed");
    let answer = http.request(request).await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let replayed = answer.headers().contains_key("idempotent-replayed");
    let bytes = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status, body, bytes, replayed })
}

pub(crate) async fn post(
    http: &Http,
    url: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Result<Answer, String> {
    send(http, Method::POST, url, headers, Some(body)).await
}

pub(crate) async fn get(http: &Http, url: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
    send(http, Method::GET, url, headers, None).await
}

/// Opens a checkout of some units of a SKU; gives its capability id.
pub(crate) async fn open(
    http: &Http,
    shop: &str,
    sku: &str,
    quantity: u32,
    email: &str,
) -> Result<String, String> {
    let body = serde_json::json!({"lines": [{"sku": sku, "quantity": quantity}], "email": email});
    let answer = post(http, &format!("{shop}/v1/checkouts"), &[], body).await?;
    if answer.status != StatusCode::CREATED {
        return Err(format!("{} {}", answer.status, answer.body));
    }
    Ok(answer.text("/id").to_owned())
}

/// Completes a checkout under a key.
pub(crate) async fn complete(
    http: &Http,
    shop: &str,
    checkout: &str,
    key: &str,
    token: &str,
) -> Result<Answer, String> {
    let url = format!("{shop}/v1/checkouts/{checkout}/complete");
    let body = serde_json::json!({"payment": {"provider": "simulated", "token": token}});
    post(http, &url, &[("idempotency-key", key)], body).await
}
