//! When each version of a ledger was asked for and known, as far as the history tells.
//!
//! Decides which requests and answers belong to which version: an order's movements carry its saga, which its payment
//! names too; a movement of surge's own was answered with its version; a sold-out answer names the version that it saw.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Case;
use super::ledger::Ledger;
use super::testimony::Shortage;

/// The instants of every SKU whose ledger can be asked.
pub(super) struct Witnesses<'a> {
    instants: BTreeMap<&'a str, Instants>,
    shortages: FxHashMap<&'a str, Vec<Shortage<'a>>>,
}

impl<'a> Witnesses<'a> {
    pub(super) fn of_case(case: &Case<'a>) -> Self {
        let shortages = case.testimony.shortages();
        let mut instants = BTreeMap::new();
        if let Ok(ledgers) = &case.ledgers {
            let sagas = sagas(case);
            for sku in ledgers.skus.keys() {
                if let Some(ledger) = ledgers.whole(sku) {
                    let told = shortages.get(sku).map_or(&[][..], Vec::as_slice);
                    instants.insert(*sku, Instants::of(case, sku, ledger, &sagas, told));
                }
            }
        }
        Self { instants, shortages }
    }

    /// The instants of a SKU whose ledger is [whole](super::ledger::Ledgers::whole).
    pub(super) fn of(&self, sku: &str) -> Option<&Instants> {
        self.instants.get(sku)
    }

    /// The sold-out answers that call a SKU short.
    pub(super) fn shortages(&self, sku: &str) -> &[Shortage<'a>] {
        self.shortages.get(sku).map_or(&[], Vec::as_slice)
    }
}

/// The instants of a SKU's versions, in nanoseconds of the run.
pub(super) struct Instants {
    /// By version, from 1: before this it had not been asked for. 0 if nobody knows.
    asked: Vec<u64>,
    /// By version, from 1: somebody had been told of it. `u64::MAX` if nobody was.
    known: Vec<u64>,
    /// The latest version that anybody knew, from an instant on; both grow.
    latest: Vec<(u64, i64)>,
    /// Versions from this one on came after an instant; both grow.
    future: Vec<(u64, i64)>,
}

/// The request that made movements, and its answer.
#[derive(Clone, Copy)]
struct Span {
    asked_ns: u64,
    known_ns: u64,
}

impl Instants {
    fn of(
        case: &Case<'_>,
        sku: &str,
        ledger: &Ledger<'_>,
        sagas: &FxHashMap<&str, Span>,
        shortages: &[Shortage<'_>],
    ) -> Self {
        let acts = case.testimony.stock_acts.iter().filter(|act| act.sku == sku);
        let acts: FxHashMap<i64, Span> = acts
            .filter_map(|act| {
                let known_ns = if act.confirmed { act.ended_ns } else { u64::MAX };
                Some((act.version?, Span { asked_ns: act.began_ns, known_ns }))
            })
            .collect();
        let span = |cause: &str, version: i64, kind: &str| {
            let of_saga = || saga(cause).and_then(|saga| sagas.get(saga)).copied();
            let span = acts.get(&version).copied().or_else(of_saga)?;
            // The answer tells of what was held and sold; what happens to the order later has answers of its own.
            let is_told = matches!(kind, "reserve" | "commit") || acts.contains_key(&version);
            Some(Span { known_ns: if is_told { span.known_ns } else { u64::MAX }, ..span })
        };
        let spans = ledger.movements.iter().map(|movement| {
            let found = span(&movement.cause, movement.version, &movement.kind);
            found.unwrap_or(Span { asked_ns: 0, known_ns: u64::MAX })
        });
        let (asked, known): (Vec<u64>, Vec<u64>) = spans.map(|span| (span.asked_ns, span.known_ns)).unzip();
        let latest = latest(shortages, &known);
        let future = future(&asked);
        Self { asked, known, latest, future }
    }

    /// Before this instant a version had not been asked for.
    pub(super) fn asked_ns(&self, version: i64) -> u64 {
        at(&self.asked, version).unwrap_or(0)
    }

    /// From this instant on somebody knew of a version.
    pub(super) fn known_ns(&self, version: i64) -> u64 {
        at(&self.known, version).unwrap_or(u64::MAX)
    }

    /// The latest version that was known to anybody before an instant.
    pub(super) fn known_before(&self, ns: u64) -> i64 {
        let place = self.latest.partition_point(|(from, _)| *from < ns);
        place.checked_sub(1).map_or(0, |place| self.latest[place].1)
    }

    /// The last version that can have been there at an instant: the next one was asked for after it.
    pub(super) fn last_at(&self, ns: u64) -> i64 {
        let place = self.future.partition_point(|(asked, _)| *asked <= ns);
        let all = i64::try_from(self.asked.len()).unwrap_or(i64::MAX);
        self.future.get(place).map_or(all, |(_, version)| version - 1)
    }
}

fn at(list: &[u64], version: i64) -> Option<u64> {
    list.get(usize::try_from(version).ok()?.checked_sub(1)?).copied()
}

/// By saga: when its purchase first asked to pay, and when an order of it was acknowledged.
fn sagas<'a>(case: &Case<'a>) -> FxHashMap<&'a str, Span> {
    let spans = case.shelves.orders.iter().filter_map(|account| {
        let payment = account.booked?.payment.as_ref()?;
        let purchase = case.testimony.find(account.purchase?)?;
        let known_ns = account.told.map_or(u64::MAX, |ack| ack.exchange.answered_ns);
        Some((suffix(&payment.id)?, Span { asked_ns: purchase.first_pay_ns()?, known_ns }))
    });
    spans.collect()
}

/// The saga that a movement was made for.
pub(super) fn saga(cause: &str) -> Option<&str> {
    cause.strip_prefix("sag_")
}

/// An id behind its prefix.
pub(super) fn suffix(id: &str) -> Option<&str> {
    id.split_once('_').map(|(_, suffix)| suffix)
}

/// The latest version that anybody knew, wherever it grows.
fn latest(shortages: &[Shortage<'_>], known: &[u64]) -> Vec<(u64, i64)> {
    let told = known.iter().copied().zip(1_i64..).filter(|(ns, _)| *ns != u64::MAX);
    let mut told: Vec<(u64, i64)> = told.collect();
    let last = i64::try_from(known.len()).unwrap_or(i64::MAX);
    for Shortage { exchange, short } in shortages {
        // A version that the ledger does not have is judged elsewhere, and teaches nothing.
        let version = short.stock_version.filter(|version| (1..=last).contains(version));
        told.extend(version.map(|version| (exchange.answered_ns, version)));
    }
    told.sort_unstable();
    growing(told)
}

/// From which version on everything was asked for after an instant, wherever that grows.
fn future(asked: &[u64]) -> Vec<(u64, i64)> {
    let mut by_asked: Vec<(u64, i64)> =
        asked.iter().copied().zip(1_i64..).filter(|(ns, _)| *ns > 0).collect();
    by_asked.sort_unstable();
    // Backwards: of all that was asked for later than an instant, the smallest version.
    let mut smallest = i64::MAX;
    for (_, version) in by_asked.iter_mut().rev() {
        smallest = smallest.min(*version);
        *version = smallest;
    }
    by_asked
}

/// Keeps the pairs whose version is larger than all before.
fn growing(pairs: Vec<(u64, i64)>) -> Vec<(u64, i64)> {
    let mut largest = 0;
    let mut grows = |version: i64| {
        let before = largest;
        largest = largest.max(version);
        version > before
    };
    pairs.into_iter().filter(|(_, version)| grows(*version)).collect()
}
