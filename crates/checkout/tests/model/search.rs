//! The search: every state that can be reached, the nearest first, so that what it finds is told in as few moves as can be.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt::Write as _;

use crate::moves::{self, Move};
use crate::rules::Rules;
use crate::town::Town;

/// How many moves it may take until all is at rest.
const MOVES_TO_REST_MAX: usize = 200;

/// How many moves of a story are told; what never comes to rest goes on like that.
const STORY_MAX: usize = 40;

/// What a search has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// How many different states.
    pub(crate) states: usize,
    /// How often each kind of move was made.
    pub(crate) moves: BTreeMap<&'static str, u64>,
}

/// A promise that is broken, and the moves that lead there.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) promise: &'static str,
    pub(crate) story: String,
}

/// Visits everything that can be reached with so many faults.
pub(crate) fn search(rules: &Rules, faults: u8) -> Result<Seen, Broken> {
    let start = Town::new(faults);
    let mut seen = Seen::default();
    // From where each state was reached first, and how; the start from itself.
    let mut ways: Vec<(usize, Option<Move>)> = vec![(0, None)];
    let mut keys = HashSet::from([start.key()]);
    let mut healed = HashSet::new();
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((town, number)) = queue.pop_front() {
        heal(town, rules, &mut healed).map_err(|(promise, rest)| broken(promise, &ways, number, &rest))?;
        for (made, outcome) in moves::all(&town, rules) {
            let after = outcome.and_then(|after| after.always().map(|()| after));
            let after = after.map_err(|promise| broken(promise, &ways, number, &[made]))?;
            *seen.moves.entry(made.what).or_default() += 1;
            if keys.insert(after.key()) {
                ways.push((number, Some(made)));
                queue.push_back((after, ways.len() - 1));
            }
        }
    }
    seen.states = ways.len();
    Ok(seen)
}

/// Nothing goes wrong any more: the town comes to rest, and is whole.
fn heal(mut town: Town, rules: &Rules, healed: &mut HashSet<u128>) -> Result<(), (&'static str, Vec<Move>)> {
    let mut made = Vec::new();
    for _ in 0..MOVES_TO_REST_MAX {
        town.faults_left = 0;
        if !healed.insert(town.key()) && made.is_empty() {
            return Ok(());
        }
        let Some((next, outcome)) = moves::healing(&town, rules) else {
            return town.at_rest().map_err(|promise| (promise, made));
        };
        made.push(next);
        let after = outcome.and_then(|after| after.always().map(|()| after));
        match after {
            Ok(after) => town = after,
            Err(promise) => return Err((promise, made)),
        }
    }
    Err(("I9: it never comes to rest", made))
}

fn broken(promise: &'static str, ways: &[(usize, Option<Move>)], at: usize, rest: &[Move]) -> Broken {
    let mut moves: Vec<Move> = rest.iter().rev().copied().collect();
    let mut number = at;
    while let (from, Some(made)) = ways[number] {
        moves.push(made);
        number = from;
    }
    let mut story = String::new();
    for Move { what, server, checkout } in moves.into_iter().rev().take(STORY_MAX) {
        let who = server.map_or_else(String::new, |server| format!("server {server} "));
        writeln!(story, "  checkout {checkout}: {who}{what}").expect("a text takes more text");
    }
    Broken { promise, story }
}
