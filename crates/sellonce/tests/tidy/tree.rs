//! The work tree as the checks see it: text files with their paths from the root.
//!
//! Decides which folders are ours to judge. Leaves what a file must look like to the checks.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold what others wrote or what a tool made.
const FOREIGN: &[&str] = &["target", "node_modules", "vendor"];
/// What is shown to others in their own languages, bad examples among it: material of the rules, not source of ours.
const MATERIAL: &str = "crates/rules/library/";
/// Hidden folders with files of ours in them; all other hidden ones are a tool's.
const HIDDEN_OURS: &[&str] = &[".ci", ".config"];

/// A text file: its path from the root, with slashes, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// A file that exists in a check's example only.
    pub(crate) fn example(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// What is wrong at a place of the text, as an editor can jump to it.
    pub(crate) fn finding(&self, at: usize, what: &str) -> String {
        let line = self.text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }

    /// What stands after the last dot of the file's name, or nothing.
    pub(crate) fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|extension| extension.to_str()).unwrap_or("")
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR"));
    binary.ancestors().nth(2).expect("the binary's crate stands two folders below the root").to_owned()
}

/// Every text file below the root that is ours, in the order of the paths.
pub(crate) fn files(root: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the work tree can be read") {
            let path = entry.expect("an entry of the work tree can be read").path();
            if path.is_dir() {
                if is_ours(&path) {
                    folders.push(path);
                }
            } else if path.ends_with(".git") {
                // In a linked work tree this is a file of git's, with a path of this machine in it.
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root).expect("the walk stays below the root");
                let path = path.to_string_lossy().replace('\\', "/");
                if !path.starts_with(MATERIAL) {
                    files.push(File { path, text });
                }
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("");
    !FOREIGN.contains(&name) && (!name.starts_with('.') || HIDDEN_OURS.contains(&name))
}

#[test]
fn the_walk_finds_this_file_and_nothing_that_a_tool_made() {
    let files = files(&root());
    assert!(files.iter().any(|file| file.path == "crates/sellonce/tests/tidy/tree.rs"));
    assert!(files.iter().any(|file| file.path == ".ci/run"));
    assert!(!files.iter().any(|file| file.path.starts_with("target/") || file.path.starts_with(".git/")));
    assert!(!files.iter().any(|file| file.path == ".git"), "a linked work tree has a file of that name");
}
