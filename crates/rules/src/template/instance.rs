//! Decides how an adopted template stands: as it was copied, changed by people, behind its pack, or gone.
//! Reads files; changes none.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Exit, read_if_there};
use crate::library::Library;
use crate::pack::{Pack, Template};
use crate::rule::Version;
use crate::sync::lock::{Adopted, Lock};
use crate::template::rendered;

/// How one file of an adopted template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// As it was copied.
    Clean,
    /// Changed by people, which is what it is there for.
    Modified,
    /// As it was copied; the pack has another text by now.
    Outdated,
    /// Changed by people, and the pack has another text by now.
    OutdatedAndModified,
    /// The pack's new version brings this file.
    New,
    /// Deleted by people, who may do without it.
    Missing,
}

impl FileState {
    /// The word in a status.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Modified => "modified",
            Self::Outdated => "outdated",
            Self::OutdatedAndModified => "outdated, modified",
            Self::New => "new",
            Self::Missing => "missing",
        }
    }

    /// Whether `template update` would do something about it.
    pub fn is_behind(self) -> bool {
        match self {
            Self::Clean | Self::Modified | Self::Missing => false,
            Self::Outdated | Self::OutdatedAndModified | Self::New => true,
        }
    }
}

/// A template in a project's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// The rule it keeps.
    pub rule: String,
    /// Its stack.
    pub stack: String,
    /// The version it was copied from.
    pub version: Version,
    /// The version that its pack has; nothing if the pack has no such template any more.
    pub newest: Option<Version>,
    /// Its files.
    pub files: Vec<InstanceFile>,
}

/// One file of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceFile {
    /// Its path from the root.
    pub path: String,
    /// How it stands.
    pub state: FileState,
}

/// How all adopted templates stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// In the order in which they were adopted.
    pub instances: Vec<Instance>,
}

impl Status {
    /// 1 if `template update` would do something.
    pub fn exit(&self) -> Exit {
        let mut files = self.instances.iter().flat_map(|instance| &instance.files);
        if files.any(|file| file.state.is_behind()) { Exit::Findings } else { Exit::Clean }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.instances.is_empty() {
            return write!(
                formatter,
                "no template was adopted; `sellonce rules template list` shows what there is"
            );
        }
        let mut lines = Vec::new();
        for instance in &self.instances {
            let Instance { rule, stack, version, newest, files } = instance;
            let versions = match newest {
                None => format!("{version}, no longer in its pack"),
                Some(newest) if newest == version => version.to_string(),
                Some(newest) => format!("{version}, there is {newest}"),
            };
            let line = |file: &InstanceFile| {
                format!("{:18} {} ({rule} {stack} {versions})", file.state.word(), file.path)
            };
            lines.extend(files.iter().map(line));
        }
        formatter.write_str(&lines.join("\n"))
    }
}

/// How a project's adopted templates stand.
pub fn status(root: &Path) -> Result<Status, Error> {
    let (library, _) = Library::of(root)?;
    Ok(Status { instances: instances(root, &library)? })
}

/// The adopted templates of a project, compared with its packs.
pub fn instances(root: &Path, library: &Library) -> Result<Vec<Instance>, Error> {
    let lock = Lock::load(root)?;
    let mut instances = Vec::new();
    for adopted in &lock.templates {
        let files = compare(root, library, adopted)?;
        let file = |file: &Compared| InstanceFile { path: file.path.clone(), state: file.state() };
        instances.push(Instance {
            rule: adopted.rule.clone(),
            stack: adopted.stack.clone(),
            version: adopted.version,
            newest: source(library, adopted).map(|(pack, _)| pack.version),
            files: files.iter().map(file).collect(),
        });
    }
    Ok(instances)
}

/// The template that was adopted, as its pack has it today.
pub(crate) fn source<'library>(
    library: &'library Library,
    adopted: &Adopted,
) -> Option<(&'library Pack, &'library Template)> {
    let pack = library.packs.iter().find(|pack| pack.name == adopted.pack)?;
    let is_it = |template: &&Template| template.rule == adopted.rule && template.stack == adopted.stack;
    pack.templates.iter().find(is_it).map(|template| (pack, template))
}

/// The three texts of one file: as copied, as it is, as its pack has it. Line ends do not count.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) base: Option<String>,
    pub(crate) mine: Option<String>,
    pub(crate) next: Option<String>,
}

impl Compared {
    pub(crate) fn state(&self) -> FileState {
        let changed = self.mine != self.base;
        let behind = self.next.is_some() && self.next != self.base;
        match (&self.base, &self.mine) {
            (None, _) => FileState::New,
            (Some(_), None) => FileState::Missing,
            (Some(_), Some(_)) => match (changed, behind) {
                (false, false) => FileState::Clean,
                (true, false) => FileState::Modified,
                (false, true) => FileState::Outdated,
                (true, true) => FileState::OutdatedAndModified,
            },
        }
    }
}

pub(crate) fn compare(root: &Path, library: &Library, adopted: &Adopted) -> Result<Vec<Compared>, Error> {
    let source = source(library, adopted);
    let mut next = source.map(|(_, template)| rendered(template, &adopted.renames)).unwrap_or_default();
    let mut files = Vec::new();
    let read = |path: &str| -> Result<Option<String>, Error> {
        Ok(read_if_there(&root.join(path))?.map(|text| text.replace("\r\n", "\n")))
    };
    for file in &adopted.files {
        let at = next.iter().position(|(name, _)| *name == file.name);
        files.push(Compared {
            name: file.name.clone(),
            path: file.path.clone(),
            base: Some(file.base.clone()),
            mine: read(&file.path)?,
            next: at.map(|at| next.remove(at).1),
        });
    }
    let folder = adopted
        .files
        .first()
        .and_then(|file| file.path.strip_suffix(&file.name))
        .unwrap_or_default()
        .to_owned();
    for (name, text) in next {
        let path = format!("{folder}{name}");
        files.push(Compared { mine: read(&path)?, name, path, base: None, next: Some(text) });
    }
    Ok(files)
}
