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

/// Checks a project; a repository without configuration is checked with the defaults.
pub fn review(root: &Path, request: &Request) -> Result<Outcome, Error> {
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
    Ok(without_disabled(check::run(&options), &config))
}

/// Checks another tree, as an older commit's, with the names and switches that this project has today.
pub fn review_tree(root: &Path, tree: &Path) -> Result<Outcome, Error> {
    let options = Options { root: tree.to_path_buf(), vocabulary: vocabulary(root)?, ..Options::default() };
    Ok(without_disabled(check::run(&options), &config(root)?))
}

fn without_disabled(mut outcome: Outcome, config: &Config) -> Outcome {
    outcome.findings.retain(|finding| !config.is_disabled(finding.rule));
    outcome.suppressed.retain(|(finding, _)| !config.is_disabled(finding.rule));
    outcome.sites.retain(|site| !config.is_disabled(site.rule));
    outcome
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
