//! Decides which globs are worth a remark: a rule's that no file lies in, and those in people's own rule files that their
//! assistant would break.

use std::path::Path;

use crate::config::Config;
use crate::doctor::{Diagnosis, Weight, files};
use crate::error::{Error, read_if_there};
use crate::front_matter::{self, Value};
use crate::glob;
use crate::library::Library;
use crate::rule::Activation;
use crate::sync::Outcome;
use crate::sync::target::{ScopedKind, Target};

/// A scope that no file lies in was probably mistyped, or its folder moved.
pub(crate) fn of_rules(root: &Path, config: &Config, library: &Library, diagnosis: &mut Diagnosis) {
    let scoped: Vec<_> = library
        .rules()
        .filter(|found| found.rule.activation == Activation::Paths && !config.is_disabled(&found.rule.id))
        .collect();
    if scoped.is_empty() {
        return;
    }
    let files = files(root);
    for found in scoped {
        for pattern in &found.rule.scope {
            if !files.iter().any(|file| glob::matches(std::slice::from_ref(pattern), file)) {
                diagnosis.say(Weight::Advice, format!("{}: no file matches `{pattern}`", found.rule.id));
            }
        }
    }
}

/// Rule files that people wrote, beside ours, for an assistant that splits at every comma.
pub(crate) fn of_people(
    root: &Path,
    targets: &[Target],
    outcome: &Outcome,
    diagnosis: &mut Diagnosis,
) -> Result<(), Error> {
    for target in
        targets.iter().filter(|target| target.scoped.kind == ScopedKind::Globs && !target.scoped.braces)
    {
        let Some((folder, name)) = target.scoped.path.rsplit_once('/') else { continue };
        let Some(key) = glob_key(target) else { continue };
        let ending = name.rsplit_once('}').map_or(name, |(_, ending)| ending);
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy()))
            .filter(|path| {
                path.ends_with(ending) && !outcome.changes.iter().any(|change| change.path == *path)
            })
            .collect();
        names.sort();
        for path in names {
            let text = read_if_there(&root.join(&path))?.unwrap_or_default();
            if let Some(remedy) = broken(&text, key) {
                let text =
                    format!("`{path}`: {} splits `{key}` at every comma; write `{remedy}`", target.title);
                diagnosis.say(Weight::Problem, text);
            }
        }
    }
    Ok(())
}

/// The key under which an assistant has its globs: the one that we fill in.
fn glob_key(target: &Target) -> Option<&str> {
    let line = target.scoped.front_matter.lines().find(|line| line.contains("{globs}"))?;
    line.split_once(':').map(|(key, _)| key)
}

/// What to write instead, if a comma stands inside braces.
fn broken(text: &str, key: &str) -> Option<String> {
    let document = front_matter::parse(text).ok()?;
    let Value::Text(globs) = document.value(key)? else { return None };
    let whole = glob::split(globs);
    let pieces = globs.split(',').filter(|piece| !piece.trim().is_empty()).count();
    (pieces != whole.len()).then(|| glob::expand_all(&whole).map(|globs| globs.join(",")).ok()).flatten()
}
