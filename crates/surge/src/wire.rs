//! The wire: connections to the shop's servers, and requests over them.
//!
//! Decides how a request is sent and that its answer is read whole; that a broken connection is made anew, at the next
//! server; and that every wait has its end. Leaves what is asked to the dialects, and asking again to `buyer`.

mod body;
mod connect;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::timeout;

pub(crate) use self::body::Gate;
use self::body::GatedBody;
use crate::dialect::{Answer, Request};

/// The longest wait for an answer: the shop answers after 30 seconds at the latest, if only that it is busy.
const ANSWER_MAX: Duration = Duration::from_secs(40);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Requests under way on one HTTP/2 connection: below 100, which is what a client may send before it was told otherwise.
pub(crate) const STREAMS_PER_CONNECTION: usize = 100;

/// A server's address, as it is connected to and as it is named in requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Door {
    /// Where to connect to.
    pub(crate) address: SocketAddr,
    /// The host header: name and port.
    pub(crate) host: String,
    /// What stands before every path, without a slash at its end; usually nothing.
    pub(crate) base: String,
}

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Protocol {
    /// One request at a time on a connection.
    Http1,
    /// Many at once, without TLS, known beforehand.
    Http2,
}

/// The connections of one process.
pub(crate) struct Wire {
    doors: Vec<Door>,
    protocol: Protocol,
    lanes: Vec<Lane>,
}

/// A connection, or the place where one will be.
struct Lane {
    /// Which server it goes to; the next one after each failure.
    door: AtomicUsize,
    /// The local address that it comes from; any if none.
    source: Option<IpAddr>,
    sender: Mutex<Option<Sender>>,
}

enum Sender {
    Http1(http1::SendRequest<GatedBody>),
    Http2(http2::SendRequest<GatedBody>),
}

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Which server it went to.
    pub(crate) server: u16,
    /// The answer, read whole.
    pub(crate) answer: Result<Answer, Lost>,
}

/// There is no answer, so nothing is known of the effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Why.
    pub(crate) why: String,
    /// Whether the request surely never left.
    pub(crate) unsent: bool,
}

impl Wire {
    /// A number of lanes, spread evenly over the servers and the local addresses; nothing is connected yet.
    pub(crate) fn new(doors: Vec<Door>, protocol: Protocol, lanes: usize, sources: &[IpAddr]) -> Self {
        let lane = |number: usize| Lane {
            door: AtomicUsize::new(number),
            source: (!sources.is_empty()).then(|| sources[number % sources.len()]),
            sender: Mutex::new(None),
        };
        Self { doors, protocol, lanes: (0..lanes.max(1)).map(lane).collect() }
    }

    /// Sends a request on a lane and reads the answer.
    ///
    /// With a gate the last byte of the body waits until the gate is open. A request without a body passes at once.
    pub(crate) async fn send(&self, lane: usize, request: &Request, gate: Option<Gate>) -> Sent {
        let lane = &self.lanes[lane % self.lanes.len()];
        let (server, door) = self.door(lane);
        let server = u16::try_from(server).unwrap_or(u16::MAX);
        let sent = match wire_request(door, self.protocol, request, gate) {
            Ok(request) => self.exchange(lane, door, request).await,
            Err(why) => Err(Lost { why, unsent: true }),
        };
        if sent.is_err() {
            lane.door.fetch_add(1, Ordering::Relaxed);
        }
        Sent { server, answer: sent }
    }

    fn door(&self, lane: &Lane) -> (usize, &Door) {
        let number = lane.door.load(Ordering::Relaxed) % self.doors.len();
        (number, &self.doors[number])
    }

    async fn exchange(
        &self,
        lane: &Lane,
        door: &Door,
        request: hyper::Request<GatedBody>,
    ) -> Result<Answer, Lost> {
        let mut held = lane.sender.lock().await;
        if held.as_ref().is_none_or(Sender::is_closed) {
            *held = None;
            *held = Some(connect::connect(door, self.protocol, lane.source).await?);
        }
        let answering = async {
            match held.as_mut().expect("it was connected just now") {
                Sender::Http2(sender) => {
                    let mut sender = sender.clone();
                    // The lane is free for the others while this answer is awaited.
                    drop(held);
                    read_whole(sender.send_request(request).await).await
                }
                Sender::Http1(sender) => {
                    let ready = sender.ready().await;
                    let answer = match ready {
                        Ok(()) => read_whole(sender.send_request(request).await).await,
                        Err(error) => Err(Lost { why: error.to_string(), unsent: true }),
                    };
                    if answer.is_err() {
                        *held = None;
                    }
                    answer
                }
            }
        };
        let late = || Lost { why: format!("no answer in {} s", ANSWER_MAX.as_secs()), unsent: false };
        let answer = timeout(ANSWER_MAX, answering).await.unwrap_or_else(|_| Err(late()));
        if let (Protocol::Http1, Err(_)) = (self.protocol, &answer) {
            // What is half answered cannot be used again.
            lane.sender.lock().await.take();
        }
        answer
    }
}

impl Sender {
    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }
}

fn wire_request(
    door: &Door,
    protocol: Protocol,
    request: &Request,
    gate: Option<Gate>,
) -> Result<hyper::Request<GatedBody>, String> {
    let path = format!("{}{}", door.base, request.path);
    let uri = match protocol {
        Protocol::Http1 => path,
        Protocol::Http2 => format!("http://{}{path}", door.host),
    };
    let mut built = hyper::Request::builder().method(request.method.as_str()).uri(uri);
    if protocol == Protocol::Http1 {
        built = built.header("host", &door.host);
    }
    for (name, value) in &request.headers {
        built = built.header(name, value);
    }
    built.body(GatedBody::new(&request.body, gate)).map_err(|error| error.to_string())
}

async fn read_whole(answer: Result<hyper::Response<Incoming>, hyper::Error>) -> Result<Answer, Lost> {
    let lost = |why: String| Lost { why, unsent: false };
    let answer = answer.map_err(|error| lost(chain(&error)))?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| lost(format!("the answer was cut: {error}")))?.to_bytes();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = head.headers.iter().filter_map(header).collect();
    Ok(Answer { status: head.status.as_u16(), headers, body: body.to_vec() })
}

/// An error with its causes: hyper's own words alone say little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
