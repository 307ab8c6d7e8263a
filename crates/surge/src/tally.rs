//! The tally: counts, waits and the timeline of a run, from its history alone.
//!
//! Pure. Decides how events are counted: checkouts where they ended, requests where they were answered, units where an
//! order was first acknowledged. What is right or wrong about it is the auditor's.

use std::collections::BTreeSet;

use hdrhistogram::Histogram;

use crate::clock::ms;
use crate::history::{Deed, End, Ended, Event, Exchange, History, Told};
use crate::verdict::{Bin, Bucket, FaultSpan, Latency, Timeline};

/// The most bins of a timeline: what a chart can show.
const BINS_MAX: u64 = 240;
/// The lengths that a bin may have, in milliseconds.
const BIN_MS: [u64; 12] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000, 600_000];
/// Waits are counted in microseconds with three digits, up to ten minutes.
const WAIT_US_MAX: u64 = 600_000_000;
/// How much each bucket of the histogram is wider than the one before: ten to the power of an eighth.
const BUCKET_GROWTH: f64 = 1.333_521_432;

/// The counts of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// Checkouts that were begun.
    pub(crate) attempts: u64,
    /// Checkouts that were sold out.
    pub(crate) sold_out: u64,
    /// Checkouts that were declined.
    pub(crate) declined: u64,
    /// Checkouts without a definite answer.
    pub(crate) gave_up: u64,
    /// Requests that were shed.
    pub(crate) shed: u64,
    /// Requests that nothing explains.
    pub(crate) errors: u64,
    /// Units that were there, with what was put in and taken out.
    pub(crate) stock: i64,
    /// From the first request to the last answer.
    pub(crate) duration_s: f64,
    /// Waits of all checkouts.
    pub(crate) latency_ms: Latency,
    /// How it went.
    pub(crate) timeline: Timeline,
}

/// Counts a history.
pub(crate) fn tally(history: &History) -> Tally {
    let began_ns = history.events.iter().filter_map(sent_ns).min().unwrap_or_default();
    let ended_ns = history.events.iter().filter_map(answered_ns).max().unwrap_or_default();
    let mut count = Count::new(history, ended_ns);
    for event in &history.events {
        match event {
            Event::Exchange(exchange) => count.exchange(exchange),
            Event::Ended(ended) => count.ended(ended),
            Event::Act(act) => count.act(act.began_ns, act.ended_ns, &act.deed),
        }
    }
    count.finish(ended_ns.saturating_sub(began_ns))
}

fn sent_ns(event: &Event) -> Option<u64> {
    match event {
        Event::Exchange(exchange) => Some(exchange.sent_ns),
        Event::Ended(_) | Event::Act(_) => None,
    }
}

fn answered_ns(event: &Event) -> Option<u64> {
    match event {
        Event::Exchange(exchange) => Some(exchange.answered_ns),
        Event::Ended(_) | Event::Act(_) => None,
    }
}

struct Count {
    tally: Tally,
    bins: Vec<Bin>,
    /// Waits of each bin, in the order of the bins.
    waits: Vec<Option<Histogram<u64>>>,
    all_waits: Histogram<u64>,
    acknowledged: BTreeSet<String>,
    bin_ms: u64,
}

impl Count {
    fn new(history: &History, ended_ns: u64) -> Self {
        let longest = *BIN_MS.last().expect("there are lengths");
        let fits = |length: &u64| ms(ended_ns) / length < BINS_MAX;
        let bin_ms = BIN_MS.into_iter().find(fits).unwrap_or(longest);
        let bins = (0..=ms(ended_ns) / bin_ms).map(|bin| Bin { at_ms: bin * bin_ms, ..Bin::default() });
        let bins: Vec<Bin> = bins.collect();
        let stock = history.opening.goods.iter().map(|good| good.stock).sum();
        let tally = Tally { stock, ..Tally::default() };
        let waits = bins.iter().map(|_| None).collect();
        let mut count =
            Self { tally, bins, waits, all_waits: waits_of_none(), acknowledged: BTreeSet::new(), bin_ms };
        count.bins[0].stock_total = stock;
        count
    }

    fn bin(&mut self, at_ns: u64) -> &mut Bin {
        let index = self.index(at_ns);
        &mut self.bins[index]
    }

    fn index(&self, at_ns: u64) -> usize {
        let index = usize::try_from(ms(at_ns) / self.bin_ms).unwrap_or(usize::MAX);
        index.min(self.bins.len() - 1)
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let at_ns = exchange.answered_ns;
        match &exchange.told {
            Told::Lost { .. } => {
                self.bin(at_ns).lost += 1;
                return;
            }
            Told::Shed { .. } => {
                self.tally.shed += 1;
                self.bin(at_ns).shed += 1;
            }
            Told::Broken { .. } => {
                self.tally.errors += 1;
                self.bin(at_ns).errors += 1;
            }
            Told::Ordered(order) => {
                if self.acknowledged.insert(order.order.clone()) {
                    self.bin(at_ns).sold += order.lines.iter().map(|line| line.quantity).sum::<i64>();
                }
            }
            Told::Fine
            | Told::Opened { .. }
            | Told::UnderWay { .. }
            | Told::Declined { .. }
            | Told::SoldOut { .. }
            | Told::Refused { .. } => {}
        }
        self.bin(at_ns).requests += 1;
    }

    fn ended(&mut self, ended: &Ended) {
        let wait_us = (ended.waited_ns / 1_000).clamp(1, WAIT_US_MAX);
        self.tally.attempts += 1;
        // Under way from its beginning to its end, at the end of each bin; summed up in `finish`.
        self.bin(ended.due_ns).under_way = self.bin(ended.due_ns).under_way.wrapping_add(1);
        let bin = self.bin(ended.at_ns);
        bin.under_way = bin.under_way.wrapping_sub(1);
        match ended.end {
            End::Ordered => bin.ordered += 1,
            End::SoldOut => bin.sold_out += 1,
            End::Declined => bin.declined += 1,
            End::Abandoned | End::Refused => bin.other += 1,
            End::GaveUp | End::Error => bin.gave_up += 1,
        }
        self.tally.sold_out += u64::from(ended.end == End::SoldOut);
        self.tally.declined += u64::from(ended.end == End::Declined);
        self.tally.gave_up += u64::from(matches!(ended.end, End::GaveUp | End::Error));
        let index = self.index(ended.at_ns);
        self.waits[index].get_or_insert_with(waits_of_none).saturating_record(wait_us);
        self.all_waits.saturating_record(wait_us);
    }

    fn act(&mut self, began_ns: u64, ended_ns: u64, deed: &Deed) {
        match deed {
            Deed::Stock { units, confirmed: true, .. } => {
                self.tally.stock += units;
                self.bin(ended_ns).stock_total += units;
            }
            Deed::Stock { .. } | Deed::Price { .. } | Deed::Care { .. } | Deed::Word { .. } => {}
            Deed::Fault { fault, server } => self.tally.timeline.faults.push(FaultSpan {
                fault: *fault,
                server: *server,
                began_ms: ms(began_ns),
                ended_ms: ms(ended_ns),
            }),
            Deed::DoorsOpened { .. } => self.tally.timeline.doors_opened_ms = Some(ms(ended_ns)),
        }
    }

    fn finish(mut self, duration_ns: u64) -> Tally {
        let (mut sold, mut stock, mut under_way) = (0_i64, 0_i64, 0_u64);
        for (bin, waits) in self.bins.iter_mut().zip(&self.waits) {
            sold += bin.sold;
            stock += bin.stock_total;
            under_way = under_way.wrapping_add(bin.under_way);
            bin.sold_total = sold;
            bin.stock_total = stock;
            bin.under_way = under_way;
            bin.latency_ms = waits.as_ref().map(latency).unwrap_or_default();
        }
        let timeline = &mut self.tally.timeline;
        timeline.bin_ms = self.bin_ms;
        timeline.bins = self.bins;
        timeline.latency_histogram = buckets(&self.all_waits);
        self.tally.latency_ms = latency(&self.all_waits);
        self.tally.duration_s = duration_ns as f64 / 1e9;
        self.tally
    }
}

fn waits_of_none() -> Histogram<u64> {
    Histogram::new_with_bounds(1, WAIT_US_MAX, 3).expect("the bounds are in their order")
}

fn latency(waits: &Histogram<u64>) -> Latency {
    let at = |quantile: f64| waits.value_at_quantile(quantile) as f64 / 1e3;
    Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: waits.max() as f64 / 1e3 }
}

/// Counts between bounds that grow evenly on a logarithmic scale; without empty buckets at either end.
fn buckets(waits: &Histogram<u64>) -> Vec<Bucket> {
    let mut buckets = Vec::new();
    let (mut counted, mut bound) = (0_u64, 100.0_f64);
    while counted < waits.len() {
        // The histogram rounds both ends outwards: only what is counted from 0 on is counted once.
        let up_to = waits.count_between(0, bound as u64);
        let count = up_to - counted;
        if count > 0 || !buckets.is_empty() {
            buckets.push(Bucket { up_to_ms: bound / 1e3, count });
        }
        counted = up_to;
        bound *= BUCKET_GROWTH;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Acknowledged, Act, Fault, Good, Line, Money, Opening, Step};

    const SECOND: u64 = 1_000_000_000;

    fn history(events: Vec<Event>) -> History {
        let price = Money { amount: 500, currency: "USD".to_owned() };
        let opening = Opening {
            seed: 1,
            target: "test".to_owned(),
            workload: "flash-sale".to_owned(),
            buyers: 2,
            began_at: String::new(),
            goods: vec![Good { sku: "mug".to_owned(), stock: 10, price }],
            all_must_sell: false,
            answers_within_ms: None,
            limits: None,
        };
        History { opening, events }
    }

    fn exchange(answered_ns: u64, told: Told) -> Event {
        Event::Exchange(Exchange {
            purchase: 0,
            tab: 0,
            step: Step::Complete,
            key: None,
            repeat: 0,
            server: 0,
            sent_ns: answered_ns - SECOND / 100,
            answered_ns,
            status: None,
            told,
        })
    }

    fn ordered(order: &str, units: i64) -> Told {
        Told::Ordered(Acknowledged {
            order: order.to_owned(),
            total: None,
            lines: vec![Line { sku: "mug".to_owned(), quantity: units, unit_price: None }],
            status: None,
            body_hash: 1,
            replayed: false,
        })
    }

    fn ended(due_ns: u64, at_ns: u64, end: End) -> Event {
        Event::Ended(Ended { purchase: 0, at_ns, due_ns, waited_ns: at_ns - due_ns, end, wanted: Vec::new() })
    }

    #[test]
    fn an_order_that_is_told_twice_is_sold_once() {
        let told = [exchange(SECOND, ordered("a", 2)), exchange(2 * SECOND, ordered("a", 2))];
        let tally = tally(&history(told.to_vec()));
        assert_eq!(tally.timeline.bins.iter().map(|bin| bin.sold).sum::<i64>(), 2);
        assert_eq!(tally.timeline.bins.last().map(|bin| bin.sold_total), Some(2));
    }

    #[test]
    fn ends_and_requests_are_counted_apart() {
        let shed = exchange(SECOND, Told::Shed { retry_after_ms: 1 });
        let broken = exchange(SECOND, Told::Broken { what: "500".to_owned(), as_success: false });
        let lost = exchange(SECOND, Told::Lost { why: "cut".to_owned(), unsent: false });
        let ends = [End::SoldOut, End::Declined, End::GaveUp, End::Error, End::Refused];
        let mut events = vec![shed.clone(), shed, broken, lost];
        events.extend(ends.map(|end| ended(0, 2 * SECOND, end)));
        let tally = tally(&history(events));
        let counts =
            [tally.attempts, tally.sold_out, tally.declined, tally.gave_up, tally.shed, tally.errors];
        assert_eq!(counts, [5, 1, 1, 2, 2, 1]);
        let lost: u64 = tally.timeline.bins.iter().map(|bin| bin.lost).sum();
        assert_eq!(lost, 1);
    }

    #[test]
    fn a_checkout_is_under_way_from_its_beginning_to_its_end() {
        let events = vec![
            ended(SECOND / 10, 3 * SECOND, End::Ordered),
            ended(2 * SECOND, 4 * SECOND, End::Ordered),
            exchange(4 * SECOND, Told::Fine),
        ];
        let timeline = tally(&history(events)).timeline;
        let at = |at_ms: u64| timeline.bins.iter().find(|bin| bin.at_ms == at_ms).map(|bin| bin.under_way);
        assert_eq!(timeline.bin_ms, 20);
        assert_eq!([at(0), at(1_000), at(2_000), at(3_000), at(4_000)], [0, 1, 2, 1, 0].map(Some));
    }

    #[test]
    fn stock_counts_what_was_put_in_and_taken_out() {
        let moved = |units, confirmed| {
            let deed = Deed::Stock { sku: "mug".to_owned(), units, version: None, confirmed };
            Event::Act(Act { began_ns: 0, ended_ns: SECOND, deed })
        };
        let fault = Deed::Fault { fault: Fault::Kill, server: 1 };
        let fault = Event::Act(Act { began_ns: SECOND, ended_ns: 2 * SECOND, deed: fault });
        let events =
            vec![moved(5, true), moved(-2, true), moved(100, false), fault, exchange(3 * SECOND, Told::Fine)];
        let tally = tally(&history(events));
        assert_eq!(tally.stock, 13);
        assert_eq!(tally.timeline.bins.first().map(|bin| bin.stock_total), Some(10));
        assert_eq!(tally.timeline.bins.last().map(|bin| bin.stock_total), Some(13));
        assert_eq!(tally.timeline.faults[0].ended_ms, 2_000);
    }

    #[test]
    fn waits_are_told_as_percentiles_and_all_are_in_a_bucket() {
        let waits = (1..=1_000_u64).map(|wait| ended(0, wait * 1_000_000, End::Ordered));
        let tally = tally(&history(waits.collect()));
        let near =
            |found: f64, expect: f64| assert!((found - expect).abs() < expect / 50.0, "{found} {expect}");
        near(tally.latency_ms.p50, 500.0);
        near(tally.latency_ms.p99, 990.0);
        near(tally.latency_ms.max, 1_000.0);
        let counted: u64 = tally.timeline.latency_histogram.iter().map(|bucket| bucket.count).sum();
        assert_eq!(counted, 1_000);
    }

    #[test]
    fn an_empty_history_has_a_tally() {
        assert_eq!(tally(&history(Vec::new())).attempts, 0);
    }
}
