//! Axes: from a value to its place, and the round numbers that are written beside it.

/// How a value becomes a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps add; it begins at 0.
    Linear,
    /// Equal steps multiply; values that are not above 0 have no place.
    Log,
}

/// How a tick's number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A number of things: 950, 12k, 1.5M.
    Count,
    /// Seconds: 0.5 s, 90 s.
    Seconds,
    /// A time in milliseconds: 0.2 ms, 15 ms, 2 s.
    Milliseconds,
}

/// One direction of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it counts.
    pub label: String,
    /// How values are placed.
    pub scale: Scale,
    /// How ticks are written.
    pub format: Format,
    /// Where ticks stand; round numbers if none are given.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// An axis of equal steps from 0.
    pub fn linear(label: &str, format: Format) -> Self {
        Self { label: label.to_owned(), scale: Scale::Linear, format, ticks: Vec::new() }
    }

    /// An axis of equal ratios.
    pub fn log(label: &str, format: Format) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label, format) }
    }

    /// The same axis with ticks where the caller wants them.
    #[must_use]
    pub fn with_ticks(mut self, ticks: Vec<f64>) -> Self {
        self.ticks = ticks;
        self
    }
}

impl Format {
    /// A number as a tick writes it.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Count => count(value),
            Self::Seconds => format!("{} s", short(value)),
            Self::Milliseconds if value >= 1000.0 => format!("{} s", short(value / 1000.0)),
            Self::Milliseconds => format!("{} ms", short(value)),
        }
    }
}

fn count(value: f64) -> String {
    if value.abs() >= 1_000_000.0 {
        format!("{}M", short(value / 1_000_000.0))
    } else if value.abs() >= 10_000.0 {
        format!("{}k", short(value / 1000.0))
    } else {
        short(value)
    }
}

/// At most three digits after the point, and no zeros at the end.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An axis that knows its values: where it begins and ends.
#[derive(Clone, Debug)]
pub(super) struct Ruler {
    scale: Scale,
    from: f64,
    to: f64,
    /// The ticks, rising.
    pub(super) ticks: Vec<f64>,
}

impl Ruler {
    /// The ruler of an axis for these values. With `is_tight` it ends at the greatest value, else at the tick above it.
    pub(super) fn of(axis: &Axis, values: impl Iterator<Item = f64>, is_tight: bool) -> Self {
        let has_place = |value: &f64| value.is_finite() && (axis.scale == Scale::Linear || *value > 0.0);
        let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.chain(axis.ticks.iter().copied()).filter(has_place) {
            least = least.min(value);
            greatest = greatest.max(value);
        }
        if least > greatest {
            (least, greatest) = (1.0, 1.0);
        }
        let (from, to, ticks) = match axis.scale {
            Scale::Linear => linear(least, greatest, is_tight),
            Scale::Log => log(least, greatest, is_tight || !axis.ticks.is_empty()),
        };
        let ticks = if axis.ticks.is_empty() { ticks } else { axis.ticks.clone() };
        Self { scale: axis.scale, from, to, ticks }
    }

    /// Where a value stands, from 0 at the beginning to 1 at the end; nothing for what has no place.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let place = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Log if value <= 0.0 => return None,
            Scale::Log => (value / self.from).ln() / (self.to / self.from).ln(),
        };
        place.is_finite().then(|| place.clamp(0.0, 1.0))
    }
}

/// The step of 1, 2 or 5 times a power of ten that makes about four of it.
fn step(span: f64) -> f64 {
    let raw = span / 4.0;
    let power = 10_f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0].iter().map(|factor| factor * power).find(|step| *step >= raw).unwrap_or(10.0 * power)
}

fn linear(least: f64, greatest: f64, is_tight: bool) -> (f64, f64, Vec<f64>) {
    let least = least.min(0.0);
    let greatest = if greatest > least { greatest } else { least + 1.0 };
    let step = step(greatest - least);
    let from = (least / step).floor();
    let last = if is_tight { (greatest / step).floor() } else { (greatest / step).ceil() };
    let to = if is_tight { greatest } else { last * step };
    let mut ticks = Vec::new();
    let mut tick = from;
    while tick <= last {
        ticks.push(tick * step);
        tick += 1.0;
    }
    (from * step, to, ticks)
}

fn log(least: f64, greatest: f64, is_tight: bool) -> (f64, f64, Vec<f64>) {
    let (first, mut last) = (least.log10().floor(), greatest.log10().ceil());
    if first >= last {
        last = first + 1.0;
    }
    let factors: &[f64] = if last - first < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let mut ticks = Vec::new();
    let mut power = first;
    while power <= last {
        ticks.extend(factors.iter().map(|factor| factor * 10_f64.powf(power)));
        power += 1.0;
    }
    let (from, to) = if is_tight && least < greatest {
        (least, greatest)
    } else {
        let from = ticks.iter().copied().rfind(|tick| *tick <= least).unwrap_or(least);
        let to = ticks.iter().copied().find(|tick| *tick >= greatest).unwrap_or(greatest);
        if from < to { (from, to) } else { (from, from * 10.0) }
    };
    // The small surplus keeps a tick that rounding has put a hair outside.
    ticks.retain(|tick| *tick >= from * 0.999 && *tick <= to * 1.001);
    (from, to, ticks)
}

#[cfg(test)]
fn ticks(axis: &Axis, values: &[f64], is_tight: bool) -> Vec<String> {
    let ruler = Ruler::of(axis, values.iter().copied(), is_tight);
    ruler.ticks.iter().map(|tick| axis.format.write(*tick)).collect()
}

#[test]
fn ticks_are_round_numbers_around_the_values() {
    let count = Axis::linear("sold", Format::Count);
    assert_eq!(ticks(&count, &[0.0, 4_870.0], false), ["0", "2000", "4000", "6000"]);
    assert_eq!(ticks(&count, &[50_000.0], false), ["0", "20k", "40k", "60k"]);
    assert_eq!(ticks(&count, &[-3.0, 5.0], false), ["-4", "-2", "0", "2", "4", "6"]);
    assert_eq!(ticks(&Axis::linear("time", Format::Seconds), &[7.3], true), ["0 s", "2 s", "4 s", "6 s"]);
    let latency = Axis::log("latency", Format::Milliseconds);
    assert_eq!(ticks(&latency, &[0.3, 4_000.0], false), ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
    assert_eq!(ticks(&latency, &[12.0, 90.0], false), ["10 ms", "20 ms", "50 ms", "100 ms"]);
}

#[test]
fn an_axis_without_values_or_with_one_is_still_an_axis() {
    let count = Axis::linear("sold", Format::Count);
    for values in [&[][..], &[0.0], &[f64::NAN, f64::INFINITY]] {
        let ruler = Ruler::of(&count, values.iter().copied(), false);
        assert_eq!(ruler.place(0.0), Some(0.0), "{values:?}");
        assert!(ruler.ticks.len() > 1, "{values:?}");
    }
    for values in [&[][..], &[0.0], &[1.0], &[1000.0, 1000.0]] {
        let ruler = Ruler::of(&Axis::log("latency", Format::Milliseconds), values.iter().copied(), false);
        assert!(ruler.place(1.0).is_some_and(|place| (0.0..=1.0).contains(&place)), "{values:?}");
        assert_eq!(ruler.place(0.0), None);
    }
}

#[test]
fn places_rise_with_their_values() {
    let clients = Axis::log("clients", Format::Count).with_ticks(vec![1.0, 8.0, 64.0]);
    let ruler = Ruler::of(&clients, [1.0, 8.0, 64.0].into_iter(), true);
    let places: Vec<_> = [1.0, 8.0, 64.0].map(|value| ruler.place(value).unwrap()).into();
    assert!((places[0], places[2]) == (0.0, 1.0) && (places[1] - 0.5).abs() < 1e-9, "{places:?}");
}
