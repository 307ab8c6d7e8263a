//! How large a file and a function may be, and the ratchet for those that are larger.
//!
//! Decides the two limits. Who is over one stands in `ratchet.txt` with its lines and may only shrink: growing is
//! refused, and shrinking asks for the smaller number, so that what was won is kept.

use std::collections::BTreeMap;

use crate::source;
use crate::tree::File;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
/// What is written by hand and read from top to bottom; data and prose may be as long as they need.
const MEASURED: &[&str] = &["rs", "sql", "html", "css", "js", "ts", "sh"];

/// Everything that is over its limit without standing in the ratchet, and everything that the ratchet has wrong.
pub(crate) fn check(files: &[File], ratchet: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut listed = read(ratchet, &mut findings);
    for (subject, (lines, limit)) in over(files) {
        match listed.remove(subject.as_str()) {
            None => {
                findings.push(format!("{subject}: {lines} lines, the limit is {limit}: is it two things?"))
            }
            Some(before) if lines > before => {
                findings.push(format!("{subject}: grew from {before} to {lines} lines; it may only shrink"));
            }
            Some(before) if lines < before => {
                findings.push(format!("{subject}: shrank, so write `{subject} {lines}` in tidy/ratchet.txt"));
            }
            Some(_) => {}
        }
    }
    let fine =
        listed.keys().map(|subject| format!("{subject}: within its limit, so drop it from tidy/ratchet.txt"));
    findings.extend(fine);
    findings
}

/// The lines `subject lines` of the ratchet, without comments.
fn read<'a>(ratchet: &'a str, findings: &mut Vec<String>) -> BTreeMap<&'a str, usize> {
    let mut listed = BTreeMap::new();
    for line in ratchet.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let entry = line.split_once(' ').and_then(|(subject, lines)| Some((subject, lines.parse().ok()?)));
        match entry {
            Some((subject, lines)) => {
                listed.insert(subject, lines);
            }
            None => findings.push(format!("tidy/ratchet.txt: `{line}` is not `subject lines`")),
        }
    }
    listed
}

/// What is over its limit, with its lines and the limit: files by their path, functions as `path#name`.
fn over(files: &[File]) -> BTreeMap<String, (usize, usize)> {
    let mut over = BTreeMap::new();
    for file in files.iter().filter(|file| MEASURED.contains(&file.extension())) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            over.insert(file.path.clone(), (lines, FILE_LINES_MAX));
        }
        if file.extension() != "rs" {
            continue;
        }
        for (name, lines) in functions(&file.text) {
            if lines > FUNCTION_LINES_MAX {
                // Of two functions of one name the longer one counts.
                let entry =
                    over.entry(format!("{}#{name}", file.path)).or_insert((lines, FUNCTION_LINES_MAX));
                entry.0 = entry.0.max(lines);
            }
        }
    }
    over
}

/// Every function with a body, and its lines from `fn` to the closing brace.
fn functions(text: &str) -> Vec<(String, usize)> {
    let code = source::code(text);
    let mut functions = Vec::new();
    for at in source::places_of(&code, "fn") {
        let name = source::name_at(code[at + "fn".len()..].trim_start());
        // `fn(u8) -> u8` is a type, and `fn f();` has no body.
        let Some(body) = body_of(&code[at..]).filter(|_| !name.is_empty()) else { continue };
        functions.push((name.to_owned(), code[at..at + body].lines().count()));
    }
    functions
}

/// Where the body of the function that the code begins with ends, just after its closing brace.
fn body_of(code: &str) -> Option<usize> {
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' if braces == 0 => brackets += 1,
            b')' | b']' if braces == 0 => brackets = brackets.checked_sub(1)?,
            b';' if braces == 0 && brackets == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces = braces.checked_sub(1)?;
                if braces == 0 && brackets == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

const LONG: &str = "crates/store/src/long.rs";

/// A file with one function of this many lines.
fn function_of(lines: usize) -> File {
    File::example(LONG, &format!("//! Long.\nfn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2)))
}

#[test]
fn a_function_fits_on_a_screen() {
    assert!(check(&[function_of(70)], "").is_empty());
    assert_eq!(check(&[function_of(71)], "").len(), 1);
}

#[test]
fn a_file_has_one_subject() {
    let file =
        |lines: usize| [File::example("crates/store/migrations/sqlite/0001.sql", &"-- \n".repeat(lines))];
    assert!(check(&file(500), "").is_empty());
    assert_eq!(check(&file(501), "").len(), 1);
    assert!(check(&[File::example("README.md", &"a\n".repeat(600))], "").is_empty());
}

#[test]
fn what_the_ratchet_lists_may_only_shrink_and_never_silently() {
    let ratchet = "# why\n\ncrates/store/src/long.rs#long 90\n";
    assert!(check(&[function_of(90)], ratchet).is_empty());
    assert!(check(&[function_of(91)], ratchet)[0].contains("grew from 90 to 91"));
    assert!(
        check(&[function_of(80)], ratchet)[0].contains("shrank, so write `crates/store/src/long.rs#long 80`")
    );
    assert!(check(&[function_of(60)], ratchet)[0].contains("drop it"));
    assert!(check(&[], "crates/store/src/long.rs ninety")[0].contains("is not `subject lines`"));
}

#[test]
fn functions_are_measured_from_their_name_to_their_closing_brace() {
    let text = "fn a<T: Fn(u8) -> u8>(\n x: [u8; 4],\n) -> T\nwhere\n T: Copy,\n{\n let y = '{'; // }\n \"}\"\n}\n\
                trait B {\n fn c();\n}\nstruct D(fn(u8) -> u8);\nimpl D { fn e() { fn f() {} } }\n";
    let expect = [("a", 9), ("e", 1), ("f", 1)].map(|(name, lines)| (name.to_owned(), lines));
    assert_eq!(functions(text), expect);
}
