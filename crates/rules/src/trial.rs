//! Decides whether a pack keeps what it promises: a line marked `expect: ID` in its examples is found and no other line
//! is, and no template breaks a rule. Leaves finding to `check`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::check::{self, Options, Vocabulary};
use crate::config::Config;
use crate::error::{Error, Exit, read_if_there};
use crate::library::Library;
use crate::pack::Pack;
use crate::review;

/// The mark of a line that must be found.
const MARK: &str = "expect: ";

/// What the trial of some packs came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    /// Pack by pack.
    pub packs: Vec<PackTrial>,
}

/// What the trial of one pack came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackTrial {
    /// Its name and version.
    pub pack: String,
    /// Its rules.
    pub rules: usize,
    /// Its templates, each of which was checked.
    pub templates: usize,
    /// Lines of examples that had to be found; nothing where a pack's examples are not at hand.
    pub expected: Option<usize>,
    /// What went wrong.
    pub failures: Vec<String>,
}

impl Trial {
    /// 1 if anything went wrong.
    pub fn exit(&self) -> Exit {
        if self.packs.iter().all(|pack| pack.failures.is_empty()) { Exit::Clean } else { Exit::Findings }
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for PackTrial { pack, rules, templates, expected, failures } in &self.packs {
            lines.extend(failures.iter().map(|failure| format!("FAILED   {failure}")));
            let examples = match expected {
                Some(expected) => format!("{expected} lines of examples to be found"),
                None => "its examples are tried where it is made".to_owned(),
            };
            let word = if failures.is_empty() { "fine" } else { "FAILED" };
            lines.push(format!("{word:8} {pack}: {rules} rules, {templates} templates, {examples}"));
        }
        formatter.write_str(&lines.join("\n"))
    }
}

/// Tries the packs in these folders or, without any, those that the project pins.
pub fn test(root: &Path, folders: &[PathBuf]) -> Result<Trial, Error> {
    let vocabulary = review::vocabulary(root)?;
    let mut trial = Trial::default();
    if folders.is_empty() {
        let (library, config) = Library::of(root)?;
        for pack in &library.packs {
            let folder = folder_of(root, &config, pack);
            trial.packs.push(try_pack(pack, folder.as_deref(), &vocabulary)?);
        }
    }
    for folder in folders {
        let pack = Pack::read_folder(folder)?;
        trial.packs.push(try_pack(&pack, Some(folder), &vocabulary)?);
    }
    Ok(trial)
}

fn folder_of(root: &Path, config: &Config, pack: &Pack) -> Option<PathBuf> {
    let pin = config.packs.iter().find(|pin| pin.name == pack.name)?;
    pin.path.as_ref().map(|path| root.join(path))
}

fn try_pack(pack: &Pack, folder: Option<&Path>, vocabulary: &Vocabulary) -> Result<PackTrial, Error> {
    let mut failures = Vec::new();
    for template in &pack.templates {
        for (name, text) in &template.files {
            let place = format!("{}/templates/{}/{name}", template.rule, template.stack);
            let found = check::check_text(Path::new(name), text, vocabulary).findings;
            failures.extend(
                found.iter().map(|finding| format!("{place}:{} breaks {}", finding.at.line, finding.rule)),
            );
        }
    }
    let mut expected = folder.map(|_| 0);
    for examples in folder.map(|folder| examples(pack, folder)).transpose()?.unwrap_or_default() {
        let marked = try_examples(&examples, vocabulary, &mut failures)?;
        expected = expected.map(|sum| sum + marked);
    }
    let name = format!("{} {}", pack.name, pack.version);
    Ok(PackTrial { pack: name, rules: pack.rules.len(), templates: pack.templates.len(), expected, failures })
}

/// The folders of examples, one per rule and language. Each is a project of its own: what one file says of a class holds
/// for the others.
fn examples(pack: &Pack, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut languages = Vec::new();
    for rule in pack.files.keys().filter_map(|name| name.strip_suffix("/RULE.md")) {
        let examples = folder.join(rule).join("examples");
        if examples.is_dir() {
            languages.extend(entries(&examples)?.into_iter().filter(|path| path.is_dir()));
        }
    }
    Ok(languages)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

type Place = (PathBuf, usize, String);

/// Compares what is marked with what is found, and gives the number of marks.
fn try_examples(folder: &Path, vocabulary: &Vocabulary, failures: &mut Vec<String>) -> Result<usize, Error> {
    let mut marked: BTreeSet<Place> = BTreeSet::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_file()) {
        let text = read_if_there(&path)?.unwrap_or_default();
        let before = marked.len();
        marked.extend(marks(&path, &text));
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        match (name.starts_with("bad"), marked.len() > before) {
            (true, false) => {
                failures.push(format!("{}: a bad example without a line `{MARK}ID`", path.display()))
            }
            (false, true) => {
                failures.push(format!("{}: only an example called bad... has marks", path.display()))
            }
            (true, true) | (false, false) => {}
        }
    }
    let options =
        Options { root: folder.to_path_buf(), vocabulary: vocabulary.clone(), ..Options::default() };
    let outcome = check::run(&options);
    let unparsable = outcome.unparsable.iter();
    failures.extend(
        unparsable.map(|path| format!("{}: cannot be read as its language", folder.join(path).display())),
    );
    let place =
        |finding: &check::Finding| (folder.join(&finding.path), finding.at.line, finding.rule.to_owned());
    let found: BTreeSet<Place> = outcome.findings.iter().map(place).collect();
    let tell = |word: &str, (path, line, rule): &Place| format!("{}:{line}: {rule} {word}", path.display());
    failures.extend(marked.difference(&found).map(|place| tell("is expected and not found", place)));
    failures.extend(found.difference(&marked).map(|place| tell("is found and not expected", place)));
    Ok(marked.len())
}

fn marks(path: &Path, text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, rest)) = line.split_once(MARK) else { continue };
        let ids = rest.split_whitespace().take_while(|word| crate::rule::is_id(word));
        places.extend(ids.map(|id| (path.to_path_buf(), index + 1, id.to_owned())));
    }
    places
}
