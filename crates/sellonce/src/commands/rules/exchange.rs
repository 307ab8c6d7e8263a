//! `rules import` and `rules export`: rules that come from another tool, and rules that leave for one.

use std::path::{Path, PathBuf};

use clap::Args;
use sellonce_rules::exchange::{self, Format, Source};
use sellonce_rules::library::Library;

use super::{Stop, from_root, told};
use crate::output;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The other tool's format: rulesync, rulesync-source, ruler, agents-md, claude, cursor, copilot.
    #[arg(long, value_name = "FORMAT")]
    from: String,
    /// What the ids of the rules begin with: 3 to 6 capitals.
    #[arg(long, value_name = "PREFIX", default_value = "OWN")]
    prefix: String,
    /// The new pack's name.
    #[arg(long, value_name = "NAME", default_value = "own")]
    name: String,
    /// The new pack's folder.
    #[arg(long, value_name = "FOLDER", default_value = "rules")]
    into: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The format: pack, rulesync, rulesync-source, ruler, agents-md, claude, cursor, copilot.
    #[arg(long, value_name = "FORMAT")]
    to: String,
    /// Below which folder the files are written.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    into: PathBuf,
}

pub(super) fn import(root: &Path, here: &Path, call: &Import) -> Result<(), Stop> {
    let format: Format = told(call.from.parse())?;
    let imported = told(exchange::import(root, format, &call.prefix))?;
    told(exchange::write_pack(&here.join(&call.into), &call.name, &imported))?;
    for one in &imported {
        let rule = &one.rule;
        output::result(format_args!("{} {} ({})", rule.id, rule.title, one.path));
        if let Source::Foreign(guesses) = &one.source {
            output::result(format_args!("    guessed, so look at it: {}", guesses.join("; ")));
        }
    }
    // A pack may lie beside the repository; it is then pinned by the path that was typed.
    let typed = |_: Stop| call.into.display().to_string();
    let (name, path) = (&call.name, from_root(root, here, &call.into).unwrap_or_else(typed));
    output::result(format_args!(
        "\nAdd to sellonce.toml:\n\n[[rules.packs]]\nname = \"{name}\"\nversion = \"0.1.0\"\npath = \"{path}\""
    ));
    Ok(())
}

pub(super) fn export(root: &Path, here: &Path, call: &Export) -> Result<(), Stop> {
    let format: Format = told(call.to.parse())?;
    let (library, _) = told(Library::of(root))?;
    let exported = told(exchange::export(&library, format, &here.join(&call.into)))?;
    for path in &exported.paths {
        output::result(path.strip_prefix(here).unwrap_or(path).display());
    }
    for warning in &exported.warnings {
        output::note(format_args!("warning: {warning}"));
    }
    Ok(())
}
