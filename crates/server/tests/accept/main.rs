//! The accept loop, met through real sockets: what is answered, what is bounded, and what a shutdown does.
//!
//! Times under test are a few hundred milliseconds; every other deadline is long, so that only the one under test can
//! end a connection, and no answer of the server is waited for longer than [`shop::PATIENCE`].

#![expect(clippy::unwrap_used, reason = "clippy knows a test function, but not a function of tests")]

mod answers;
mod deadlines;
mod limits;
mod metrics;
mod shop;
mod shutdown;
