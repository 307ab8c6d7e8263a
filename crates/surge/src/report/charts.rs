//! What is drawn of a run: six charts, and what happened on their lines of time.

use super::Drawing;
use super::sentences::time;
use crate::chart::{Axis, Bar, Bars, Bucket, Caption, Event, Format, Histogram, Lines, Mark, Series, Tone};
use crate::history::Fault;
use crate::page::{grouped, rounded, things};
use crate::verdict::{Bin, Report, Timeline, Verdict};

pub(super) fn all(report: &Report) -> Vec<Drawing> {
    let Report { verdict, timeline, .. } = report;
    vec![
        Drawing {
            title: "Units sold, against the stock",
            note: "Sales above the stock are units that do not exist. What was put in or taken out moves the stock.",
            svg: sold(verdict, timeline).svg(),
        },
        Drawing {
            title: "How checkouts ended",
            note: "Requests that were shed were tried again.",
            svg: outcomes(verdict, timeline).svg(),
        },
        Drawing {
            title: "How long buyers waited, over time",
            note: "From the first request of a checkout to its end. The axis grows by ratios.",
            svg: waits(verdict, timeline).svg(),
        },
        Drawing {
            title: "How the waits are spread",
            note: "The axis grows by ratios; dotted lines are percentiles.",
            svg: spread(verdict, timeline).svg(),
        },
        Drawing {
            title: "Throughput",
            note: "Checkouts count where they ended, requests where they were answered.",
            svg: throughput(verdict, timeline).svg(),
        },
        Drawing {
            title: "Checkouts under way",
            note: "Begun and not yet ended, as counted by the buyers' side.",
            svg: under_way(timeline).svg(),
        },
    ]
}

/// What surge did to the shop, in the order of time.
pub(super) fn events(timeline: &Timeline) -> Vec<Event> {
    let opened = timeline.doors_opened_ms.map(|at_ms| Event {
        from: seconds(at_ms),
        to: None,
        sign: "▾".to_owned(),
        name: format!("doors opened at {} s: all waiting buyers at once", rounded(seconds(at_ms))),
    });
    let mut events: Vec<Event> = timeline
        .faults
        .iter()
        .map(|span| {
            let (from, to) = (seconds(span.began_ms), seconds(span.ended_ms));
            let (name, server) = (span.fault.name(), span.server + 1);
            let lasted = time((to - from).max(0.0) * 1_000.0);
            let (at, what) = (rounded(from), format!("{name} of server {server}"));
            let what =
                if span.fault == Fault::RestartDatabase { "crash of the database".to_owned() } else { what };
            let name = format!("{what} at {at} s, for {lasted}");
            Event { from, to: Some(to), sign: sign(span.fault).to_owned(), name }
        })
        .chain(opened)
        .collect();
    events.sort_by(|one, other| one.from.total_cmp(&other.from));
    events
}

fn sign(fault: Fault) -> &'static str {
    match fault {
        Fault::Kill => "✕",
        Fault::Pause => "‖",
        Fault::RestartDatabase => "db",
        Fault::Down => "down",
        Fault::Latency => "slow",
        Fault::Bandwidth
        | Fault::SlowClose
        | Fault::Timeout
        | Fault::ResetPeer
        | Fault::Slicer
        | Fault::LimitData => "net",
    }
}

fn sold(verdict: &Verdict, timeline: &Timeline) -> Lines {
    let total = |name: String, of: fn(&Bin) -> i64, first: f64| {
        let bins = timeline.bins.iter().map(|bin| (end(timeline, bin), number(of(bin))));
        Series { name, points: std::iter::once((0.0, first)).chain(bins).collect(), is_step: true }
    };
    let stock = timeline.bins.first().map_or(verdict.stock, |bin| bin.stock_total);
    let description = format!("{} sold of {}.", things(verdict.sold, "unit"), grouped(verdict.stock));
    over_time(
        "sold-over-time",
        "Units sold and in stock, over time",
        description,
        Axis::linear("units", Format::Count),
        vec![
            total(format!("sold: {}", grouped(verdict.sold)), |bin| bin.sold_total, 0.0),
            total(format!("stock: {}", grouped(verdict.stock)), |bin| bin.stock_total, number(stock)),
        ],
        timeline,
    )
}

fn waits(verdict: &Verdict, timeline: &Timeline) -> Lines {
    let percentile = |name: &str, of: fn(&Bin) -> f64| {
        // Where nothing ended there is no wait, and the line has a gap.
        let value = |bin: &Bin| if of(bin) > 0.0 { of(bin) } else { f64::NAN };
        series(name, timeline, value)
    };
    let waits = &verdict.latency_ms;
    let description = format!(
        "Over the whole run half waited less than {}, 99 of 100 less than {}, the slowest {}.",
        time(waits.p50),
        time(waits.p99),
        time(waits.max)
    );
    over_time(
        "waits-over-time",
        "Percentiles of the wait for the end of a checkout, over time",
        description,
        Axis::log("wait", Format::Milliseconds),
        vec![
            percentile("half waited less", |bin| bin.latency_ms.p50),
            percentile("90 of 100", |bin| bin.latency_ms.p90),
            percentile("99 of 100", |bin| bin.latency_ms.p99),
            percentile("slowest", |bin| bin.latency_ms.max),
        ],
        timeline,
    )
}

fn throughput(verdict: &Verdict, timeline: &Timeline) -> Lines {
    let rate = |name: &str, of: fn(&Bin) -> u64| {
        let bin_s = seconds(timeline.bin_ms.max(1));
        series(name, timeline, |bin| count(of(bin)) / bin_s)
    };
    let ended = |bin: &Bin| bin.ordered + bin.sold_out + bin.declined + bin.other + bin.gave_up;
    let mut lines = vec![rate("checkouts ended", ended), rate("requests answered", |bin| bin.requests)];
    for (name, of) in [
        ("requests shed", (|bin| bin.shed) as fn(&Bin) -> u64),
        ("requests lost", |bin| bin.lost),
        ("unexplained answers", |bin| bin.errors),
    ] {
        if timeline.bins.iter().any(|bin| of(bin) > 0) {
            lines.push(rate(name, of));
        }
    }
    let description =
        format!("{} checkouts per second over the whole run.", rounded(verdict.checkouts_per_s));
    let axis = Axis::linear("per second", Format::Count);
    over_time(
        "throughput",
        "Checkouts and requests per second, over time",
        description,
        axis,
        lines,
        timeline,
    )
}

fn under_way(timeline: &Timeline) -> Lines {
    let most = timeline.bins.iter().map(|bin| bin.under_way).max().unwrap_or_default();
    let description = format!("At most {} under way at the end of a moment.", things(most, "checkout"));
    let lines = vec![series("checkouts under way", timeline, |bin| count(bin.under_way))];
    let axis = Axis::linear("checkouts", Format::Count);
    over_time("under-way", "Checkouts under way, over time", description, axis, lines, timeline)
}

fn outcomes(verdict: &Verdict, timeline: &Timeline) -> Bars {
    let sum = |of: fn(&Bin) -> u64| timeline.bins.iter().map(of).sum::<u64>();
    let bars = [
        ("became an order", sum(|bin| bin.ordered), Tone::Good),
        ("sold out", verdict.sold_out, Tone::Plain),
        ("declined", verdict.declined, Tone::Plain),
        ("ended otherwise, as planned", sum(|bin| bin.other), Tone::Plain),
        ("no definite answer", verdict.gave_up, Tone::Warn),
        ("requests shed, tried again", verdict.shed, Tone::Warn),
        ("unexplained answers", verdict.errors, Tone::Bad),
    ];
    let told: Vec<String> = bars
        .iter()
        .filter(|(_, number, _)| *number > 0)
        .map(|(name, number, _)| format!("{name}: {}", grouped(*number)))
        .collect();
    let bar = |(name, number, tone): (&str, u64, Tone)| Bar {
        name: name.to_owned(),
        value: count(number),
        text: grouped(number),
        tone,
    };
    Bars {
        caption: Caption {
            id: "outcomes".to_owned(),
            title: "How checkouts ended".to_owned(),
            description: format!("{}.", told.join(", ")),
        },
        value: Axis::linear("checkouts, and requests where it says so", Format::Count),
        bars: bars.into_iter().map(bar).collect(),
    }
}

fn spread(verdict: &Verdict, timeline: &Timeline) -> Histogram {
    let mut from = 0.0;
    let buckets = timeline.latency_histogram.iter().map(|bucket| {
        let next = Bucket { from, to: bucket.up_to_ms, count: bucket.count };
        from = bucket.up_to_ms;
        next
    });
    let waits = &verdict.latency_ms;
    let marks = [("p50", waits.p50), ("p90", waits.p90), ("p99", waits.p99), ("p99.9", waits.p999)]
        .map(|(name, at)| Mark { at, name: format!("{name} {}", time(at)) });
    let description: Vec<&str> = marks.iter().map(|mark| mark.name.as_str()).collect();
    Histogram {
        caption: Caption {
            id: "waits".to_owned(),
            title: "How the waits of all checkouts are spread".to_owned(),
            description: format!("{}.", description.join(", ")),
        },
        value: Axis::log("wait", Format::Milliseconds),
        count: Axis::linear("checkouts", Format::Count),
        buckets: buckets.collect(),
        marks: marks.into(),
    }
}

/// A chart over time with the events of the run.
fn over_time(
    id: &str,
    title: &str,
    description: String,
    y: Axis,
    series: Vec<Series>,
    timeline: &Timeline,
) -> Lines {
    Lines {
        caption: Caption { id: id.to_owned(), title: title.to_owned(), description },
        x: Axis::linear("time since the first request", Format::Seconds),
        y,
        series,
        levels: Vec::new(),
        events: events(timeline),
    }
}

fn series(name: &str, timeline: &Timeline, value: impl Fn(&Bin) -> f64) -> Series {
    let points = timeline.bins.iter().map(|bin| (end(timeline, bin), value(bin))).collect();
    Series { name: name.to_owned(), points, is_step: false }
}

/// The end of a bin in seconds: what it says is known then.
fn end(timeline: &Timeline, bin: &Bin) -> f64 {
    seconds(bin.at_ms.saturating_add(timeline.bin_ms))
}

fn seconds(ms: u64) -> f64 {
    count(ms) / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has three digits, not sixteen")]
fn count(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has three digits, not sixteen")]
fn number(units: i64) -> f64 {
    units as f64
}
