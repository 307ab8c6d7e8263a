//! Decides how whole rules leave for other tools' source formats and come back: `rules export` and `rules import`.
//! Promise: what was exported is imported as it was. What a format cannot hold travels in a comment.

use std::path::{Path, PathBuf};

mod marker;
mod read;
mod write;

pub use read::{Imported, Source};

use crate::error::{Error, read_if_there};
use crate::library::Library;
use crate::pack::{Files, is_name};
use crate::rule::Rule;
use crate::write::write_whole;

/// A format of another tool, or ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A pack of ours, as a folder.
    Pack,
    /// `.rulesync/rules/*.md`.
    Rulesync,
    /// `rules/*.md` and `skills/`, which rulesync installs from a repository.
    RulesyncSource,
    /// `.ruler/*.md`.
    Ruler,
    /// One AGENTS.md.
    AgentsMd,
    /// CLAUDE.md and `.claude/rules/*.md`.
    Claude,
    /// `.cursor/rules/*.mdc`.
    Cursor,
    /// `.github/instructions/*.instructions.md`.
    Copilot,
}

/// Every format with the word by which a caller names it.
pub const FORMATS: [(&str, Format); 8] = [
    ("pack", Format::Pack),
    ("rulesync", Format::Rulesync),
    ("rulesync-source", Format::RulesyncSource),
    ("ruler", Format::Ruler),
    ("agents-md", Format::AgentsMd),
    ("claude", Format::Claude),
    ("cursor", Format::Cursor),
    ("copilot", Format::Copilot),
];

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        FORMATS.iter().find(|(name, _)| *name == word).map(|(_, format)| *format).ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
            Error::Usage(format!("unknown format `{word}`; known are {}", names.join(", ")))
        })
    }
}

/// Rules as the files of a format; a scope that the format cannot hold safely is an error.
pub fn to_files(format: Format, rules: &[Rule]) -> Result<Files, Error> {
    write::files(format, rules)
}

/// Rules out of the files of a format.
pub fn from_files(format: Format, files: &Files, prefix: &str) -> Result<Vec<Imported>, Error> {
    read::rules(format, files, prefix)
}

/// The most bytes of AGENTS.md that every assistant is known to read.
const AGENTS_BYTES_MAX: usize = 32_768;

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// What a reader of them should know.
    pub warnings: Vec<String>,
}

/// Writes all rules of a library below a folder; no file that is there is overwritten.
pub fn export(library: &Library, format: Format, into: &Path) -> Result<Exported, Error> {
    let mut files = Files::new();
    if format == Format::Pack {
        for pack in &library.packs {
            files.extend(
                pack.files.iter().map(|(name, text)| (format!("{}/{name}", pack.name), text.clone())),
            );
        }
    } else {
        let rules: Vec<Rule> = library.rules().map(|found| found.rule.clone()).collect();
        files = to_files(format, &rules)?;
        files.extend(write::skills(format, library));
    }
    let long = files.iter().filter(|(name, text)| *name == "AGENTS.md" && text.len() > AGENTS_BYTES_MAX);
    let warnings = long
        .map(|(name, text)| {
            let bytes = text.len();
            format!("{name} has {bytes} bytes, and some assistants read only {AGENTS_BYTES_MAX}: deliver with `sellonce rules sync`, which writes a line per rule")
        })
        .collect();
    Ok(Exported { paths: write_new(into, &files)?, warnings })
}

/// Reads another tool's rules below a folder.
pub fn import(root: &Path, format: Format, prefix: &str) -> Result<Vec<Imported>, Error> {
    let files = read::collect(root, format)?;
    if files.is_empty() {
        let places = read::places(format).join(", ");
        return Err(Error::Usage(format!("{}: no rules there; looked for {places}", root.display())));
    }
    from_files(format, &files, prefix)
}

/// Writes imported rules as a pack of their own; no file that is there is overwritten.
pub fn write_pack(folder: &Path, name: &str, imported: &[Imported]) -> Result<Vec<PathBuf>, Error> {
    if !is_name(name) {
        return Err(Error::Usage(format!(
            "`{name}` is no pack name; use lower case letters, digits and hyphens"
        )));
    }
    let mut files = Files::new();
    let mut folders = String::new();
    for rule in imported.iter().map(|imported| &imported.rule) {
        let folder = format!("{}-{}", rule.id, write::slug(&rule.title));
        files.insert(format!("{folder}/RULE.md"), rule.to_markdown());
        folders.push_str(&format!("    {},\n", crate::rule::quoted(&folder)));
    }
    let manifest = format!(
        "name = \"{name}\"\nversion = \"0.1.0\"\ntitle = \"Rules of this project\"\napplies = \"They hold for every change.\"\nlicense = \"proprietary\"\nminimum_tool_version = \"{}\"\nrules = [\n{folders}]\n",
        env!("CARGO_PKG_VERSION"),
    );
    files.insert("pack.toml".to_owned(), manifest);
    write_new(folder, &files)
}

fn write_new(root: &Path, files: &Files) -> Result<Vec<PathBuf>, Error> {
    let paths: Vec<(PathBuf, &String)> = files.iter().map(|(name, text)| (root.join(name), text)).collect();
    for (path, text) in &paths {
        if read_if_there(path)?.is_some_and(|there| there != **text) {
            return Err(Error::Usage(format!("{} is there already; nothing was written", path.display())));
        }
    }
    for (path, text) in &paths {
        write_whole(path, text)?;
    }
    Ok(paths.into_iter().map(|(path, _)| path).collect())
}
