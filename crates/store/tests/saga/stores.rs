//! The store that the saga's suite runs on here: SQLite, each shop in a folder of its own.
//!
//! Of the calls of a flow fewer are hit by each fault than in memory: a file takes longer to make.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use sellonce_checkout::clock::Clock;
use sellonce_checkout::store::{Shop, Store};
use sellonce_store::{Settings, SqliteStore};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::every_step::Sample;

/// A part; all of it if `SELLONCE_SAGA_ALL` is set.
pub(crate) fn sample() -> Sample {
    if std::env::var_os("SELLONCE_SAGA_ALL").is_some() {
        return Sample::ALL;
    }
    Sample { flows: 1, calls: 23, cases: 16 }
}

/// A folder in memory, where there is one: these tests are about steps, not about disks.
const IN_MEMORY: &str = "/dev/shm";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

thread_local! {
    static ENTERED: Cell<bool> = const { Cell::new(false) };
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// An empty store whose time is that of the clock. The folder of the one before is removed.
pub(crate) fn open(shop: Shop, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
    if !ENTERED.replace(true) {
        // Never left: the store needs it as long as the test lives.
        std::mem::forget(RUNTIME.enter());
    }
    let memory = Path::new(IN_MEMORY);
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder can be made");
    let store = SqliteStore::open(&folder.path().join("shop.db"), Settings { shop, clock });
    FOLDER.set(Some(folder));
    Arc::new(store.expect("an empty shop opens"))
}
