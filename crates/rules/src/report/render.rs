//! Decides how a report looks: text, Markdown, and one HTML page whose plots are drawn here.
//! The same report gives the same bytes, so that a page can be compared with the last one.

use std::fmt::Write;

use crate::report::{Report, Standing};

fn share(standing: &Standing) -> String {
    match standing.per_cent() {
        Some(per_cent) => format!("{per_cent}% ({} of {})", standing.kept, standing.relevant),
        None => "no relevant sites".to_owned(),
    }
}

fn groups(report: &Report) -> [(&'static str, &[Standing]); 3] {
    [("Rules", &report.rules), ("Teams", &report.teams), ("Packages", &report.packages)]
}

pub(crate) fn text(report: &Report) -> String {
    let mut out = format!("Adherence: {}\n", share(&report.all));
    for (title, standings) in groups(report) {
        write(&mut out, format_args!("\n{title}\n"));
        for standing in standings {
            write(&mut out, format_args!("  {:24} {}\n", standing.name, share(standing)));
        }
    }
    if !report.uncounted.is_empty() {
        out.push_str("\nNot counted\n");
        for uncounted in &report.uncounted {
            write(&mut out, format_args!("  {:24} {}\n", uncounted.rule, uncounted.reason));
        }
    }
    for behind in &report.behind {
        write(
            &mut out,
            format_args!("\nPack {} is at {}; there is {}\n", behind.pack, behind.has, behind.newest),
        );
    }
    for point in &report.history {
        write(&mut out, format_args!("\n{} {:.10} {}", point.day, point.commit, share(&point.standing)));
    }
    out
}

pub(crate) fn markdown(report: &Report) -> String {
    let mut out = format!("# Commerce rules: {}\n", share(&report.all));
    for (title, standings) in groups(report) {
        write(&mut out, format_args!("\n## {title}\n\n| | kept |\n| --- | --- |\n"));
        for standing in standings {
            write(
                &mut out,
                format_args!("| {} | {} |\n", standing.name.replace('|', "\\|"), share(standing)),
            );
        }
    }
    if !report.uncounted.is_empty() {
        out.push_str("\n## Not counted\n\n");
        for uncounted in &report.uncounted {
            write(&mut out, format_args!("- {}: {}\n", uncounted.rule, uncounted.reason));
        }
    }
    for behind in &report.behind {
        write(
            &mut out,
            format_args!("\nThe pack `{}` is at {}; there is {}.\n", behind.pack, behind.has, behind.newest),
        );
    }
    if !report.history.is_empty() {
        out.push_str("\n## History\n\n| day | commit | kept |\n| --- | --- | --- |\n");
        for point in &report.history {
            write(
                &mut out,
                format_args!("| {} | {:.10} | {} |\n", point.day, point.commit, share(&point.standing)),
            );
        }
    }
    out
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}td{padding:.25rem .5rem;border-top:1px solid #d0d7de}td:first-child{width:14rem}svg{display:block}small{color:#57606a}";

pub(crate) fn html(report: &Report) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Commerce rules</title><style>{STYLE}</style></head><body>\n<h1>Commerce rules: {}</h1>\n",
        share(&report.all)
    );
    for (title, standings) in groups(report).into_iter().filter(|(_, standings)| !standings.is_empty()) {
        write(&mut out, format_args!("<h2>{title}</h2>\n<table>\n"));
        for standing in standings {
            let (name, share) = (escape(&standing.name), share(standing));
            write(
                &mut out,
                format_args!("<tr><td>{name}</td><td>{}</td><td>{share}</td></tr>\n", bar(standing)),
            );
        }
        out.push_str("</table>\n");
    }
    if !report.history.is_empty() {
        write(&mut out, format_args!("<h2>History</h2>\n{}", curve(report)));
    }
    if !report.uncounted.is_empty() {
        out.push_str("<h2>Not counted</h2>\n<table>\n");
        for uncounted in &report.uncounted {
            let reason = escape(&uncounted.reason);
            write(&mut out, format_args!("<tr><td>{}</td><td>{reason}</td></tr>\n", uncounted.rule));
        }
        out.push_str("</table>\n");
    }
    for behind in &report.behind {
        write(
            &mut out,
            format_args!("<p>Pack {} is at {}; there is {}.</p>\n", behind.pack, behind.has, behind.newest),
        );
    }
    out.push_str("<p><small>A relevant site is a write to a stock, limit, price or order-status column that the checker knows. Teams, never persons.</small></p>\n</body></html>\n");
    out
}

fn bar(standing: &Standing) -> String {
    let Some(per_cent) = standing.per_cent() else { return String::new() };
    let width = per_cent * 2;
    format!(
        "<svg width=\"200\" height=\"14\" role=\"img\" aria-label=\"{per_cent}%\"><rect width=\"200\" height=\"14\" fill=\"#eaeef2\"/><rect width=\"{width}\" height=\"14\" fill=\"#1a7f37\"/></svg>"
    )
}

/// The line of the history; commits without a relevant site leave a gap in it.
fn curve(report: &Report) -> String {
    let last = report.history.len().saturating_sub(1).max(1);
    let mut out = "<svg width=\"640\" height=\"150\" viewBox=\"0 0 640 150\" role=\"img\" aria-label=\"adherence by commit\"><path d=\"M40 10V120H630\" fill=\"none\" stroke=\"#8c959f\"/><text x=\"0\" y=\"15\" font-size=\"11\">100%</text><text x=\"14\" y=\"124\" font-size=\"11\">0%</text>".to_owned();
    let mut path = String::new();
    for (index, point) in report.history.iter().enumerate() {
        let x = 40 + index * 580 / last;
        let Some(per_cent) = point.standing.per_cent() else { continue };
        let y = 120 - per_cent * 110 / 100;
        let gap = index == 0 || report.history[index - 1].standing.per_cent().is_none();
        write(&mut path, format_args!("{}{x} {y}", if gap { "M" } else { "L" }));
        write(
            &mut out,
            format_args!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"#1a7f37\"><title>{} {}</title></circle>",
                point.day,
                share(&point.standing)
            ),
        );
    }
    let ends = [report.history.first(), report.history.last()];
    for (point, x) in ends.into_iter().flatten().zip([40, 560]) {
        write(&mut out, format_args!("<text x=\"{x}\" y=\"140\" font-size=\"11\">{}</text>", point.day));
    }
    write(
        &mut out,
        format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"#1a7f37\" stroke-width=\"2\"/></svg>\n"),
    );
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn write(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes everything");
}
