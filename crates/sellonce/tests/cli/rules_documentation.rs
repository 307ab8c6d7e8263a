//! docs/rules.md is run as it is written, from top to bottom, in a repository like those it is written for.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::rules::{monorepo, write};

/// What a page tells a reader to do.
enum Step {
    /// To type this.
    Type(String),
    /// To write this file.
    Write(String, String),
    /// To add this to a file.
    Add(String, String),
}

/// Blocks of `sh` are typed. A block below a line that is only a file's name is that file; one below `Add to` and a name
/// is added to it.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            before = if line.is_empty() { before } else { line };
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let name = before
            .strip_suffix("`:")
            .and_then(|head| head.rsplit_once('`'))
            .map(|(head, name)| (head, name.to_owned()));
        let text = format!("{}\n", block.join("\n"));
        match (language, name) {
            ("sh", _) => steps.extend(block.iter().map(|line| Step::Type((*line).to_owned()))),
            (_, Some(("", name))) => steps.push(Step::Write(name, text)),
            (_, Some((head, name))) if head.ends_with("Add to ") => steps.push(Step::Add(name, text)),
            (_, Some(_) | None) => {}
        }
        before = "";
    }
    steps
}

#[test]
fn every_command_of_the_page_works_as_it_is_written() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let steps = steps(&std::fs::read_to_string(page).expect("the page can be read"));
    assert!(steps.len() > 25, "only {} steps were found", steps.len());
    let folder = monorepo();
    let binary = Path::new(env!("CARGO_BIN_EXE_sellonce"));
    let others = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{others}", binary.parent().expect("it has a folder").display());
    for step in steps {
        match step {
            Step::Write(name, text) => write(&folder, &name, &text),
            Step::Add(name, text) => {
                let there = std::fs::read_to_string(folder.path().join(&name)).expect("the file is there");
                write(&folder, &name, &format!("{there}\n{text}"));
            }
            Step::Type(line) => {
                let mut command = Command::new("sh");
                command
                    .args(["-c", &line])
                    .current_dir(folder.path())
                    .env("PATH", &path)
                    .stdin(Stdio::null());
                for (name, value) in [
                    ("GIT_AUTHOR_NAME", "t"),
                    ("GIT_COMMITTER_NAME", "t"),
                    ("GIT_AUTHOR_EMAIL", "t@example.org"),
                    ("GIT_COMMITTER_EMAIL", "t@example.org"),
                ] {
                    command.env(name, value);
                }
                let output = command.output().expect("a shell can be started");
                // 1 is an answer: the repository has a race, as those have for which the page is written.
                assert!(matches!(output.status.code(), Some(0 | 1)), "{line}: {}", crate::said(&output));
                assert!(!crate::said(&output).contains("LOST"), "{line}: {}", crate::said(&output));
            }
        }
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("the file is there");
    assert!(read("AGENTS.md").contains("**INV001**"));
    assert!(
        read("services/AGENTS.md").contains("**ACM001** Parse every request"),
        "it is there for a part of it only"
    );
    assert!(read("rules.html").contains("adherence by commit"));
}
