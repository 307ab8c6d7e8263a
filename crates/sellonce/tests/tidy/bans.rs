//! What is not written here at all: unfinished work, silenced checks, names that say nothing, one person's paths.
//!
//! Decides the list. What clippy.toml and the workspace's lints can hold is left to them.

use crate::source;
use crate::tree::File;

/// Code that is not finished or not run.
const CODE: &[(&str, &str)] = &[
    ("#[ignore", "a test runs or is deleted"),
    ("todo!", "write it, or leave the whole thing out"),
    ("unimplemented!", "write it, or leave the whole thing out"),
];
/// Marks of unfinished work in comments.
const MARKS: &[&str] = &["FIXME", "TODO"];
/// Names of places where things end up that nobody named.
const NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];
/// Where work trees and people live on one machine.
const PLACES: &[&str] = &["/work/", "/root/", "/home/"];

/// Every banned thing in the files.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let of_file = |file: &File| {
        let mut findings = Vec::new();
        if file.extension() == "rs" {
            let code = source::code(&file.text);
            unfinished(file, &code, &mut findings);
            bare_allow(file, &code, &mut findings);
            empty_names(file, &code, &mut findings);
        }
        marks(file, &mut findings);
        places(file, &mut findings);
        findings
    };
    files.iter().flat_map(of_file).collect()
}

fn unfinished(file: &File, code: &str, findings: &mut Vec<String>) {
    for (word, instead) in CODE {
        let what = format!("`{word}`: {instead}");
        findings.extend(source::places_of(code, word).map(|at| file.finding(at, &what)));
    }
}

/// An allow outlives its cause silently; an expect says when the cause is gone.
fn bare_allow(file: &File, code: &str, findings: &mut Vec<String>) {
    for opening in ["#[allow(", "#![allow("] {
        for (at, _) in code.match_indices(opening) {
            let list = code[at..].split(']').next().unwrap_or("");
            if source::places_of(list, "reason").next().is_none() {
                findings.push(file.finding(at, "bare `allow`: write `#[expect(lint, reason = ...)]`"));
            }
        }
    }
}

fn empty_names(file: &File, code: &str, findings: &mut Vec<String>) {
    let says_nothing = |name: &str| name.split('_').any(|part| NAMES.contains(&part));
    if file.path.ends_with("/mod.rs") {
        findings.push(format!("{}: no mod.rs: the module's file stands beside its folder", file.path));
    }
    if let Some(part) = file.path.trim_end_matches(".rs").split('/').find(|part| says_nothing(part)) {
        findings.push(format!("{}: `{part}` says nothing: what is it about?", file.path));
    }
    for at in source::places_of(code, "mod") {
        let name = source::name_at(code[at + "mod".len()..].trim_start());
        if says_nothing(name) {
            findings.push(file.finding(at, &format!("module `{name}` says nothing: what is it about?")));
        }
    }
}

/// Prose may speak of such marks, and literals may search for them.
fn marks(file: &File, findings: &mut Vec<String>) {
    let text = match file.extension() {
        "md" => return,
        "rs" => source::code_and_comments(&file.text),
        _ => file.text.clone(),
    };
    for mark in MARKS {
        let what = format!("`{mark}`: do it now, or open an issue and leave it out");
        findings.extend(source::places_of(&text, mark).map(|at| file.finding(at, &what)));
    }
}

/// A path counts where it begins: `https://shop.example/home/garden` is none of a machine's.
fn places(file: &File, findings: &mut Vec<String>) {
    for place in PLACES {
        for (at, _) in file.text.match_indices(place) {
            let (before, after) = (&file.text[..at], &file.text[at + place.len()..]);
            let begins = !before.ends_with(|last: char| last.is_alphanumeric() || "._-}".contains(last));
            if begins && after.starts_with(|first: char| first.is_ascii_alphabetic()) {
                findings.push(file.finding(at, &format!("`{place}...` exists on one machine only")));
            }
        }
    }
}

fn findings(path: &str, text: &str) -> usize {
    check(&[File::example(path, text)]).len()
}

const RUST: &str = "crates/store/src/rows.rs";

#[test]
fn unfinished_work_is_refused() {
    for text in
        ["#[test]\n#[ignore]\nfn f() {}", "#[ignore = \"slow\"]", "todo!()", "unimplemented!(\"later\")"]
    {
        assert_eq!(findings(RUST, text), 1, "{text}");
    }
    for mark in MARKS {
        assert_eq!(findings(RUST, &format!("// {mark}: later")), 1);
        assert_eq!(findings("crates/store/migrations/sqlite/0001.sql", &format!("-- {mark}")), 1);
    }
}

#[test]
fn a_bare_allow_is_refused() {
    assert_eq!(findings(RUST, "#[allow(dead_code)]\nfn f() {}"), 1);
    assert_eq!(findings(RUST, "#![allow(missing_docs, dead_code)]"), 1);
}

#[test]
fn names_that_say_nothing_are_refused() {
    assert_eq!(findings("crates/store/src/utils.rs", ""), 1);
    assert_eq!(findings("crates/store/tests/common/kill.rs", ""), 1);
    assert_eq!(findings("crates/store/src/rows/mod.rs", ""), 1);
    assert_eq!(findings(RUST, "mod order_helpers { }"), 1);
    assert_eq!(findings(RUST, "pub(crate) mod manager;"), 1);
}

#[test]
fn paths_of_one_machine_are_refused_in_every_file() {
    for place in PLACES {
        assert_eq!(findings("README.md", &format!("cd {place}sellonce")), 1);
        assert_eq!(findings(RUST, &format!("let path = \"{place}sellonce\";")), 1);
    }
}

#[test]
fn clean_text_is_left_alone() {
    for text in [
        "#[expect(dead_code, reason = \"read by the next migration\")]\nfn f() {}",
        "#[allow(unused_mut, reason = \"one of two features changes it\")]",
        "let text = \"todo!() and #[ignore] in a literal\"; // ignore, allow, common sense",
        "let commonly = model(); mod helpless {}",
        "let link = \"https://shop.example/home/garden\"; let under = \"/homes/a\";",
    ] {
        assert_eq!(findings(RUST, text), 0, "{text}");
    }
    assert_eq!(findings("STYLE.md", &format!("No {} stays.", MARKS[0])), 0);
}
