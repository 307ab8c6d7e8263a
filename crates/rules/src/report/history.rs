//! Decides at which commits the standing is taken, and takes it on their trees; the work tree is not touched.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use serde::Serialize;

use crate::check::Site;
use crate::error::Error;
use crate::git;
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
    /// Rule by rule, where there was a relevant place.
    pub rules: Vec<Standing>,
}

/// Up to `points` commits of the first-parent line, the newest among them, oldest first.
/// Trees are unpacked below `scratch`, one at a time.
pub fn history(
    root: &Path,
    scratch: &Path,
    points: usize,
    check: &dyn Fn(&Path) -> Result<Vec<Site>, Error>,
) -> Result<Vec<Point>, Error> {
    let log = git::run(root, &["log", "--first-parent", "--format=%H %cs"])?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let commits: Vec<(&str, &str)> = log.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut history = Vec::new();
    for index in spread(points, commits.len()).into_iter().rev() {
        let (commit, day) = commits[index];
        let tree = scratch.join(commit);
        unpack(root, commit, &tree)?;
        let sites = check(&tree)?;
        std::fs::remove_dir_all(&tree).map_err(|error| Error::io(&tree, error))?;
        let ids: BTreeSet<&str> = sites.iter().map(|site| site.rule).collect();
        let of_rule = |id: &&str| {
            let sites: Vec<Site> = sites.iter().filter(|site| site.rule == *id).cloned().collect();
            Standing::of(&sites, id)
        };
        history.push(Point {
            commit: commit.to_owned(),
            day: day.to_owned(),
            standing: Standing::of(&sites, "all rules"),
            rules: ids.iter().map(of_rule).collect(),
        });
    }
    Ok(history)
}

/// Which of `all` commits are looked at, newest first: evenly spread, both ends among them.
fn spread(points: usize, all: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = match (points, all) {
        (0, _) | (_, 0) => Vec::new(),
        (1, _) => vec![0],
        (points, all) => (0..points).map(|index| index * (all - 1) / (points - 1)).collect(),
    };
    chosen.dedup();
    chosen
}

/// Streams a commit's tree into a folder: a large repository is never in memory.
fn unpack(root: &Path, commit: &str, tree: &Path) -> Result<(), Error> {
    let arguments = ["archive", commit];
    let mut archive = git::command(root, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(git::missing)?;
    let mut stream = archive.stdout.take().expect("it was piped");
    let unpacked = tar::Archive::new(&mut stream).unpack(tree);
    // Also what pads the end, or git would find its reader gone and fail now and then.
    let rest = std::io::copy(&mut stream, &mut std::io::sink());
    let output = archive.wait_with_output().map_err(git::missing)?;
    if !output.status.success() {
        return Err(git::refused(&arguments, &output.stderr));
    }
    unpacked.and(rest).map_err(|error| Error::io(tree, error))?;
    Ok(())
}
