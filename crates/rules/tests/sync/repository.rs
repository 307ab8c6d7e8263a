//! A repository in a temporary folder, and what can be said of its files.

use std::collections::BTreeMap;
use std::path::Path;

use sellonce_rules::error::Error;
use sellonce_rules::sync::{self, Mode, Outcome};

pub(crate) struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("the fixture is ours to make") };
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("the fixture is ours to make"))
            .expect("the fixture is ours to make");
        std::fs::write(path, text).expect("the fixture is ours to make");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn configure(&self, assistants: &[&str], more: &str) {
        let assistants: Vec<String> = assistants.iter().map(|id| format!("{id:?}")).collect();
        let text = format!(
            "[rules]\nassistants = [{}]\n{more}\n[[rules.packs]]\nname = \"commerce\"\nversion = \"1.0.0\"\n",
            assistants.join(", ")
        );
        self.write("sellonce.toml", &text);
    }

    pub(crate) fn sync(&self) -> Outcome {
        sync::sync(self.root(), Mode::Write, None).expect("the fixture is ours to make")
    }

    pub(crate) fn check(&self) -> Outcome {
        sync::sync(self.root(), Mode::Check, None).expect("the fixture is ours to make")
    }

    pub(crate) fn refused(&self) -> Error {
        sync::sync(self.root(), Mode::Write, None).expect_err("must be refused")
    }

    /// Every file with its bytes.
    pub(crate) fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let mut tree = BTreeMap::new();
        walk(self.root(), self.root(), &mut tree);
        tree
    }
}

pub(crate) fn walk(root: &Path, folder: &Path, tree: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("the fixture is ours to make") {
        let path = entry.expect("the fixture is ours to make").path();
        let name =
            path.strip_prefix(root).expect("the fixture is ours to make").to_string_lossy().into_owned();
        if path.is_dir() {
            tree.insert(format!("{name}/"), Vec::new());
            walk(root, &path, tree);
        } else {
            tree.insert(name, std::fs::read(&path).expect("the fixture is ours to make"));
        }
    }
}
