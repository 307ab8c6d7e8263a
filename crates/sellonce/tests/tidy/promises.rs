//! The promises have numbers, I1 to I14: none of them may be missing where it is told, guarded or tested.
//!
//! Decides where each number must stand. Leaves what the promises say to docs/invariants.md.

use crate::tree::File;

/// A place by its name, and whether a path belongs to it.
type Place = (&'static str, fn(&str) -> bool);

/// Where a promise is told, guarded and tested.
const PLACES: [Place; 3] = [
    ("docs/invariants.md", |path| path == "docs/invariants.md"),
    ("the sources of a crate", |path| path.starts_with("crates/") && path.contains("/src/")),
    ("the tests of a crate", |path| {
        // What this check itself says of numbers tests nothing.
        path.starts_with("crates/") && path.contains("/tests/") && !path.contains("/tests/tidy/")
    }),
];

/// The numbers that are missing, and where.
pub(crate) fn missing(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, is_there) in PLACES {
        let texts: Vec<&str> =
            files.iter().filter(|file| is_there(&file.path)).map(|file| file.text.as_str()).collect();
        for number in 1..=14 {
            let id = format!("I{number}");
            if !texts.iter().any(|text| names(text, &id)) {
                findings.push(format!("{id} is missing in {name}"));
            }
        }
    }
    findings
}

/// Whether a text names exactly this number: `I1` is not named by `I12`.
fn names(text: &str, id: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| word == id)
}

#[test]
fn a_promise_that_nobody_tests_is_caught() {
    let all: String = (1..=14).map(|number| format!("I{number} ")).collect();
    let without = all.replace("I1 ", "");
    let told = File::example("docs/invariants.md", &all);
    let guarded = File::example("crates/checkout/src/audit.rs", &all);
    let tested = |text| File::example("crates/store/tests/sqlite/audit.rs", text);
    assert_eq!(missing(&[told.clone(), guarded.clone(), tested(&all)]), Vec::<String>::new());
    assert_eq!(missing(&[told, guarded, tested(&without)]), ["I1 is missing in the tests of a crate"]);
}
