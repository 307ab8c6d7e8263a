//! The model test: random calls, one by one, to the memory model and to each database; every answer is the same.
//!
//! The universe is small on purpose, so that calls meet: four SKUs (one with little stock, one that may be promised
//! beyond it, one with a purchase limit, one dear), two locations, three buyers, a discount with two uses.

mod calls;
mod player;

use std::collections::BTreeSet;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sellonce_checkout::payment::Capture;
use tokio::runtime::{Builder, Runtime};

use crate::stores;
use calls::{Call, calls};
use player::Player;

/// The calls that must have had an effect in some case; a universe in which they cannot would prove nothing of them.
const REACHED: [&str; 18] = [
    "Await",
    "Place",
    "Pay",
    "CallOff",
    "Decline",
    "Expire",
    "GiveBack",
    "Void",
    "Postpone",
    "Hear",
    "Late",
    "TakeOver",
    "Retry",
    "Resolve",
    "Move",
    "RefundPart",
    "Ship",
    "TakeBack",
];

/// The name of a call that was answered with an effect.
fn reached(call: &Call, answer: &str) -> Option<String> {
    let effect = ["Ok(Ok(", "Ok(Done(", "Ok(true)", "Ok(Woken)", "Ok(ChangedOrder"]
        .iter()
        .any(|start| answer.starts_with(start));
    let (Call::Coordinator { .. } | Call::Outside { .. } | Call::BackOffice(_)) = call else { return None };
    let text = format!("{call:?}");
    let name = text.rsplit("does: ").next()?.trim_start_matches("BackOffice(");
    effect.then(|| name.chars().take_while(|letter| letter.is_alphabetic()).collect())
}

/// Plays random calls on the model and on each database, case after case; tells which calls had an effect.
fn round(runtime: &Runtime) -> BTreeSet<String> {
    let met = Mutex::new(BTreeSet::new());
    let strategy = (calls(), proptest::sample::select(Capture::ALL.to_vec()));
    let config = ProptestConfig { cases: 12, source_file: Some(file!()), ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&strategy, |(calls, capture)| {
        runtime.block_on(async {
            let mut model = Player::new(stores::memory(capture)).await;
            let [sqlite, postgres] = [stores::sqlite(capture), stores::postgres(capture)].map(Player::new);
            let mut databases = [sqlite.await, postgres.await];
            for (number, call) in calls.iter().enumerate() {
                let expected = model.play(call).await;
                met.lock().expect("no case panicked").extend(reached(call, &expected));
                for database in &mut databases {
                    let (found, name) = (database.play(call).await, database.world.name());
                    prop_assert_eq!(&found, &expected, "call {}, {:?}, on {}", number, call, name);
                }
            }
            for database in &databases {
                let (found, name) = (database.remains().await, database.world.name());
                prop_assert_eq!(found, model.remains().await, "on {}", name);
            }
            model.world.assert_always_ok().await;
            Ok(())
        })
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    met.into_inner().expect("no case panicked")
}

#[test]
fn every_database_answers_as_the_model_does() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let mut met = round(&runtime);
    // Chance may leave a call out of one round, hardly of five.
    for _ in 1..5 {
        if REACHED.iter().all(|name| met.contains(*name)) {
            break;
        }
        met.extend(round(&runtime));
    }
    let missed: Vec<_> = REACHED.iter().filter(|name| !met.contains(**name)).collect();
    assert!(missed.is_empty(), "no case reached {missed:?}");
}
