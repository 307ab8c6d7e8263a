//! Sagas: T1, T2, T2', keys, leases and fences.

use sellonce_checkout::book::Shortage;
use sellonce_checkout::idempotency::{BodyHash, Decision};
use sellonce_checkout::inventory::{Kind, Policy};
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::purchase_limit::{LimitKey, PurchaseLimit};
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::Status;
use sellonce_checkout::store::sagas::{
    Advance, Begun, Moved, PaymentNews, Postpone, Release, ReserveRefusal, Target,
};

use crate::stores::on_every_store;
use crate::world::{World, annex, buyer, counters, from, lines, main_location, owner, price, product, sku};

async fn status(world: &World, id: sellonce_checkout::id::CheckoutId) -> Status {
    let view = world.store().checkout(id).await.expect("the store answers");
    view.expect("the checkout is there").checkout.status
}

on_every_store! {
    stock_is_held_then_sold: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 2)], "ada").await;
        let run = world.reserve(id).await;
        assert_eq!(world.counters("mug", &main_location()).await, counters(3, 2, 0, 0));
        assert_eq!(status(&world, id).await, Status::Processing);
        let view = world.place(&run).await;
        assert_eq!(world.counters("mug", &main_location()).await, counters(3, 0, 2, 0));
        assert_eq!((view.order.status, view.order.total, view.order.number), (order::Status::Paid, price(2000), 1001));
        assert_eq!(view.attempt.map(|attempt| attempt.captured), Some(price(2000)));
        let read = world.store().checkout(id).await.expect("the store answers").expect("it is there");
        assert_eq!((read.checkout.status, read.order.map(|order| order.id)), (Status::Completed, Some(view.order.id)));
    }

    stock_that_is_not_paid_for_goes_back: |world| {
        world.put("mug", 1000, 2).await;
        let id = world.open(&[("mug", 2)], "ada").await;
        let run = world.reserve(id).await;
        assert!(matches!(world.decline(&run).await, Moved::Done(_)));
        assert_eq!(world.counters("mug", &main_location()).await, counters(2, 0, 0, 0));
        assert_eq!(status(&world, id).await, Status::Open);
        assert_eq!(world.decline(&run).await, Moved::Lost, "it goes back once");
        let again = match world.try_reserve(id, "another").await { Ok(Begun::New(run)) => run, other => panic!("{other:?}") };
        world.place(&again).await;
    }

    what_is_short_is_named_and_nothing_is_held: |world| {
        world.put("mug", 1000, 1).await;
        world.put("bowl", 700, 5).await;
        let id = world.open(&[("mug", 2), ("bowl", 1)], "ada").await;
        let refused = world.try_reserve(id, "key").await;
        let Err(ReserveRefusal::Shortage(Shortage::OutOfStock(depleted))) = refused else { panic!("{refused:?}") };
        assert_eq!(depleted.len(), 1);
        assert_eq!((depleted[0].requested, depleted[0].available, depleted[0].stock_version), (2, 1, 1));
        assert_eq!(world.counters("bowl", &main_location()).await, counters(5, 0, 0, 0));
        assert_eq!(status(&world, id).await, Status::Open);
    }

    a_line_is_split_over_locations_in_their_order: |world| {
        world.put("mug", 1000, 3).await;
        world.move_stock("mug", annex(), Kind::Receive, 3).await.expect("it moves");
        let id = world.open(&[("mug", 4)], "ada").await;
        let run = world.reserve(id).await;
        assert_eq!(world.counters("mug", &main_location()).await, counters(0, 3, 0, 0));
        assert_eq!(world.counters("mug", &annex()).await, counters(2, 1, 0, 0));
        let view = world.place(&run).await;
        let split: Vec<_> = view.order.lines.iter().map(|line| (line.number, line.location.clone(), line.quantity)).collect();
        assert_eq!(split, [(1, main_location(), 3), (1, annex(), 1)]);
    }

    two_lines_of_one_sku_are_one_demand: |world| {
        world.put("mug", 1000, 3).await;
        let id = world.open(&[("mug", 2), ("mug", 2)], "ada").await;
        let refused = world.try_reserve(id, "key").await;
        assert!(matches!(refused, Err(ReserveRefusal::Shortage(_))), "{refused:?}");
        world.move_stock("mug", main_location(), Kind::Receive, 1).await.expect("it moves");
        let run = world.reserve(id).await;
        assert_eq!(world.place(&run).await.order.lines.len(), 2);
    }

    what_may_be_promised_beyond_the_stock_is_owed: |world| {
        world.put_with(product("print", 2000, Some(1), Policy::Continue), false).await.expect("it is put");
        let view = world.sell(&[("print", 3)], "ada").await;
        assert_eq!(world.counters("print", &main_location()).await, counters(0, 0, 3, 2));
        world.put_with(product("print", 2000, None, Policy::Deny), false).await.expect("it is put");
        let id = world.open(&[("print", 1)], "bob").await;
        assert!(world.try_reserve(id, "key").await.is_err(), "nothing more is sold past zero");
        world.move_stock("print", main_location(), Kind::Receive, 5).await.expect("it moves");
        assert_eq!(world.counters("print", &main_location()).await, counters(3, 0, 3, 0));
        assert_eq!(view.order.status, order::Status::Paid);
    }

    the_same_key_is_the_same_work: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        let known = world.try_reserve(id, "key").await.expect("the key is known");
        let Begun::Known { decision, run: found, request_id } = known else { panic!("{known:?}") };
        assert_eq!((decision, found.saga.id, request_id.as_str()), (Decision::InProgress, run.saga.id, "request-of-key"));
        world.clock().advance(10_000);
        let known = world.try_reserve(id, "key").await.expect("the key is known");
        assert!(matches!(known, Begun::Known { decision: Decision::Present, .. }), "{known:?}");
        let mut other = world.reserve_call(id, "key");
        other.claim.body = BodyHash::of(b"other");
        let reused = world.store().reserve(other).await.expect("the store answers");
        assert!(matches!(reused, Ok(Begun::Known { decision: Decision::Reused, .. })), "{reused:?}");
        world.place(&run).await;
        let known = world.try_reserve(id, "key").await.expect("the key is known");
        assert!(matches!(known, Begun::Known { decision: Decision::Replay, .. }), "{known:?}");
        world.clock().advance(73 * 3_600_000);
        let known = world.try_reserve(id, "key").await.expect("the key is known");
        assert!(matches!(known, Begun::Known { decision: Decision::Effect, .. }), "{known:?}");
        assert_eq!(world.counters("mug", &main_location()).await, counters(4, 0, 1, 0));
    }

    a_checkout_opened_with_its_completion_is_opened_only_if_it_begins: |world| {
        world.put("mug", 1000, 1).await;
        let mut call = world.open_call(lines(&[("mug", 2)]), buyer("ada"));
        let id = call.id;
        let mut reserve = world.reserve_call(id, "key");
        reserve.target = Target::New(Box::new(call.clone()));
        let refused = world.store().reserve(reserve.clone()).await.expect("the store answers");
        assert!(matches!(refused, Err(ReserveRefusal::Shortage(_))), "{refused:?}");
        assert_eq!(world.store().checkout(id).await, Ok(None));
        call.goods = lines(&[("mug", 1)]);
        reserve.target = Target::New(Box::new(call));
        let begun = world.store().reserve(reserve).await.expect("the store answers").expect("it begins");
        let Begun::New(run) = begun else { panic!("{begun:?}") };
        assert_eq!(status(&world, id).await, Status::Processing);
        world.place(&run).await;
    }

    a_secret_of_another_checkout_finds_nothing: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let mut call = world.reserve_call(id, "key");
        call.target = Target::Open { id, secret: crate::world::secret(2) };
        let refused = world.store().reserve(call).await.expect("the store answers");
        assert_eq!(refused, Err(ReserveRefusal::NotFound));
    }

    one_buyer_cannot_have_more_than_the_limit_over_all_orders: |world| {
        world.put("mug", 1000, 9).await;
        let limit = PurchaseLimit { sku: sku("mug"), quantity_max: 3 };
        assert_eq!(world.store().set_purchase_limit(limit).await, Ok(true));
        world.sell(&[("mug", 2)], "ada").await;
        let id = world.open(&[("mug", 2)], "ADA").await;
        let refused = world.try_reserve(id, "key").await;
        let Err(ReserveRefusal::Shortage(Shortage::LimitReached(LimitKey::Purchase(found, _)))) = refused else { panic!("{refused:?}") };
        assert_eq!(found, sku("mug"));
        world.sell(&[("mug", 3)], "bob").await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        world.decline(&run).await;
        let run = match world.try_reserve(id, "again").await { Ok(Begun::New(run)) => run, other => panic!("{other:?}") };
        world.place(&run).await;
    }

    a_free_order_needs_no_payment: |world| {
        world.put("sample", 0, 5).await;
        let id = world.open(&[("sample", 1)], "ada").await;
        let mut call = world.reserve_call(id, "key");
        call.payment = None;
        let begun = world.store().reserve(call).await.expect("the store answers").expect("it begins");
        let Begun::New(run) = begun else { panic!("{begun:?}") };
        assert_eq!(run.attempt, None);
        let view = world.place(&run).await;
        assert_eq!((view.order.status, view.attempt), (order::Status::Paid, None));
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let mut call = world.reserve_call(id, "key");
        call.payment = None;
        let refused = world.store().reserve(call).await.expect("the store answers");
        assert_eq!(refused, Err(ReserveRefusal::PaymentMissing));
    }

    whoever_lost_its_lease_changes_nothing: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        assert_eq!(world.store().claim_sagas(owner(), 10).await, Ok(vec![]));
        world.clock().advance(30_000);
        let claimed = world.store().claim_sagas(owner(), 10).await.expect("the store answers");
        assert_eq!(claimed.iter().map(|run| run.saga.fence).collect::<Vec<_>>(), [2]);
        let call = world.place_call(&run);
        assert_eq!(world.store().place_order(call).await, Ok(Moved::Lost));
        assert_eq!(world.decline(&run).await, Moved::Lost);
        let later = Postpone { from: from(&run), next_run_at: world.store().now(), unknown: true, problem: String::new() };
        assert_eq!(world.store().postpone(later).await, Ok(Moved::Lost));
        let view = world.place(&claimed[0]).await;
        assert_eq!(world.store().saga(run.saga.id).await.map(|run| run.and_then(|run| run.saga.order)), Ok(Some(view.order.id)));
    }

    a_saga_that_was_let_go_is_due_again_and_stuck_when_it_takes_too_long: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let mut run = world.reserve(id).await;
        let at = world.store().now().plus_ms(5_000);
        let call = Postpone { from: from(&run), next_run_at: at, unknown: true, problem: "no answer".to_owned() };
        assert_eq!(world.store().postpone(call).await, Ok(Moved::Done(())));
        assert_eq!(world.store().claim_sagas(owner(), 10).await, Ok(vec![]));
        assert_eq!(world.store().stuck_sagas(None, 10).await.map(|page| page.rows), Ok(vec![]));
        world.clock().advance(15 * 60_000);
        run = world.store().claim_sagas(owner(), 10).await.expect("the store answers").remove(0);
        assert_eq!(run.saga.tries, 1);
        let call = Postpone { from: from(&run), next_run_at: world.store().now(), unknown: true, problem: "no answer".to_owned() };
        assert_eq!(world.store().postpone(call).await, Ok(Moved::Done(())));
        let stuck = world.store().stuck_sagas(None, 10).await.expect("the store answers").rows;
        assert_eq!((stuck.len(), stuck[0].problem.as_str()), (1, "no answer"));
        run = world.store().claim_sagas(owner(), 10).await.expect("the store answers").remove(0);
        world.place(&run).await;
    }

    the_end_of_all_leases_makes_unfinished_sagas_due: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        world.store().end_leases().await.expect("the store answers");
        let claimed = world.store().claim_sagas(owner(), 10).await.expect("the store answers");
        assert_eq!((claimed.len(), claimed[0].saga.id, claimed[0].saga.fence), (1, run.saga.id, 2));
        world.place(&claimed[0]).await;
    }

    an_expired_hold_is_cancelled_at_the_provider_before_stock_goes_back: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        let advance = Advance { from: from(&run), to: State::Cancelling, payment: PaymentNews::default(), action_url: None, ending: Some(Ending::Expired) };
        let Ok(Moved::Done(run)) = world.store().advance(advance).await else { panic!("it advances") };
        assert_eq!(world.counters("mug", &main_location()).await, counters(4, 1, 0, 0));
        let news = PaymentNews { status: Some(payment::Status::Cancelled), ..PaymentNews::default() };
        let release = Release { from: from(&run), payment: news, ending: Ending::Expired, to: State::Released };
        let Ok(Moved::Done(run)) = world.store().release(release).await else { panic!("it is released") };
        assert_eq!((run.saga.ending.clone(), run.saga.ended_at), (Some(Ending::Expired), Some(world.store().now())));
        assert_eq!(status(&world, id).await, Status::Expired);
    }

    a_buyer_who_must_act_holds_the_stock_meanwhile: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        let news = PaymentNews { status: Some(payment::Status::RequiresAction), ..PaymentNews::default() };
        let url = Some("https://provider.example/act".to_owned());
        let advance = Advance { from: from(&run), to: State::AwaitingBuyer, payment: news, action_url: url.clone(), ending: None };
        let Ok(Moved::Done(run)) = world.store().advance(advance).await else { panic!("it advances") };
        assert_eq!((status(&world, id).await, run.saga.action_url.clone()), (Status::RequiresAction, url));
        assert_eq!(world.counters("mug", &main_location()).await, counters(4, 1, 0, 0));
        world.place(&run).await;
    }

    money_that_was_taken_for_no_order_goes_back_and_stock_at_once: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(id).await;
        let news = PaymentNews { status: Some(payment::Status::Captured), ..PaymentNews::default() };
        let release = Release { from: from(&run), payment: news, ending: Ending::NeverOrder, to: State::Refunding };
        let Ok(Moved::Done(run)) = world.store().release(release).await else { panic!("it is released") };
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
        assert_eq!(status(&world, id).await, Status::Processing, "no second payment while the first is on its way back");
        let news = PaymentNews { refunded: true, ..PaymentNews::default() };
        let release = Release { from: from(&run), payment: news, ending: Ending::NeverOrder, to: State::Released };
        let Ok(Moved::Done(run)) = world.store().release(release).await else { panic!("it is released") };
        assert_eq!(run.attempt.map(|attempt| attempt.refunded), Some(price(1000)));
        assert_eq!(status(&world, id).await, Status::Open);
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
    }
}
