//! Decides what a new version of a template means for the code that people made of the old one: a three-way merge of the
//! copied text, theirs and the pack's. Works on a clean tree only, so that git can take it back.

use std::fmt;
use std::path::Path;

use similar::TextDiff;

use crate::error::{Error, Exit, read_if_there};
use crate::git;
use crate::library::Library;
use crate::sync::lock::{self, Adopted, AdoptedFile, Lock};
use crate::template::instance::{self, Compared, FileState};
use crate::write::write_whole;

/// What `template update` did to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The pack's change went in.
    Merged,
    /// The new version brought this file.
    Created,
    /// Both sides changed the same lines; the marks stand in the file.
    Conflict,
    /// Somebody else's file stands where a new one goes; it was left alone.
    Foreign,
    /// All files of its template were deleted, so it is no longer followed.
    Forgotten,
}

/// What `template update` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The files that it was about, with their paths.
    pub files: Vec<(String, Outcome)>,
}

impl Updated {
    /// 1 if a person has to look at something.
    pub fn exit(&self) -> Exit {
        let open = |(_, outcome): &(String, Outcome)| matches!(outcome, Outcome::Conflict | Outcome::Foreign);
        if self.files.iter().any(open) { Exit::Findings } else { Exit::Clean }
    }
}

impl fmt::Display for Updated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.files.is_empty() {
            return write!(formatter, "nothing to do");
        }
        let line = |(path, outcome): &(String, Outcome)| match outcome {
            Outcome::Merged => format!("update   {path}"),
            Outcome::Created => format!("create   {path}"),
            Outcome::Conflict => format!("CONFLICT {path}: resolve the marks in it, as after a merge"),
            Outcome::Foreign => {
                format!("FOREIGN  {path}: the new version brings a file of this name; rename yours")
            }
            Outcome::Forgotten => format!("forget   {path}: it was deleted"),
        };
        formatter.write_str(&self.files.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// What people changed, and what an update would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences {
    /// The diffs, each with its heading.
    pub text: String,
}

impl Differences {
    /// 1 if there is a difference.
    pub fn exit(&self) -> Exit {
        if self.text.is_empty() { Exit::Clean } else { Exit::Findings }
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.text.is_empty() { "no difference" } else { self.text.trim_end() })
    }
}

/// Shows for every adopted template what people changed and what an update would change.
pub fn differences(root: &Path) -> Result<Differences, Error> {
    let (library, _) = Library::of(root)?;
    let mut text = String::new();
    for adopted in &Lock::load(root)?.templates {
        let origin = format!("{} {} {}", adopted.rule, adopted.stack, adopted.version);
        for file in instance::compare(root, &library, adopted)? {
            if let (Some(base), Some(mine)) = (&file.base, &file.mine)
                && base != mine
            {
                text.push_str(&diff(base, mine, &format!("{origin}, as it was copied"), &file.path));
            }
            if file.state().is_behind()
                && let Some(mine) = &file.mine
                && let Some((merged, _)) = merged(&file)
                && merged != *mine
            {
                text.push_str(&diff(
                    mine,
                    &merged,
                    &file.path,
                    &format!("{}, after `template update`", file.path),
                ));
            }
        }
    }
    Ok(Differences { text })
}

fn diff(before: &str, after: &str, from: &str, to: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().header(from, to).to_string()
}

/// The text after an update, and whether both sides changed the same lines.
fn merged(file: &Compared) -> Option<(String, bool)> {
    let next = file.next.as_ref()?;
    let (Some(base), Some(mine)) = (&file.base, &file.mine) else {
        return Some((next.clone(), false));
    };
    Some(match diffy::merge(base, mine, next) {
        Ok(merged) => (merged, false),
        Err(marked) => (marked, true),
    })
}

/// Brings every adopted template to its pack's version.
pub fn update(root: &Path) -> Result<Updated, Error> {
    refuse_if_dirty(root)?;
    let (library, _) = Library::of(root)?;
    let mut lock = Lock::load(root)?;
    let mut files = Vec::new();
    for adopted in &mut lock.templates {
        update_one(root, &library, adopted, &mut files)?;
    }
    lock.templates.retain(|adopted| !adopted.files.is_empty());
    if !files.is_empty() {
        write_whole(&root.join(lock::FILE), &lock.to_text())?;
    }
    Ok(Updated { files })
}

fn refuse_if_dirty(root: &Path) -> Result<(), Error> {
    let changed = git::run(root, &["status", "--porcelain", "--untracked-files=no", "."])?;
    if changed.is_empty() {
        return Ok(());
    }
    let list = String::from_utf8_lossy(&changed).trim_end().to_owned();
    Err(Error::Usage(format!(
        "the work tree has changes that are not committed; commit or stash them first, so that git can take the update back:\n{list}"
    )))
}

fn update_one(
    root: &Path,
    library: &Library,
    adopted: &mut Adopted,
    files: &mut Vec<(String, Outcome)>,
) -> Result<(), Error> {
    if adopted.files.iter().all(|file| !root.join(&file.path).exists()) {
        files.extend(adopted.files.drain(..).map(|file| (file.path, Outcome::Forgotten)));
        return Ok(());
    }
    let mut followed = Vec::new();
    for file in instance::compare(root, library, adopted)? {
        let known = file.base.clone().map(|base| AdoptedFile {
            name: file.name.clone(),
            path: file.path.clone(),
            base,
        });
        let outcome = match file.state() {
            FileState::Clean | FileState::Modified | FileState::Missing => {
                followed.extend(known);
                continue;
            }
            FileState::New if file.mine.is_some() && file.mine != file.next => Outcome::Foreign,
            FileState::New => Outcome::Created,
            FileState::Outdated | FileState::OutdatedAndModified => match merged(&file) {
                Some((_, true)) => Outcome::Conflict,
                Some((_, false)) | None => Outcome::Merged,
            },
        };
        files.push((file.path.clone(), outcome));
        if outcome == Outcome::Foreign {
            continue;
        }
        if let (Some((text, _)), Some(next)) = (merged(&file), &file.next) {
            put(&root.join(&file.path), &text)?;
            followed.push(AdoptedFile {
                name: file.name.clone(),
                path: file.path.clone(),
                base: next.clone(),
            });
        }
    }
    adopted.files = followed;
    if let Some((pack, _)) = instance::source(library, adopted) {
        adopted.version = pack.version;
    }
    Ok(())
}

/// Line ends stay as the file has them.
fn put(path: &Path, text: &str) -> Result<(), Error> {
    let windows = read_if_there(path)?.is_some_and(|there| there.contains("\r\n"));
    let text = if windows { text.replace('\n', "\r\n") } else { text.to_owned() };
    write_whole(path, &text)
}
