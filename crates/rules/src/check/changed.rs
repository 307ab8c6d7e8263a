//! Which files changed: asks git, so that a check can report on a change alone while it still reads everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which change to report on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// What differs from the last commit, untracked files included (`--changed`).
    Changed,
    /// What is staged (`--staged`); the files are read from the work tree.
    Staged,
    /// What differs from where this branch left a revision (`--since REV`).
    Since(String),
}

/// git could not say what changed: not a repository, no such revision, no git.
#[derive(Debug, thiserror::Error)]
#[error("git could not list the changed files: {0}")]
pub struct ChangedError(String);

/// The changed files, relative to `root`.
pub fn changed(root: &Path, scope: &Scope) -> Result<BTreeSet<PathBuf>, ChangedError> {
    let diff = ["diff", "--name-only", "--relative", "-z", "--diff-filter=d"];
    let mut files = match scope {
        Scope::Changed => git(root, &[&diff[..], &["HEAD"]].concat())?,
        Scope::Staged => git(root, &[&diff[..], &["--cached"]].concat())?,
        Scope::Since(revision) => {
            if revision.starts_with('-') {
                return Err(ChangedError(format!("`{revision}` is no revision")));
            }
            git(root, &[&diff[..], &["--merge-base", revision]].concat())?
        }
    };
    if *scope == Scope::Changed {
        files.extend(git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?);
    }
    Ok(files)
}

fn git(root: &Path, arguments: &[&str]) -> Result<BTreeSet<PathBuf>, ChangedError> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let output = output.map_err(|error| ChangedError(error.to_string()))?;
    if !output.status.success() {
        return Err(ChangedError(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}
