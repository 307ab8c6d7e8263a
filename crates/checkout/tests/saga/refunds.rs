//! Money that goes back after an order was placed: set aside once, asked for until known, booked once.

use sellonce_checkout::id::{CauseId, EventId, Ids, OrderId, RefundId};
use sellonce_checkout::order::{self, HistoryEvent, payment_status};
use sellonce_checkout::store::orders::{ChangeOrderRefusal, ChangedOrder, OrderView, TransitionOrder};

use crate::world::{Server, Told, World};

/// The call of a merchant who moves an order.
pub(crate) fn call(world: &World, id: OrderId, to: order::Status) -> TransitionOrder {
    TransitionOrder {
        claim: world.merchants_claim(&format!("{id}-{}", to.as_str())),
        id,
        to,
        reason: "because".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
        event: EventId(world.ids.uuid()),
        refund: RefundId(world.ids.uuid()),
        cause: CauseId(world.ids.uuid()),
        restock: true,
    }
}

/// A merchant moves an order.
pub(crate) fn transition(
    world: &World,
    id: OrderId,
    to: order::Status,
) -> Result<ChangedOrder, ChangeOrderRefusal> {
    world.now(world.store.transition_order(call(world, id, to))).expect("the store answers")
}

/// A shop with one order of 2 of A, paid with a token.
fn sold(token: &str) -> (World, Server, OrderId) {
    let world = World::new();
    let server = world.server();
    let opened = world.open(&[("A", 2)]);
    let Told::Placed(order) = world.complete(&server, &opened, "k", token) else { panic!("{token} is paid") };
    (world, server, order)
}

fn only_order(world: &World) -> OrderView {
    let mut orders = world.orders();
    assert_eq!(orders.len(), 1);
    orders.remove(0)
}

fn history(events: &[HistoryEvent]) -> Vec<order::Status> {
    events.iter().map(|event| event.to).collect()
}

#[test]
fn a_cancelled_order_gives_its_units_and_its_money_back() {
    use order::Status::{Cancelled, Paid, Pending, Refunded};
    for token in ["approve", "approve lost_refunds=1", "approve lost_refunds=7"] {
        let (world, mut server, id) = sold(token);
        let cancelled = transition(&world, id, Cancelled).expect("nothing has shipped");
        assert!(cancelled.refund_under_way);
        assert_eq!((cancelled.view.order.status, world.stock("A")), (Cancelled, [10, 0, 0]));
        world.settle(&mut server);
        let view = only_order(&world);
        assert_eq!(history(&view.order.events), [Pending, Paid, Cancelled, Refunded], "{token}");
        assert_eq!(payment_status(view.order.status, view.attempt.as_ref()), "refunded");
        let payments = world.bank.payments();
        assert_eq!(
            payments
                .values()
                .map(|payment| (payment.refunds.len(), payment.kept_minor()))
                .collect::<Vec<_>>(),
            [(1, 0)]
        );
        world.assert_whole();
    }
}

#[test]
fn an_order_is_cancelled_once_however_often_it_is_asked_for() {
    let (world, mut server, id) = sold("approve");
    let first = transition(&world, id, order::Status::Cancelled).expect("nothing has shipped");
    let again = transition(&world, id, order::Status::Cancelled).expect("the key is known");
    assert_eq!((first.replayed, again.replayed, &again.request_id), (false, true, &first.request_id));
    let other_key = TransitionOrder {
        claim: world.merchants_claim("other"),
        ..call(&world, id, order::Status::Cancelled)
    };
    let refused = world.now(world.store.transition_order(other_key)).expect("the store answers");
    assert!(matches!(refused, Err(ChangeOrderRefusal::Illegal { .. })));
    world.settle(&mut server);
    assert_eq!(world.stock("A"), [10, 0, 0]);
    world.assert_whole();
}

#[test]
fn a_refund_that_the_provider_refuses_leaves_the_money_where_it_is_and_can_be_asked_for_again() {
    let (world, mut server, id) = sold("approve refused_refunds=1");
    transition(&world, id, order::Status::Cancelled).expect("nothing has shipped");
    world.settle(&mut server);
    let view = only_order(&world);
    assert_eq!(view.order.status, order::Status::Cancelled, "not refunded before the money is back");
    assert_eq!(payment_status(view.order.status, view.attempt.as_ref()), "paid");
    world.assert_whole();
    transition(&world, id, order::Status::Refunded).expect("there is money");
    world.settle(&mut server);
    assert_eq!(only_order(&world).order.status, order::Status::Refunded);
    world.assert_whole();
}

#[test]
fn a_refund_under_way_does_not_count_as_money_of_the_buyer_twice() {
    let (world, mut server, id) = sold("approve");
    transition(&world, id, order::Status::Refunded).expect("there is money");
    let again = TransitionOrder {
        claim: world.merchants_claim("other"),
        ..call(&world, id, order::Status::Refunded)
    };
    assert!(world.now(world.store.transition_order(again)).expect("the store answers").is_ok());
    transition(&world, id, order::Status::Cancelled).expect("nothing has shipped");
    world.settle(&mut server);
    let payments = world.bank.payments();
    assert_eq!(payments.values().map(|payment| payment.refunds.len()).collect::<Vec<_>>(), [1]);
    assert_eq!(only_order(&world).order.status, order::Status::Refunded);
    world.assert_whole();
}

#[test]
fn a_refund_whose_answer_was_lost_with_its_server_is_made_once() {
    let (world, server, id) = sold("approve");
    transition(&world, id, order::Status::Cancelled).expect("nothing has shipped");
    let claimed = world.now(server.coordinator.claim_refunds(10)).expect("the store answers");
    assert_eq!(claimed.len(), 1);
    // Another server finds nothing as long as the lease runs, and asks under the same key after it.
    let mut other = world.server();
    assert!(world.now(other.coordinator.claim_refunds(10)).expect("the store answers").is_empty());
    world.clock.pass(world.store.shop().times.lease_ms);
    world.settle(&mut other);
    for refund in claimed {
        world.now(server.coordinator.refund(refund)).expect("the store answers");
    }
    let payments = world.bank.payments();
    assert_eq!(payments.values().map(|payment| payment.refunds.len()).collect::<Vec<_>>(), [1]);
    world.settle(&mut other);
    world.assert_whole();
}
