//! Decides what we know of an assistant's files: data read from `targets/*.toml`, one file per assistant.
//! Leaves what is written there to `plan` and `text`.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, read_if_there};
use crate::library::TARGETS;

/// An assistant, or a family of assistants that read the same files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The word in sellonce.toml.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Where its format is documented.
    pub source: String,
    /// The day on which somebody compared this data with the source.
    pub verified_on: String,
    /// Files and folders by which a repository shows that it is used.
    #[serde(default)]
    pub detect: Vec<String>,
    /// The target whose always-loaded file this one loads too, so that nothing need be said twice.
    #[serde(default)]
    pub covered_by: Option<String>,
    /// Whether it loads that file in subfolders too, without being told to.
    #[serde(default)]
    pub covers_folders: bool,
    /// Files of people by which it loads another target's always-loaded file: a line `@AGENTS.md` in one of them, or one of
    /// them being that very file through a link.
    #[serde(default)]
    pub imports: Option<Imports>,
    /// Where always-loaded text goes.
    pub index: Index,
    /// Where text goes that only some files need.
    pub scoped: Scoped,
    /// Where the long text goes.
    pub skill: SkillPlace,
    /// Files that some of its readers take instead of the always-loaded one.
    #[serde(default)]
    pub instead: Vec<Instead>,
    /// What the assistant cuts off.
    #[serde(default)]
    pub limits: Limits,
}

/// How an assistant is told by people to load another one's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imports {
    /// The target whose always-loaded file it is.
    pub target: String,
    /// The files in which the line counts.
    pub files: Vec<String>,
}

/// One of the assistants that read a shared file, and what it prefers to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// The assistant.
    pub reader: String,
    /// It takes the first of these that is there.
    pub files: Vec<String>,
}

/// The always-loaded file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Ours, or a block in somebody's.
    pub kind: IndexKind,
    /// Its path; `{pack}` stands for the pack's name.
    pub path: String,
    /// Its front matter, with its fences.
    #[serde(default)]
    pub front_matter: String,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexKind {
    /// A file of ours.
    File,
    /// A block in a file that people write.
    Block,
}

/// The files that are loaded by path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoped {
    /// By globs in a file, or by the folder in which a file lies.
    pub kind: ScopedKind,
    /// Its path or, for folders, the file's name in each.
    pub path: String,
    /// Whether some readers take only the nearest folder's file, and not those above it.
    #[serde(default)]
    pub nearest_only: bool,
    /// How globs are written.
    #[serde(default)]
    pub globs: GlobStyle,
    /// Whether braces are understood.
    #[serde(default)]
    pub braces: bool,
    /// Its front matter, with its fences; `{globs}` and `{description}` are filled in.
    #[serde(default)]
    pub front_matter: String,
}

/// How an assistant decides which text belongs to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScopedKind {
    /// Globs in the file's front matter.
    Globs,
    /// The folder the file lies in.
    Folder,
}

/// How several globs are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GlobStyle {
    /// A YAML list, each in quotes.
    #[default]
    List,
    /// `a,b` without quotes or blanks.
    Comma,
    /// `"a,b"`.
    QuotedComma,
    /// `a, b`.
    SpacedComma,
}

/// Where the long text goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillPlace {
    /// The folder; `{skill}` stands for the skill's name.
    pub folder: String,
    /// Whether the assistant offers skills by itself; otherwise the index names their paths.
    pub native: bool,
}

/// What an assistant cuts off or refuses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most characters of one file.
    #[serde(default)]
    pub file_characters: Option<usize>,
    /// The most bytes of the files of one folder and all above it.
    #[serde(default)]
    pub chain_bytes: Option<usize>,
    /// The most lines of one file.
    #[serde(default)]
    pub file_lines: Option<usize>,
    /// The most characters of one file that every part of the assistant reads.
    #[serde(default)]
    pub advised_characters: Option<usize>,
}

impl Target {
    /// The configured target whose always-loaded file this one loads in a repository, by itself or because people say so.
    pub(crate) fn covering<'all>(
        &self,
        root: &Path,
        all: &'all [Target],
    ) -> Result<Option<&'all Target>, Error> {
        let by_id = |id: &String| all.iter().find(|target| target.id == *id);
        if let Some(covering) = self.covered_by.as_ref().and_then(by_id) {
            return Ok(Some(covering));
        }
        let Some(imports) = &self.imports else { return Ok(None) };
        let Some(covering) = by_id(&imports.target) else { return Ok(None) };
        for file in &imports.files {
            let text = read_if_there(&root.join(file))?.unwrap_or_default();
            if imports_line(&text, file, &covering.index.path) || is_one(root, file, &covering.index.path) {
                return Ok(Some(covering));
            }
        }
        Ok(None)
    }
}

/// Whether a text imports a file: `@` and its path from the text's own folder, alone on a line outside of code.
fn imports_line(text: &str, from: &str, path: &str) -> bool {
    let up = "../".repeat(from.matches('/').count());
    let mut fenced = false;
    text.lines().any(|line| {
        fenced ^= line.trim_start().starts_with("```");
        let imported = line.trim().trim_start_matches("- ").strip_prefix('@');
        let imported = imported.map(|named| named.trim_start_matches("./"));
        !fenced && imported == Some(format!("{up}{path}").as_str())
    })
}

/// Whether two paths lead to one file, because people made one of them a link to the other.
fn is_one(root: &Path, one: &str, other: &str) -> bool {
    let real = |path: &str| root.join(path).canonicalize().ok();
    real(one).is_some_and(|file| real(other) == Some(file))
}

/// Every target, in the order of their ids.
pub fn all() -> Vec<Target> {
    TARGETS
        .iter()
        .filter(|(name, _)| name.ends_with(".toml"))
        .map(|(name, text)| {
            toml::from_str(text)
                .unwrap_or_else(|error| panic!("targets/{name} is part of this crate and tested: {error}"))
        })
        .collect()
}

/// The targets with these ids, in their order; an unknown one is an error that names all.
pub fn select(ids: &[String]) -> Result<Vec<Target>, Error> {
    let known = all();
    let find = |id: &String| {
        known.iter().find(|target| target.id == *id).cloned().ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|target| target.id.as_str()).collect();
            Error::Usage(format!("unknown assistant `{id}`; known are {}", names.join(", ")))
        })
    };
    let mut targets: Vec<Target> = Vec::new();
    for id in ids {
        let target = find(id)?;
        if !targets.iter().any(|other| other.id == target.id) {
            targets.push(target);
        }
    }
    Ok(targets)
}
