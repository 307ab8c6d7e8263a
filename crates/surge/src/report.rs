//! The report: a verdict with its timeline and environment as one self-contained page.
//!
//! Decides what a reader sees and in which order: first one sentence that needs no knowledge of databases, last the
//! command that plays the run again. Pure: the same report gives the same page, to the byte. Leaves drawing to `chart`.

mod charts;
mod facts;
mod promises;
mod sentences;

use askama::Template;

use self::facts::{Fact, Tile};
use self::promises::Judged;
use self::sentences::Tone;
use crate::page::{render, style};
use crate::verdict::Report;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    style: String,
    report: &'a Report,
    tone: &'static str,
    began: String,
    /// The first is the verdict.
    sentences: Vec<String>,
    tiles: Vec<Tile>,
    drawings: Vec<Drawing>,
    /// What happened on the lines of time, in words.
    events: Vec<String>,
    invariants: Vec<Judged<'a>>,
    cost: String,
    facts: Vec<Fact>,
}

/// A chart with what stands around it.
struct Drawing {
    title: &'static str,
    note: &'static str,
    svg: String,
}

/// The page.
pub fn html(report: &Report) -> String {
    let page = Page {
        style: style(),
        report,
        tone: match sentences::tone(&report.verdict) {
            Tone::Good => "good",
            Tone::Bad => "bad",
        },
        began: facts::moment(&report.environment.began_at),
        sentences: sentences::all(report),
        tiles: facts::tiles(&report.verdict),
        drawings: charts::all(report),
        events: charts::events(&report.timeline).into_iter().map(|event| event.name).collect(),
        invariants: promises::judged(&report.verdict),
        cost: sentences::cost(&report.verdict),
        facts: facts::of_run(report),
    };
    render(&page)
}

#[cfg(test)]
mod tests;
