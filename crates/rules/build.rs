//! Puts the packs of `library/` and the data of `targets/` into the binary: a list of names and texts.
//! Examples and proofs stay out; they are tests of the packs, not part of them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets the manifest's folder"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets the output's folder"));
    let mut code = String::new();
    for (constant, folder) in [("LIBRARY", "library"), ("TARGETS", "targets")] {
        println!("cargo::rerun-if-changed={folder}");
        let mut paths = Vec::new();
        collect(&root.join(folder), &mut paths);
        paths.sort();
        writeln!(code, "pub(crate) const {constant}: &[(&str, &str)] = &[")
            .expect("a string takes everything");
        for path in paths {
            let name = path
                .strip_prefix(root.join(folder))
                .expect("the walk began there")
                .to_string_lossy()
                .into_owned();
            writeln!(code, "    ({name:?}, include_str!({path:?})),").expect("a string takes everything");
        }
        writeln!(code, "];").expect("a string takes everything");
    }
    std::fs::write(out.join("embedded.rs"), code).expect("the output's folder can be written");
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is part of the crate") {
        let path = entry.expect("the folder can be listed").path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if name.starts_with('.') || name == "examples" || name == "proof" {
            continue;
        }
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}
