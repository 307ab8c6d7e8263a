//! Decides how a report reads as text and as Markdown; the page is in `html`.
//! The same report gives the same bytes, so that one can be compared with the last.

use std::fmt::Write;

mod html;

pub(crate) use html::html;

use crate::report::{Report, Standing, Suppressed};
use crate::template::Instance;

fn share(standing: &Standing) -> String {
    match standing.per_cent() {
        Some(per_cent) => format!("{per_cent}% ({} of {})", standing.kept, standing.relevant),
        None => "no relevant sites".to_owned(),
    }
}

/// The three tables, those that are asked for.
fn groups(report: &Report) -> impl Iterator<Item = (&'static str, &[Standing])> {
    let all = [("Rules", &report.rules), ("Teams", &report.teams), ("Packages", &report.packages)];
    all.into_iter()
        .map(|(title, standings)| (title, standings.as_slice()))
        .filter(|(_, list)| !list.is_empty())
}

fn until(suppressed: &Suppressed) -> String {
    suppressed.until.as_ref().map_or_else(|| "for ever".to_owned(), |day| format!("until {day}"))
}

/// The files of adopted templates: path, state, and where they come from.
fn templates(instances: &[Instance]) -> Vec<[String; 3]> {
    let files = instances.iter().flat_map(|one| one.files.iter().map(move |file| (one, file)));
    files
        .map(|(one, file)| {
            [
                file.path.clone(),
                file.state.word().to_owned(),
                format!("{} {} {}", one.rule, one.stack, one.version),
            ]
        })
        .collect()
}

/// The rules that are not counted, those with the same reason together.
fn by_reason(report: &Report) -> Vec<(&str, String)> {
    let mut reasons: Vec<(&str, String)> = Vec::new();
    for uncounted in &report.uncounted {
        match reasons.iter_mut().find(|(reason, _)| *reason == uncounted.reason) {
            Some((_, rules)) => rules.push_str(&format!(", {}", uncounted.rule)),
            None => reasons.push((&uncounted.reason, uncounted.rule.clone())),
        }
    }
    reasons
}

pub(crate) fn text(report: &Report) -> String {
    let mut out = format!("Adherence: {}\n", share(&report.all));
    for (title, standings) in groups(report) {
        write(&mut out, format_args!("\n{title}\n"));
        for standing in standings {
            write(&mut out, format_args!("  {:24} {}\n", standing.name, share(standing)));
        }
    }
    heading(&mut out, "\nNot counted\n", report.uncounted.is_empty());
    for uncounted in &report.uncounted {
        write(&mut out, format_args!("  {:24} {}\n", uncounted.rule, uncounted.reason));
    }
    heading(&mut out, "\nSuppressed\n", report.suppressed.is_empty());
    for one in &report.suppressed {
        let (place, team, reason) = (&one.place, &one.team, &one.reason);
        write(&mut out, format_args!("  {:8} {place} ({team}): {reason}, {}\n", one.rule, until(one)));
    }
    heading(&mut out, "\nTemplates\n", report.templates.is_empty());
    for [path, state, origin] in templates(&report.templates) {
        write(&mut out, format_args!("  {state:18} {path} ({origin})\n"));
    }
    for behind in &report.behind {
        let (pack, has, newest) = (&behind.pack, &behind.has, &behind.newest);
        write(&mut out, format_args!("\nPack {pack} is at {has}; there is {newest}\n"));
    }
    heading(&mut out, "\nHistory\n", report.history.is_empty());
    for point in &report.history {
        write(&mut out, format_args!("  {} {:.10} {}\n", point.day, point.commit, share(&point.standing)));
    }
    out
}

fn heading(out: &mut String, heading: &str, is_empty: bool) {
    if !is_empty {
        out.push_str(heading);
    }
}

/// What a table's cell cannot hold.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

pub(crate) fn markdown(report: &Report) -> String {
    let mut out = format!("# Commerce rules: {}\n", share(&report.all));
    for (title, standings) in groups(report) {
        write(&mut out, format_args!("\n## {title}\n\n| | kept |\n| --- | --- |\n"));
        for standing in standings {
            write(&mut out, format_args!("| {} | {} |\n", cell(&standing.name), share(standing)));
        }
    }
    heading(&mut out, "\n## Not counted\n\n", report.uncounted.is_empty());
    for (reason, rules) in by_reason(report) {
        write(&mut out, format_args!("- {rules}: {reason}\n"));
    }
    let head = "\n## Suppressed\n\n| rule | place | team | reason | |\n| --- | --- | --- | --- | --- |\n";
    heading(&mut out, head, report.suppressed.is_empty());
    for one in &report.suppressed {
        let (team, reason) = (cell(&one.team), cell(&one.reason));
        write(
            &mut out,
            format_args!("| {} | {} | {team} | {reason} | {} |\n", one.rule, cell(&one.place), until(one)),
        );
    }
    let head = "\n## Templates\n\n| file | state | from |\n| --- | --- | --- |\n";
    heading(&mut out, head, report.templates.is_empty());
    for [path, state, origin] in templates(&report.templates) {
        write(&mut out, format_args!("| {} | {state} | {origin} |\n", cell(&path)));
    }
    for behind in &report.behind {
        let (pack, has, newest) = (&behind.pack, &behind.has, &behind.newest);
        write(&mut out, format_args!("\nThe pack `{pack}` is at {has}; there is {newest}.\n"));
    }
    heading(
        &mut out,
        "\n## History\n\n| day | commit | kept |\n| --- | --- | --- |\n",
        report.history.is_empty(),
    );
    for point in &report.history {
        write(
            &mut out,
            format_args!("| {} | {:.10} | {} |\n", point.day, point.commit, share(&point.standing)),
        );
    }
    out
}

fn write(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes everything");
}
