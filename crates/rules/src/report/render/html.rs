//! Decides how a report looks on one page: numbers, bars, the curve of its history. No script, no other file, no network.

use crate::report::render::{by_reason, groups, share, templates, until, write};
use crate::report::{Point, Report, Standing};

const STYLE: &str = include_str!("page.css");
/// All rules together come first; the colours are told apart without red and green too.
const COLOURS: [&str; 7] = ["#1a7f37", "#0969da", "#bf8700", "#8250df", "#cf222e", "#1b7c83", "#bc4c00"];

/// The curve's frame: where its plot begins and how large it is, in pixels.
const LEFT: usize = 44;
const TOP: usize = 12;
const WIDTH: usize = 740;
const HEIGHT: usize = 180;

pub(crate) fn html(report: &Report) -> String {
    let title = format!("Commerce rules: {}", share(&report.all));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title>\n<style>\n{STYLE}</style></head><body>\n<h1>{}</h1>\n",
        escape(&title),
        escape(&title)
    );
    out.push_str(&tiles(report));
    for (title, standings) in groups(report) {
        let rows: Vec<Vec<String>> = standings.iter().map(standing_row).collect();
        write(&mut out, format_args!("<h2>{title}</h2>\n{}", table(&[], &["name", "bar", "share"], &rows)));
    }
    if !report.history.is_empty() {
        write(&mut out, format_args!("<h2>History</h2>\n{}", curve(&report.history)));
    }
    let suppressed = report.suppressed.iter().map(|one| {
        vec![
            escape(&one.rule),
            escape(&one.place),
            escape(&one.team),
            escape(&one.reason),
            escape(&until(one)),
        ]
    });
    section(&mut out, "Suppressed", &["rule", "place", "team", "reason", "holds"], suppressed.collect());
    let files = templates(&report.templates);
    let files = files.iter().map(|cells| cells.iter().map(|text| escape(text)).collect());
    section(&mut out, "Templates", &["file", "state", "from"], files.collect());
    let behind = report.behind.iter().map(|one| vec![escape(&one.pack), one.has.clone(), one.newest.clone()]);
    section(&mut out, "Packs behind", &["pack", "delivered", "there is"], behind.collect());
    let uncounted = by_reason(report);
    let uncounted = uncounted.iter().map(|(reason, rules)| vec![escape(rules), escape(reason)]);
    section(&mut out, "Not counted", &["rules", "why"], uncounted.collect());
    out.push_str("<p><small>A relevant site is a place that a rule with a detector speaks of, as a write to a stock column. Teams are those of CODEOWNERS; persons are not counted.</small></p>\n</body></html>\n");
    out
}

/// What a reader in a hurry wants to know.
fn tiles(report: &Report) -> String {
    let broken = report.all.relevant - report.all.kept;
    let outdated =
        report.templates.iter().flat_map(|one| &one.files).filter(|file| file.state.is_behind()).count();
    let adherence =
        report.all.per_cent().map_or_else(|| "no relevant sites".to_owned(), |number| format!("{number}%"));
    let tiles = [
        ("adherence", adherence),
        ("relevant sites", report.all.relevant.to_string()),
        ("not kept", broken.to_string()),
        ("suppressed", report.suppressed.len().to_string()),
        ("old templates", outdated.to_string()),
        ("old packs", report.behind.len().to_string()),
    ];
    let tile = |(name, value): &(&str, String)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n");
    format!("<dl>\n{}</dl>\n", tiles.iter().map(tile).collect::<String>())
}

fn section(out: &mut String, title: &str, heads: &[&str], rows: Vec<Vec<String>>) {
    if !rows.is_empty() {
        write(out, format_args!("<h2>{title}</h2>\n{}", table(heads, &[], &rows)));
    }
}

/// A table of cells that are HTML already.
fn table(heads: &[&str], classes: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = "<table>\n".to_owned();
    if !heads.is_empty() {
        let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
        write(&mut out, format_args!("<tr>{heads}</tr>\n"));
    }
    for row in rows {
        out.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            match classes.get(index) {
                Some(class) => write(&mut out, format_args!("<td class=\"{class}\">{cell}</td>")),
                None => write(&mut out, format_args!("<td>{cell}</td>")),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    out
}

fn standing_row(standing: &Standing) -> Vec<String> {
    vec![escape(&standing.name), bar(standing), share(standing)]
}

fn bar(standing: &Standing) -> String {
    let Some(per_cent) = standing.per_cent() else { return String::new() };
    let kept = per_cent * 24 / 10;
    let broken = 240 - kept;
    format!(
        "<svg viewBox=\"0 0 240 14\" width=\"100%\" height=\"14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{per_cent}%\"><rect class=\"kept\" width=\"{kept}\" height=\"14\"/><rect class=\"broken\" x=\"{kept}\" width=\"{broken}\" height=\"14\"/></svg>"
    )
}

/// The lines of the history: all rules, then rule by rule. Commits without a relevant site leave a gap.
fn curve(history: &[Point]) -> String {
    let mut ids: Vec<&str> =
        history.iter().flat_map(|point| &point.rules).map(|one| one.name.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut out = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"adherence by commit\">\n",
        LEFT + WIDTH + 16,
        TOP + HEIGHT + 28
    );
    for per_cent in [0, 50, 100] {
        let y = height_of(per_cent);
        write(
            &mut out,
            format_args!(
                "<path class=\"axis\" d=\"M{LEFT} {y}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{per_cent}%</text>\n",
                LEFT + WIDTH,
                LEFT - 6,
                y + 4
            ),
        );
    }
    // One rule alone is all rules.
    if ids.len() == 1 {
        ids.clear();
    }
    let mut key = String::new();
    // All rules are drawn last, on top of the others.
    for (index, id) in ids.iter().enumerate() {
        let colour = COLOURS[1 + index % (COLOURS.len() - 1)];
        let of_rule = |point: &Point| point.rules.iter().find(|one| one.name == *id).cloned();
        out.push_str(&line(history, colour, 1, of_rule));
        write(&mut key, format_args!("<li><b style=\"background:{colour}\"></b>{}</li>", escape(id)));
    }
    out.push_str(&line(history, COLOURS[0], 3, |point| Some(point.standing.clone())));
    for (index, anchor) in [(0, "start"), (history.len() - 1, "end")] {
        let (x, y, day) = (across(index, history.len()), TOP + HEIGHT + 20, &history[index].day);
        write(&mut out, format_args!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{day}</text>\n"));
    }
    format!(
        "{out}</svg>\n<ul class=\"key\"><li><b style=\"background:{}\"></b>all rules</li>{key}</ul>\n",
        COLOURS[0]
    )
}

fn line(
    history: &[Point],
    colour: &str,
    width: usize,
    standing: impl Fn(&Point) -> Option<Standing>,
) -> String {
    let mut path = String::new();
    let mut dots = String::new();
    let mut drawing = false;
    for (index, point) in history.iter().enumerate() {
        let Some((standing, per_cent)) =
            standing(point).and_then(|one| one.per_cent().map(|number| (one, number)))
        else {
            drawing = false;
            continue;
        };
        let (x, y) = (across(index, history.len()), height_of(per_cent));
        write(&mut path, format_args!("{}{x} {y}", if drawing { "L" } else { "M" }));
        drawing = true;
        let (day, commit, said) = (&point.day, &point.commit, escape(&share(&standing)));
        let name = escape(&standing.name);
        write(
            &mut dots,
            format_args!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"{colour}\"><title>{day} {commit:.10} {name}: {said}</title></circle>",
                width + 2
            ),
        );
    }
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>{dots}\n")
}

fn across(index: usize, points: usize) -> usize {
    LEFT + 6 + index * (WIDTH - 12) / points.saturating_sub(1).max(1)
}

fn height_of(per_cent: usize) -> usize {
    TOP + HEIGHT - per_cent * HEIGHT / 100
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
