//! Decides at which commits the standing is taken, and takes it on their trees; the work tree is not touched.

use std::path::Path;
use std::process::Command;

use serde::Serialize;

use crate::check::Site;
use crate::error::Error;
use crate::report::Standing;

/// The standing at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The commit's hash.
    pub commit: String,
    /// Its day.
    pub day: String,
    /// All rules together.
    pub standing: Standing,
}

/// Up to `points` commits of the first-parent line, the newest among them, oldest first.
/// Trees are unpacked below `scratch`, one at a time.
pub fn history(
    root: &Path,
    scratch: &Path,
    points: usize,
    check: &dyn Fn(&Path) -> Vec<Site>,
) -> Result<Vec<Point>, Error> {
    let log = git(root, &["log", "--first-parent", "--format=%H %cs"])?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let commits: Vec<(&str, &str)> = log.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut chosen: Vec<usize> = match (points, commits.len()) {
        (0, _) | (_, 0) => Vec::new(),
        (1, _) => vec![0],
        (points, all) => (0..points).map(|index| index * (all - 1) / (points - 1)).collect(),
    };
    chosen.dedup();
    let mut history = Vec::new();
    for index in chosen.into_iter().rev() {
        let (commit, day) = commits[index];
        let tree = scratch.join(commit);
        let archive = git(root, &["archive", commit])?;
        tar::Archive::new(archive.as_slice()).unpack(&tree).map_err(|error| Error::io(&tree, error))?;
        let standing = Standing::of(&check(&tree), "all rules");
        std::fs::remove_dir_all(&tree).map_err(|error| Error::io(&tree, error))?;
        history.push(Point { commit: commit.to_owned(), day: day.to_owned(), standing });
    }
    Ok(history)
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .map_err(|error| Error::io(root, error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Usage(format!("git {}: {said}", arguments.join(" "))))
}
