//! The examples of every rule are its tests: a line marked `expect: ID` is found, no other line is.

use sellonce_rules::check::{Confidence, Options, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Place = (PathBuf, usize, String);

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("library/commerce")
}

fn example_folders() -> Vec<PathBuf> {
    let rules = std::fs::read_dir(library()).expect("the library has a folder per rule");
    let folders = rules.flatten().filter_map(|rule| std::fs::read_dir(rule.path().join("examples")).ok());
    // Each language is a project of its own: what one file says of a class holds for the others.
    folders.flat_map(|languages| languages.flatten().map(|language| language.path())).collect()
}

fn marked(folder: &Path, mark: &str) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("readable").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("examples are text");
        for (index, line) in text.lines().enumerate() {
            let Some((_, rest)) = line.split_once(mark) else { continue };
            let path = file.path().strip_prefix(folder).expect("inside").to_path_buf();
            for rule in rest.split_whitespace().take_while(|word| word.chars().all(char::is_alphanumeric)) {
                places.insert((path.clone(), index + 1, rule.to_owned()));
            }
        }
    }
    places
}

#[test]
fn every_marked_line_is_found_and_no_other() {
    let mut wrong = Vec::new();
    for folder in example_folders() {
        let options =
            Options { root: folder.clone(), confidence_min: Some(Confidence::Medium), ..Options::default() };
        let outcome = run(&options);
        assert!(outcome.unparsable.is_empty(), "{:?}", outcome.unparsable);
        let found: BTreeSet<Place> =
            outcome.findings.iter().map(|f| (f.path.clone(), f.at.line, f.rule.to_owned())).collect();
        let expected = marked(&folder, "expect: ");
        wrong.extend(expected.difference(&found).map(|place| format!("missed {place:?}")));
        wrong.extend(found.difference(&expected).map(|place| format!("wrong  {place:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows of the table of examples in the docs: a language, and its folder.
const ROWS: &[(&str, &str)] = &[
    ("TypeScript, JavaScript", "typescript"),
    ("Python", "python"),
    ("Ruby", "ruby"),
    ("PHP", "php"),
    ("Java", "java"),
    ("C#", "csharp"),
    ("Go", "go"),
    ("Rust", "rust"),
    ("SQL", "sql"),
];
const RULES: &[&str] = &["INV001", "LIM001", "ORD001", "PRC002", "PAY001", "PAY002", "CHK001", "EVT001"];

#[test]
fn the_table_in_the_docs_counts_the_marks() {
    let mut counts: BTreeMap<(String, String), [usize; 2]> = BTreeMap::new();
    for folder in example_folders() {
        let language = folder.file_name().expect("a language's folder has a name").to_string_lossy();
        for (position, mark) in ["expect: ", "fine: "].into_iter().enumerate() {
            for (_, _, rule) in marked(&folder, mark) {
                counts.entry((language.to_string(), rule)).or_default()[position] += 1;
            }
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules-check.md");
    let docs = std::fs::read_to_string(docs).expect("the docs are there");
    let rows = ROWS.iter().map(|(name, folder)| {
        let cells = RULES.iter().map(|rule| {
            let [wrong, right] =
                counts.get(&((*folder).to_owned(), (*rule).to_owned())).copied().unwrap_or_default();
            if wrong == 0 { "–".to_owned() } else { format!("{wrong} / {right}") }
        });
        format!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "))
    });
    let missing: Vec<String> = rows.filter(|row| !docs.contains(row)).collect();
    assert!(missing.is_empty(), "docs/rules-check.md should say\n{}", missing.join("\n"));
}
