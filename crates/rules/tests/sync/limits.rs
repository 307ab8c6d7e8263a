//! What cannot be delivered is said before anything is written.

use std::os::unix::fs::symlink;

use sellonce_rules::init::{self, Answers};
use sellonce_rules::sync::{self, Mode};

use crate::repository::Repository;

#[test]
fn names_that_nobody_knows_are_refused() {
    let repository = Repository::new(&[]);
    assert_eq!(repository.refused().exit().code(), 2);
    repository.configure(&["notepad"], "");
    let error = repository.refused();
    assert_eq!(error.exit().code(), 2);
    assert!(
        error.to_string().starts_with("unknown assistant `notepad`; known are agents-md, antigravity"),
        "{error}"
    );
    repository.configure(&["agents-md"], "");
    for only in ["notepad", "cursor"] {
        let error = sync::sync(repository.root(), Mode::Write, Some(&[only.to_owned()])).unwrap_err();
        assert_eq!(error.exit().code(), 2);
    }
    repository.configure(&["agents-md"], "colour = 1");
    assert!(repository.refused().to_string().contains("sellonce.toml:3: unknown field `colour`"));
    repository.configure(&["agents-md"], "disable = [{ rule = \"XYZ001\", reason = \"gone\" }]");
    assert!(repository.refused().to_string().contains("there is no rule `XYZ001`"));
    repository.configure(&["agents-md"], "packages = [{ path = \"nowhere\", rules = [\"INV001\"] }]");
    assert!(repository.refused().to_string().contains("there is no folder `nowhere`"));
    for (more, expect) in [
        (
            "\npackages = [\n  { path = \"../x\", rules = [\"INV*\"] },\n]",
            "sellonce.toml:5: `../x` is no folder",
        ),
        (
            "packages = [{ path = \"apps/[shop]\", rules = [\"INV*\"] }]",
            "sellonce.toml:3: `apps/[shop]`: assistants would read `[`",
        ),
        ("packages = [{ path = \"(shop)\", rules = [\"INV*\"] }]", "would read `(` as part of a pattern"),
        (
            "disable = [\n  { rule = \"INV001\", reason = \" \" },\n]",
            "sellonce.toml:4: a rule is disabled without",
        ),
    ] {
        repository.configure(&["agents-md"], more);
        let told = repository.refused().to_string();
        assert!(told.contains(expect), "{told}");
    }
    let stack = Answers { stacks: Some(vec!["cobol".to_owned()]), ..Answers::default() };
    let error = init::init(Repository::new(&[]).root(), &stack).unwrap_err();
    assert!(error.to_string().starts_with("unknown stack `cobol`"), "{error}");
    assert_eq!(init::init(repository.root(), &Answers::default()).unwrap_err().exit().code(), 2);
}

#[test]
fn a_rule_that_an_assistant_would_cut_is_lost_and_nothing_is_written() {
    let repository = Repository::new(&[("AGENTS.md", &"All hands know this.\n".repeat(1_600))]);
    repository.configure(&["agents-md"], "");
    let before = repository.tree();
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 2);
    assert!(
        outcome.to_string().contains("LOST INV001 at agents-md: `AGENTS.md` and those above it would have"),
        "{outcome}"
    );
    assert_eq!(repository.tree(), before);
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    let repository = Repository::new(&[(".claude/rules/commerce.md", "Our commerce rules.\n")]);
    repository.configure(&["claude-code"], "");
    let before = repository.tree();
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 2);
    assert!(outcome.to_string().contains("FOREIGN  .claude/rules/commerce.md"), "{outcome}");
    assert_eq!(repository.tree(), before);
}

#[test]
fn a_claude_md_that_is_a_link_to_agents_md_gets_the_rules_once() {
    for (file, link) in [("AGENTS.md", "CLAUDE.md"), ("CLAUDE.md", "AGENTS.md")] {
        let repository = Repository::new(&[(file, "One file.\n")]);
        symlink(file, repository.root().join(link)).unwrap();
        repository.configure(&["agents-md", "claude-code"], "");
        let outcome = repository.sync();
        assert_eq!(outcome.exit().code(), 0, "{outcome}");
        assert!(repository.read("CLAUDE.md").contains("**INV001**"));
        assert!(!repository.root().join(".claude/rules").exists(), "{outcome}");
        assert!(repository.root().join(link).is_symlink(), "the link stays one");
    }
}

#[test]
fn links_are_followed_inside_and_refused_outside() {
    let repository = Repository::new(&[("AGENTS.md", "One file.\n")]);
    symlink("AGENTS.md", repository.root().join("GEMINI.md")).unwrap();
    repository.configure(&["agents-md", "gemini-cli"], "");
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 0, "{outcome}");
    assert_eq!(repository.read("AGENTS.md").matches("sellonce:begin").count(), 1);
    sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(repository.read("GEMINI.md"), "One file.\n");

    let outside = Repository::new(&[("shared/a.md", "")]);
    symlink(outside.root().join("shared"), repository.root().join(".claude")).unwrap();
    repository.configure(&["claude-code"], "");
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 2);
    assert!(outcome.to_string().contains("leads out of the repository"), "{outcome}");
}

#[test]
fn a_half_of_a_block_is_left_alone() {
    let repository = Repository::new(&[("AGENTS.md", "<!-- sellonce:begin -->\nwho knows\n")]);
    repository.configure(&["agents-md"], "");
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 1);
    assert!(outcome.to_string().contains("there must be one pair"), "{outcome}");
}

#[test]
fn a_lock_with_a_conflict_says_how_to_go_on() {
    let repository = Repository::new(&[]);
    repository.configure(&["agents-md"], "");
    repository.sync();
    let lock = repository.read("sellonce-rules.lock");
    repository.write("sellonce-rules.lock", &lock.replacen("[[file]]", "<<<<<<< ours\n[[file]]", 1));
    let error = repository.refused();
    assert_eq!(error.exit().code(), 2);
    assert!(error.to_string().contains("has a conflict: take either side"), "{error}");
}

#[test]
fn a_damaged_lock_says_how_to_go_on() {
    let repository = Repository::new(&[]);
    repository.configure(&["agents-md"], "");
    repository.write("sellonce-rules.lock", "{");
    let error = repository.refused();
    assert_eq!(error.exit().code(), 2);
    assert!(
        error
            .to_string()
            .starts_with(&repository.root().join("sellonce-rules.lock:1: damaged (").display().to_string()),
        "{error}"
    );
    assert!(error.to_string().contains("delete it, and `sellonce rules sync` writes it anew"), "{error}");
}

#[test]
fn a_lost_lock_is_written_anew_and_remove_still_leaves_nothing() {
    let repository = Repository::new(&[("AGENTS.md", "Mine.\n")]);
    repository.configure(&["agents-md", "claude-code"], "");
    repository.sync();
    std::fs::remove_file(repository.root().join("sellonce-rules.lock")).unwrap();
    assert_eq!(repository.sync().exit().code(), 0);
    sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(repository.read("AGENTS.md"), "Mine.\n");
    for gone in [".gitattributes", ".claude", ".agents", "sellonce-rules.lock"] {
        assert!(!repository.root().join(gone).exists(), "{gone} stayed");
    }
}

#[test]
fn windows_line_ends_stay_and_count_as_no_change() {
    let repository = Repository::new(&[("AGENTS.md", "One.\r\nTwo.\r\n")]);
    repository.configure(&["agents-md", "claude-code"], "");
    repository.sync();
    assert!(!repository.read("AGENTS.md").replace("\r\n", "").contains('\n'));
    let rules = repository.read(".claude/rules/commerce.md");
    repository.write(".claude/rules/commerce.md", &rules.replace('\n', "\r\n"));
    assert_eq!(repository.check().exit().code(), 0);
    sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(repository.read("AGENTS.md"), "One.\r\nTwo.\r\n");
}

#[test]
fn a_clone_with_other_line_ends_has_no_drift_and_gets_its_files_back() {
    for (written, cloned) in [("\n", "\r\n"), ("\r\n", "\n")] {
        for text in ["One.\nTwo.\n", "One.\nTwo.", "One.\n\n"] {
            let repository = Repository::new(&[("AGENTS.md", &text.replace('\n', written))]);
            repository.configure(&["agents-md", "claude-code"], "");
            repository.sync();
            for (name, bytes) in repository.tree().into_iter().filter(|(name, _)| !name.ends_with('/')) {
                let unix = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
                repository.write(&name, &unix.replace('\n', cloned));
            }
            let before = repository.tree();
            let checked = repository.check();
            assert_eq!(checked.exit().code(), 0, "{text:?} to {cloned:?}: {checked}");
            assert!(repository.sync().to_string().ends_with("0 files changed"));
            assert_eq!(repository.tree(), before);
            assert_eq!(sync::remove(repository.root(), Mode::Write).unwrap().exit().code(), 0);
            assert_eq!(repository.read("AGENTS.md"), text.replace('\n', cloned));
        }
    }
}

#[test]
fn a_disk_that_refuses_is_our_trouble_not_the_callers() {
    let repository = Repository::new(&[("AGENTS.md/keep.txt", "a folder of that name")]);
    repository.configure(&["agents-md"], "");
    let error = repository.refused();
    assert_eq!(error.exit().code(), 3, "{error}");
}

#[test]
fn a_write_that_fails_leaves_the_old_text_whole() {
    let repository = Repository::new(&[("AGENTS.md", "Mine.\n")]);
    repository.configure(&["agents-md"], "");
    // Where the new text is written first, something stands in the way, as on a full disk.
    repository.write(&format!(".AGENTS.md.sellonce-{}/keep.txt", std::process::id()), "");
    assert_eq!(repository.refused().exit().code(), 3);
    assert_eq!(repository.read("AGENTS.md"), "Mine.\n");
}

#[test]
fn a_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let repository = Repository::new(&[("AGENTS.md", "Mine.\n")]);
    let path = repository.root().join("AGENTS.md");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    repository.configure(&["agents-md"], "");
    repository.sync();
    assert!(repository.read("AGENTS.md").contains("INV001"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn all_assistants_at_once_get_every_rule_and_no_file_twice() {
    let repository = Repository::new(&[]);
    let all: Vec<String> = sync::target::all().into_iter().map(|target| target.id).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    repository.configure(&all, "");
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 0, "{outcome}");
    assert_eq!(outcome.matrix.cells.len(), all.len() * 12);
    let always = repository.tree().into_iter().filter(|(name, bytes)| {
        !name.contains("/skills/") && String::from_utf8_lossy(bytes).contains("**INV001**")
    });
    let files: Vec<String> = always.map(|(name, _)| name).collect();
    let expected = [
        ".aiassistant/rules/commerce.md",
        ".claude/rules/commerce.md",
        ".github/copilot-instructions.md",
        "AGENTS.md",
        "GEMINI.md",
    ];
    assert_eq!(files, expected, "the others read AGENTS.md");
}
