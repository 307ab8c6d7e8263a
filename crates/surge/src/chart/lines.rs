//! Lines: values over time, or over anything that rises.

use super::axis::Ruler;
use super::text::{cut, escape, number, width};
use super::{Axis, Caption, WIDTH};

/// A chart of lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// What it is called and says.
    pub caption: Caption,
    /// The direction to the right.
    pub x: Axis,
    /// The direction upwards.
    pub y: Axis,
    /// The lines; seven can be told apart.
    pub series: Vec<Series>,
    /// Values to compare with, drawn across the whole chart.
    pub levels: Vec<Level>,
    /// What happened, drawn from bottom to top where it did.
    pub events: Vec<Event>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Its points in the order of x. A value that is not a number leaves a gap.
    pub points: Vec<(f64, f64)>,
    /// Whether a value holds until the next one, as a counter does.
    pub is_step: bool,
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The value.
    pub at: f64,
    /// What it is.
    pub name: String,
}

/// Something that happened, at one moment or for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it began.
    pub from: f64,
    /// When it ended, if it took a while.
    pub to: Option<f64>,
    /// The sign above it: a letter or two.
    pub sign: String,
    /// What it was.
    pub name: String,
}

/// How high the plot inside the axes is.
const PLOT_HEIGHT: f64 = 190.0;
const RIGHT: f64 = 14.0;
const ROW: f64 = 17.0;
/// The sample of a line in the legend, with its gap.
const SAMPLE: f64 = 30.0;
/// A line with no more points than this shows each of them.
const DOTS_MAX: usize = 12;
const NAME_LETTERS_MAX: usize = 40;

/// Where things are, in units of the drawing.
struct Plot {
    left: f64,
    top: f64,
    x: Ruler,
    y: Ruler,
}

impl Lines {
    /// The drawing.
    pub fn svg(&self) -> String {
        let (legend, rows) = self.legend();
        let plot = self.plot(rows);
        let mut out = legend;
        out.push_str(&self.axes(&plot));
        let mut free_from = 0.0;
        for event in &self.events {
            out.push_str(&plot.event(event, &mut free_from));
        }
        for level in &self.levels {
            out.push_str(&plot.level(level));
        }
        for (index, series) in self.series.iter().enumerate() {
            out.push_str(&plot.series(series, class(index), self));
        }
        self.caption.frame(plot.top + PLOT_HEIGHT + 38.0, &out)
    }

    fn plot(&self, legend_rows: f64) -> Plot {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let levels = self.levels.iter().map(|level| level.at);
        let ends = self.events.iter().flat_map(|event| [Some(event.from), event.to]).flatten();
        let x = Ruler::of(&self.x, points().map(|(x, _)| *x).chain(ends), true);
        let y = Ruler::of(&self.y, points().map(|(_, y)| *y).chain(levels), false);
        let widest = y.ticks.iter().map(|tick| width(&self.y.format.write(*tick))).fold(0.0, f64::max);
        // Above the plot: the legend, then the name of the upward axis beside the signs of events.
        Plot { left: widest + 12.0, top: legend_rows * ROW + 34.0, x, y }
    }

    /// The names of the lines, in as many rows as they need.
    fn legend(&self) -> (String, f64) {
        let mut out = String::new();
        let (mut x, mut row) = (0.0, 1.0);
        for (index, series) in self.series.iter().enumerate() {
            let name = cut(&series.name, NAME_LETTERS_MAX);
            let needed = SAMPLE + width(&name) + 14.0;
            if x > 0.0 && x + needed > WIDTH {
                (x, row) = (0.0, row + 1.0);
            }
            let (y, from, to) = (number(row * ROW - 8.0), number(x), number(x + SAMPLE - 6.0));
            let (text_x, text_y) = (number(x + SAMPLE), number(row * ROW - 4.0));
            out.push_str(&format!(
                "<path class=\"curve {}\" d=\"M{from} {y}H{to}\"/><text class=\"name\" x=\"{text_x}\" y=\"{text_y}\">{}</text>\n",
                class(index),
                escape(&name)
            ));
            x += needed;
        }
        (out, if self.series.is_empty() { 0.0 } else { row })
    }

    fn axes(&self, plot: &Plot) -> String {
        let (left, right, top) = (number(plot.left), number(WIDTH - RIGHT), plot.top);
        let mut out =
            format!("<text x=\"0\" y=\"{}\">{}</text>\n", number(top - 18.0), escape(&self.y.label));
        for tick in &plot.y.ticks {
            let Some(y) = plot.up(*tick) else { continue };
            let (line, text) = (number(y), number(y + 4.0));
            out.push_str(&format!(
                "<path class=\"grid\" d=\"M{left} {line}H{right}\"/><text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{}</text>\n",
                number(plot.left - 6.0),
                escape(&self.y.format.write(*tick))
            ));
        }
        let bottom = top + PLOT_HEIGHT;
        out.push_str(&format!("<path class=\"base\" d=\"M{left} {}H{right}\"/>\n", number(bottom)));
        for tick in &plot.x.ticks {
            let Some(x) = plot.across(*tick) else { continue };
            let label = self.x.format.write(*tick);
            // The last tick's text must not leave the drawing.
            let x_text = x.min(WIDTH - width(&label) / 2.0);
            out.push_str(&format!(
                "<path class=\"base\" d=\"M{} {}v4\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                number(x),
                number(bottom),
                number(x_text),
                number(bottom + 17.0),
                escape(&label)
            ));
        }
        let label = escape(&self.x.label);
        let y = number(bottom + 33.0);
        out.push_str(&format!("<text x=\"{right}\" y=\"{y}\" text-anchor=\"end\">{label}</text>\n"));
        out
    }
}

impl Plot {
    fn across(&self, value: f64) -> Option<f64> {
        self.x.place(value).map(|place| self.left + place * (WIDTH - RIGHT - self.left))
    }

    fn up(&self, value: f64) -> Option<f64> {
        self.y.place(value).map(|place| self.top + (1.0 - place) * PLOT_HEIGHT)
    }

    fn level(&self, level: &Level) -> String {
        let Some(y) = self.up(level.at) else { return String::new() };
        let right = WIDTH - RIGHT;
        format!(
            "<path class=\"level\" d=\"M{} {}H{}\"/><text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
            number(self.left),
            number(y),
            number(right),
            number(right - 3.0),
            number(y - 5.0),
            escape(&level.name)
        )
    }

    /// An event. Its sign is written where the signs before it have left room.
    fn event(&self, event: &Event, free_from: &mut f64) -> String {
        let Some(from) = self.across(event.from) else { return String::new() };
        let half = width(&event.sign) / 2.0;
        let has_room = from - half >= *free_from;
        let sign = if has_room { escape(&event.sign) } else { String::new() };
        if has_room {
            *free_from = from + half + 3.0;
        }
        // A sign at the edge must not leave the drawing.
        let x_text = number(from.min(WIDTH - half));
        let (x, top) = (number(from), number(self.top));
        let to = event.to.and_then(|to| self.across(to));
        let span = to.map_or_else(String::new, |to| {
            let wide = number((to - from).max(1.0));
            let high = number(PLOT_HEIGHT);
            format!("<rect class=\"span\" x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\"/>")
        });
        format!(
            "<g>{span}<path class=\"event\" d=\"M{x} {top}V{}\"/><text class=\"event-name\" x=\"{x_text}\" y=\"{}\" text-anchor=\"middle\">{}</text><title>{}</title></g>\n",
            number(self.top + PLOT_HEIGHT),
            number(self.top - 3.0),
            sign,
            escape(&event.name)
        )
    }

    fn series(&self, series: &Series, class: &str, chart: &Lines) -> String {
        let mut path = String::new();
        let mut dots = String::new();
        let mut before: Option<f64> = None;
        for (x_value, y_value) in &series.points {
            let (Some(x), Some(y)) = (self.across(*x_value), self.up(*y_value)) else {
                before = None;
                continue;
            };
            match before {
                None => path.push_str(&format!("M{} {}", number(x), number(y))),
                Some(_) if series.is_step => path.push_str(&format!("H{}V{}", number(x), number(y))),
                Some(_) => path.push_str(&format!("L{} {}", number(x), number(y))),
            }
            before = Some(y);
            let said = format!(
                "{}: {} at {}",
                series.name,
                chart.y.format.write(*y_value),
                chart.x.format.write(*x_value)
            );
            dots.push_str(&format!(
                "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"3\"><title>{}</title></circle>",
                number(x),
                number(y),
                escape(&said)
            ));
        }
        if series.points.len() > DOTS_MAX {
            dots.clear();
        }
        if path.is_empty() { path } else { format!("<path class=\"curve {class}\" d=\"{path}\"/>{dots}\n") }
    }
}

/// The class of a line by its number; after the seventh they begin again.
fn class(index: usize) -> &'static str {
    const CLASSES: [&str; 7] =
        ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7"];
    CLASSES[index % CLASSES.len()]
}
