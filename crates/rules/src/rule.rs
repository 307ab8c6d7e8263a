//! Decides what a rule is: the strict format of a RULE.md, read and written.
//! Leaves packs to `pack`, and what an assistant gets to see of a rule to `sync`.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::front_matter::{self, Entry, Value};

/// The longest imperative line: it is loaded always, by every assistant, in every conversation.
pub const IMPERATIVE_CHARACTERS_MAX: usize = 200;
/// The longest title.
pub const TITLE_CHARACTERS_MAX: usize = 80;
/// The sections of a rule's body, in the order in which they stand.
pub const SECTIONS: [&str; 4] = ["Why", "Do", "Don't", "Exceptions"];
/// The keys of a rule's front matter, in the order in which they are written.
pub const KEYS: [&str; 9] =
    ["id", "version", "title", "imperative", "severity", "scope", "activation", "related", "references"];

/// A version of three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// Grows when a rule demands something else than before.
    pub major: u32,
    /// Grows when rules or templates are added.
    pub minor: u32,
    /// Grows when words are.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl std::str::FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no version; write three numbers, as in 1.0.0");
        let numbers = text
            .split('.')
            .map(|part| part.parse::<u32>().ok().filter(|_| part == "0" || !part.starts_with(['0', '+'])))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(wrong)?;
        match numbers.as_slice() {
            [major, minor, patch] => Ok(Self { major: *major, minor: *minor, patch: *patch }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// How bad a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It loses stock, money or orders.
    Error,
    /// It will, under load or after the next change.
    Warning,
    /// It is worth knowing.
    Note,
}

/// When an assistant gets a rule's imperative line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// In every conversation.
    Always,
    /// When a file that the scope names is touched.
    Paths,
    /// Only with the skill that holds the rule.
    OnDemand,
}

impl Severity {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Activation {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Paths => "paths",
            Self::OnDemand => "on-demand",
        }
    }
}

/// One rule, as its RULE.md says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `INV001`: letters name the family, the number is never used again.
    pub id: String,
    /// The version of this rule's text.
    pub version: Version,
    /// A few words for lists.
    pub title: String,
    /// The one line that is always loaded.
    pub imperative: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// The files it is about, as globs from the repository's root.
    pub scope: Vec<String>,
    /// When its line is loaded.
    pub activation: Activation,
    /// The rules to read with it.
    pub related: Vec<String>,
    /// Where it comes from: public issues, standards, papers.
    pub references: Vec<String>,
    /// The sections, beginning with the first `##`.
    pub body: String,
}

impl Rule {
    /// Reads a RULE.md; `path` is only named in errors.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let document = front_matter::parse(text)
            .map_err(|refusal| Error::source(path, refusal.line, refusal.message))?;
        if !document.has_front_matter {
            return Err(Error::source(path, 1, "a rule begins with a front matter between `---` lines"));
        }
        if let Some(entry) = document.entries.iter().find(|entry| !KEYS.contains(&entry.key.as_str())) {
            let message = format!("unknown key `{}`; a rule knows {}", entry.key, KEYS.join(", "));
            return Err(Error::source(path, entry.line, message));
        }
        let keys = Keys { path, entries: &document.entries };
        let rule = Self {
            id: keys.text("id")?.to_owned(),
            version: keys.parsed("version")?,
            title: keys.text("title")?.to_owned(),
            imperative: keys.text("imperative")?.to_owned(),
            severity: keys.severity()?,
            scope: keys.list("scope")?,
            activation: keys.activation()?,
            related: keys.list("related")?,
            references: keys.list("references")?,
            body: document.body.trim().to_owned(),
        };
        rule.check(&keys)?;
        check_sections(path, &document.body, document.body_line)?;
        Ok(rule)
    }

    fn check(&self, keys: &Keys<'_>) -> Result<(), Error> {
        if !is_id(&self.id) {
            let message =
                format!("`{}` is no rule id; write 3 to 6 capitals and 3 digits, as in INV001", self.id);
            return Err(keys.wrong("id", message));
        }
        for (key, text, most) in [
            ("title", &self.title, TITLE_CHARACTERS_MAX),
            ("imperative", &self.imperative, IMPERATIVE_CHARACTERS_MAX),
        ] {
            let length = text.chars().count();
            if length == 0 || length > most || text.contains('\n') {
                return Err(
                    keys.wrong(key, format!("the {key} is one line of 1 to {most} characters, not {length}"))
                );
            }
        }
        if self.activation == Activation::Paths && self.scope.is_empty() {
            return Err(keys.wrong("activation", "`paths` needs at least one glob in `scope`".to_owned()));
        }
        for pattern in &self.scope {
            crate::glob::expand(pattern).map_err(|message| keys.wrong("scope", message))?;
        }
        if let Some(other) = self.related.iter().find(|other| !is_id(other) || **other == self.id) {
            return Err(keys.wrong("related", format!("`{other}` is not the id of another rule")));
        }
        Ok(())
    }

    /// Writes the rule as a RULE.md that `parse` reads back.
    pub fn to_markdown(&self) -> String {
        let list = |items: &[String]| {
            if items.is_empty() {
                return " []".to_owned();
            }
            items.iter().map(|item| format!("\n  - {}", quoted(item))).collect()
        };
        format!(
            "---\nid: {}\nversion: {}\ntitle: {}\nimperative: {}\nseverity: {}\nscope:{}\nactivation: {}\nrelated:{}\nreferences:{}\n---\n\n{}\n",
            self.id,
            self.version,
            quoted(&self.title),
            quoted(&self.imperative),
            self.severity.word(),
            list(&self.scope),
            self.activation.word(),
            list(&self.related),
            list(&self.references),
            self.body,
        )
    }

    /// Everything there is to say of it, for a reader.
    pub fn in_full(&self) -> String {
        let references: String = self.references.iter().map(|reference| format!("- {reference}\n")).collect();
        let related = if self.related.is_empty() {
            String::new()
        } else {
            format!("\nRelated: {}\n", self.related.join(", "))
        };
        format!(
            "# {} {}: {}\n\n{}\n\n{}\n{related}\n## References\n\n{references}",
            self.id, self.version, self.title, self.imperative, self.body
        )
    }

    /// The text below one of the body's headings, without the heading.
    pub fn section(&self, name: &str) -> Option<String> {
        let heading = format!("## {name}");
        let mut lines = self.body.lines().skip_while(|line| line.trim_end() != heading);
        lines.next()?;
        let text: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
        Some(text.join("\n").trim().to_owned())
    }
}

/// Whether a text has the form of a rule id.
pub fn is_id(text: &str) -> bool {
    let letters = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (3..=6).contains(&letters.len())
        && letters.chars().all(|letter| letter.is_ascii_uppercase())
        && text.len() == letters.len() + 3
}

/// A scalar in double quotes, which every reader of front matter takes the same way.
pub(crate) fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")
    )
}

fn check_sections(path: &Path, body: &str, body_line: usize) -> Result<(), Error> {
    let mut fenced = false;
    let mut next = 0;
    let mut found_do = false;
    for (index, line) in body.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let wrong = |message: String| Err(Error::source(path, body_line + index, message));
        if line.starts_with("# ") {
            return wrong("the title stands in the front matter; the body begins with `## Why`".to_owned());
        }
        let Some(name) = line.strip_prefix("## ") else { continue };
        match SECTIONS.iter().position(|section| *section == name.trim_end()) {
            None => return wrong(format!("unknown section `{name}`; a rule has {}", SECTIONS.join(", "))),
            Some(at) if at < next => {
                return wrong(format!("`{name}` stands after a later section, or twice"));
            }
            Some(at) => next = at + 1,
        }
        found_do |= name.trim_end() == "Do";
    }
    if found_do {
        Ok(())
    } else {
        Err(Error::source(path, body_line, "a rule needs at least the section `## Do`"))
    }
}

struct Keys<'rule> {
    path: &'rule Path,
    entries: &'rule [Entry],
}

impl Keys<'_> {
    fn wrong(&self, key: &str, message: String) -> Error {
        let line = self.entries.iter().find(|entry| entry.key == key).map_or(1, |entry| entry.line);
        Error::source(self.path, line, message)
    }

    fn entry(&self, key: &str) -> Result<&Entry, Error> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .ok_or_else(|| Error::source(self.path, 1, format!("the key `{key}` is missing")))
    }

    fn text(&self, key: &str) -> Result<&str, Error> {
        match &self.entry(key)?.value {
            Value::Text(text) => Ok(text),
            Value::List(_) | Value::Map(_) => {
                Err(self.wrong(key, format!("`{key}` is one text, not a list")))
            }
        }
    }

    fn list(&self, key: &str) -> Result<Vec<String>, Error> {
        match &self.entry(key)?.value {
            Value::List(items) => Ok(items.clone()),
            Value::Text(_) | Value::Map(_) => {
                Err(self.wrong(key, format!("`{key}` is a list; write `{key}: []` for none")))
            }
        }
    }

    fn parsed(&self, key: &str) -> Result<Version, Error> {
        self.text(key)?.parse().map_err(|message| self.wrong(key, message))
    }

    fn severity(&self) -> Result<Severity, Error> {
        let word = self.text("severity")?;
        [Severity::Error, Severity::Warning, Severity::Note]
            .into_iter()
            .find(|severity| severity.word() == word)
            .ok_or_else(|| self.wrong("severity", format!("`{word}` is none of error, warning, note")))
    }

    fn activation(&self) -> Result<Activation, Error> {
        let word = self.text("activation")?;
        [Activation::Always, Activation::Paths, Activation::OnDemand]
            .into_iter()
            .find(|activation| activation.word() == word)
            .ok_or_else(|| self.wrong("activation", format!("`{word}` is none of always, paths, on-demand")))
    }
}
