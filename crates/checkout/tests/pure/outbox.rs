//! The outbox: who is told of what, and how long a delivery that fails is tried.

use sellonce_checkout::order::Status;
use sellonce_checkout::outbox::{after_failure, consumers};
use sellonce_checkout::store::deliveries::{DeliveryResult, MAIL};

use crate::at;

#[test]
fn a_buyer_is_written_to_when_something_happened_that_matters_to_them() {
    let told = [Status::Paid, Status::Shipped, Status::Cancelled, Status::Refunded];
    for status in Status::ALL {
        let expected: &[&str] = if told.contains(&status) { &[MAIL] } else { &[] };
        assert_eq!(consumers(status), expected, "{}", status.as_str());
    }
}

#[test]
fn a_failed_delivery_is_tried_for_three_days_at_growing_pauses_and_then_put_aside() {
    let mut now = at(0);
    let mut pause_before = 0;
    let mut tries = 0;
    loop {
        match after_failure(tries, "no answer".to_owned(), now) {
            DeliveryResult::Retry { at: next, problem } => {
                let pause = next.ms_since(now);
                assert!(pause > pause_before, "try {tries}");
                assert_eq!(problem, "no answer");
                (now, pause_before, tries) = (next, pause, tries + 1);
            }
            DeliveryResult::Dead { problem } => {
                assert_eq!(problem, "no answer");
                break;
            }
            DeliveryResult::Delivered => panic!("a failure is no delivery"),
        }
        assert!(tries < 100, "a delivery is not tried for ever");
    }
    let days = now.millis() / 86_400_000;
    assert_eq!((tries, days), (10, 3));
    let dead = |tries| matches!(after_failure(tries, String::new(), at(0)), DeliveryResult::Dead { .. });
    assert!(dead(10) && dead(11) && dead(u32::MAX));
}
