//! The store that the suite runs on: here the one in memory.
//!
//! Another crate runs the same suite on a store of its own by including these files beside a module of this name.

use std::sync::Arc;

use sellonce_checkout::clock::Clock;
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::{Shop, Store};

/// An empty store whose time is that of the clock.
pub(crate) fn open(shop: Shop, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(shop, clock))
}
