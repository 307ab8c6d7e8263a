//! What leaves for another tool comes back as it was, and what others wrote comes in with its guesses named.

use sellonce_rules::exchange::{self, FORMATS, Format, Source};
use sellonce_rules::library::Library;
use sellonce_rules::pack::{Files, Pack};
use sellonce_rules::rule::{Activation, Rule};

fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = Library::embedded().rules().map(|found| found.rule.clone()).collect();
    rules[0].activation = Activation::Paths;
    rules[0].scope = vec!["src/**/*.{ts,tsx}".to_owned(), "{app,lib}/{a,b}/**/*.rb".to_owned()];
    rules[1].activation = Activation::OnDemand;
    rules[2].title = "A \"quoted\" title: with --> signs".to_owned();
    rules
}

#[test]
fn what_was_exported_is_imported_as_it_was() {
    for (name, format) in FORMATS {
        let rules = rules();
        let files = exchange::to_files(format, &rules).unwrap();
        let mut back: Vec<Rule> = exchange::from_files(format, &files, "OWN")
            .unwrap()
            .into_iter()
            .map(|imported| imported.rule)
            .collect();
        back.sort_by_key(|rule| rules.iter().position(|other| other.id == rule.id));
        assert_eq!(back, rules, "{name}");
        assert_eq!(exchange::to_files(format, &back).unwrap(), files, "{name}");
    }
}

#[test]
fn globs_that_a_person_changed_win() {
    let files = exchange::to_files(Format::Cursor, &rules()[..1]).unwrap();
    let edit = |text: &String| text.replace("src/**/*.ts,", "src/**/*.mts,");
    let files: Files = files.iter().map(|(name, text)| (name.clone(), edit(text))).collect();
    let back = exchange::from_files(Format::Cursor, &files, "OWN").unwrap();
    assert_eq!(back[0].rule.scope[..2], ["src/**/*.mts", "src/**/*.tsx"]);
}

#[track_caller]
fn foreign(format: Format, name: &str, text: &str) -> Vec<exchange::Imported> {
    exchange::from_files(format, &Files::from([(name.to_owned(), text.to_owned())]), "OWN")
        .expect("the case can be read")
}

#[test]
fn what_others_wrote_comes_in_with_its_scope() {
    let cursor = foreign(
        Format::Cursor,
        ".cursor/rules/api.mdc",
        "---\ndescription: API handlers\nglobs: src/**/*.{ts,tsx},*.rb\nalwaysApply: false\n---\n\n# API\n\nValidate input.\n",
    );
    assert_eq!(cursor[0].rule.scope, ["src/**/*.{ts,tsx}", "*.rb"]);
    assert_eq!(cursor[0].rule.activation, Activation::Paths);
    assert_eq!(cursor[0].rule.imperative, "Validate input.");
    assert!(matches!(&cursor[0].source, Source::Foreign(guesses) if guesses.len() == 1));

    let rulesync = foreign(
        Format::Rulesync,
        ".rulesync/rules/api.md",
        "---\nroot: false\ntargets: [\"*\"]\ndescription: \"API\"\nglobs: [\"a/**/*.{ts,js}\"]\ncursor:\n  alwaysApply: false\n---\n\nText.\n",
    );
    assert_eq!(rulesync[0].rule.scope, ["a/**/*.{ts,js}"]);
    assert!(
        matches!(&rulesync[0].source, Source::Foreign(guesses) if guesses[1] == "not taken over: cursor")
    );

    let copilot =
        foreign(Format::Copilot, "a.instructions.md", "---\napplyTo: \"**/*.py, **/*.pyi\"\n---\nTyped.\n");
    assert_eq!(copilot[0].rule.scope, ["**/*.py", "**/*.pyi"]);
    let claude =
        foreign(Format::Claude, ".claude/rules/a.md", "---\npaths:\n- \"src/**/*.{ts,tsx}\"\n---\nTyped.\n");
    assert_eq!(claude[0].rule.scope, ["src/**/*.{ts,tsx}"]);

    let code = foreign(
        Format::Copilot,
        "shell.instructions.md",
        "---\napplyTo: \"**\"\n---\n```sh\n# no heading\nrun\n```\nRun it.\n",
    );
    assert_eq!((code[0].rule.title.as_str(), code[0].rule.imperative.as_str()), ("shell", "Run it."));

    let agents = "# Repo\n\nIntro.\n\n## Style\n\n- Use tabs.\n\n## Tests\n\n```sh\n## not a heading\n```\nRun them.\n<!-- sellonce:begin (x) -->\n- **INV001** ours\n<!-- sellonce:end -->\n";
    let agents = foreign(Format::AgentsMd, "AGENTS.md", agents);
    let titles: Vec<&str> = agents.iter().map(|imported| imported.rule.title.as_str()).collect();
    assert_eq!(titles, ["Repo", "Style", "Tests"]);
    assert_eq!(agents[1].rule.imperative, "Use tabs.");
    assert!(agents.iter().all(|imported| !imported.rule.body.contains("INV001")));
}

#[test]
fn imported_rules_become_a_pack_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("AGENTS.md"), "# Ours\n\nBe kind.\n\n## Tests\n\nRun them.\n").unwrap();
    let imported = exchange::import(folder.path(), Format::AgentsMd, "ACM").unwrap();
    exchange::write_pack(&folder.path().join("rules"), "acme", &imported).unwrap();
    let pack = Pack::read_folder(&folder.path().join("rules")).unwrap();
    assert_eq!(pack.rules.len(), 2);
    assert_eq!(pack.rules[1].id, "ACM002");
    let nothing = exchange::import(folder.path(), Format::Ruler, "ACM").unwrap_err();
    assert_eq!(nothing.exit().code(), 2);
    assert!(nothing.to_string().contains("looked for .ruler"), "{nothing}");
    assert_eq!("notepad".parse::<Format>().unwrap_err().exit().code(), 2);
}

#[test]
fn an_export_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("AGENTS.md"), "Mine.\n").unwrap();
    let error = exchange::export(&Library::embedded(), Format::AgentsMd, folder.path()).unwrap_err();
    assert_eq!(error.exit().code(), 2);
    assert_eq!(std::fs::read_to_string(folder.path().join("AGENTS.md")).unwrap(), "Mine.\n");
    let exported = exchange::export(&Library::embedded(), Format::RulesyncSource, folder.path()).unwrap();
    assert_eq!((exported.paths.len(), exported.warnings.len()), (16, 0));
    assert!(folder.path().join("skills/commerce-inventory/SKILL.md").exists());
    exchange::export(&Library::embedded(), Format::Pack, folder.path()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let exported = exchange::export(&Library::embedded(), Format::AgentsMd, elsewhere.path()).unwrap();
    assert!(exported.warnings[0].contains("some assistants read only 32768"), "more than Codex reads");
    let pack = Pack::read_folder(&folder.path().join("commerce")).unwrap();
    assert_eq!(
        pack.sha256,
        Library::embedded().packs[0].sha256,
        "a folder and the binary hold the same pack"
    );
}
