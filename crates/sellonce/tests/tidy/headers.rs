//! How a file begins: with what it decides and what it leaves to others.
//!
//! Decides that the beginning is there, in the comment syntax of each kind of file. Whether it is true is for the reader.

use crate::tree::File;

/// Every file that begins with something else than a comment about itself.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    files.iter().filter_map(headless).collect()
}

fn headless(file: &File) -> Option<String> {
    let markers = markers(file)?;
    let first = first_line(file);
    let said = markers.iter().find_map(|marker| first.strip_prefix(marker));
    let fine = said.is_some_and(|said| said.contains(char::is_alphabetic));
    (!fine).then(|| format!("{}:1: must begin with `{} what this file decides`", file.path, markers[0]))
}

/// What a header begins with in this kind of file; nothing where none is asked for.
fn markers(file: &File) -> Option<&'static [&'static str]> {
    let is_template = file.path.contains("/templates/");
    match file.extension() {
        "rs" => Some(&["//!"]),
        "sql" => Some(&["--"]),
        "css" => Some(&["/*"]),
        "js" | "ts" => Some(&["//", "/*"]),
        "html" | "txt" | "xml" if is_template => Some(&["{#", "<!--"]),
        _ if file.text.starts_with("#!") => Some(&["#"]),
        _ => None,
    }
}

/// The first line, or the second of a script, whose first names its interpreter.
fn first_line(file: &File) -> &str {
    let mut lines = file.text.lines().skip_while(|line| line.starts_with("#!/"));
    lines.next().unwrap_or("").trim()
}

fn findings(path: &str, text: &str) -> usize {
    check(&[File::example(path, text)]).len()
}

#[test]
fn a_file_without_its_first_words_is_refused() {
    for (path, text) in [
        ("crates/store/src/rows.rs", "use std::fmt;\n"),
        ("crates/store/src/rows.rs", "//!\nuse std::fmt;\n"),
        ("crates/store/src/rows.rs", ""),
        ("crates/store/migrations/sqlite/0001.sql", "CREATE TABLE t (a);\n"),
        ("crates/server/templates/cart.html", "<!doctype html>\n"),
        ("crates/server/static/shop.css", "body { margin: 0 }\n"),
        ("crates/server/static/cart.js", "let cart = 1;\n"),
        ("test", "#!/bin/sh\nset -eu\n"),
    ] {
        assert_eq!(findings(path, text), 1, "{path}: {text}");
    }
}

#[test]
fn a_file_that_says_what_it_decides_is_fine() {
    for (path, text) in [
        ("crates/store/src/rows.rs", "//! Rows: how they are read.\n"),
        ("crates/store/migrations/sqlite/0001.sql", "-- The first schema.\nCREATE TABLE t (a);\n"),
        ("crates/server/templates/cart.html", "{# The cart. #}\n<!doctype html>\n"),
        ("crates/server/templates/cart.html", "{#- The cart. -#}\n<!doctype html>\n"),
        ("crates/server/static/shop.css", "/* How the shop looks. */\n"),
        ("test", "#!/bin/sh\n# Runs the tests.\n"),
        ("README.md", "# Sellonce\n"),
        ("crates/import/tests/fixtures/options.csv", "Handle,Title\n"),
    ] {
        assert_eq!(findings(path, text), 0, "{path}: {text}");
    }
}
