//! Bars: one number each, side by side, with their names.

use super::axis::Ruler;
use super::text::{cut, escape, number, width};
use super::{Axis, Caption, WIDTH};

/// A chart of bars that lie on their sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// What it is called and says.
    pub caption: Caption,
    /// What the bars count.
    pub value: Axis,
    /// The bars, from above.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it shows.
    pub name: String,
    /// How long it is; below 0 it has no length.
    pub value: f64,
    /// What is written behind it.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

/// What a bar means to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing: it only counts.
    Plain,
    /// It is as it should be.
    Good,
    /// It is a nuisance.
    Warn,
    /// It is what must not be.
    Bad,
}

const ROW: f64 = 24.0;
const NAME_LETTERS_MAX: usize = 30;

impl Bars {
    /// The drawing.
    pub fn svg(&self) -> String {
        let names: Vec<String> = self.bars.iter().map(|bar| cut(&bar.name, NAME_LETTERS_MAX)).collect();
        let widest =
            |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| width(text)).fold(0.0, f64::max);
        let left = widest(&mut names.iter()) + 8.0;
        let room = WIDTH - left - widest(&mut self.bars.iter().map(|bar| &bar.text)) - 8.0;
        let ruler = Ruler::of(&self.value, self.bars.iter().map(|bar| bar.value), true);
        let mut out = String::new();
        let mut top = 0.0;
        for (bar, name) in self.bars.iter().zip(&names) {
            let wide = ruler.place(bar.value).map_or(0.0, |place| place * room);
            // What is there at all must be seen.
            let wide = if bar.value > 0.0 { wide.max(2.0) } else { 0.0 };
            out.push_str(&format!(
                "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"15\" rx=\"2\"/><text x=\"{}\" y=\"{}\">{}</text>\n",
                number(left - 6.0),
                number(top + 16.0),
                escape(name),
                class(bar.tone),
                number(left),
                number(top + 4.0),
                number(wide),
                number(left + wide + 6.0),
                number(top + 16.0),
                escape(&bar.text)
            ));
            top += ROW;
        }
        let (y, label) = (number(top + 14.0), escape(&self.value.label));
        out.push_str(&format!("<text x=\"{}\" y=\"{y}\">{label}</text>\n", number(left)));
        self.caption.frame(top + 20.0, &out)
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "bar",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}
