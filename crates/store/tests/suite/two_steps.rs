//! Money in two steps: the order stands before it is captured, and falls if it cannot be.

use sellonce_checkout::id::EventId;
use sellonce_checkout::order::Status;
use sellonce_checkout::payment;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::store::sagas::{
    CallOffOrder, Leased, Moved, PayOrder, PaymentNews, Postpone, Release, Run, TakeOver,
};

use crate::stores::on_every_store;
use crate::world::{World, counters, from, main_location, owner};

/// A saga whose order is placed and not yet paid.
async fn ordered(world: &mut World) -> Run {
    let checkout = world.open(&[("mug", 2)], "ada").await;
    let run = world.reserve(checkout).await;
    let view = world.place(&run).await;
    assert_eq!(view.order.status, Status::Pending);
    world.store().saga(run.saga.id).await.expect("the store answers").expect("the saga is there")
}

fn news(status: payment::Status) -> PaymentNews {
    PaymentNews { status: Some(status), ..PaymentNews::default() }
}

on_every_store! {
    in two steps;

    an_order_becomes_paid_when_its_money_is_taken: |world| {
        world.put("mug", 1000, 5).await;
        let run = ordered(&mut world).await;
        assert_eq!((run.saga.state, run.saga.ended_at), (State::Ordered, None));
        assert_eq!(world.counters("mug", &main_location()).await, counters(3, 0, 2, 0));
        let call = PayOrder { from: from(&run), payment: news(payment::Status::Captured), event: EventId(world.id()) };
        let Ok(Moved::Done(view)) = world.store().pay_order(call.clone()).await else { panic!("it is paid") };
        assert_eq!((view.order.status, view.order.version), (Status::Paid, 2));
        assert_eq!(world.store().order(view.order.id).await, Ok(Some(*view)));
        let ended = world.store().saga(run.saga.id).await.expect("the store answers").expect("it is there");
        assert_eq!((ended.saga.state, ended.saga.ended_at), (State::Placed, Some(world.store().now())));
        assert_eq!(world.store().pay_order(call).await, Ok(Moved::Lost), "it is paid once");
    }

    an_order_whose_money_cannot_be_taken_is_called_off: |world| {
        world.put("mug", 1000, 5).await;
        let run = ordered(&mut world).await;
        let call = CallOffOrder {
            from: from(&run),
            payment: PaymentNews::default(),
            ending: Ending::Declined("expired_card".to_owned()),
            to: State::Voiding,
            event: EventId(world.id()),
        };
        let Ok(Moved::Done(run)) = world.store().call_off_order(call.clone()).await else { panic!("it is called off") };
        assert_eq!(run.saga.state, State::Voiding);
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
        assert_eq!(world.store().call_off_order(call).await, Ok(Moved::Lost), "stock comes back once");
        let release = Release {
            from: from(&run),
            payment: news(payment::Status::Voided),
            ending: Ending::Declined("expired_card".to_owned()),
            to: State::Released,
        };
        let Ok(Moved::Done(run)) = world.store().release(release).await else { panic!("it is released") };
        let order = run.saga.order.expect("the order stays");
        let view = world.store().order(order).await.expect("the store answers").expect("it is there");
        assert_eq!((view.order.status, view.order.lines[0].cancelled), (Status::Cancelled, 2));
        assert_eq!(view.attempt.map(|attempt| attempt.status), Some(payment::Status::Voided));
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
    }

    whoever_lost_its_lease_neither_pays_nor_calls_off: |world| {
        world.put("mug", 1000, 5).await;
        let old = ordered(&mut world).await;
        let taken = TakeOver { saga: old.saga.id, state: State::Ordered, owner: owner(), leased: Leased::Take };
        let Ok(Moved::Done(run)) = world.store().take_over(taken).await else { panic!("it is taken") };
        assert_eq!(run.saga.fence, old.saga.fence + 1);
        let pay = PayOrder { from: from(&old), payment: news(payment::Status::Captured), event: EventId(world.id()) };
        assert_eq!(world.store().pay_order(pay).await, Ok(Moved::Lost));
        let call_off = CallOffOrder {
            from: from(&old),
            payment: PaymentNews::default(),
            ending: Ending::Cancelled,
            to: State::Voiding,
            event: EventId(world.id()),
        };
        assert_eq!(world.store().call_off_order(call_off).await, Ok(Moved::Lost));
        assert_eq!(world.store().unfinished_saga(old.saga.checkout).await, Ok(Some(*run)));
    }

    a_saga_that_somebody_has_is_left_to_them_if_asked_so: |world| {
        world.put("mug", 1000, 5).await;
        let run = ordered(&mut world).await;
        let take = |leased| TakeOver { saga: run.saga.id, state: State::Ordered, owner: owner(), leased };
        assert_eq!(world.store().take_over(take(Leased::Leave)).await, Ok(Moved::Lost));
        let later = world.store().now().plus_ms(60_000);
        let call = Postpone { from: from(&run), next_run_at: later, unknown: false, problem: String::new() };
        assert_eq!(world.store().postpone(call).await, Ok(Moved::Done(())));
        let Ok(Moved::Done(_)) = world.store().take_over(take(Leased::Leave)).await else { panic!("it is free") };
        let elsewhere = TakeOver { state: State::Reserved, ..take(Leased::Take) };
        assert_eq!(world.store().take_over(elsewhere).await, Ok(Moved::Lost), "it is not in that state");
        let ended = world.sell_and_pay(&[("mug", 1)], "bob").await;
        let over = TakeOver { saga: ended.order.saga, state: State::Placed, owner: owner(), leased: Leased::Take };
        assert_eq!(world.store().take_over(over).await, Ok(Moved::Lost), "what is over is nobody's");
        assert_eq!(world.store().unfinished_saga(ended.order.checkout).await, Ok(None));
    }
}
