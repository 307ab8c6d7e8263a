//! Decides where a project begins: the folder that all paths of the rules are counted from.

use std::path::{Path, PathBuf};

use crate::config::{self, Config};
use crate::sync::lock;

/// The nearest folder upwards that the rules know (a section `[rules]` or a lock), or else the repository's top, or else
/// the folder itself.
pub fn find(start: &Path) -> PathBuf {
    let upwards = || start.ancestors();
    let known = upwards().find(|folder| folder.join(lock::FILE).is_file() || has_rules(folder));
    let top = || upwards().find(|folder| folder.join(".git").exists());
    known.or_else(top).unwrap_or(start).to_path_buf()
}

/// A broken configuration counts: its error is to be told, not to be walked past.
fn has_rules(folder: &Path) -> bool {
    let path = folder.join(config::FILE);
    std::fs::read_to_string(&path).is_ok_and(|text| !matches!(Config::parse(&path, &text), Ok(None)))
}
