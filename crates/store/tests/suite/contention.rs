//! Many at once: what is sold is what was there, whoever comes first.

use std::sync::Arc;

use sellonce_checkout::store::sagas::{Begun, ReserveRefusal};

use crate::stores::on_every_store;
use crate::witness::Witness;
use crate::world::{counters, main_location};

on_every_store! {
    two_hundred_reservations_of_twenty_units_hold_twenty: |world| {
        world.put("mug", 1000, 20).await;
        let mut calls = Vec::new();
        for number in 0..200 {
            let id = world.open(&[("mug", 1)], &format!("buyer-{number}")).await;
            calls.push(world.reserve_call(id, "key"));
        }
        let witness = Arc::new(Witness::default());
        let tasks: Vec<_> = calls.into_iter().map(|call| {
            let (store, witness) = (Arc::clone(world.store()), Arc::clone(&witness));
            tokio::spawn(async move { witness.reserve(store.as_ref(), call).await })
        }).collect();
        let (mut held, mut short) = (Vec::new(), 0);
        for task in tasks {
            match task.await.expect("a buyer does not panic") {
                Ok(Begun::New(run)) => held.push(run),
                Err(ReserveRefusal::Shortage(_)) => short += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((held.len(), short), (20, 180));
        witness.assert_one_order(world.store().as_ref(), "mug").await;
        assert_eq!(world.counters("mug", &main_location()).await, counters(0, 20, 0, 0));
        for run in held {
            world.place(&run).await;
        }
    }

    fifty_repetitions_of_one_key_hold_once: |world| {
        world.put("mug", 1000, 20).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let mut calls = Vec::new();
        for _ in 0..50 {
            calls.push(world.reserve_call(id, "key"));
        }
        let tasks: Vec<_> = calls.into_iter().map(|call| {
            let store = Arc::clone(world.store());
            tokio::spawn(async move { store.reserve(call).await.expect("the store answers") })
        }).collect();
        let (mut begun, mut known) = (Vec::new(), 0);
        for task in tasks {
            match task.await.expect("a buyer does not panic") {
                Ok(Begun::New(run)) => begun.push(run),
                Ok(Begun::Known { .. }) => known += 1,
                Err(refusal) => panic!("{refusal:?}"),
            }
        }
        assert_eq!((begun.len(), known), (1, 49));
        assert_eq!(world.counters("mug", &main_location()).await, counters(19, 1, 0, 0));
        world.place(&begun[0]).await;
    }

    sellers_and_givers_back_at_once_keep_the_ledger_whole: |world| {
        world.put("mug", 1000, 50).await;
        let mut runs = Vec::new();
        for number in 0..40 {
            let id = world.open(&[("mug", 1)], &format!("buyer-{number}")).await;
            let run = world.reserve(id).await;
            let place = world.place_call(&run);
            runs.push((number, run, place));
        }
        let tasks: Vec<_> = runs.into_iter().map(|(number, run, place)| {
            let store = Arc::clone(world.store());
            tokio::spawn(async move {
                if number % 2 == 0 {
                    store.place_order(place).await.expect("the store answers");
                } else {
                    let news = sellonce_checkout::store::sagas::PaymentNews { status: Some(sellonce_checkout::payment::Status::Declined), ..Default::default() };
                    let release = sellonce_checkout::store::sagas::Release {
                        from: crate::world::from(&run), payment: news,
                        ending: sellonce_checkout::saga::Ending::Declined("no".to_owned()), to: sellonce_checkout::saga::State::Released,
                    };
                    store.release(release).await.expect("the store answers");
                }
            })
        }).collect();
        for task in tasks {
            task.await.expect("nobody panics");
        }
        assert_eq!(world.counters("mug", &main_location()).await, counters(30, 0, 20, 0));
    }
}
