//! A comparison as one page that needs no other file: the findings, two charts, every number.

use askama::Template;

use super::{Comparison, Measured, Outcome, Pattern, Row};
use crate::chart::{Axis, Caption, Format, Level, Lines, Series};
use crate::page::{grouped, render, rounded, style};

#[derive(Template)]
#[template(path = "lab.html")]
struct Page<'a> {
    style: String,
    comparison: &'a Comparison,
    tone: &'static str,
    findings: Vec<String>,
    stock: String,
    buyers: String,
    speed: String,
    sold: String,
    rows: Vec<Line>,
    patterns: Vec<Pattern>,
}

/// A row of the table.
struct Line {
    name: &'static str,
    round: Option<[Cell; 9]>,
    skipped: String,
}

struct Cell {
    text: String,
    /// The class of what must not be.
    tone: &'static str,
}

impl Comparison {
    /// The page.
    pub fn html(&self) -> String {
        let is_oversold = self.rounds().any(|(_, round)| round.oversold > 0);
        let page = Page {
            style: style(),
            comparison: self,
            tone: if is_oversold { "warn" } else { "good" },
            findings: self.findings(),
            stock: grouped(self.stock),
            buyers: grouped(self.buyers),
            speed: self.speed_chart().svg(),
            sold: self.sold_chart().svg(),
            rows: self
                .rows
                .chunk_by(|before, row| row.repeats(before))
                .flat_map(|rows| rows.first())
                .map(line)
                .collect(),
            patterns: self.patterns(),
        };
        render(&page)
    }

    /// The patterns in the order of the rows.
    fn patterns(&self) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = self.rows.iter().map(|row| row.pattern).collect();
        patterns.dedup();
        patterns
    }

    fn speed_chart(&self) -> Lines {
        self.chart("speed", "Units sold per second by pattern and number of clients", |round| {
            round.sold_per_second
        })
    }

    fn sold_chart(&self) -> Lines {
        #[expect(clippy::cast_precision_loss, reason = "at most a million units")]
        let chart =
            self.chart("sold", "Units sold by pattern and number of clients", |round| round.sold as f64);
        let level = Level { at: f64::from(self.stock), name: "stock".to_owned() };
        Lines { y: Axis::linear("units", Format::Count), levels: vec![level], ..chart }
    }

    fn chart(&self, id: &str, title: &str, value: impl Fn(&Measured) -> f64) -> Lines {
        let series = self.patterns().into_iter().filter_map(|pattern| {
            let rounds = self.rounds().filter(|(row, _)| row.pattern == pattern);
            let points: Vec<_> = rounds.map(|(row, round)| (f64::from(row.clients), value(round))).collect();
            let name = pattern.name().to_owned();
            (!points.is_empty()).then_some(Series { name, points, is_step: false })
        });
        let mut ticks: Vec<f64> = self.rows.iter().map(|row| f64::from(row.clients)).collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        let description = self.findings().join(" ");
        Lines {
            caption: Caption { id: id.to_owned(), title: title.to_owned(), description },
            x: Axis::log("clients at once", Format::Count).with_ticks(ticks),
            y: Axis::log("per second", Format::Count),
            series: series.collect(),
            levels: Vec::new(),
            events: Vec::new(),
        }
    }
}

fn line(row: &Row) -> Line {
    let name = row.pattern.name();
    match &row.outcome {
        Outcome::Ran(round) => Line { name, round: Some(cells(row.clients, round)), skipped: String::new() },
        Outcome::Skipped { skipped } => Line { name, round: None, skipped: skipped.clone() },
    }
}

fn cells(clients: u32, round: &Measured) -> [Cell; 9] {
    let plain = |text: String| Cell { text, tone: "" };
    let marked = |number: u64, tone: &'static str| Cell {
        text: grouped(number),
        tone: if number > 0 { tone } else { "" },
    };
    [
        plain(grouped(clients)),
        plain(grouped(round.attempts)),
        plain(grouped(round.sold)),
        marked(round.oversold, "bad"),
        plain(grouped(round.sold_out)),
        marked(round.false_sold_out, "warn"),
        marked(round.gave_up, "warn"),
        plain(grouped(round.stock_left)),
        plain(rounded(round.sold_per_second)),
    ]
}

#[test]
fn the_page_is_whole_and_shows_what_was_found() {
    let page = super::findings::example().html();
    let document = crate::page::parse(&page);
    let text: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
    let text = text.join(" ");
    for fact in
        ["sold 2,000 of 1,000 units", "SQLite <3>", "not run: no <SKIP LOCKED> here", "31,000", "stock left"]
    {
        assert!(text.contains(fact), "{fact}");
    }
    let bad = document.descendants().filter(|node| node.attribute("class") == Some("number bad"));
    assert_eq!(bad.filter_map(|node| node.text()).collect::<Vec<_>>(), ["1,000"]);
}
