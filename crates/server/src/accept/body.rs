//! A request's body with a deadline.
//!
//! Decides how long a handler waits for a body; what it answers then is the handler's, which finds [`BodyTooLate`]
//! among the sources of the error.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::connection::count_overdue;
use super::pulse::{Overdue, Pulse};

/// The body of the request did not come in time; 408 is the answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's body did not come in time")]
pub struct BodyTooLate;

impl BodyTooLate {
    /// Whether an error, or one of its sources, is this one.
    pub fn caused(error: &(dyn Error + 'static)) -> bool {
        error.is::<Self>() || error.source().is_some_and(Self::caused)
    }
}

/// A body that must be read within a time, counted from when the handler first waits for it.
pub(super) struct TimedBody {
    body: Incoming,
    ended: bool,
    limit: Duration,
    /// Most bodies come together with their head and never need a timer.
    timer: Option<Pin<Box<Sleep>>>,
    pulse: Arc<Pulse>,
}

impl TimedBody {
    pub(super) fn new(body: Incoming, limit: Duration, pulse: Arc<Pulse>) -> Self {
        Self { body, ended: false, limit, timer: None, pulse }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        // The timer comes first: a body that trickles is never without a byte for long.
        if let Some(timer) = &mut this.timer
            && timer.as_mut().poll(context).is_ready()
        {
            count_overdue(Overdue::Body);
            return Poll::Ready(Some(Err(BodyTooLate.into())));
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(frame) => {
                this.ended = frame.is_none();
                Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)))
            }
            Poll::Pending if this.timer.is_some() => Poll::Pending,
            Poll::Pending => {
                // Polled at once, so that it wakes this task.
                let timer = this.timer.insert(Box::pin(sleep(this.limit)));
                timer.as_mut().poll(context).map(|()| Some(Err(BodyTooLate.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.pulse.body_left_unread();
        }
    }
}
