//! A town under a simulated sky: the real coordinator on three nodes over the store in memory and the simulated provider,
//! in an order of events that a seed decides, with everything going wrong that can; then calm, and everything whole.
//!
//! `SELLONCE_SIMULATION_SEED=7` plays one history again, to the last poll; `SELLONCE_SIMULATION_SEEDS=3000` plays as many.
#![expect(clippy::print_stdout, reason = "what a failed test printed names the seed")]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use sellonce_checkout::payment::Capture;

mod chance;
mod faults;
#[path = "../../../checkout/tests/saga/faulty_store.rs"]
mod faulty_store;
mod goods;
mod people;
mod sometimes;
mod town;
mod whole;
mod world;

use faults::Defect;
use sometimes::{ALWAYS, AT_ONCE, TWO_STEPS};
use town::Town;

/// How many histories each test of the suite plays.
const SEEDS: u64 = 12;
/// How many times as many it may take until everything has happened that must happen sometimes.
const SEEDS_MORE: u64 = 5;
/// How many buyers come.
const BUYERS: usize = 60;
/// How long buyers come, and how long things go wrong.
const COMING_MS: u64 = 12 * 60_000;
const TROUBLED_MS: i64 = 25 * 60_000;
/// How long everything may take to end once nothing goes wrong any more: the longest hold, and a little.
const ENDING_MS: i64 = 12 * 60_000;
/// How long it has to be at rest to be judged: longer than the provider is late with its callbacks.
const REST_MS: i64 = 10 * 60_000;

/// Plays a history, and asserts that it ends well.
fn play(seed: u64, capture: Capture, defect: Option<Defect>) -> (BTreeMap<String, u64>, u64) {
    println!("SELLONCE_SIMULATION_SEED={seed}, {}", capture.as_str());
    let town = Town::of(seed, capture, defect);
    let own = town.clone();
    town.world.spawn(None, async move {
        goods::put_on_sale(&own.store, own.world.as_ref()).await;
        goods::fill_carts(&own.store, own.world.as_ref()).await;
    });
    town.world.pass(1);
    town.open();
    for _ in 0..BUYERS {
        let comes_ms = town.world.up_to_ms(COMING_MS);
        town.world.spawn(None, people::buyer(town.clone(), comes_ms));
    }
    town.world.spawn(None, people::merchant(town.clone()));
    town.world.spawn(None, people::operator(town.clone()));
    town.world.pass(TROUBLED_MS);
    town.world.be_calm();
    town.world.pass(ENDING_MS + REST_MS);
    let judged = Arc::new(());
    let (own, witness) = (town.clone(), judged.clone());
    town.world.spawn(None, async move {
        whole::assert_whole(&own).await;
        drop(witness);
    });
    town.world.pass(0);
    assert_eq!(Arc::strong_count(&judged), 1, "the town was judged");
    (town.world.seen(), town.world.trace())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Plays one seed, if one is given; else so many, and more as long as something is missing that must happen sometimes.
fn check(capture: Capture, own: &[&str]) {
    if let Some(seed) = number("SELLONCE_SIMULATION_SEED") {
        println!("{:#?}", play(seed, capture, None).0);
        return;
    }
    let seeds = number("SELLONCE_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut missing: BTreeSet<_> = ALWAYS.iter().chain(own).collect();
    for seed in 0..seeds.saturating_mul(SEEDS_MORE) {
        if seed >= seeds && missing.is_empty() {
            break;
        }
        for (what, count) in play(seed, capture, None).0 {
            missing.retain(|missing| **missing != what);
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
    assert!(missing.is_empty(), "in no history it happened that {missing:?}");
}

#[test]
fn whatever_goes_wrong_the_shop_is_whole_in_the_end_when_money_is_taken_at_once() {
    check(Capture::Automatic, &AT_ONCE);
}

#[test]
fn whatever_goes_wrong_the_shop_is_whole_in_the_end_when_money_is_taken_in_two_steps() {
    check(Capture::Manual, &TWO_STEPS);
}

#[test]
fn the_same_seed_is_the_same_history_to_the_last_poll() {
    let (first, again, other) = [1, 1, 2].map(|seed| play(seed, Capture::Manual, None)).into();
    assert_eq!(first, again);
    assert_ne!(first.1, other.1);
}

/// Plays until a planted defect is found; tells what was said of it.
fn found(defect: Defect) -> String {
    let found = (0..SEEDS).find_map(|seed| {
        let played = AssertUnwindSafe(|| play(seed, Capture::Automatic, Some(defect)));
        let said = std::panic::catch_unwind(played).err()?;
        let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| said.downcast_ref::<String>().cloned())
    });
    found.unwrap_or_else(|| panic!("nobody finds {defect:?}"))
}

#[test]
fn a_defect_that_is_planted_is_found() {
    let defects = [
        (Defect::RefundsUnderNewKeys, "I4"),
        (Defect::CancelsWithoutAsking, "I4"),
        (Defect::ForgetsFences, "I14"),
    ];
    for (defect, promise) in defects {
        let said = found(defect);
        assert!(said.contains(promise), "{defect:?}: {said}");
    }
}
