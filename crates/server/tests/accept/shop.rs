//! A shop with a few routes behind the accept loop, and clients that speak to it byte by byte or in HTTP/2.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::routing::{get, post};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sellonce_server::accept::{BodyTooLate, Deadlines, Drained, Settings, Tasks, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything takes that does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// The size of the answer of `GET /big`: more than all buffers between server and client hold.
pub(crate) const BIG_BYTES: usize = 24 * 1024 * 1024;

/// Deadlines that no test reaches; each test shortens the one it is about.
pub(crate) const LONG: Deadlines = Deadlines {
    first_byte_ms: 60_000,
    header_ms: 60_000,
    body_ms: 60_000,
    idle_ms: 60_000,
    last_call_ms: 20,
    drain_ms: 60_000,
};

/// Settings with the given deadlines.
pub(crate) fn within(deadlines: Deadlines) -> Settings {
    Settings { deadlines, ..Settings::default() }
}

/// A door in a handler: it tells when somebody came, and holds them until it is opened.
pub(crate) struct Gate {
    came: Semaphore,
    open: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { came: Semaphore::new(0), open: Semaphore::new(0) })
    }

    pub(crate) async fn pass(&self) {
        self.came.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }

    /// Waits until somebody stands before the gate.
    pub(crate) async fn someone_came(&self) {
        soon(self.came.acquire()).await.unwrap().forget();
    }

    pub(crate) fn open_for(&self, count: usize) {
        self.open.add_permits(count);
    }
}

/// A served shop.
pub(crate) struct Shop {
    pub(crate) address: SocketAddr,
    pub(crate) gate: Arc<Gate>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) served: JoinHandle<Drained>,
}

impl Shop {
    pub(crate) fn open(settings: Settings) -> Self {
        let (gate, tasks) = (Gate::new(), Tasks::default());
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let router = routes(&gate, &tasks);
        let served = tokio::spawn(async move {
            let shutdown = async { stopped.await.unwrap_or(()) };
            serve(vec![listener], router, settings, &tasks, shutdown).await
        });
        Self { address, gate, stop: Some(stop), served }
    }

    pub(crate) fn begin_shutdown(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// What the shutdown reports, which must come soon.
    pub(crate) async fn drained(self) -> Drained {
        soon(self.served).await.unwrap()
    }

    pub(crate) async fn caller(&self) -> Caller {
        Caller { stream: soon(TcpStream::connect(self.address)).await.unwrap() }
    }

    pub(crate) async fn http2(&self) -> Http2 {
        let stream = soon(TcpStream::connect(self.address)).await.unwrap();
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (requests, connection) = soon(handshake).await.unwrap();
        let ended = tokio::spawn(async move { drop(connection.await) });
        Http2 { requests, ended }
    }
}

fn routes(gate: &Arc<Gate>, tasks: &Tasks) -> Router {
    let (gate, tasks) = (Arc::clone(gate), tasks.clone());
    let slow = {
        let gate = Arc::clone(&gate);
        async move |body: Bytes| {
            gate.pass().await;
            format!("slow {}", body.len())
        }
    };
    let late = {
        let gate = Arc::clone(&gate);
        async move |body: Body| {
            gate.pass().await;
            take(body).await
        }
    };
    let checkout = async move || {
        let saga = tasks.run_to_end(async move {
            gate.pass().await;
            "sold"
        });
        saga.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    Router::new()
        .route("/", get(async || "hello"))
        .route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route("/big", get(async || vec![b'x'; BIG_BYTES]))
        .route("/take", post(take))
        .route("/take_later", post(late))
        .route("/refuse", post(async || StatusCode::UNAUTHORIZED))
        .route("/slow", get(slow.clone()).post(slow))
        .route("/checkout", post(checkout))
}

async fn take(body: Body) -> (StatusCode, String) {
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => (StatusCode::OK, format!("took {}", bytes.len())),
        Err(error) if BodyTooLate::caused(&error) => (StatusCode::REQUEST_TIMEOUT, String::new()),
        Err(_) => (StatusCode::BAD_REQUEST, String::new()),
    }
}

/// A client that writes its own bytes.
pub(crate) struct Caller {
    pub(crate) stream: TcpStream,
}

impl Caller {
    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n")).await;
    }

    /// Reads one answer whose length is in its head; panics when the connection ends before it does.
    pub(crate) async fn answer(&mut self) -> String {
        soon(async {
            let mut bytes = Vec::new();
            while !is_whole(&bytes) {
                let count = self.stream.read_buf(&mut bytes).await.unwrap();
                assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
            }
            String::from_utf8(bytes).unwrap()
        })
        .await
    }

    /// Reads until the server has closed the connection, which must come soon.
    pub(crate) async fn until_closed(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset is an end too; what came before it counts.
        let _ = soon(self.stream.read_to_end(&mut bytes)).await;
        String::from_utf8(bytes).unwrap()
    }

    /// Sends one piece again and again until the server has closed the connection, and gives back what it said.
    pub(crate) async fn trickle(self, piece: &str, pause_ms: u64) -> String {
        let (mut reader, mut writer) = self.stream.into_split();
        let mut bytes = Vec::new();
        let write = async {
            loop {
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                if writer.write_all(piece.as_bytes()).await.is_err() {
                    // The other half learns of the end, too.
                    std::future::pending::<()>().await;
                }
            }
        };
        let closed = async {
            let _ = reader.read_to_end(&mut bytes).await;
        };
        tokio::select! {
            () = soon(closed) => {}
            () = write => {}
        }
        String::from_utf8(bytes).unwrap()
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        body.len() >= length.map_or(0, |length| length.parse().unwrap())
    })
}

/// A client that spoke HTTP/2 from the start.
pub(crate) struct Http2 {
    pub(crate) requests: SendRequest<Body>,
    /// Ends with the connection.
    pub(crate) ended: JoinHandle<()>,
}

impl Http2 {
    /// Begins a request; the future is its answer: status and body.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Body,
    ) -> impl Future<Output = (StatusCode, String)> + Send + use<> {
        let uri = format!("http://shop{path}");
        let request = axum::http::Request::builder().method(method).uri(uri).body(body).unwrap();
        let answer = self.requests.send_request(request);
        async move {
            let (head, body) = answer.await.unwrap().into_parts();
            let bytes = to_bytes(Body::new(body), usize::MAX).await.unwrap();
            (head.status, String::from_utf8(bytes.to_vec()).unwrap())
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> (StatusCode, String) {
        soon(self.send("GET", path, Body::empty())).await
    }
}

/// Waits for what must come soon.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("it takes too long")
}

/// Tries until it succeeds, which must come soon.
pub(crate) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    soon(async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Asserts that something does not come in a moment in which it could.
pub(crate) async fn not_yet<F: Future>(future: F) {
    assert!(timeout(Duration::from_millis(300), future).await.is_err(), "it came too early");
}
