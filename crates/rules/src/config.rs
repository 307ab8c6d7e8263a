//! Decides what a project says in the section `[rules]` of its sellonce.toml.
//! Leaves the other sections of that file to those who read them, `[check]` among them.

use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::error::{Error, read_if_there};
use crate::pack::toml_error;
use crate::rule::Version;

/// The file, at the repository's root.
pub const FILE: &str = "sellonce.toml";

/// What a project wants of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The assistants to deliver to, by their target's id.
    #[serde(default)]
    pub assistants: Vec<String>,
    /// The stacks whose templates go into the skills.
    #[serde(default)]
    pub stacks: Vec<String>,
    /// The packs, each pinned.
    #[serde(default)]
    pub packs: Vec<PackPin>,
    /// Where in a monorepo which rules apply; without it, all rules apply everywhere.
    #[serde(default)]
    pub packages: Vec<Package>,
    /// Rules that this project does without.
    #[serde(default)]
    pub disable: Vec<Disabled>,
}

/// One pack in one version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackPin {
    /// The pack's name.
    pub name: String,
    /// The version that must be there.
    pub version: Version,
    /// A folder from the repository's root; nothing for a pack in the binary.
    #[serde(default)]
    pub path: Option<String>,
    /// A `.tar.gz` from the repository's root.
    #[serde(default)]
    pub archive: Option<String>,
}

/// A folder of a monorepo and the rules that apply there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The folder from the repository's root.
    #[serde(deserialize_with = "folder")]
    pub path: String,
    /// Ids (`INV001`), families (`INV*`) or packs (`commerce/*`).
    pub rules: Vec<String>,
}

/// A rule that is switched off, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    /// Its id.
    pub rule: String,
    /// The reason, which stands in every report.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

#[derive(Deserialize)]
struct File {
    rules: Option<Config>,
}

/// What assistants take for a wildcard or a separator in a glob, and escape each in its own way or not at all.
const NOT_IN_GLOBS: [char; 12] = ['*', '?', '[', ']', '{', '}', '(', ')', '!', ',', '"', '\\'];

fn folder<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let path = String::deserialize(source)?;
    if path.is_empty() || path.starts_with(['/', '.']) || path.contains("..") {
        let message = format!("`{path}` is no folder from the repository's root, as in services/checkout");
        return Err(D::Error::custom(message));
    }
    match path.chars().find(|character| NOT_IN_GLOBS.contains(character)) {
        Some(sign) => Err(D::Error::custom(format!(
            "`{path}`: assistants would read `{sign}` as part of a pattern and not find the folder; name the folder above it"
        ))),
        None => Ok(path),
    }
}

fn reason<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let reason = String::deserialize(source)?;
    if reason.trim().is_empty() {
        return Err(D::Error::custom("a rule is disabled without a reason"));
    }
    Ok(reason)
}

impl Config {
    /// Reads the project's configuration; a repository without one has not been initialised.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let path = root.join(FILE);
        let missing = || {
            Error::Usage(format!(
                "{} has no section [rules]; run `sellonce rules init` first",
                path.display()
            ))
        };
        let text = read_if_there(&path)?.ok_or_else(missing)?;
        Self::parse(&path, &text)?.ok_or_else(missing)
    }

    /// Reads a configuration file's text; nothing if it has no section `[rules]`.
    pub fn parse(path: &Path, text: &str) -> Result<Option<Self>, Error> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(path, text, &error))?;
        let Some(config) = file.rules else { return Ok(None) };
        if config.packs.is_empty() {
            return Err(Error::source(
                path,
                1,
                "no pack is pinned; add [[rules.packs]] with name and version",
            ));
        }
        Ok(Some(config))
    }

    /// Whether a rule is switched off.
    pub fn is_disabled(&self, id: &str) -> bool {
        self.disable.iter().any(|disabled| disabled.rule.eq_ignore_ascii_case(id))
    }
}

impl Package {
    /// Whether a rule of a pack applies in this package.
    pub fn has(&self, pack: &str, id: &str) -> bool {
        self.rules.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => match prefix.split_once('/') {
                Some((of, family)) => of == pack && id.starts_with(family),
                None => id.starts_with(prefix),
            },
            None => pattern == id,
        })
    }
}
