//! Charts as SVG: numbers in, text out.
//!
//! Decides how a chart is laid out, what its ticks say and how it is told to those who cannot see it. Leaves what is
//! shown to the callers, and colours to the variables of [`STYLE`], so that one drawing serves a light screen, a dark
//! one and paper. No script, no font to load, no other file.
//!
//! A drawing is 460 units wide: beside another one on a desk, alone on a telephone, and its text can be read on both.

mod axis;
mod bars;
mod histogram;
mod lines;
#[cfg(test)]
mod tests;
mod text;

pub use axis::{Axis, Format, Scale};
pub use bars::{Bar, Bars, Tone};
pub use histogram::{Bucket, Histogram, Mark};
pub use lines::{Event, Level, Lines, Series};

/// The colours and lines that the drawings use, for the page they stand in.
pub const STYLE: &str = include_str!("chart/chart.css");

/// How wide every drawing is, in units of its own.
const WIDTH: f64 = 460.0;

/// What a drawing is called, and what it says in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Unlike any other on the page, of letters, digits and hyphens.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What a reader who sees the drawing would take from it.
    pub description: String,
}

impl Caption {
    /// The drawing with its caption around what was drawn.
    fn frame(&self, height: f64, drawn: &str) -> String {
        let id = text::escape(&self.id);
        let (title, description) = (text::escape(&self.title), text::escape(&self.description));
        let (width, height) = (text::number(WIDTH), text::number(height));
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-description\">\n<title id=\"{id}-title\">{title}</title>\n\
             <desc id=\"{id}-description\">{description}</desc>\n{drawn}</svg>\n"
        )
    }
}
