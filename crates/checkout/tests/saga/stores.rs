//! The store that the suite runs on: here the one in memory.
//!
//! Another crate runs the same suite on a store of its own. Its `tests/saga/main.rs` lists these files, each by its path,
//!
//! ```text
//! #[path = "../../../checkout/tests/saga/afterwards.rs"]
//! mod afterwards;
//! ```
//!
//! and has a module `stores` of its own with these two functions. `everywhere` finds what the list lacks. A store may work in
//! other threads: whoever waits for it is woken. If it needs a runtime, `open` enters one that outlives the test.

use std::sync::Arc;

use sellonce_checkout::clock::Clock;
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::{Shop, Store};

use crate::every_step::Sample;

/// Everything, with some ten thousand runs.
pub(crate) fn sample() -> Sample {
    Sample::ALL
}

/// An empty store whose time is that of the clock.
pub(crate) fn open(shop: Shop, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(shop, clock))
}
