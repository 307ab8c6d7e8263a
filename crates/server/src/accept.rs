//! The accept loop: which connections are let in, how long they may take, and how the server stops without losing an
//! answer.
//!
//! Decides the bounds of every connection ([`Settings`], [`Deadlines`]) and the order of a shutdown. It knows sockets
//! and HTTP framing; what is answered is the router's, and how long a handler may think is a layer's of the router.

mod addresses;
mod body;
mod connection;
mod pulse;
mod socket;

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use self::addresses::Addresses;
pub use self::body::BodyTooLate;
use self::connection::Seat;

/// The most bytes of a request's head.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The most header lines of a request.
pub const HEADERS_MAX: usize = 64;

/// Connections asked of the kernel to hold until they are accepted; it takes as many as `net.core.somaxconn` allows.
const BACKLOG: u32 = 65_535;
/// The pause after an error such as "too many open files", which only the end of another connection cures.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// An HTTP/2 peer is asked this often whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// An HTTP/2 peer that has not answered the question by then is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// What all HTTP/2 streams of one connection may have sent without being read.
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;
/// What one HTTP/2 stream may have sent without being read.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;

/// The bounds within which connections are served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections open at once; later ones wait in the kernel's backlog until one closes.
    pub connections_max: usize,
    /// Connections open at once from one address (IPv6: one /64 network); more are closed at once. `None` is no limit,
    /// which is right behind a proxy that brings all buyers from one address.
    pub connections_per_address_max: Option<usize>,
    /// Whether that limit holds for loopback addresses too.
    pub limit_loopback: bool,
    /// Requests under way at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// How long each part of a connection may take.
    pub deadlines: Deadlines,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections_max: 16_384,
            connections_per_address_max: Some(100),
            limit_loopback: false,
            streams_max: 128,
            deadlines: Deadlines::default(),
        }
    }
}

/// How long each part of a connection may take, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// From the accept to the first byte (5 s).
    pub first_byte_ms: u64,
    /// From the first byte of a request to the end of its head (10 s). On HTTP/2 it holds for the first request, preface
    /// included; later heads are bounded by `idle_ms`, because other frames may come at any time.
    pub header_ms: u64,
    /// From the moment a handler first waits for a request's body to the body's end (10 s). Time in which no handler
    /// waits for the body before that is not counted.
    pub body_ms: u64,
    /// Without a handler at work and without a byte of an answer taken (60 s): the wait for the next request, or a
    /// client that stopped reading. The connection is then asked to end, and cut after the same time again.
    pub idle_ms: u64,
    /// After the shutdown began, how long a quiet connection may still bring the request that is already on its way
    /// (100 ms).
    pub last_call_ms: u64,
    /// From the shutdown to the moment at which what is left is cut (25 s).
    pub drain_ms: u64,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_byte_ms: 5_000,
            header_ms: 10_000,
            body_ms: 10_000,
            idle_ms: 60_000,
            last_call_ms: 100,
            drain_ms: 25_000,
        }
    }
}

/// What a shutdown could not wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections cut with a request under way, or with a client that did not let go.
    pub connections_cut: usize,
    /// Tasks of [`Tasks`] still at work; they are left alone, and end with the process at the latest.
    pub tasks_left: usize,
}

/// Work that goes on when the client who asked for it hangs up, and that a shutdown waits for.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
}

/// A task ended without a result: it panicked, or the process is ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task ended without a result")]
pub struct TaskLost;

impl Tasks {
    /// Starts the work at once; dropping the returned future loses only the result, never the work.
    pub fn run_to_end<F>(&self, work: F) -> impl Future<Output = Result<F::Output, TaskLost>> + Send + use<F>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let running = self.tracker.spawn(work);
        async move { running.await.map_err(|_| TaskLost) }
    }

    async fn wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Listens on an address, with the longest backlog that the kernel permits.
///
/// # Errors
/// When the address is taken or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restarted server takes its address back while old connections are still in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves the router on all listeners until `shutdown`, then lets what is under way finish.
///
/// Handlers find the peer as `ConnectInfo<SocketAddr>`. After `shutdown` no connection is accepted but those already in
/// the backlog; answers under way are delivered, quiet connections end after the last call, `tasks` are waited for, and
/// what is left after `drain_ms` is cut.
pub async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    settings: Settings,
    tasks: &Tasks,
    shutdown: impl Future<Output = ()>,
) -> Drained {
    let drain = Duration::from_millis(settings.deadlines.drain_ms);
    let last_call = Duration::from_millis(settings.deadlines.last_call_ms);
    let (stage, _) = watch::channel(Stage::Open);
    let mut door = Door::new(listeners, router, settings, stage.clone());
    tokio::select! {
        () = shutdown => {}
        never = door.let_in_forever() => match never {},
    }
    // The clients in the backlog found the server open; the pause lets the runtime learn of them.
    tokio::task::yield_now().await;
    door.let_in_waiting().await;
    let connections = door.close();

    let emptied = timeout(drain, async {
        stage.send_replace(Stage::LastCall);
        let _ = timeout(last_call, connections.wait()).await;
        stage.send_replace(Stage::Closing);
        connections.wait().await;
        tasks.wait().await;
    });
    if emptied.await.is_ok() {
        return Drained { connections_cut: 0, tasks_left: 0 };
    }
    let drained = Drained { connections_cut: connections.len(), tasks_left: tasks.tracker.len() };
    tracing::warn!(drained.connections_cut, drained.tasks_left, "shutdown took too long");
    stage.send_replace(Stage::Cut);
    connections.wait().await;
    drained
}

/// How far a shutdown has come; connections follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// No shutdown.
    Open,
    /// Requests on their way are still answered, and each HTTP/1 answer is its connection's last.
    LastCall,
    /// Connections without a request under way end.
    Closing,
    /// Connections end.
    Cut,
}

/// What all connections share.
struct House {
    router: Router,
    protocols: auto::Builder<TokioExecutor>,
    deadlines: Deadlines,
    addresses: Addresses,
    stage: watch::Sender<Stage>,
}

/// Lets connections in, as many as there are seats.
struct Door {
    listeners: Vec<TcpListener>,
    /// The listener that is asked first, so that a busy one does not starve the others.
    first: usize,
    seats: Arc<Semaphore>,
    connections: TaskTracker,
    house: Arc<House>,
}

impl Door {
    fn new(
        listeners: Vec<TcpListener>,
        router: Router,
        settings: Settings,
        stage: watch::Sender<Stage>,
    ) -> Self {
        let house = House {
            // Done once here, axum would otherwise settle the routes' state again for every request.
            router: router.with_state(()),
            protocols: protocols(settings.streams_max),
            deadlines: settings.deadlines,
            addresses: Addresses::new(settings.connections_per_address_max, settings.limit_loopback),
            stage,
        };
        Self {
            listeners,
            first: 0,
            seats: Arc::new(Semaphore::new(settings.connections_max)),
            connections: TaskTracker::new(),
            house: Arc::new(house),
        }
    }

    async fn let_in_forever(&mut self) -> Infallible {
        loop {
            // The seat comes before the guest: without one, connections wait in the kernel, where they cost nothing.
            let seat = Arc::clone(&self.seats).acquire_owned().await.expect("the semaphore is never closed");
            match poll_fn(|context| self.poll_accept(context)).await {
                Ok((stream, peer)) => self.let_in(stream, peer, seat),
                // The client gave up while it waited; the next one is not concerned.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections for the moment");
                    sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    }

    /// Lets in whom the kernel has accepted already.
    async fn let_in_waiting(&mut self) {
        while let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() {
            match poll_fn(|context| Poll::Ready(self.poll_accept(context))).await {
                Poll::Ready(Ok((stream, peer))) => self.let_in(stream, peer, seat),
                Poll::Ready(Err(_)) | Poll::Pending => return,
            }
        }
    }

    fn let_in(&self, stream: TcpStream, peer: SocketAddr, seat: OwnedSemaphorePermit) {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let Some(address) = self.house.addresses.enter(peer.ip()) else {
            metrics::counter!("sellonce_connections_refused_total").increment(1);
            tracing::debug!(%peer, "too many connections from this address");
            return;
        };
        let seat = Seat::new(seat, address);
        self.connections.spawn(connection::attend(Arc::clone(&self.house), stream, peer, seat));
    }

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let count = self.listeners.len();
        for turn in 0..count {
            let index = (self.first + turn) % count;
            if let Poll::Ready(accepted) = self.listeners[index].poll_accept(context) {
                self.first = index + 1;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }

    /// Closes the listeners; the returned tracker ends with the last connection.
    fn close(self) -> TaskTracker {
        self.connections.close();
        self.connections
    }
}

/// Errors that concern only the connection which was to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn protocols(streams_max: u32) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // A head must fit into the buffer; bodies and answers pass through it in pieces.
        .max_buf_size(HEADER_BYTES_MAX)
        // Hyper's header timer also runs between requests, so it cannot tell a slow head from an idle connection, and
        // it does not run before the protocol is known. The pulse does both.
        .header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(streams_max)
        .max_header_list_size(u32::try_from(HEADER_BYTES_MAX).expect("16 KiB fit"))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    builder
}
