//! Decides whose a file is: the team that CODEOWNERS names, and the package in which it lies. Never a person.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::{Error, read_if_there};

const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
const MANIFESTS: [&str; 8] = [
    "package.json",
    "Cargo.toml",
    "go.mod",
    "pyproject.toml",
    "composer.json",
    "pom.xml",
    "Gemfile",
    "build.gradle",
];

/// The owners of paths, by the file that the code host reads.
pub(crate) struct Owners {
    lines: Vec<(Gitignore, String)>,
}

impl Owners {
    pub(crate) fn load(root: &Path) -> Result<Self, Error> {
        let mut lines = Vec::new();
        for place in PLACES {
            let Some(text) = read_if_there(&root.join(place))? else { continue };
            for line in text.lines().map(|line| line.split(" #").next().unwrap_or(line).trim()) {
                let mut words = line.split_whitespace();
                let Some(pattern) = words.next().filter(|word| !word.starts_with('#')) else { continue };
                let owners: Vec<&str> = words.collect();
                let mut builder = GitignoreBuilder::new("");
                // A pattern that cannot be read owns nothing, as on the code host.
                if builder.add_line(None, pattern).is_ok()
                    && let Ok(matcher) = builder.build()
                {
                    lines.push((matcher, team(&owners)));
                }
            }
            break;
        }
        Ok(Self { lines })
    }

    /// The team of a path; the last line that matches wins.
    pub(crate) fn team(&self, path: &Path) -> String {
        let owns = |(matcher, _): &&(Gitignore, String)| {
            matcher.matched_path_or_any_parents(path, false).is_ignore()
        };
        self.lines.iter().rev().find(owns).map_or_else(|| "nobody".to_owned(), |(_, team)| team.clone())
    }
}

/// Teams are `@org/team`; single people are not counted one by one.
fn team(owners: &[&str]) -> String {
    let teams: Vec<&str> =
        owners.iter().filter(|owner| owner.starts_with('@') && owner.contains('/')).copied().collect();
    match (teams.is_empty(), owners.is_empty()) {
        (false, _) => teams.join(" "),
        (true, false) => "single owners".to_owned(),
        (true, true) => "nobody".to_owned(),
    }
}

/// The nearest folder above a path that has a manifest.
pub(crate) fn package(root: &Path, path: &Path) -> String {
    path.ancestors()
        .skip(1)
        .find(|folder| MANIFESTS.iter().any(|manifest| root.join(folder).join(manifest).exists()))
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or_else(|| ".".to_owned(), |folder| folder.to_string_lossy().replace('\\', "/"))
}
