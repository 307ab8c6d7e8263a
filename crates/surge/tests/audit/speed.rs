//! How long a large day takes to judge: printed, not asserted, for a busy machine proves nothing.

use sellonce_surge::audit::audit;

use crate::model::{Shape, day};

#[test]
fn a_large_day_is_judged() {
    let purchases = std::env::var("SELLONCE_SURGE_PURCHASES").ok().and_then(|text| text.parse().ok());
    let purchases = purchases.unwrap_or(20_000);
    let stock = i64::try_from(purchases / 2).unwrap();
    let day = day(Shape { seed: 11, purchases, skus: 2, stock, flash: false, restocks: 3 });
    #[expect(clippy::disallowed_methods, reason = "a test that prints how long something took")]
    let began = std::time::Instant::now();
    let findings = audit(&day.history, &day.books);
    let took = began.elapsed();
    let events = day.history.events.len();
    println!("{events} events of {purchases} purchases judged in {took:?}");
    assert!(findings.invariants.iter().all(|invariant| invariant.ok), "{findings:#?}");
}
