//! The whole suite runs wherever it is included: no file of it is left out of a list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The files of the suite.
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../checkout/tests/saga");
/// The list that this file was included by.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/", env!("CARGO_CRATE_NAME"), "/main.rs");

/// The files of a folder that a list lacks.
fn left_out(files: &BTreeSet<String>, list: &str) -> Vec<String> {
    let listed: BTreeSet<&str> =
        list.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    files.iter().filter(|name| *name != "main" && !listed.contains(name.as_str())).cloned().collect()
}

#[test]
fn every_file_of_the_suite_is_in_this_list() {
    let files = fs::read_dir(Path::new(SUITE)).expect("the suite has a folder");
    let names = files.map(|file| file.expect("a file").path()).filter_map(|path| {
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        path.file_stem().filter(|_| is_code).map(|name| name.to_string_lossy().into_owned())
    });
    let files: BTreeSet<String> = names.collect();
    assert!(files.len() > 15, "the suite is larger than {files:?}");
    let list = fs::read_to_string(LIST).expect("the list can be read");
    assert_eq!(left_out(&files, &list), Vec::<String>::new());
}

#[test]
fn a_file_that_a_list_lacks_is_found() {
    let files = ["main", "bank", "flows"].map(str::to_owned).into();
    assert_eq!(left_out(&files, "mod bank;\nmod flows;\n"), Vec::<String>::new());
    assert_eq!(left_out(&files, "mod bank;\n// mod flows;\n"), ["flows"]);
}
