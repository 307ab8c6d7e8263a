//! A histogram: how many values fell into each bucket, with marks at the values that matter.

use super::axis::Ruler;
use super::text::{escape, number, width};
use super::{Axis, Caption, WIDTH};

/// A histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// What it is called and says.
    pub caption: Caption,
    /// What was measured.
    pub value: Axis,
    /// What is counted.
    pub count: Axis,
    /// The buckets, rising.
    pub buckets: Vec<Bucket>,
    /// Values that are pointed out, as percentiles.
    pub marks: Vec<Mark>,
}

/// How many values lay from here to there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Where it begins; what has no place on the axis, as 0 on one of ratios, is its beginning.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// How many values it holds.
    pub count: u64,
}

/// A value that is pointed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The value.
    pub at: f64,
    /// Its name.
    pub name: String,
}

const PLOT_HEIGHT: f64 = 170.0;
const RIGHT: f64 = 14.0;
/// The height of a mark's name. Each mark has a row of its own, so that no name lies on another.
const ROW: f64 = 14.0;
/// The room above the marks: for the name of the upward axis.
const HEAD: f64 = 22.0;

/// Where things are, in units of the drawing.
struct Plot {
    left: f64,
    top: f64,
    x: Ruler,
    y: Ruler,
}

impl Histogram {
    /// The drawing.
    pub fn svg(&self) -> String {
        let plot = self.plot();
        let mut out = self.axes(&plot);
        for bucket in self.filled() {
            out.push_str(&self.bar(&plot, bucket));
        }
        let mut row = HEAD;
        for mark in &self.marks {
            out.push_str(&plot.mark(mark, row));
            row += ROW;
        }
        self.caption.frame(plot.bottom() + 38.0, &out)
    }

    fn filled(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.iter().filter(|bucket| bucket.count > 0)
    }

    fn plot(&self) -> Plot {
        let ends = self.filled().flat_map(|bucket| [bucket.from, bucket.to]);
        let x = Ruler::of(&self.value, ends.chain(self.marks.iter().map(|mark| mark.at)), false);
        let y = Ruler::of(&self.count, self.filled().map(height), false);
        let left = y.ticks.iter().map(|tick| width(&self.count.format.write(*tick))).fold(0.0, f64::max);
        let top = self.marks.iter().map(|_| ROW).sum::<f64>() + HEAD + 4.0;
        Plot { left: left + 12.0, top, x, y }
    }

    fn bar(&self, plot: &Plot, bucket: &Bucket) -> String {
        let from = plot.across(bucket.from).unwrap_or(plot.left);
        let (Some(to), Some(share)) = (plot.across(bucket.to), plot.y.place(height(bucket))) else {
            return String::new();
        };
        // What is there at all must be seen.
        let high = (share * PLOT_HEIGHT).max(1.0);
        let format = self.value.format;
        let said = format!("{} to {}: {}", format.write(bucket.from), format.write(bucket.to), bucket.count);
        format!(
            "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>\n",
            number(from),
            number(plot.bottom() - high),
            number((to - from - 0.5).max(0.5)),
            number(high),
            escape(&said)
        )
    }

    fn axes(&self, plot: &Plot) -> String {
        let mut out = format!("<text x=\"0\" y=\"12\">{}</text>\n", escape(&self.count.label));
        let right = number(WIDTH - RIGHT);
        for tick in &plot.y.ticks {
            let Some(place) = plot.y.place(*tick) else { continue };
            let y = plot.bottom() - place * PLOT_HEIGHT;
            out.push_str(&format!(
                "<path class=\"grid\" d=\"M{} {}H{right}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                number(plot.left),
                number(y),
                number(plot.left - 6.0),
                number(y + 4.0),
                escape(&self.count.format.write(*tick))
            ));
        }
        let bottom = plot.bottom();
        out.push_str(&format!(
            "<path class=\"base\" d=\"M{} {}H{right}\"/>\n",
            number(plot.left),
            number(bottom)
        ));
        for tick in &plot.x.ticks {
            let Some(x) = plot.across(*tick) else { continue };
            let text = self.value.format.write(*tick);
            out.push_str(&format!(
                "<path class=\"base\" d=\"M{} {}v4\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                number(x),
                number(bottom),
                number(x.min(WIDTH - width(&text) / 2.0)),
                number(bottom + 17.0),
                escape(&text)
            ));
        }
        let (y, label) = (number(bottom + 33.0), escape(&self.value.label));
        out.push_str(&format!("<text x=\"{right}\" y=\"{y}\" text-anchor=\"end\">{label}</text>\n"));
        out
    }
}

impl Plot {
    fn bottom(&self) -> f64 {
        self.top + PLOT_HEIGHT
    }

    fn across(&self, value: f64) -> Option<f64> {
        self.x.place(value).map(|place| self.left + place * (WIDTH - RIGHT - self.left))
    }

    fn mark(&self, mark: &Mark, top: f64) -> String {
        let Some(x) = self.across(mark.at) else { return String::new() };
        let is_late = x + width(&mark.name) + 4.0 > WIDTH;
        let (x_text, anchor) = if is_late { (x - 4.0, "end") } else { (x + 4.0, "start") };
        format!(
            "<path class=\"level\" d=\"M{} {}V{}\"/><text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>\n",
            number(x),
            number(top),
            number(self.bottom()),
            number(x_text),
            number(top + 9.0),
            escape(&mark.name)
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "a bar's height needs three digits, not sixteen")]
fn height(bucket: &Bucket) -> f64 {
    bucket.count as f64
}
