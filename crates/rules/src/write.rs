//! Decides how a file is written: beside it first, then moved over it, so that a full disk or a crash leaves the old text
//! whole. A file keeps its permissions.

use std::path::Path;

use crate::error::Error;

/// Writes a whole file, and the folders above it where they are missing.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().expect("a file stands in a folder");
    std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    let beside = folder.join(format!(".{name}.sellonce-{}", std::process::id()));
    let written = std::fs::write(&beside, text)
        .and_then(|()| match std::fs::metadata(path) {
            Ok(there) => std::fs::set_permissions(&beside, there.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // What could not be moved into place must not lie about; that it cannot be removed changes nothing.
        let _gone = std::fs::remove_file(&beside);
        Error::io(path, error)
    })
}
