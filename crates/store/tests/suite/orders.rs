//! Orders after they were placed, and the outbox.

use sellonce_checkout::id::EventId;
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::order::{Illegal, Status};
use sellonce_checkout::refund::Outcome;
use sellonce_checkout::store::deliveries::{DeliveryResult, MAIL};
use sellonce_checkout::store::orders::ChangeOrderRefusal;

use crate::stores::on_every_store;
use crate::world::{counters, main_location, owner, price, product};

on_every_store! {
    an_order_walks_to_its_buyer: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.sell(&[("mug", 2)], "ada").await.order.id;
        for to in [Status::Processing, Status::Shipped, Status::Delivered] {
            let moved = world.transition(id, to).await.expect("the table allows it");
            assert_eq!((moved.view.order.status, moved.replayed), (to, false));
        }
        assert_eq!(world.counters("mug", &main_location()).await, counters(3, 0, 0, 0));
        let read = world.store().order(id).await.expect("the store answers").expect("the order is there");
        let walked: Vec<_> = read.order.events.iter().map(|event| event.to.as_str()).collect();
        assert_eq!(walked, ["pending", "paid", "processing", "shipped", "delivered"]);
        assert_eq!((read.order.version, read.order.lines[0].shipped), (4, 2));
    }

    an_illegal_transition_names_both_ends_and_changes_nothing: |world| {
        world.put("mug", 1000, 5).await;
        let before = world.sell(&[("mug", 2)], "ada").await;
        let refused = world.transition(before.order.id, Status::Delivered).await;
        let Err(ChangeOrderRefusal::Illegal { why, from, allowed }) = refused else { panic!("{refused:?}") };
        assert_eq!((why, from), (Illegal::NoEdge { from: Status::Paid, to: Status::Delivered }, Status::Paid));
        assert_eq!(allowed, [Status::Processing, Status::Cancelled, Status::Refunded]);
        assert_eq!(world.store().order(before.order.id).await, Ok(Some(before)));
    }

    a_cancelled_order_gives_back_stock_and_money: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.sell(&[("mug", 2)], "ada").await.order.id;
        let moved = world.transition(id, Status::Cancelled).await.expect("the table allows it");
        assert!(moved.refund_under_way);
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
        let refunds = world.store().claim_refunds(owner(), 10).await.expect("the store answers");
        assert_eq!((refunds.len(), refunds[0].refund.amount), (1, price(2000)));
        assert_eq!(world.store().claim_refunds(owner(), 10).await, Ok(vec![]), "one hand at a time");
        let event = EventId(world.id());
        let finish = |result| { let (store, id) = (world.store().clone(), refunds[0].refund.id); async move { store.finish_refund(id, result).await } };
        assert_eq!(finish(Outcome::Unknown("no answer".to_owned())).await, Ok(true));
        assert_eq!(finish(Outcome::Refunded(event)).await, Ok(true));
        assert_eq!(finish(Outcome::Refunded(event)).await, Ok(false), "it is booked once");
        let read = world.store().order(id).await.expect("the store answers").expect("the order is there");
        assert_eq!((read.order.status, read.attempt.map(|attempt| attempt.refunded)), (Status::Refunded, Some(price(2000))));
    }

    cancelled_units_that_are_not_restocked_are_taken_out: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.sell(&[("mug", 2)], "ada").await.order.id;
        let mut call = world.transition_call(id, Status::Cancelled);
        call.restock = false;
        assert!(world.store().transition_order(call).await.expect("the store answers").is_ok());
        assert_eq!(world.counters("mug", &main_location()).await, counters(3, 0, 0, 0));
    }

    a_refund_that_is_refused_sets_nothing_aside: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.sell(&[("mug", 2)], "ada").await.order.id;
        let moved = world.transition(id, Status::Refunded).await.expect("a refund can be asked for");
        assert_eq!((moved.view.order.status, moved.refund_under_way), (Status::Paid, true));
        let refund = world.store().claim_refunds(owner(), 10).await.expect("the store answers").remove(0).refund;
        let refused = world.store().finish_refund(refund.id, Outcome::Refused("closed".to_owned())).await;
        assert_eq!(refused, Ok(true));
        let read = world.store().order(id).await.expect("the store answers").expect("the order is there");
        let attempt = read.attempt.expect("it was paid");
        assert_eq!((attempt.refund_pending, attempt.refunded), (price(0), price(0)));
    }

    what_has_not_arrived_cannot_be_shipped: |world| {
        world.put_with(product("print", 2000, Some(0), Policy::Continue), false).await.expect("it is put");
        let id = world.sell(&[("print", 1)], "ada").await.order.id;
        world.transition(id, Status::Processing).await.expect("the table allows it");
        assert_eq!(world.transition(id, Status::Shipped).await, Err(ChangeOrderRefusal::NotOnHand));
        assert_eq!(world.counters("print", &main_location()).await, counters(0, 0, 1, 1));
    }

    a_repeated_transition_is_made_once: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.sell(&[("mug", 1)], "ada").await.order.id;
        let call = world.transition_call(id, Status::Processing);
        let first = world.store().transition_order(call.clone()).await.expect("it answers").expect("it moves");
        let again = world.store().transition_order(call.clone()).await.expect("it answers").expect("it is told again");
        assert!(again.replayed && !first.replayed && again.request_id == first.request_id);
        let mut stale = world.transition_call(id, Status::Shipped);
        stale.expected_version = Some(1);
        let refused = world.store().transition_order(stale).await.expect("it answers");
        assert_eq!(refused, Err(ChangeOrderRefusal::Changed));
    }

    orders_are_listed_newest_first: |world| {
        world.put("mug", 1000, 5).await;
        let mut ids = Vec::new();
        for name in ["ada", "bob", "eve"] {
            ids.push(world.sell(&[("mug", 1)], name).await.order.id);
        }
        let first = world.store().orders(None, 2).await.expect("the store answers");
        assert_eq!((first.rows[0].order.id, first.rows[1].order.id, first.has_more), (ids[2], ids[1], true));
        let rest = world.store().orders(Some(ids[1]), 2).await.expect("the store answers");
        assert_eq!((rest.rows.len(), rest.rows[0].order.id, rest.has_more), (1, ids[0], false));
    }

    each_event_is_told_in_its_order_until_it_arrives: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.sell(&[("mug", 1)], "ada").await.order.id;
        world.transition(id, Status::Processing).await.expect("the table allows it");
        world.transition(id, Status::Shipped).await.expect("the table allows it");
        let store = world.store().clone();
        let due = store.claim_deliveries(MAIL, owner(), 10).await.expect("the store answers");
        assert_eq!(due.iter().map(|due| due.event.to).collect::<Vec<_>>(), [Status::Paid]);
        assert_eq!(store.claim_deliveries(MAIL, owner(), 10).await, Ok(vec![]), "one hand at a time");
        let at = store.now().plus_ms(1_000);
        let retry = DeliveryResult::Retry { at, problem: "no disk".to_owned() };
        store.finish_delivery(due[0].event.id, MAIL, retry).await.expect("the store answers");
        assert_eq!(store.claim_deliveries(MAIL, owner(), 10).await, Ok(vec![]), "later ones wait for it");
        world.clock().advance(1_000);
        let due = store.claim_deliveries(MAIL, owner(), 10).await.expect("the store answers");
        assert_eq!((due[0].event.to, due[0].tries), (Status::Paid, 1));
        store.finish_delivery(due[0].event.id, MAIL, DeliveryResult::Delivered).await.expect("the store answers");
        let due = store.claim_deliveries(MAIL, owner(), 10).await.expect("the store answers");
        assert_eq!(due[0].event.to, Status::Shipped);
        let dead = DeliveryResult::Dead { problem: "gone".to_owned() };
        store.finish_delivery(due[0].event.id, MAIL, dead).await.expect("the store answers");
        world.clock().advance(3_600_000);
        assert_eq!(store.claim_deliveries(MAIL, owner(), 10).await, Ok(vec![]));
    }
}
