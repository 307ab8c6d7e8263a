//! What a connection is doing, and until when it may.
//!
//! Decides which deadline holds for a connection at any moment, from what its socket and its handlers report. It reads
//! no clock and closes nothing; `connection.rs` does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Version;
use tokio::time::Instant;

use super::Deadlines;

/// After an answer to a request that was not read to its end, what the client still sends is thrown away this long: a
/// socket closed with unread bytes resets the connection and takes the answer with it.
const LINGER: Duration = Duration::from_secs(1);

/// A deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// No byte came.
    FirstByte,
    /// The head of a request did not come to its end.
    Header,
    /// The body of a request did not come to its end.
    Body,
    /// Nothing happened between requests, or the client took nothing of its answer.
    Idle,
    /// The client went on sending after its connection was closed.
    Linger,
}

/// The state of one connection, told by its socket and its handlers, read by its watch.
pub(super) struct Pulse {
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    /// When the phase began, or was last refreshed.
    since: Instant,
    handlers: usize,
    /// HTTP/2: bytes come and go at any time and say nothing about requests.
    multiplexed: bool,
    /// The last request has a body that nobody read to its end.
    unread: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request has begun.
    Head,
    /// A handler is at work.
    Busy,
    /// No request is under way; the last answer may still be on its way.
    Idle,
    /// The connection is closed for writing.
    Lingering,
}

impl Pulse {
    /// The pulse of a connection whose first byte has come.
    pub(super) fn new(now: Instant) -> Self {
        let state = State { phase: Phase::Head, since: now, handlers: 0, multiplexed: false, unread: false };
        Self { state: Mutex::new(state) }
    }

    /// Bytes came from the client.
    pub(super) fn bytes_read(&self, now: Instant) {
        let mut state = self.state();
        if state.phase == Phase::Idle && !state.multiplexed {
            state.phase = Phase::Head;
            state.since = now;
        }
    }

    /// The client took bytes of an answer.
    pub(super) fn bytes_written(&self, now: Instant) {
        let mut state = self.state();
        if state.phase == Phase::Idle && !state.multiplexed {
            state.since = now;
        }
    }

    /// A handler begins with a request whose head is complete.
    pub(super) fn handler_begins(&self, version: Version) {
        let mut state = self.state();
        state.phase = Phase::Busy;
        state.handlers += 1;
        state.multiplexed = version == Version::HTTP_2;
        state.unread = false;
    }

    /// A handler has its answer, or was given up.
    pub(super) fn handler_ends(&self, now: Instant) {
        let mut state = self.state();
        state.handlers -= 1;
        if state.handlers == 0 {
            state.phase = Phase::Idle;
            state.since = now;
        }
    }

    /// A request's body was given up before its end.
    pub(super) fn body_left_unread(&self) {
        self.state().unread = true;
    }

    /// The connection is closed for writing; answers whether the client may still be sending.
    pub(super) fn lingers(&self, now: Instant) -> bool {
        let mut state = self.state();
        let sending = state.phase == Phase::Head || (state.unread && !state.multiplexed);
        if sending {
            state.phase = Phase::Lingering;
            state.since = now;
        }
        sending
    }

    /// A new idle time begins, in which a connection that was asked to end may do so.
    pub(super) fn asked_to_end(&self, now: Instant) {
        self.state().since = now;
    }

    /// Whether a part of a request's head has come: not a moment to end the connection.
    pub(super) fn is_within_head(&self) -> bool {
        self.state().phase == Phase::Head
    }

    /// Whether the protocol tells the client which requests were not begun, so that ending at any time loses none.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.state().multiplexed
    }

    /// The deadline that holds now; none while a handler works.
    pub(super) fn due(&self, deadlines: &Deadlines) -> Option<(Instant, Overdue)> {
        let state = *self.state();
        match state.phase {
            Phase::Head => Some((state.since + Duration::from_millis(deadlines.header_ms), Overdue::Header)),
            Phase::Busy => None,
            Phase::Idle => Some((state.since + Duration::from_millis(deadlines.idle_ms), Overdue::Idle)),
            Phase::Lingering => Some((state.since + LINGER, Overdue::Linger)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINES: Deadlines =
        Deadlines { first_byte_ms: 1, header_ms: 2, body_ms: 3, idle_ms: 4, last_call_ms: 5, drain_ms: 6 };

    /// What a socket or a handler tells.
    #[derive(Clone, Copy, Debug)]
    enum Told {
        Read,
        Written,
        Begins(Version),
        Ends,
        Unread,
        Closed,
    }
    use Told::{Begins, Closed, Ends, Read, Unread, Written};

    const H1: Version = Version::HTTP_11;
    const H2: Version = Version::HTTP_2;

    /// Each telling comes a second after the one before; `since` is the one from which the deadline counts.
    fn check(told: &[Told], expected: Option<(usize, Overdue)>) {
        let begin = Instant::now();
        let after = |count: usize| begin + Duration::from_secs(u64::try_from(count).unwrap());
        let pulse = Pulse::new(begin);
        for (index, event) in told.iter().enumerate() {
            let now = after(index + 1);
            match event {
                Read => pulse.bytes_read(now),
                Written => pulse.bytes_written(now),
                Begins(version) => pulse.handler_begins(*version),
                Ends => pulse.handler_ends(now),
                Unread => pulse.body_left_unread(),
                Closed => drop(pulse.lingers(now)),
            }
        }
        let expected = expected.map(|(since, overdue)| {
            let limit = match overdue {
                Overdue::Header => Duration::from_millis(DEADLINES.header_ms),
                Overdue::Idle => Duration::from_millis(DEADLINES.idle_ms),
                Overdue::Linger => LINGER,
                Overdue::FirstByte | Overdue::Body => unreachable!("not a pulse's"),
            };
            (after(since) + limit, overdue)
        });
        assert_eq!(pulse.due(&DEADLINES), expected, "{told:?}");
    }

    #[test]
    fn each_part_of_a_connection_has_its_deadline() {
        check(&[], Some((0, Overdue::Header)));
        check(&[Read, Read], Some((0, Overdue::Header)));
        check(&[Begins(H1)], None);
        check(&[Begins(H1), Read, Written], None);
        check(&[Begins(H1), Ends], Some((2, Overdue::Idle)));
        check(&[Begins(H1), Ends, Written, Written], Some((4, Overdue::Idle)));
        check(&[Begins(H1), Ends, Written, Read, Read], Some((4, Overdue::Header)));
        check(&[Begins(H1), Ends, Read, Begins(H1)], None);
        check(&[Begins(H2), Begins(H2), Ends], None);
        check(&[Begins(H2), Begins(H2), Ends, Ends], Some((4, Overdue::Idle)));
        check(&[Begins(H2), Ends, Read, Written], Some((2, Overdue::Idle)));
    }

    #[test]
    fn only_a_client_that_may_still_be_sending_is_listened_to_after_the_end() {
        check(&[Closed], Some((1, Overdue::Linger)));
        check(&[Begins(H1), Ends, Closed], Some((2, Overdue::Idle)));
        check(&[Begins(H1), Unread, Ends, Closed], Some((4, Overdue::Linger)));
        check(&[Begins(H1), Unread, Ends, Begins(H1), Ends, Closed], Some((5, Overdue::Idle)));
        check(&[Begins(H2), Unread, Ends, Closed], Some((3, Overdue::Idle)));
    }
}
