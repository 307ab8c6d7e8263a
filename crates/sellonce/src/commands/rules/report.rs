//! `rules report`: where the rules are kept, today and at earlier commits.

use std::path::Path;

use clap::{Args, ValueEnum};
use sellonce_rules::report::{self, Format, Group};
use sellonce_rules::review::{self, Request};

use super::{Stop, end, today, told};

#[derive(Debug, Args)]
pub(super) struct Call {
    /// Only one table [default: all three].
    #[arg(long, value_name = "GROUP")]
    by: Option<By>,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
    /// The standing at so many commits, from the first to the last of this branch.
    #[arg(long, value_name = "COMMITS", default_value_t = 0)]
    history: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Rule,
    #[value(alias = "owner")]
    Team,
    Package,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Text,
    Json,
    #[value(alias = "markdown")]
    Md,
    Html,
}

pub(super) fn run(root: &Path, call: &Call) -> Result<(), Stop> {
    let outcome = told(super::check::reviewed(root, &Request { today: today(), ..Request::default() }))?;
    let mut report = told(report::report(root, &outcome))?;
    if call.history > 0 {
        report.history = history(root, call.history)?;
    }
    if let Some(by) = call.by {
        report = report.only(match by {
            By::Rule => Group::Rule,
            By::Team => Group::Team,
            By::Package => Group::Package,
        });
    }
    let format = match call.format {
        Form::Text => Format::Text,
        Form::Json => Format::Json,
        Form::Md => Format::Markdown,
        Form::Html => Format::Html,
    };
    end(report.render(format).trim_end(), report.exit())
}

/// Trees of earlier commits are unpacked one by one in a folder that is gone afterwards, whatever happens.
fn history(root: &Path, commits: usize) -> Result<Vec<report::Point>, Stop> {
    let scratch = std::env::temp_dir().join(format!("sellonce-report-{}", std::process::id()));
    let check = |tree: &Path| review::review_tree(root, tree).map(|outcome| outcome.sites);
    let history = report::history(root, &scratch, commits, &check);
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    told(history)
}
