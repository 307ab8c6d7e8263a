//! Decides what is remembered of what was written: per file its hash and how to take it out again.
//! The lock is committed; with it any clone can tell an edit by hand from a version behind.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, read_if_there};
use crate::pack::toml_line;
use crate::rule::Version;

/// The lock file, at the repository's root.
pub const FILE: &str = "sellonce-rules.lock";

const HEADER: &str = "# Written by `sellonce rules sync`. Commit it; do not edit it.\n\n";

/// The whole lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The format of this file.
    pub format: u32,
    /// The packs that were delivered.
    #[serde(default, rename = "pack")]
    pub packs: Vec<LockedPack>,
    /// The files that were written.
    #[serde(default, rename = "file")]
    pub files: Vec<LockedFile>,
    /// The templates that became the project's own code.
    #[serde(default, rename = "template", skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Adopted>,
}

/// A pack as it was when it was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its files.
    pub sha256: String,
}

/// What a locked file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Ours from the first byte to the last.
    File,
    /// A block in somebody's file.
    Block,
    /// The section that `init` wrote; people are meant to change it.
    Configuration,
}

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    /// Its path from the root.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// SHA-256 of the file, or of the block's content.
    pub sha256: String,
    /// Whether the file was not there before.
    #[serde(default)]
    pub created: bool,
    /// What was put between the old text and the block, with `\n` line ends.
    #[serde(default)]
    pub joint: String,
    /// The assistants it is for.
    #[serde(default)]
    pub targets: Vec<String>,
}

/// A template that became the project's own code, and all that a later merge needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopted {
    /// The rule it keeps.
    pub rule: String,
    /// Its stack.
    pub stack: String,
    /// The pack it came from.
    pub pack: String,
    /// The pack's version.
    pub version: Version,
    /// What the project calls the template's words.
    #[serde(default)]
    pub renames: BTreeMap<String, String>,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<AdoptedFile>,
}

/// A file of an adopted template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptedFile {
    /// Its name in the template.
    pub name: String,
    /// Its path from the root.
    pub path: String,
    /// The text that was copied: what a merge takes as the common ancestor.
    pub base: String,
}

impl Lock {
    /// Reads the lock; a repository without one has an empty one.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let path = root.join(FILE);
        let Some(text) = read_if_there(&path)? else {
            return Ok(Self { format: 1, ..Self::default() });
        };
        // git may have given this clone other line ends; texts that are remembered here have `\n`.
        let text = text.replace("\r\n", "\n");
        if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
            let message = "has a conflict: take either side, as with `git checkout --ours`, also for the files that sync wrote; then `sellonce rules sync` brings all up to date";
            return Err(Error::source(&path, line + 1, message));
        }
        let lock: Self = toml::from_str(&text).map_err(|error| {
            let way_on = "take the committed one back, as with `git checkout`; without one delete it, and `sellonce rules sync` writes it anew";
            Error::source(&path, toml_line(&text, &error), format!("damaged ({}): {way_on}", error.message()))
        })?;
        if lock.format != 1 {
            return Err(Error::source(&path, 1, "written by a newer version of sellonce"));
        }
        Ok(lock)
    }

    /// The lock file's text.
    pub fn to_text(&self) -> String {
        let mut sorted = self.clone();
        sorted.files.sort_by(|one, other| one.path.cmp(&other.path));
        format!("{HEADER}{}", toml::to_string(&sorted).expect("a lock is plain data"))
    }

    /// What is remembered of a path.
    pub fn file(&self, path: &str) -> Option<&LockedFile> {
        self.files.iter().find(|file| file.path == path)
    }
}
