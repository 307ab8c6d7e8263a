//! Bodies whose last byte waits at a gate, so that many requests can be let go at one instant.
//!
//! The server holds all of a request but its last byte, so what follows does not depend on how fast requests can be
//! sent: the same trick by which race conditions are looked for ("last-byte synchronisation").

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::watch;

/// A gate at which requests wait.
#[derive(Clone)]
pub(crate) struct Gate {
    open: watch::Receiver<bool>,
    /// Counts who has sent all but the last byte.
    standing: Arc<AtomicU64>,
}

impl Gate {
    /// A closed gate, what opens it, and how many stand before it.
    pub(crate) fn closed() -> (Self, watch::Sender<bool>, Arc<AtomicU64>) {
        let (opener, open) = watch::channel(false);
        let standing = Arc::new(AtomicU64::new(0));
        (Self { open, standing: Arc::clone(&standing) }, opener, standing)
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        *self.open.borrow()
    }
}

type Opening = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A body in two parts, the second of which may have to wait.
pub(super) struct GatedBody {
    first: Option<Bytes>,
    last: Option<Bytes>,
    gate: Option<Gate>,
    opening: Option<Opening>,
}

impl GatedBody {
    pub(super) fn new(body: &[u8], gate: Option<Gate>) -> Self {
        let bytes = Bytes::copy_from_slice(body);
        let gate = gate.filter(|gate| bytes.len() > 1 && !gate.is_open());
        match gate {
            Some(gate) => {
                let last = bytes.slice(bytes.len() - 1..);
                let first = bytes.slice(..bytes.len() - 1);
                Self { first: Some(first), last: Some(last), gate: Some(gate), opening: None }
            }
            None => Self {
                first: None,
                last: Some(bytes).filter(|bytes| !bytes.is_empty()),
                gate: None,
                opening: None,
            },
        }
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(first) = self.first.take() {
            if let Some(gate) = self.gate.take() {
                gate.standing.fetch_add(1, Ordering::Relaxed);
                let mut open = gate.open;
                self.opening = Some(Box::pin(async move {
                    // A gate that is gone holds nobody back.
                    let _open_or_gone = open.wait_for(|open| *open).await;
                }));
            }
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if let Some(opening) = self.opening.as_mut() {
            ready!(opening.as_mut().poll(context));
            self.opening = None;
        }
        Poll::Ready(self.last.take().map(|last| Ok(Frame::data(last))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.last.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = |part: &Option<Bytes>| part.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length(&self.first) + length(&self.last)).unwrap_or(u64::MAX))
    }
}
