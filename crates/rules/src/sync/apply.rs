//! Decides, file by file, what a plan means for what is on disk: create, update, keep, delete, or leave alone because a person
//! wrote there. Reads and writes files; leaves the plan to `plan`.

use std::path::Path;

use serde::Serialize;
use similar::TextDiff;

use crate::config;
use crate::error::{Error, read_if_there};
use crate::pack::sha256;
use crate::sync::block::{self, Comment};
use crate::sync::lock::{Kind, LockedFile};
use crate::sync::plan::Planned;
use crate::write::write_whole;

/// What a person does about an edit that is in the way of a sync.
const MOVE: &str = "move your text out of it, delete it, then sync again";
/// What a person does about an edit that is in the way of a removal.
const TAKE_OUT: &str = "take out by hand what nobody needs";

/// What happens, or would happen, to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is as it shall be.
    Keep,
    /// It is not there yet.
    Create,
    /// It is there in another version, untouched since we wrote it.
    Update,
    /// It is there and no longer wanted.
    Delete,
    /// A person changed what we wrote; we leave it.
    Edited(String),
    /// A person's file stands where ours would go; we leave it.
    Foreign,
}

/// A file and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its path from the root.
    pub path: String,
    /// What happens.
    pub action: Action,
    /// The text before, if there was one.
    #[serde(skip)]
    pub before: Option<String>,
    /// The text after, if there will be one.
    #[serde(skip)]
    pub after: Option<String>,
}

impl Change {
    /// Whether this change is one that we make, or would make.
    pub fn is_pending(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update | Action::Delete)
    }

    /// Whether a person's hand keeps us from it.
    pub fn is_blocked(&self) -> bool {
        matches!(self.action, Action::Edited(_) | Action::Foreign)
    }

    /// The change as a unified diff.
    pub fn diff(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let after = self.after.as_deref().unwrap_or_default();
        let name = |prefix: &str, there: bool| {
            if there { format!("{prefix}/{}", self.path) } else { "/dev/null".to_owned() }
        };
        TextDiff::from_lines(before, after)
            .unified_diff()
            .header(&name("a", self.before.is_some()), &name("b", self.after.is_some()))
            .to_string()
    }

    /// Does it.
    pub(crate) fn write(&self, root: &Path) -> Result<(), Error> {
        let path = root.join(&self.path);
        if let Some(text) = &self.after {
            return write_whole(&path, text);
        }
        std::fs::remove_file(&path).map_err(|error| Error::io(&path, error))?;
        // Folders that held nothing but our files go with them; a folder that is not empty refuses, which is right.
        let folders = path.ancestors().skip(1).take_while(|folder| *folder != root);
        let _ = folders.map(std::fs::remove_dir).take_while(Result::is_ok).count();
        Ok(())
    }
}

/// What a planned file means for the disk, and what the lock shall remember of it.
pub(crate) fn prepare(
    root: &Path,
    path: &str,
    planned: &Planned,
    known: Option<&LockedFile>,
) -> Result<(Change, LockedFile), Error> {
    let before = read_if_there(&root.join(path))?;
    let mut locked = LockedFile {
        path: path.to_owned(),
        kind: planned.kind,
        sha256: sha256(&planned.text),
        created: known.map_or(before.is_none(), |known| known.created),
        joint: known.map(|known| known.joint.clone()).unwrap_or_default(),
        targets: planned.targets.clone(),
    };
    let (action, after) = match planned.kind {
        Kind::File => whole_file(before.as_deref(), planned, known),
        Kind::Block | Kind::Configuration => block_in_file(before.as_deref(), planned, known, &mut locked),
    };
    let change = Change { path: path.to_owned(), after: after.or_else(|| before.clone()), before, action };
    Ok((change, locked))
}

fn whole_file(
    before: Option<&str>,
    planned: &Planned,
    known: Option<&LockedFile>,
) -> (Action, Option<String>) {
    let wanted = Some(planned.text.clone());
    match (before, known) {
        (None, _) => (Action::Create, wanted),
        (Some(text), _) if text.replace("\r\n", "\n") == planned.text => (Action::Keep, None),
        (Some(text), Some(known)) if known.kind == Kind::File && sha256(text) == known.sha256 => {
            (Action::Update, wanted)
        }
        (Some(_), Some(_)) => (Action::Edited(format!("changed by hand since it was written; {MOVE}")), None),
        (Some(_), None) => (Action::Foreign, None),
    }
}

fn block_in_file(
    before: Option<&str>,
    planned: &Planned,
    known: Option<&LockedFile>,
    locked: &mut LockedFile,
) -> (Action, Option<String>) {
    let comment = planned.comment;
    let text = before.unwrap_or_default();
    match block::find(text, comment) {
        Err(reason) => (Action::Edited(format!("{reason}; {MOVE}")), None),
        Ok(None) => {
            let placed = block::append(text, comment, &planned.text);
            locked.joint = placed.joint;
            locked.created = before.is_none();
            (if before.is_none() { Action::Create } else { Action::Update }, Some(placed.text))
        }
        Ok(Some(found)) if found.inner == planned.text => {
            if known.is_none() {
                // The lock was lost: what it knew is taken from how `append` would have left the file.
                locked.joint = block::joint_before(text, &found).to_owned();
                locked.created = block::take_out(text, &found, "").trim().is_empty();
            }
            (Action::Keep, None)
        }
        Ok(Some(found)) if known.is_some_and(|known| known.sha256 == sha256(&found.inner)) => {
            (Action::Update, Some(block::replace(text, &found, comment, &planned.text)))
        }
        Ok(Some(_)) => (Action::Edited(format!("the managed block was changed by hand; {MOVE}")), None),
    }
}

/// What it means for the disk that a file of the lock is no longer wanted.
pub(crate) fn retire(root: &Path, known: &LockedFile) -> Result<Change, Error> {
    let before = read_if_there(&root.join(&known.path))?;
    let change = |action: Action, after: Option<String>| Change {
        path: known.path.clone(),
        action,
        before: before.clone(),
        after,
    };
    let Some(text) = before.as_deref() else { return Ok(change(Action::Keep, None)) };
    if known.kind == Kind::File {
        if sha256(text) == known.sha256 {
            return Ok(change(Action::Delete, None));
        }
        return Ok(change(
            Action::Edited(format!("changed by hand, so it stays; {TAKE_OUT}")),
            before.clone(),
        ));
    }
    let comment = comment_of(&known.path);
    match block::find(text, comment) {
        Ok(None) => Ok(change(Action::Keep, before.clone())),
        Ok(Some(found)) if sha256(&found.inner) == known.sha256 => {
            let rest = block::take_out(text, &found, &known.joint);
            let after = (!(known.created && rest.trim().is_empty())).then_some(rest);
            Ok(change(Action::Delete, after))
        }
        Ok(Some(_)) if known.kind == Kind::Configuration => Ok(change(
            Action::Edited(format!(
                "the section was changed since `rules init` wrote it, so it stays; {TAKE_OUT}"
            )),
            before.clone(),
        )),
        Ok(Some(_)) => Ok(change(
            Action::Edited(format!("the managed block was changed by hand, so it stays; {TAKE_OUT}")),
            before.clone(),
        )),
        Err(reason) => {
            Ok(change(Action::Edited(format!("{reason}, so all stays; {TAKE_OUT}")), before.clone()))
        }
    }
}

/// How comments look in a file of this name.
pub(crate) fn comment_of(path: &str) -> Comment {
    match path {
        ".gitattributes" => Comment::Hash,
        config::FILE => Comment::Section,
        _ => Comment::Html,
    }
}
