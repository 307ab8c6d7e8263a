//! One connection, from its first byte to its end.
//!
//! Decides when a connection is asked to end and when it is cut; `pulse.rs` says which deadline holds. What is
//! answered is the router's.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response, StatusCode, Version};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tower::ServiceExt;

use super::addresses::Counted;
use super::body::TimedBody;
use super::pulse::{Overdue, Pulse};
use super::socket::Socket;
use super::{Deadlines, HEADERS_MAX, House, Stage};

/// What a connection holds as long as it is open: its share of every limit.
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
    _address: Option<Counted>,
}

impl Seat {
    pub(super) fn new(permit: OwnedSemaphorePermit, address: Option<Counted>) -> Self {
        metrics::gauge!("sellonce_connections_open").increment(1.0);
        Self { _permit: permit, _address: address }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("sellonce_connections_open").decrement(1.0);
    }
}

/// Serves one connection until it ends or is cut.
pub(super) async fn attend(house: Arc<House>, stream: TcpStream, peer: SocketAddr, _seat: Seat) {
    let mut stage = house.stage.subscribe();
    // Without it every small answer waits for the acknowledgement of the one before; with an error the stream is dead.
    if stream.set_nodelay(true).is_err() || !speaks(&stream, &house.deadlines, &mut stage).await {
        return;
    }
    let guest = Guest { pulse: Arc::new(Pulse::new(Instant::now())), peer, house };
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&guest.pulse)));
    let service = service_fn(|request| guest.answer(request));
    let mut connection = pin!(guest.house.protocols.serve_connection(socket, service));
    let mut watch = Watch::new(&guest.pulse, guest.house.deadlines, *stage.borrow_and_update());
    loop {
        let turn = tokio::select! {
            biased;
            // First, so that what has already come is seen before the connection is asked to end.
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, error, "connection ended early");
                }
                return;
            }
            turn = poll_fn(|context| watch.poll_turn(context)) => turn,
            // Without a sender nobody waits for this connection any more.
            changed = stage.changed() => Turn::Stage(changed.map_or(Stage::Cut, |()| *stage.borrow_and_update())),
        };
        match turn {
            Turn::Stage(Stage::Cut) | Turn::Cut => return,
            Turn::Stage(stage) => watch.stage = stage,
            Turn::AskToEnd => connection.as_mut().graceful_shutdown(),
        }
    }
}

/// Waits for the first byte; nothing else is set up for a connection that stays silent.
async fn speaks(stream: &TcpStream, deadlines: &Deadlines, stage: &mut watch::Receiver<Stage>) -> bool {
    // A look at the byte itself: a socket may be called readable without one.
    let mut byte = [0];
    let first_byte = timeout(Duration::from_millis(deadlines.first_byte_ms), stream.peek(&mut byte));
    tokio::select! {
        biased;
        peeked = first_byte => match peeked {
            Ok(peeked) => peeked.is_ok_and(|count| count > 0),
            Err(_) => {
                count_overdue(Overdue::FirstByte);
                false
            }
        },
        _ = stage.wait_for(|stage| *stage >= Stage::Closing) => false,
    }
}

/// Whom a connection brought, and what answers need to know of it.
struct Guest {
    house: Arc<House>,
    pulse: Arc<Pulse>,
    peer: SocketAddr,
}

impl Guest {
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<> {
        let version = request.version();
        let at_work = AtWork::begin(&self.pulse, version);
        let house = Arc::clone(&self.house);
        let body_limit = Duration::from_millis(house.deadlines.body_ms);
        let mut request =
            request.map(|body| Body::new(TimedBody::new(body, body_limit, Arc::clone(&self.pulse))));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        async move {
            // Here rather than in the parsers, because that of HTTP/2 bounds only the bytes.
            let mut answer = if request.headers().len() > HEADERS_MAX {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()
            } else {
                house.router.clone().oneshot(request).await?
            };
            // Told with an answer, the client sends no request that would meet a closed connection.
            if version != Version::HTTP_2 && *house.stage.borrow() != Stage::Open {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(at_work);
            Ok(answer)
        }
    }
}

/// A handler at work; dropped with its answer, or with the connection of a client that hung up.
struct AtWork(Arc<Pulse>);

impl AtWork {
    fn begin(pulse: &Arc<Pulse>, version: Version) -> Self {
        pulse.handler_begins(version);
        Self(Arc::clone(pulse))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.handler_ends(Instant::now());
    }
}

/// What is to be done with a connection.
enum Turn {
    /// Note how far the shutdown has come.
    Stage(Stage),
    /// Let it finish what is under way and then end.
    AskToEnd,
    /// Drop it.
    Cut,
}

/// Watches the pulse of one connection, inside the connection's own task.
struct Watch<'a> {
    pulse: &'a Pulse,
    deadlines: Deadlines,
    stage: Stage,
    asked_to_end: bool,
    /// Set to the deadline or to a moment before it: a request that comes and goes does not touch the timer.
    alarm: Pin<Box<Sleep>>,
}

impl<'a> Watch<'a> {
    fn new(pulse: &'a Pulse, deadlines: Deadlines, stage: Stage) -> Self {
        let alarm = sleep_until(Instant::now() + Duration::from_millis(deadlines.header_ms));
        Self { pulse, deadlines, stage, asked_to_end: false, alarm: Box::pin(alarm) }
    }

    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        if !self.asked_to_end && self.may_end() {
            self.asked_to_end = true;
            return Poll::Ready(Turn::AskToEnd);
        }
        loop {
            let due = self.pulse.due(&self.deadlines);
            if let Some((at, _)) = due
                && at < self.alarm.deadline()
            {
                self.alarm.as_mut().reset(at);
            }
            ready!(self.alarm.as_mut().poll(context));
            match due {
                Some((at, overdue)) if at <= self.alarm.deadline() => {
                    return Poll::Ready(self.end_overdue(overdue));
                }
                Some((at, _)) => self.alarm.as_mut().reset(at),
                // A handler works. HTTP/2 streams end in tasks of their own, so look again even if nothing wakes us.
                None => {
                    self.alarm.as_mut().reset(Instant::now() + Duration::from_millis(self.deadlines.idle_ms))
                }
            }
        }
    }

    /// Whether the shutdown allows the connection to be asked to end at this moment.
    fn may_end(&self) -> bool {
        match self.stage {
            Stage::Open => false,
            Stage::LastCall => self.pulse.is_multiplexed(),
            Stage::Closing | Stage::Cut => !self.pulse.is_within_head(),
        }
    }

    fn end_overdue(&mut self, overdue: Overdue) -> Turn {
        count_overdue(overdue);
        if overdue == Overdue::Idle && !self.asked_to_end {
            self.asked_to_end = true;
            self.pulse.asked_to_end(Instant::now());
            return Turn::AskToEnd;
        }
        Turn::Cut
    }
}

/// Counts a connection, or a request, that a deadline ended.
pub(super) fn count_overdue(overdue: Overdue) {
    let which = match overdue {
        Overdue::FirstByte => "first_byte",
        Overdue::Header => "header",
        Overdue::Body => "body",
        Overdue::Idle => "idle",
        Overdue::Linger => "linger",
    };
    metrics::counter!("sellonce_connections_overdue_total", "which" => which).increment(1);
}
