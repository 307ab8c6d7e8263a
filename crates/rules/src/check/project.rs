//! What all files together say: which classes are stored, which are protected by a version, which functions lock.

use super::fact::{AmountWrite, FileFacts};
use super::finding::Confidence;
use super::lock::Called;
use super::names::{singular, squashed};
use std::collections::HashSet;

/// Facts of other files that a rule needs.
#[derive(Debug, Default)]
pub(crate) struct Project {
    versioned: HashSet<String>,
    listed: HashSet<String>,
    locking: Vec<Called>,
    called_under_lock: HashSet<String>,
}

impl Project {
    /// Gathers the facts of all files.
    pub(crate) fn of<'f>(files: impl Iterator<Item = &'f FileFacts> + Clone) -> Project {
        let mut project = Project::default();
        for file in files.clone() {
            let schema = file.classes.iter().any(|class| class.name.is_empty() && class.versioned);
            for class in &file.classes {
                if (class.versioned || schema) && !class.name.is_empty() {
                    project.versioned.insert(key(&class.name));
                }
                if class.listed {
                    project.listed.insert(key(&class.name));
                }
            }
            project.locking.extend(file.locking.iter().cloned());
        }
        for unit in files.flat_map(|file| &file.calls) {
            if unit.locks || unit.called.iter().any(|called| project.is_locking(called)) {
                project.called_under_lock.extend(unit.called.iter().map(|called| called.key.clone()));
            }
        }
        project
    }

    /// Whether rows of an entity carry an optimistic version.
    pub(crate) fn is_versioned(&self, entity: &str) -> bool {
        !entity.is_empty() && self.versioned.contains(&key(entity))
    }

    /// Whether a database context lists the class.
    pub(crate) fn is_listed(&self, entity: &str) -> bool {
        self.listed.contains(&key(entity))
    }

    /// Whether a function that takes the lock was called before the write.
    pub(crate) fn locks_before(&self, write: &AmountWrite) -> bool {
        write.called_before.iter().any(|called| self.is_locking(called))
    }

    fn is_locking(&self, called: &Called) -> bool {
        self.locking.iter().any(|lock| lock.is_called_by(called))
    }

    /// How sure a finding in a method of a stored class is; `None` if a caller holds the lock.
    pub(crate) fn method_confidence(&self, write: &AmountWrite) -> Option<Confidence> {
        // Everybody calls `save`: a lock around some call of it says nothing of this one.
        let common = ["save", "update", "create", "handle", "execute", "run", "post", "process"];
        let unit = squashed(&write.unit);
        let locked = self.called_under_lock.contains(&unit) && !common.contains(&unit.as_str());
        (!locked).then_some(Confidence::Medium)
    }
}

fn key(name: &str) -> String {
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    singular(&squashed(last)).trim_end_matches("entity").to_owned()
}
