//! Decides what a check of a project looks at: its own names, the rules it switched off, the findings it knows already.
//! Leaves finding to `check`, and reads the project's configuration for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::check::{self, Confidence, Options, Outcome, Scope, Vocabulary};
use crate::config::{self, Config};
use crate::error::{Error, read_if_there};
use crate::pack::toml_error;

/// What to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Files and folders, as absolute paths; none means everything.
    pub paths: Vec<PathBuf>,
    /// Report only on what changed.
    pub scope: Option<Scope>,
    /// The JSON output of an earlier check, whose findings are known.
    pub baseline: Option<PathBuf>,
    /// Tests, seeds and migrations too.
    pub with_tests: bool,
    /// Today, as 2027-01-31.
    pub today: String,
}

/// Is told how many files of how many are read, from several threads at once.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Checks a project; a repository without configuration is checked with the defaults.
pub fn review(root: &Path, request: &Request, progress: Progress<'_>) -> Result<Outcome, Error> {
    let config = config(root)?;
    if let Some(missing) = request.paths.iter().find(|path| !path.exists()) {
        return Err(Error::Usage(format!("{}: no such file or folder", missing.display())));
    }
    let only = match &request.scope {
        Some(scope) => Some(check::changed(root, scope).map_err(|error| Error::Usage(error.to_string()))?),
        None => None,
    };
    let options = Options {
        root: root.to_path_buf(),
        paths: request.paths.clone(),
        vocabulary: vocabulary(root)?,
        with_tests: request.with_tests,
        confidence_min: Some(Confidence::Medium),
        only,
        known: request.baseline.as_deref().map(known).transpose()?.unwrap_or_default(),
        today: request.today.clone(),
    };
    Ok(of_the_project(check::run_with(&options, progress), root, &config))
}

/// Checks another tree, as an older commit's, with the names and switches that this project has today.
pub fn review_tree(root: &Path, tree: &Path) -> Result<Outcome, Error> {
    let options = Options { root: tree.to_path_buf(), vocabulary: vocabulary(root)?, ..Options::default() };
    Ok(of_the_project(check::run(&options), tree, &config(root)?))
}

/// What is the project's to answer for: not the rules it switched off, and not the bad examples of a pack that it keeps.
fn of_the_project(mut outcome: Outcome, root: &Path, config: &Config) -> Outcome {
    let counts = |rule: &str, path: &Path| !config.is_disabled(rule) && !is_material(root, path);
    outcome.findings.retain(|finding| counts(finding.rule, &finding.path));
    outcome.suppressed.retain(|(finding, _)| counts(finding.rule, &finding.path));
    outcome.sites.retain(|site| counts(site.rule, &site.path));
    outcome
}

/// Whether a file is an example, a template or a proof of a rule: one of these folders beside a RULE.md.
fn is_material(root: &Path, path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| {
        let named = folder
            .file_name()
            .is_some_and(|name| name == "examples" || name == "templates" || name == "proof");
        named && folder.parent().is_some_and(|rule| root.join(rule).join("RULE.md").is_file())
    })
}

fn config(root: &Path) -> Result<Config, Error> {
    let path = root.join(config::FILE);
    let text = read_if_there(&path)?.unwrap_or_default();
    Ok(Config::parse(&path, &text)?.unwrap_or_default())
}

/// A project's own names: the section `[check]` of its sellonce.toml.
pub fn vocabulary(root: &Path) -> Result<Vocabulary, Error> {
    let path = root.join(config::FILE);
    parse_vocabulary(&path, &read_if_there(&path)?.unwrap_or_default())
}

/// The names in a configuration file's text.
pub(crate) fn parse_vocabulary(path: &Path, text: &str) -> Result<Vocabulary, Error> {
    #[derive(Deserialize)]
    struct File {
        check: Option<Vocabulary>,
    }
    let file: File = toml::from_str(text).map_err(|error| toml_error(path, text, &error))?;
    Ok(file.check.unwrap_or_default())
}

/// The fingerprints in the JSON output of an earlier check.
fn known(path: &Path) -> Result<BTreeSet<String>, Error> {
    #[derive(Deserialize)]
    struct Earlier {
        findings: Vec<Finding>,
    }
    #[derive(Deserialize)]
    struct Finding {
        fingerprint: String,
    }
    let text =
        read_if_there(path)?.ok_or_else(|| Error::Usage(format!("{}: no such baseline", path.display())))?;
    let earlier: Earlier = serde_json::from_str(&text).map_err(|error| {
        let message = format!("{error}; a baseline is what `sellonce rules check --format json` printed");
        Error::source(path, error.line(), message)
    })?;
    Ok(earlier.findings.into_iter().map(|finding| finding.fingerprint).collect())
}
