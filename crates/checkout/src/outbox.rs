//! The outbox: which events must be told to whom, and when a failed delivery is tried again.
//!
//! Decides which deliveries are written in the transaction of an event (I13). Leaves delivering to the binary's loop.

use crate::clock::Timestamp;
use crate::order::Status;
use crate::store::deliveries::{DeliveryResult, MAIL};

/// Who is told that an order reached a status.
pub fn consumers(to: Status) -> &'static [&'static str] {
    match to {
        Status::Paid | Status::Shipped | Status::Cancelled | Status::Refunded => &[MAIL],
        Status::Pending | Status::Processing | Status::Delivered => &[],
    }
}

/// The pauses after each failed try, in milliseconds: three days in all, then it is a dead letter.
const PAUSES_MS: [i64; 10] = [
    1_000,
    5_000,
    30_000,
    120_000,
    600_000,
    3_600_000,
    4 * 3_600_000,
    12 * 3_600_000,
    24 * 3_600_000,
    31 * 3_600_000,
];

/// What follows from a failed try, `tries` failed ones before it.
pub fn after_failure(tries: u32, problem: String, now: Timestamp) -> DeliveryResult {
    let pause = usize::try_from(tries).ok().and_then(|index| PAUSES_MS.get(index));
    match pause {
        Some(pause) => DeliveryResult::Retry { at: now.plus_ms(*pause), problem },
        None => DeliveryResult::Dead { problem },
    }
}
