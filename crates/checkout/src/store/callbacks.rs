//! The part of the store that keeps what payment providers called back about.

use async_trait::async_trait;

use crate::callback::{Callback, Heard, LateCapture};
use crate::store::Failure;

/// The part of the store that hears callbacks.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Keeps a callback once, by provider and id, with the time of its coming; and wakes the saga of the attempt that
    /// it names. Both in one transaction, so that what was heard is not lost.
    ///
    /// What it finds is decided by [`crate::callback::hear`], what waking writes by [`crate::schedule::Schedule::wake`].
    /// A callback that names nothing of ours is kept all the same.
    async fn hear(&self, callback: Callback) -> Result<Heard, Failure>;
    /// Books a payment that turned out captured after its saga had ended, and starts the refund of all of it; `false`
    /// if [`crate::callback::late_capture`] has nothing to write. So however often it is told, one refund begins.
    ///
    /// Written are the payment, with a step of its history under the saga's last fence, and the refund's row. The saga,
    /// its checkout and its order stay as they are: nothing is revived.
    async fn refund_late_capture(&self, call: LateCapture) -> Result<bool, Failure>;
    /// Forgets callbacks that came longer than [`crate::limits::CALLBACK_KEEP_MS`] ago; tells how many. At most
    /// [`crate::limits::CLAIM_MAX`] at once.
    async fn forget_callbacks(&self) -> Result<u64, Failure>;
}
