//! The ledger as a witness: whether a run of calls at once could have been one after another.
//!
//! Each call is recorded with the instants between which it ran. The journal says in which order the calls changed a row,
//! by the row's versions; so nothing has to be searched, as in a history without versions, and the check is linear. It
//! holds if the journal follows from itself, names exactly the calls that were granted, and no call had returned before
//! one with a smaller version was made (linearizability: Herlihy and Wing, 1990). A refusal names the version at which it
//! was true; that version must have been the latest at some instant between its call and its answer.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sellonce_checkout::book::{Cause, Movement, Shortage};
use sellonce_checkout::id::SagaId;
use sellonce_checkout::inventory::{self, Counters, Kind, Policy, Stock};
use sellonce_checkout::store::Store;
use sellonce_checkout::store::sagas::{Begun, Reserve, ReserveRefusal};
use tokio::time::Instant;

use crate::world::sku;

/// What a call was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Its units are held.
    Granted,
    /// There was less than it asked for.
    Refused { requested: i64, available: i64, version: i64 },
}

/// A call, with the instants between which it ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) saga: SagaId,
    pub(crate) called: Instant,
    pub(crate) returned: Instant,
    pub(crate) told: Told,
}

/// Records the calls of a run.
#[derive(Default)]
pub(crate) struct Witness {
    operations: Mutex<Vec<Operation>>,
}

impl Witness {
    /// Makes a reservation of one SKU, and records it.
    pub(crate) async fn reserve(&self, store: &dyn Store, call: Reserve) -> Result<Begun, ReserveRefusal> {
        let (saga, called) = (call.saga, Instant::now());
        let answer = store.reserve(call).await.expect("the store answers");
        let returned = Instant::now();
        let told = match &answer {
            Ok(Begun::New(_)) => Some(Told::Granted),
            Err(ReserveRefusal::Shortage(Shortage::OutOfStock(depleted))) => depleted.first().map(|short| {
                let (requested, available) = (short.requested, short.available);
                Told::Refused { requested, available, version: short.stock_version }
            }),
            Ok(Begun::Known { .. }) | Err(_) => None,
        };
        if let Some(told) = told {
            let operation = Operation { saga, called, returned, told };
            self.operations.lock().expect("no call panicked").push(operation);
        }
        answer
    }

    /// Asserts that the recorded calls and the journal of their SKU, kept at one location, are one order of events.
    pub(crate) async fn assert_one_order(&self, store: &dyn Store, text: &str) {
        let mut journal = Vec::new();
        loop {
            let after = journal.last().map(|last: &Movement| (last.place.location.clone(), last.version));
            let page = store.movements(&sku(text), after, 100).await.expect("the store answers");
            journal.extend(page.rows);
            if !page.has_more {
                break;
            }
        }
        let operations = self.operations.lock().expect("no call panicked").clone();
        assert!(!operations.is_empty(), "nothing was recorded");
        assert_eq!(judge(&journal, &operations), Ok(()), "of {} calls", operations.len());
    }
}

/// Why a history is not one order of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    /// The journal's line with this version does not follow from the one before.
    Journal(i64),
    /// A call was granted, and the journal does not name it exactly once.
    Missing(SagaId),
    /// The journal names a call that was not granted.
    Phantom(SagaId),
    /// The call with this version had returned before the one with the other, smaller version was made.
    Order(i64, i64),
    /// A refusal was not true at the version that it names, or that version was not the latest while it ran.
    Refusal(SagaId),
}

/// Judges a journal of one row, in the order of its versions, and the calls that ran on it.
pub(crate) fn judge(journal: &[Movement], operations: &[Operation]) -> Result<(), Contradiction> {
    follows(journal)?;
    let granted: BTreeMap<SagaId, &Operation> = operations
        .iter()
        .filter(|operation| operation.told == Told::Granted)
        .map(|operation| (operation.saga, operation))
        .collect();
    let reserved = |movement: &&Movement| movement.kind == Kind::Reserve;
    let mut ordered = Vec::new();
    for movement in journal.iter().filter(reserved) {
        let Cause::Saga(saga) = movement.cause else { continue };
        match granted.get(&saga) {
            Some(operation) => ordered.push((movement.version, *operation)),
            None if operations.iter().any(|operation| operation.saga == saga) => {
                return Err(Contradiction::Phantom(saga));
            }
            // A reservation of before the run, or of another one.
            None => {}
        }
    }
    for saga in granted.keys() {
        if ordered.iter().filter(|(_, operation)| operation.saga == *saga).count() != 1 {
            return Err(Contradiction::Missing(*saga));
        }
    }
    in_time(&ordered)?;
    operations.iter().try_for_each(|operation| refusal(operation, journal, &ordered))
}

/// Versions 1..n, each line following from the one before.
fn follows(journal: &[Movement]) -> Result<(), Contradiction> {
    let mut before = Stock { counters: Counters::default(), version: 0, policy: Policy::Deny };
    for movement in journal {
        let after = inventory::apply(movement.kind, movement.quantity, &before);
        if movement.version != before.version + 1 || after != Ok(movement.after) {
            return Err(Contradiction::Journal(movement.version));
        }
        before = Stock { counters: movement.after, version: movement.version, policy: Policy::Deny };
    }
    Ok(())
}

/// From the last version to the first: no call with a greater version returned before this one was made.
fn in_time(ordered: &[(i64, &Operation)]) -> Result<(), Contradiction> {
    let mut earliest: Option<(i64, Instant)> = None;
    for (version, operation) in ordered.iter().rev() {
        if let Some((later, _)) = earliest.filter(|(_, returned)| *returned < operation.called) {
            return Err(Contradiction::Order(later, *version));
        }
        if earliest.is_none_or(|(_, returned)| operation.returned < returned) {
            earliest = Some((*version, operation.returned));
        }
    }
    Ok(())
}

fn refusal(
    operation: &Operation,
    journal: &[Movement],
    ordered: &[(i64, &Operation)],
) -> Result<(), Contradiction> {
    let Told::Refused { requested, available, version } = operation.told else { return Ok(()) };
    let at = journal.iter().find(|movement| movement.version == version);
    let was = at.map_or(0, |movement| movement.after.available);
    let is_true = was == available && available < requested;
    // What made the version was called before the refusal was answered, and nothing after it was answered before the
    // refusal was asked for.
    let in_time = ordered.iter().all(|(each, other)| match each.cmp(&version) {
        std::cmp::Ordering::Greater => other.returned >= operation.called,
        std::cmp::Ordering::Less | std::cmp::Ordering::Equal => other.called <= operation.returned,
    });
    if is_true && in_time { Ok(()) } else { Err(Contradiction::Refusal(operation.saga)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sellonce_checkout::clock::Timestamp;
    use sellonce_checkout::id::{CauseId, Uuid};
    use sellonce_checkout::inventory::Place;

    use super::*;
    use crate::world::main_location;

    /// Ten units, and calls one after another that take one each; the last of twelve are refused.
    struct History {
        journal: Vec<Movement>,
        operations: Vec<Operation>,
    }

    fn saga(number: i64) -> SagaId {
        SagaId(Uuid::from_u128(u128::try_from(number).expect("a small number")))
    }

    fn history() -> History {
        let start = Instant::now();
        let at = |ms: i64| start + Duration::from_millis(u64::try_from(ms).expect("a small number"));
        let line = |version, kind, quantity, available, reserved, cause| Movement {
            place: Place { sku: sku("mug"), location: main_location() },
            version,
            kind,
            quantity,
            after: Counters { available, reserved, committed: 0, backordered: 0 },
            cause,
            reason: String::new(),
            at: Timestamp::default(),
        };
        let merchant = Cause::Merchant(CauseId(Uuid::nil()));
        let mut journal = vec![line(1, Kind::Receive, 10, 10, 0, merchant)];
        let mut operations = Vec::new();
        for number in 1..=10 {
            journal.push(line(number + 1, Kind::Reserve, 1, 10 - number, number, Cause::Saga(saga(number))));
            let (called, returned) = (at(10 * number), at(10 * number + 5));
            operations.push(Operation { saga: saga(number), called, returned, told: Told::Granted });
        }
        for number in 11..=12 {
            let (called, returned) = (at(10 * number), at(10 * number + 5));
            let told = Told::Refused { requested: 1, available: 0, version: 11 };
            operations.push(Operation { saga: saga(number), called, returned, told });
        }
        History { journal, operations }
    }

    #[track_caller]
    fn finds(expected: Contradiction, spoil: impl FnOnce(&mut History)) {
        let mut history = history();
        spoil(&mut history);
        assert_eq!(judge(&history.journal, &history.operations), Err(expected));
    }

    #[test]
    fn an_honest_history_is_one_order_and_so_is_one_of_calls_that_overlap() {
        let mut history = history();
        assert_eq!(judge(&history.journal, &history.operations), Ok(()));
        let end = history.operations[11].returned;
        history.operations.iter_mut().for_each(|operation| operation.returned = end);
        history.operations.reverse();
        assert_eq!(judge(&history.journal, &history.operations), Ok(()));
    }

    #[test]
    fn a_single_swapped_version_is_found() {
        finds(Contradiction::Order(4, 3), |history| {
            let (third, fourth) = (history.journal[2].cause, history.journal[3].cause);
            (history.journal[2].cause, history.journal[3].cause) = (fourth, third);
        });
    }

    #[test]
    fn a_lost_update_is_found_in_the_journal() {
        // The seventh read what the fifth had left, and wrote over the sixth.
        finds(Contradiction::Journal(8), |history| {
            history.journal[7].after = history.journal[6].after;
        });
    }

    #[test]
    fn a_call_that_was_granted_and_left_no_line_is_found() {
        finds(Contradiction::Missing(saga(10)), |history| {
            history.journal.pop();
            history.operations.truncate(10);
        });
    }

    #[test]
    fn a_line_of_a_call_that_was_refused_is_found() {
        finds(Contradiction::Phantom(saga(3)), |history| {
            history.operations[2].told = Told::Refused { requested: 1, available: 0, version: 1 };
        });
    }

    #[test]
    fn a_refusal_that_was_not_true_or_no_longer_is_found() {
        finds(Contradiction::Refusal(saga(11)), |history| {
            history.operations[10].told = Told::Refused { requested: 1, available: 0, version: 10 };
        });
        finds(Contradiction::Refusal(saga(12)), |history| {
            // Asked before the last unit was gone, and answered before it, too.
            let start = history.operations[0].called;
            history.operations[11].called = start;
            history.operations[11].returned = start;
        });
    }
}
