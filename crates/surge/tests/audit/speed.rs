//! How long a large day takes to judge: printed, not asserted, for a busy machine proves nothing.

use sellonce_surge::audit::audit;

use crate::model::{Shape, day};

#[test]
fn a_large_day_is_judged() {
    let purchases = std::env::var("SELLONCE_SURGE_PURCHASES").ok().and_then(|text| text.parse().ok());
    let purchases = purchases.unwrap_or(20_000);
    let stock = i64::try_from(purchases / 2).unwrap();
    let day = day(Shape { seed: 11, purchases, skus: 2, stock, flash: false, restocks: 3 });
    let began = processor_ms();
    let findings = audit(&day.history, &day.books);
    let took = processor_ms() - began;
    let events = day.history.events.len();
    println!("{events} events of {purchases} purchases judged in {took} ms of one processor");
    assert!(findings.invariants.iter().all(|invariant| invariant.ok), "{findings:#?}");
}

/// What this thread has used of its processor, as Linux counts it; 0 elsewhere.
fn processor_ms() -> u64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns: Option<u64> = counted.split(' ').next().and_then(|ns| ns.parse().ok());
    ns.unwrap_or(0) / 1_000_000
}
