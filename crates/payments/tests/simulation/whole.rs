//! What must hold when all is quiet: the shop's promises, and that its books and the provider's say the same.

use std::collections::BTreeMap;

use sellonce_checkout::id::SagaId;
use sellonce_checkout::payment::Status as PaymentStatus;
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_checkout::store::Books;
use sellonce_checkout::store::orders::{OrderView, Orders};
use sellonce_checkout::store::sagas::Sagas;

use crate::people::Told;
use crate::town::Town;

/// Judges a town that has come to rest.
pub(crate) async fn assert_whole(town: &Town) {
    let report = town.store.audit().await.expect("memory does not fail");
    let violated: Vec<_> = report.findings.iter().filter(|finding| finding.violated > 0).collect();
    assert!(violated.is_empty(), "{violated:#?}");
    let mut orders: BTreeMap<String, OrderView> = BTreeMap::new();
    for view in town.store.orders(None, 10_000).await.expect("memory does not fail").rows {
        assert!(orders.insert(view.order.saga.attempt_key(), view).is_none(), "I7: one order each");
    }
    for told in town.told.lock().expect("no panics").values() {
        let Told::Placed(id) = told else { continue };
        assert!(orders.values().any(|view| view.order.id == *id), "I12: who was told of {id} has it");
    }
    for booking in town.book.bookings(None, 10_000).await.expect("memory does not fail") {
        let captured = if booking.status == "captured" { booking.amount.minor() } else { 0 };
        let kept = captured - booking.refunded.minor();
        let order = orders.remove(&booking.attempt_key);
        let attempt = order.as_ref().and_then(|view| view.attempt.as_ref());
        let expected = attempt.map_or(0, |attempt| attempt.captured.minor() - attempt.refunded.minor());
        assert_eq!(kept, expected, "I4: {booking:?} of {order:?}");
        let open = ["lost", "authorized", "requires_action"].contains(&booking.status.as_str());
        let saga = SagaId::from_attempt_key(&booking.attempt_key).expect("our own key");
        let saga = town.store.saga(saga).await.expect("memory does not fail");
        assert!(!open, "I4: the provider still waits: {booking:?} of {saga:?}");
        let pending = attempt.is_some_and(|attempt| attempt.status == PaymentStatus::Authorized);
        assert!(!pending, "I9: {order:?} waits for its money");
    }
    assert!(orders.is_empty(), "I3: the provider never heard of {orders:?}");
}
