//! The part of the store that keeps what payment providers called back about.

use async_trait::async_trait;

use crate::callback::{Callback, Heard};
use crate::store::Failure;

/// The part of the store that hears callbacks.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Keeps a callback once, by provider and id, with the time of its coming; and wakes the saga of the attempt that
    /// it names; one that has ended owes a late check then. Both in one transaction, so that what was heard is not lost.
    ///
    /// What it finds is decided by [`crate::callback::hear`], what waking writes by [`crate::schedule::Schedule::wake`].
    /// A callback that names nothing of ours is kept all the same.
    async fn hear(&self, callback: Callback) -> Result<Heard, Failure>;
    /// Forgets callbacks that came longer than [`crate::limits::CALLBACK_KEEP_MS`] ago; tells how many. At most
    /// [`crate::limits::CLAIM_MAX`] at once.
    async fn forget_callbacks(&self) -> Result<u64, Failure>;
}
