//! What all files together say: which classes are stored, which are protected by a version, which functions lock.

use super::fact::{AmountWrite, ClassFact, FileFacts};
use super::finding::Confidence;
use super::lock::Called;
use super::names::{singular, squashed};
use std::collections::{HashMap, HashSet};

/// How far a version is followed from base to heir.
const INHERITANCE_MAX: usize = 5;

/// Facts of other files that a rule needs.
#[derive(Debug, Default)]
pub(crate) struct Project {
    versioned: HashSet<String>,
    compared: HashSet<String>,
    listed: HashSet<String>,
    /// Methods that stored objects are asked by, each with the entities of the objects.
    stored: HashMap<String, HashSet<String>>,
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
                if class.compared {
                    project.compared.insert(key(&class.name));
                }
                if class.listed {
                    project.listed.insert(key(&class.name));
                }
            }
            for called in &file.stored {
                project.stored.entry(called.key.clone()).or_default().insert(key(&called.receiver));
            }
            project.locking.extend(file.locking.iter().cloned());
        }
        project.inherit(files.clone().flat_map(|file| &file.classes));
        for unit in files.flat_map(|file| &file.calls) {
            if unit.locks || unit.called.iter().any(|called| project.is_locking(called)) {
                project.called_under_lock.extend(unit.called.iter().map(|called| called.key.clone()));
            }
        }
        project
    }

    /// A class whose base carries a version carries it too.
    fn inherit<'f>(&mut self, classes: impl Iterator<Item = &'f ClassFact>) {
        let heirs: Vec<&ClassFact> = classes.filter(|class| !class.bases.is_empty()).collect();
        for _ in 0..INHERITANCE_MAX {
            let before = self.versioned.len();
            for class in &heirs {
                if class.bases.iter().any(|base| self.versioned.contains(&key(base))) {
                    self.versioned.insert(key(&class.name));
                }
            }
            if self.versioned.len() == before {
                return;
            }
        }
    }

    /// Whether rows of an entity carry an optimistic version.
    pub(crate) fn is_versioned(&self, entity: &str) -> bool {
        !entity.is_empty() && self.versioned.contains(&key(entity))
    }

    /// Whether statements that store rows of an entity compare the version.
    pub(crate) fn is_compared(&self, entity: &str) -> bool {
        !entity.is_empty() && self.compared.contains(&key(entity))
    }

    /// Whether a database context lists the class.
    pub(crate) fn is_listed(&self, entity: &str) -> bool {
        self.listed.contains(&key(entity))
    }

    /// Whether somebody loads an object of the class, calls the method that writes, and stores the object.
    pub(crate) fn is_called_on_stored(&self, write: &AmountWrite) -> bool {
        let class = key(&write.entity);
        let near = |entity: &String| {
            entity.len() > 3 && class.len() > 3 && (class.contains(entity) || entity.contains(&class))
        };
        self.stored.get(&squashed(&write.unit)).is_some_and(|entities| entities.iter().any(near))
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
    let name = singular(&squashed(last));
    // `InventoryJpaEntity` and `InventoryModel` keep the rows of `Inventory`.
    let bare = ["jpaentity", "entity", "model", "document", "record", "schema", "db"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending).filter(|stem| stem.len() > 2));
    bare.map_or_else(|| name.clone(), str::to_owned)
}
