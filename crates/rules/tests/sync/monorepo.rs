//! The way of a team: adopt the rules in a repository with files written by hand, live with them, take them out again.

use sellonce_rules::init::{self, Answers};
use sellonce_rules::sync::{self, Mode, apply::Action};

use crate::repository::Repository;

const AGENTS: &str = "# Working here\n\nUse pnpm.\r\nNever push to main.";
const CLAUDE: &str = "@AGENTS.md\n\nRun `pnpm test` first.\n";

fn monorepo() -> Repository {
    Repository::new(&[
        ("AGENTS.md", AGENTS),
        ("CLAUDE.md", CLAUDE),
        (".cursor/rules/style.mdc", "---\nalwaysApply: true\n---\nTabs.\n"),
        (".github/copilot-instructions.md", "Be brief.\n"),
        ("package.json", "{ \"workspaces\": [\"services/*\", \"apps/*\"] }"),
        ("services/checkout/package.json", "{ \"dependencies\": { \"@prisma/client\": \"7\" } }"),
        (
            "services/checkout/schema.prisma",
            "model Inventory {\n  sku String @id\n  unitsAvailable Int\n  unitsReserved Int\n  quantity Int\n  note String\n}\nmodel StockMovement {\n  quantityMoved Int\n}\n",
        ),
        ("apps/web/package.json", "{}"),
        (".gitattributes", "*.png binary\n"),
    ])
}

#[test]
fn a_team_adopts_the_rules_and_gets_its_repository_back() {
    let repository = monorepo();
    let before = repository.tree();
    let initialised = init::init(repository.root(), &Answers::default()).unwrap();
    let found: Vec<&str> =
        initialised.detected.assistants.iter().map(|evidence| evidence.what.as_str()).collect();
    assert_eq!(found, ["agents-md", "claude-code", "copilot", "cursor"]);
    assert_eq!(initialised.detected.stacks[0].what, "ts-prisma");
    let columns: Vec<&str> =
        initialised.detected.stock_columns.iter().map(|evidence| evidence.what.as_str()).collect();
    assert_eq!(
        columns,
        ["unitsAvailable"],
        "what is held, moved, or means stock only here is no name for stock"
    );

    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 0, "{outcome}");
    assert_eq!(outcome.matrix.cells.len(), 4 * 12);
    assert!(repository.read("AGENTS.md").starts_with(AGENTS));
    assert_eq!(repository.read("CLAUDE.md"), CLAUDE);
    assert!(repository.read(".github/copilot-instructions.md").starts_with("Be brief.\n"));
    for id in ["INV001", "LOD001"] {
        for file in ["AGENTS.md", ".github/copilot-instructions.md"] {
            assert!(repository.read(file).contains(id), "{file} lacks {id}");
        }
        assert!(outcome.matrix.cell(id, "cursor").unwrap().shared, "Cursor reads AGENTS.md");
        assert!(outcome.matrix.cell(id, "claude-code").unwrap().shared, "CLAUDE.md imports AGENTS.md");
    }

    let after = repository.tree();
    let again = repository.sync();
    assert!(again.changes.iter().all(|change| change.action == Action::Keep), "{again}");
    assert_eq!(repository.tree(), after);
    assert_eq!(repository.check().exit().code(), 0);

    let removed = sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(removed.exit().code(), 0);
    let told = removed.to_string();
    assert!(told.contains("restore  AGENTS.md") && told.contains("delete   sellonce.toml"), "{told}");
    assert_eq!(repository.tree(), before);
    assert_eq!(sync::remove(repository.root(), Mode::Write).unwrap_err().exit().code(), 2);
}

#[test]
fn an_edited_block_is_reported_and_never_overwritten() {
    let repository = monorepo();
    repository.write("CLAUDE.md", "Run `pnpm test` first.\n");
    init::init(repository.root(), &Answers::default()).unwrap();
    repository.sync();
    let edited = repository.read("AGENTS.md").replace("INV001", "INV001 (not on Fridays)");
    repository.write("AGENTS.md", &edited);
    let checked = repository.check();
    assert_eq!(checked.exit().code(), 1, "{checked}");
    let expect =
        "EDITED   AGENTS.md\n         the managed block was changed by hand; move your text out of it";
    assert!(checked.to_string().contains(expect), "{checked}");
    assert_eq!(repository.sync().exit().code(), 1);
    assert_eq!(repository.read("AGENTS.md"), edited);
    assert_eq!(repository.check().exit().code(), 1, "the edit stays visible after a sync");

    repository.write(".claude/rules/commerce.md", "mine now\n");
    assert!(repository.check().to_string().contains("EDITED   .claude/rules/commerce.md"));
    repository.sync();
    assert_eq!(repository.read(".claude/rules/commerce.md"), "mine now\n");
    let removed = sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(removed.exit().code(), 1);
    assert_eq!(repository.read("AGENTS.md"), edited);
    assert_eq!(repository.read(".claude/rules/commerce.md"), "mine now\n");
}

#[test]
fn a_lock_that_is_behind_is_drift() {
    let repository = monorepo();
    init::init(repository.root(), &Answers::default()).unwrap();
    repository.sync();
    let lock = repository.read("sellonce-rules.lock");
    repository.write("sellonce-rules.lock", &lock.replace("version = \"1.0.0\"", "version = \"0.9.0\""));
    let told = repository.check();
    assert_eq!(told.exit().code(), 1);
    assert!(told.to_string().starts_with("behind   sellonce-rules.lock\n"), "{told}");
    assert!(repository.sync().to_string().ends_with("1 file changed"));
    assert_eq!(repository.read("sellonce-rules.lock"), lock);
}

#[test]
fn what_claude_imports_is_not_written_twice() {
    let own = ".claude/rules/commerce.md";
    for (name, text, twice) in [
        ("CLAUDE.md", "Read this.\n\n@AGENTS.md\n", false),
        ("CLAUDE.md", "- @./AGENTS.md\n", false),
        (".claude/CLAUDE.md", "@../AGENTS.md\n", false),
        (".claude/CLAUDE.md", "@AGENTS.md\n", true),
        ("CLAUDE.md", "See @AGENTS.md for more.\n", true),
        ("CLAUDE.md", "```\n@AGENTS.md\n```\n", true),
    ] {
        let repository = Repository::new(&[(name, text)]);
        repository.configure(&["agents-md", "claude-code"], "");
        let outcome = repository.sync();
        assert_eq!(outcome.exit().code(), 0, "{outcome}");
        assert_eq!(repository.root().join(own).exists(), twice, "{name}: {text}");
        repository.write(name, "Nothing more is imported.\n");
        let drift = repository.check().exit().code();
        assert_eq!(drift, u8::from(!twice), "the rules would be gone: {name}: {text}");
    }
}

#[test]
fn text_around_the_block_belongs_to_the_people() {
    let repository = monorepo();
    repository.configure(&["agents-md"], "");
    repository.sync();
    let moved = repository.read("AGENTS.md");
    repository.write("AGENTS.md", &format!("Above.\n{moved}Below.\n"));
    assert_eq!(repository.check().exit().code(), 0);
    repository.configure(&["agents-md"], "disable = [{ rule = \"LOD001\", reason = \"tested elsewhere\" }]");
    let check = repository.check();
    assert_eq!(check.exit().code(), 1);
    assert!(check.to_string().contains("behind   AGENTS.md"), "{check}");
    assert_eq!(repository.sync().exit().code(), 0);
    let text = repository.read("AGENTS.md");
    assert!(text.starts_with("Above.\n# Working here") && text.ends_with("Below.\n"), "{text}");
    assert!(!text.contains("LOD001"));
    sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(repository.read("AGENTS.md"), format!("Above.\n{AGENTS}Below.\n"));
}

#[test]
fn a_dry_run_shows_the_change_and_makes_none() {
    let repository = monorepo();
    init::init(repository.root(), &Answers::default()).unwrap();
    let before = repository.tree();
    let outcome = sync::sync(repository.root(), Mode::DryRun, None).unwrap();
    assert_eq!(outcome.exit().code(), 0);
    let text = outcome.to_string();
    assert!(text.contains("--- a/AGENTS.md\n+++ b/AGENTS.md"), "{text}");
    assert!(text.contains("+- **INV001** Change stock"), "{text}");
    assert_eq!(repository.tree(), before);
}

#[test]
fn a_target_that_is_dropped_takes_its_files_along() {
    let repository = monorepo();
    repository.configure(&["claude-code", "cline", "gemini-cli"], "");
    repository.sync();
    assert!(repository.root().join("GEMINI.md").exists());
    repository.configure(&["claude-code"], "");
    let only = sync::sync(repository.root(), Mode::Write, Some(&["claude-code".to_owned()])).unwrap();
    assert_eq!(only.exit().code(), 0);
    assert!(repository.root().join("GEMINI.md").exists(), "only Claude Code was asked for");
    assert_eq!(repository.sync().exit().code(), 0);
    assert!(!repository.root().join("GEMINI.md").exists());
    assert!(!repository.root().join(".clinerules").exists());
    assert!(!repository.root().join(".agents").exists());
}

#[test]
fn one_assistant_alone_gets_the_files_that_it_reads_along() {
    let repository = monorepo();
    repository.configure(&["agents-md", "copilot"], "");
    repository.sync();
    repository.configure(
        &["agents-md", "cursor", "copilot", "kiro"],
        "disable = [{ rule = \"LOD001\", reason = \"elsewhere\" }]",
    );
    let only = |id: &str| sync::sync(repository.root(), Mode::Write, Some(&[id.to_owned()])).unwrap();
    let outcome = only("cursor");
    let told: Vec<&str> = outcome.matrix.cells.iter().map(|cell| cell.target.as_str()).collect();
    assert!(told.contains(&"cursor") && told.contains(&"agents-md"), "{outcome}");
    assert!(!told.contains(&"copilot"), "nobody asked for it: {outcome}");
    assert!(!repository.read("AGENTS.md").contains("LOD001"), "Cursor reads it, so it is written");
    assert!(repository.read(".github/copilot-instructions.md").contains("LOD001"));
    let lock = repository.read("sellonce-rules.lock");
    assert_eq!(lock.matches("path = \".agents/skills/commerce-money/SKILL.md\"").count(), 1, "{lock}");
    only("copilot");
    assert_eq!(repository.sync().exit().code(), 0);
    assert_eq!(repository.check().exit().code(), 0);
}

#[test]
fn rules_of_a_package_stand_in_its_own_folder() {
    let repository = monorepo();
    let packages = "packages = [{ path = \"services/checkout\", rules = [\"commerce/*\"] }, { path = \"apps/web\", rules = [\"PRC*\"] }]";
    repository
        .configure(&["agents-md", "claude-code", "copilot", "gemini-cli", "cursor", "antigravity"], packages);
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 0, "{outcome}");
    assert_eq!(repository.read("AGENTS.md"), AGENTS, "nothing is left for the root");
    assert!(repository.read("services/checkout/AGENTS.md").contains("INV001"));
    let web = repository.read("apps/web/AGENTS.md");
    assert!(web.contains("What [AGENTS.md](../../AGENTS.md) says holds here too"), "nearest wins: {web}");
    assert!(!repository.read("apps/web/GEMINI.md").contains("holds here too"), "all are read: {web}");
    assert!(web.contains("PRC001") && !web.contains("INV001"));
    assert!(repository.read("apps/web/GEMINI.md").contains("PRC002"));
    let scoped = repository.read(".claude/rules/commerce-services-checkout.md");
    assert!(scoped.starts_with("---\npaths:\n  - \"services/checkout/**\"\n---\n"), "{scoped}");
    let instructions = repository.read(".github/instructions/commerce-apps-web.instructions.md");
    assert!(instructions.contains("\napplyTo: \"apps/web/**\"\n"), "{instructions}");
    assert!(
        outcome.matrix.cell("INV001", "cursor").unwrap().shared,
        "Cursor reads AGENTS.md in every folder"
    );
    let own = outcome.matrix.cell("INV001", "antigravity").unwrap();
    assert!(
        own.is_at(".agents/rules/commerce-services-checkout.md"),
        "Antigravity reads only the one at the root"
    );
    sync::remove(repository.root(), Mode::Write).unwrap();
    assert!(!repository.root().join("apps/web/AGENTS.md").exists());
}

#[test]
fn a_configuration_that_is_there_keeps_its_other_sections() {
    let server = "[server]\nlisten = [\"127.0.0.1:8080\"]";
    let repository = Repository::new(&[("sellonce.toml", server)]);
    let answers =
        Answers { assistants: Some(vec!["kiro".to_owned()]), stacks: Some(Vec::new()), ..Answers::default() };
    init::init(repository.root(), &answers).unwrap();
    assert!(repository.read("sellonce.toml").starts_with(server));
    assert_eq!(repository.sync().exit().code(), 0);
    assert!(repository.read(".kiro/steering/commerce.md").starts_with("---\ninclusion: always\n---\n"));
    let removed = sync::remove(repository.root(), Mode::DryRun).unwrap();
    assert!(removed.to_string().contains("delete   .kiro/steering/commerce.md"), "{removed}");
    sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(repository.tree().into_keys().collect::<Vec<_>>(), ["sellonce.toml"]);
    assert_eq!(repository.read("sellonce.toml"), server);
}

#[test]
fn a_configuration_that_a_person_changed_stays() {
    let repository = monorepo();
    init::init(repository.root(), &Answers::default()).unwrap();
    let edited = repository.read("sellonce.toml").replace("stacks = [\"ts-prisma\"]", "stacks = []");
    repository.write("sellonce.toml", &edited);
    assert_eq!(repository.sync().exit().code(), 0, "the section is there to be changed");
    let removed = sync::remove(repository.root(), Mode::Write).unwrap();
    assert_eq!(removed.exit().code(), 1);
    assert!(removed.to_string().contains("so it stays; take out by hand what nobody needs"), "{removed}");
    assert_eq!(repository.read("sellonce.toml"), edited);
    assert_eq!(repository.read("AGENTS.md"), AGENTS);
}
