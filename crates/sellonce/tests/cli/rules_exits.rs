//! The exit codes that every command of the rules has in common, and those that take a story to be reached.

use tempfile::TempDir;

use crate::rules::{commit, monorepo, read, rules, write};

/// Every command that reads the configuration, as it is called in a repository that has none.
const READERS: [&[&str]; 18] = [
    &["init"],
    &["sync"],
    &["sync", "--check"],
    &["sync", "--dry-run"],
    &["check"],
    &["explain", "INV001"],
    &["list"],
    &["template", "list"],
    &["template", "add", "INV001", "--stack", "ts-pg", "--into", "copy"],
    &["template", "status"],
    &["template", "diff"],
    &["template", "update"],
    &["test"],
    &["report"],
    &["report", "--history", "2"],
    &["export", "--to", "ruler", "--into", "out"],
    &["doctor"],
    &["mcp"],
];

#[test]
fn a_broken_configuration_ends_every_command_with_2_and_its_line() {
    let folder = monorepo();
    write(&folder, "sellonce.toml", "[rules]\ncolour = 1\n");
    commit(&folder);
    for arguments in READERS {
        let told = rules(&folder, arguments, 2);
        assert!(told.contains("sellonce.toml:2: unknown field `colour`"), "{arguments:?}: {told}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_ends_every_command_with_3() {
    let folder = monorepo();
    write(&folder, "sellonce.toml/keep.txt", "a folder of that name");
    commit(&folder);
    for arguments in READERS {
        let told = rules(&folder, arguments, 3);
        assert!(told.contains("sellonce.toml: "), "{arguments:?}: {told}");
    }
    write(&folder, "sellonce-rules.lock/keep.txt", "a folder of that name");
    rules(&folder, &["remove"], 3);
    rules(&folder, &["import", "--from", "agents-md", "--into", "package.json/rules"], 3);
}

#[test]
fn what_does_not_fit_a_command_ends_it_with_2() {
    let folder = monorepo();
    for arguments in [
        &["sync"][..],
        &["doctor"],
        &["remove"],
        &["check", "--changed", "--staged"],
        &["sync", "--check", "--dry-run"],
        &["explain"],
        &["list", "everything"],
        &["template"],
        &["template", "status", "INV001"],
        &["report", "--history", "some"],
        &["import"],
        &["export"],
        &["mcp", "now"],
    ] {
        rules(&folder, arguments, 2);
    }
}

/// A repository that adopted a template of a pack which it keeps as a folder.
fn adopted() -> TempDir {
    let folder = monorepo();
    rules(&folder, &["init", "--assistants", "agents-md", "--stacks", "ts-prisma"], 0);
    rules(&folder, &["export", "--to", "pack", "--into", "vendor/rules"], 0);
    let config = read(&folder, "sellonce.toml");
    let pinned = "version = \"1.0.0\"\npath = \"vendor/rules/commerce\"";
    write(&folder, "sellonce.toml", &config.replace("version = \"1.0.0\"", pinned));
    rules(&folder, &["template", "add", "INV001", "--into", "services/checkout/src"], 0);
    rules(&folder, &["sync"], 0);
    commit(&folder);
    folder
}

#[test]
fn a_template_behind_its_pack_ends_with_1_and_is_merged_or_marked() {
    let folder = adopted();
    rules(&folder, &["template", "status"], 0);
    for file in ["sellonce.toml", "vendor/rules/commerce/pack.toml"] {
        let text = read(&folder, file);
        write(&folder, file, &text.replacen("version = \"1.0.0\"", "version = \"1.1.0\"", 1));
    }
    let template = "vendor/rules/commerce/INV001-atomic-inventory/templates/ts-prisma/reserve.ts";
    let text = read(&folder, template);
    write(&folder, template, &text.replace("sold out", "none left"));
    commit(&folder);
    assert!(rules(&folder, &["template", "status"], 1).starts_with("outdated "));
    assert!(rules(&folder, &["template", "diff"], 1).contains("none left"));
    rules(&folder, &["sync", "--check"], 1);
    let report = rules(&folder, &["report"], 0);
    assert!(report.contains("Pack commerce is at 1.0.0; there is 1.1.0"), "{report}");
    let copy = "services/checkout/src/reserve.ts";
    let mine = read(&folder, copy);
    write(&folder, copy, &mine.replace("sold out", "gone"));
    commit(&folder);
    assert!(
        rules(&folder, &["template", "update"], 1).starts_with("CONFLICT services/checkout/src/reserve.ts")
    );
    let marked = read(&folder, copy);
    assert!(
        marked.contains("<<<<<<<") && marked.contains("gone") && marked.contains("none left"),
        "{marked}"
    );
    assert!(rules(&folder, &["template", "status"], 0).starts_with("modified "));
}

#[test]
fn a_doctor_who_finds_a_problem_ends_with_1() {
    let folder = adopted();
    rules(&folder, &["doctor"], 0);
    write(&folder, ".gitignore", ".agents/\n");
    let told = rules(&folder, &["doctor"], 1);
    assert!(told.contains("problem: git ignores `.agents/skills/commerce-money/SKILL.md`"), "{told}");
}

#[test]
fn a_removal_leaves_the_code_that_came_from_a_template() {
    let folder = adopted();
    let told = rules(&folder, &["remove"], 1);
    assert!(told.contains("keep     services/checkout/src/reserve.ts"), "{told}");
    assert!(told.contains("EDITED   sellonce.toml"), "somebody pinned another place since: {told}");
    assert!(read(&folder, "services/checkout/src/reserve.ts").contains("updateMany"));
    assert!(!folder.path().join(".agents").exists());
}
