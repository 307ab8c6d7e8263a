//! Decides where a project's packs come from: the binary, a folder (also a git checkout), or an archive, each pinned to a version.
//! Leaves what a pack is to `pack`.

use std::io::Read;
use std::path::{Component, Path};

use crate::config::{Config, PackPin};
use crate::error::Error;
use crate::pack::{Files, Pack, Skill};
use crate::rule::Rule;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The most bytes that the texts of an archive may have in all.
const ARCHIVE_BYTES_MAX: u64 = 16 << 20;

/// The packs that a project uses.
#[derive(Debug, Clone)]
pub struct Library {
    /// In the order of the configuration.
    pub packs: Vec<Pack>,
}

/// A rule and the pack it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'library> {
    /// The pack it belongs to.
    pub pack: &'library str,
    /// The rule.
    pub rule: &'library Rule,
}

impl Library {
    /// Loads every pack that the configuration pins.
    pub fn load(root: &Path, config: &Config) -> Result<Self, Error> {
        let mut packs: Vec<Pack> = Vec::new();
        for pin in &config.packs {
            let pack = load_pin(root, pin)?;
            if pack.name != pin.name {
                let message = format!("the pack pinned as `{}` calls itself `{}`", pin.name, pack.name);
                return Err(Error::Usage(message));
            }
            if pack.version != pin.version {
                return Err(Error::Usage(other_version(pin, &pack)));
            }
            for rule in &pack.rules {
                if let Some(other) = packs.iter().find(|other| other.rule(&rule.id).is_some()) {
                    let message = format!("{} is in the packs `{}` and `{}`", rule.id, other.name, pack.name);
                    return Err(Error::Usage(message));
                }
            }
            packs.push(pack);
        }
        let library = Self { packs };
        for disabled in &config.disable {
            library.find(&disabled.rule)?;
        }
        Ok(library)
    }

    /// Only the packs that are in the binary.
    pub fn embedded() -> Self {
        let pack = embedded("commerce").expect("the tests read the pack in the binary");
        Self { packs: vec![pack] }
    }

    /// Every rule, pack by pack.
    pub fn rules(&self) -> impl Iterator<Item = Found<'_>> {
        self.packs.iter().flat_map(|pack| pack.rules.iter().map(|rule| Found { pack: &pack.name, rule }))
    }

    /// All rules, one line each, as `rules list` shows them.
    pub fn listing(&self, config: &Config) -> String {
        let line = |found: Found<'_>| {
            let off = if config.is_disabled(&found.rule.id) { " (switched off)" } else { "" };
            format!("{:10} {:8} {}{off}\n", found.rule.id, found.rule.severity.word(), found.rule.title)
        };
        self.rules().map(line).collect()
    }

    /// The packs of a repository, or those in the binary where nothing is configured.
    pub fn of(root: &Path) -> Result<(Self, Config), Error> {
        let path = root.join(crate::config::FILE);
        let text = crate::error::read_if_there(&path)?.unwrap_or_default();
        match Config::parse(&path, &text)? {
            Some(config) => Ok((Self::load(root, &config)?, config)),
            None => Ok((Self::embedded(), Config::default())),
        }
    }

    /// The rule with this id, in any letter case.
    pub fn find(&self, id: &str) -> Result<Found<'_>, Error> {
        self.rules()
            .find(|found| found.rule.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| Error::Usage(format!("there is no rule `{id}`; `sellonce rules list` names all")))
    }

    /// Whether a machine finds violations of a rule: its folder has a detect.toml.
    pub fn has_detector(&self, id: &str) -> bool {
        self.detector(id).is_some()
    }

    fn detector(&self, id: &str) -> Option<&str> {
        let prefix = format!("{id}-");
        let mut files = self.packs.iter().flat_map(|pack| &pack.files);
        let is_it =
            |(name, _): &(&String, &String)| name.starts_with(&prefix) && name.ends_with("/detect.toml");
        files.find(is_it).map(|(_, text)| text.as_str())
    }

    /// All there is to say of a rule: its text, what a machine sees of it, and its templates.
    pub fn explanation(&self, id: &str) -> Result<String, Error> {
        let rule = self.find(id)?.rule;
        let mut text = format!("{}\n## Checked by machine\n\n", rule.in_full());
        match self.detector(&rule.id).map(toml::from_str::<toml::Table>) {
            Some(Ok(detector)) => {
                for (key, heading) in
                    [("certain", "An error"), ("likely", "A warning"), ("unseen", "Not seen, so read")]
                {
                    let cases = detector.get(key).and_then(toml::Value::as_array).into_iter().flatten();
                    let cases: Vec<&str> = cases.filter_map(toml::Value::as_str).collect();
                    text.extend(cases.iter().map(|case| format!("- {heading}: {case}\n")));
                }
            }
            Some(Err(_)) | None => {
                text.push_str("No: it is read, not measured, and no report counts it as kept.\n")
            }
        }
        let templates = self.packs.iter().flat_map(|pack| &pack.templates);
        let stacks: Vec<&str> =
            templates.filter(|one| one.rule == rule.id).map(|one| one.stack.as_str()).collect();
        if !stacks.is_empty() {
            text.push_str(&format!("\n## Templates\n\n{}\n", stacks.join(", ")));
        }
        Ok(text)
    }

    /// The skill with this name.
    pub fn skill(&self, name: &str) -> Option<(&Pack, &Skill)> {
        self.packs
            .iter()
            .find_map(|pack| pack.skills.iter().find(|skill| skill.name == name).map(|skill| (pack, skill)))
    }
}

fn other_version(pin: &PackPin, pack: &Pack) -> String {
    let remedy = if pin.path.is_none() && pin.archive.is_none() {
        format!(
            "pin {} in sellonce.toml and sync again, or keep {} as a folder (`sellonce rules export --to pack`) and pin its path",
            pack.version, pin.version
        )
    } else {
        format!("check out {}, or pin {}", pin.version, pack.version)
    };
    format!(
        "the pack `{}` is pinned to {}, but what is there is {}: {remedy}",
        pin.name, pin.version, pack.version
    )
}

fn load_pin(root: &Path, pin: &PackPin) -> Result<Pack, Error> {
    match (&pin.path, &pin.archive) {
        (Some(path), None) => Pack::read_folder(&root.join(path)),
        (None, Some(archive)) => read_archive(&root.join(archive)),
        (None, None) => embedded(&pin.name),
        (Some(_), Some(_)) => {
            Err(Error::Usage(format!("the pack `{}` has a path and an archive; keep one", pin.name)))
        }
    }
}

/// The pack of this name in the binary.
pub fn embedded(name: &str) -> Result<Pack, Error> {
    let prefix = format!("{name}/");
    let files: Files = LIBRARY
        .iter()
        .filter_map(|(path, text)| {
            path.strip_prefix(&prefix).map(|path| (path.to_owned(), (*text).to_owned()))
        })
        .collect();
    if files.is_empty() {
        let message = format!(
            "the binary has no pack `{name}`; for your own, add `path = \"FOLDER\"` or `archive = \"FILE.tar.gz\"` to its pin"
        );
        return Err(Error::Usage(message));
    }
    Pack::read(&Path::new("library").join(name), files)
}

/// Reads a `.tar` or `.tar.gz` whose pack.toml lies at its top or in its one folder.
fn read_archive(path: &Path) -> Result<Pack, Error> {
    let bytes = std::fs::read(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Error::Usage(format!("{}: no such archive", path.display()))
        } else {
            Error::io(path, error)
        }
    })?;
    let mut plain = Vec::new();
    let compressed = bytes.starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn Read> = if compressed {
        Box::new(flate2::read::GzDecoder::new(bytes.as_slice()))
    } else {
        Box::new(bytes.as_slice())
    };
    reader
        .by_ref()
        .take(ARCHIVE_BYTES_MAX + 1)
        .read_to_end(&mut plain)
        .map_err(|error| broken(path, &error))?;
    if plain.len() as u64 > ARCHIVE_BYTES_MAX {
        return Err(Error::Usage(format!("{}: more than {ARCHIVE_BYTES_MAX} bytes", path.display())));
    }
    let mut files = Files::new();
    let mut archive = tar::Archive::new(plain.as_slice());
    for entry in archive.entries().map_err(|error| broken(path, &error))? {
        let mut entry = entry.map_err(|error| broken(path, &error))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().map_err(|error| broken(path, &error))?.into_owned();
        if !name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(Error::Usage(format!(
                "{}: `{}` leads out of the archive",
                path.display(),
                name.display()
            )));
        }
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(|error| broken(path, &error))?;
        let name = name.to_string_lossy().replace('\\', "/");
        files.insert(name.trim_start_matches("./").to_owned(), text);
    }
    Pack::read(
        path,
        without_top_folder(files).into_iter().filter(|(name, _)| crate::pack::is_delivered(name)).collect(),
    )
}

fn without_top_folder(files: Files) -> Files {
    if files.contains_key("pack.toml") {
        return files;
    }
    let Some(top) =
        files.keys().find_map(|name| name.strip_suffix("/pack.toml").map(|top| format!("{top}/")))
    else {
        return files;
    };
    files
        .into_iter()
        .filter_map(|(name, text)| name.strip_prefix(&top).map(|name| (name.to_owned(), text)))
        .collect()
}

fn broken(path: &Path, error: &std::io::Error) -> Error {
    Error::Usage(format!("{}: not a readable .tar or .tar.gz of texts ({error})", path.display()))
}
