//! Two hundred buyers for twenty units, over sockets: a proof, and the proof of the proof.
//!
//! The same run is judged on a store that holds, and on one that reads the stock, decides and writes it back. The
//! second must fail, or the first shows nothing.

mod racy;
mod run;

use std::sync::Arc;

use sellonce_checkout::store::Store;

use self::racy::ReadsThenWrites;
use self::run::{Tally, memory_store, put_stock, two_hundred_buyers};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_units_make_twenty_orders() {
    let store: Arc<dyn Store> = Arc::new(memory_store());
    put_stock(store.as_ref(), 20, false).await;
    let tally = two_hundred_buyers(Arc::clone(&store)).await;
    assert_eq!(tally.verdict(20), Ok(()));
    assert_eq!(tally, Tally { placed: 20, sold_out: 180, other: 0 });
    let report = store.audit().await.expect("the store answers");
    assert!(report.ok(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_reads_then_writes_is_caught() {
    let inner = memory_store();
    // The race is in front: behind it, more can be promised than is there.
    put_stock(&inner, 20, true).await;
    let tally = two_hundred_buyers(Arc::new(ReadsThenWrites::new(Arc::new(inner), 20))).await;
    assert!(tally.verdict(20).is_err(), "{tally:?} should be an oversell");
}
