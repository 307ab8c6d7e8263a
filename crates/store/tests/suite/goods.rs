//! Goods that leave in parts and come back, and money that goes back in parts.

use sellonce_checkout::id::EventId;
use sellonce_checkout::inventory::Kind;
use sellonce_checkout::order::Status;
use sellonce_checkout::refund::{Outcome, State};
use sellonce_checkout::store::orders::ChangeOrderRefusal;

use crate::stores::on_every_store;
use crate::world::{annex, counters, main_location, owner, price};

on_every_store! {
    an_order_ships_in_parts_from_where_its_units_are: |world| {
        world.put("mug", 1000, 3).await;
        world.move_stock("mug", annex(), Kind::Receive, 2).await.expect("it is received");
        let id = world.sell(&[("mug", 4)], "ada").await.order.id;
        let first = world.ship(id, &[(1, 2)]).await.expect("two units are there");
        assert_eq!((first.view.order.status, first.view.order.shipments.len()), (Status::Processing, 1));
        let second = world.ship(id, &[(1, 1), (1, 1)]).await.expect("two units are left");
        assert_eq!(second.view.order.status, Status::Shipped);
        let shipments = &second.view.order.shipments;
        let sent: Vec<Vec<_>> = shipments.iter().map(|each| each.units.iter().map(|units| (units.location.as_str(), units.quantity)).collect()).collect();
        assert_eq!(sent, [vec![("main", 2)], vec![("main", 1), ("annex", 1)]]);
        assert_eq!(world.store().order(id).await, Ok(Some(second.view)));
        assert_eq!(world.counters("mug", &annex()).await, counters(1, 0, 0, 0));
        assert!(world.ship(id, &[(1, 1)]).await.is_err(), "nothing is left");
    }

    more_than_is_left_is_not_shipped: |world| {
        world.put("mug", 1000, 3).await;
        let before = world.sell(&[("mug", 2)], "ada").await;
        let id = before.order.id;
        assert_eq!(world.ship(id, &[(1, 3)]).await, Err(ChangeOrderRefusal::TooMany { line: 1, left: 2 }));
        assert_eq!(world.ship(id, &[(2, 1)]).await, Err(ChangeOrderRefusal::UnknownLine(2)));
        assert_eq!(world.ship(id, &[]).await, Err(ChangeOrderRefusal::NoUnits));
        assert_eq!(world.store().order(id).await, Ok(Some(before)));
    }

    a_repeated_shipment_is_sent_once: |world| {
        world.put("mug", 1000, 3).await;
        let id = world.sell(&[("mug", 2)], "ada").await.order.id;
        let call = world.ship_call(id, &[(1, 1)]);
        let first = world.store().ship_order(call.clone()).await.expect("it answers").expect("it ships");
        let mut other = call.clone();
        let again = world.store().ship_order(call).await.expect("it answers").expect("it is told again");
        assert_eq!((again.replayed, &again.view), (true, &first.view));
        other.claim.body = sellonce_checkout::idempotency::BodyHash::of(b"other");
        assert_eq!(world.store().ship_order(other).await, Ok(Err(ChangeOrderRefusal::KeyReused)));
    }

    what_comes_back_is_restocked_if_it_can_be_sold_again: |world| {
        world.put("mug", 1000, 3).await;
        let id = world.sell(&[("mug", 3)], "ada").await.order.id;
        world.ship(id, &[(1, 3)]).await.expect("it ships");
        let call = world.return_call(id, &[(1, 1)], true);
        let back = world.store().return_order(call).await.expect("it answers").expect("it comes back");
        assert_eq!(world.counters("mug", &main_location()).await, counters(1, 0, 0, 0));
        assert!(!back.refund_under_way, "goods bring no money with them");
        let call = world.return_call(id, &[(1, 1)], false);
        let back = world.store().return_order(call).await.expect("it answers").expect("it comes back");
        assert_eq!(world.counters("mug", &main_location()).await, counters(1, 0, 0, 0));
        assert_eq!((back.view.order.lines[0].returned, back.view.order.returns.len()), (2, 2));
        assert_eq!(world.store().order(id).await, Ok(Some(back.view)));
        let call = world.return_call(id, &[(1, 2)], true);
        let refused = world.store().return_order(call).await.expect("it answers");
        assert_eq!(refused, Err(ChangeOrderRefusal::TooMany { line: 1, left: 1 }));
    }

    money_goes_back_in_parts_and_never_more_than_came: |world| {
        world.put("mug", 1000, 3).await;
        let id = world.sell(&[("mug", 3)], "ada").await.order.id;
        let call = world.refund_call(id, 1_000);
        let changed = world.store().refund_order(call.clone()).await.expect("it answers").expect("it begins");
        assert_eq!((changed.view.order.status, changed.refund_under_way), (Status::Paid, true));
        let again = world.store().refund_order(call).await.expect("it answers").expect("it is told again");
        assert!(again.replayed);
        let more = world.refund_call(id, 2_001);
        let refused = world.store().refund_order(more).await.expect("it answers");
        assert_eq!(refused, Err(ChangeOrderRefusal::RefundExceeds { left: price(2_000) }));
        let nothing = world.refund_call(id, 0);
        assert_eq!(world.store().refund_order(nothing).await, Ok(Err(ChangeOrderRefusal::BadAmount)));
        let rest = world.refund_call(id, 2_000);
        assert!(world.store().refund_order(rest).await.expect("it answers").is_ok());
        for due in world.store().claim_refunds(owner(), 10).await.expect("the store answers") {
            let done = Outcome::Refunded(EventId(world.id()));
            assert_eq!(world.store().finish_refund(due.refund.id, done).await, Ok(true));
        }
        let view = world.store().order(id).await.expect("the store answers").expect("it is there");
        assert_eq!((view.order.status, view.attempt.map(|attempt| attempt.refunded)), (Status::Refunded, Some(price(3_000))));
    }

    a_refund_that_was_refused_waits_for_an_operator_until_another_begins: |world| {
        world.put("mug", 1000, 3).await;
        let id = world.sell(&[("mug", 3)], "ada").await.order.id;
        let call = world.refund_call(id, 1_000);
        let store = world.store().clone();
        assert!(store.refund_order(call.clone()).await.expect("it answers").is_ok());
        assert_eq!(store.finish_refund(call.refund, Outcome::Refused("closed".to_owned())).await, Ok(true));
        let stuck = store.stuck_refunds(None, 10).await.expect("the store answers").rows;
        assert_eq!(stuck.iter().map(|refund| (refund.id, refund.state)).collect::<Vec<_>>(), [(call.refund, State::Refused)]);
        let mut next = world.refund_call(id, 500);
        next.reason = "half of it".to_owned();
        assert!(store.refund_order(next).await.expect("it answers").is_ok());
        assert_eq!(store.stuck_refunds(None, 10).await.map(|page| page.rows), Ok(vec![]));
    }
}
