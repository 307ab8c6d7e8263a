//! Templates become a project's own code, and a new version of one is merged into what people made of the old.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use sellonce_rules::sync::{self, Mode};
use sellonce_rules::template::{self, FileState, Wanted};

const CONFIG: &str = "[rules]\nassistants = [\"agents-md\"]\nstacks = [\"ts-pg\"]\n\n[[rules.packs]]\nname = \"acme\"\nversion = \"1.0.0\"\npath = \"rules\"\n";
const PACK: &str = "name = \"acme\"\nversion = \"1.0.0\"\ntitle = \"Acme\"\napplies = \"Always.\"\nlicense = \"MIT\"\nminimum_tool_version = \"0.1.0\"\nrules = [\"ACM001-one\"]\n";
const RULE: &str = "---\nid: ACM001\nversion: 1.0.0\ntitle: One\nimperative: Do it.\nseverity: error\nscope: []\nactivation: always\nrelated: []\nreferences: []\n---\n\n## Do\n\nThis.\n";
const TEMPLATE: &str = "rule = \"ACM001\"\nstack = \"ts-pg\"\nrequires = \"pg 8\"\nfiles = [\"hold.ts\"]\nlicense = \"MIT-0\"\n\n[renames]\ntable = \"inventory\"\navailable = \"available\"\n";
const HOLD: &str = "// One.\nexport const a = 1;\n\nexport async function hold(tx: Inventory) {\n  await tx.inventory.hold(inventory_available, availableUnits);\n}\n\n// The end.\n";

struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("the fixture is ours to make"));
        repository.write("sellonce.toml", CONFIG);
        repository.write("rules/pack.toml", PACK);
        repository.write("rules/ACM001-one/RULE.md", RULE);
        repository.write("rules/ACM001-one/templates/ts-pg/template.toml", TEMPLATE);
        repository.write("rules/ACM001-one/templates/ts-pg/hold.ts", HOLD);
        repository.git(&["init", "-q"]);
        repository.commit();
        repository
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("the fixture is ours to make"))
            .expect("the fixture is ours to make");
        std::fs::write(path, text).expect("the fixture is ours to make");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).expect("the fixture is ours to make")
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let status = Command::new("git")
            .arg("-C")
            .arg(self.root())
            .args(identity)
            .args(arguments)
            .status()
            .expect("the fixture is ours to make");
        assert!(status.success());
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "state"]);
    }

    fn adopt(&self, renames: &[(&str, &str)]) {
        let renames = renames.iter().map(|(meaning, name)| ((*meaning).to_owned(), (*name).to_owned()));
        let wanted = Wanted {
            rule: "acm001".to_owned(),
            into: "src".to_owned(),
            renames: renames.collect(),
            ..Wanted::default()
        };
        template::add(self.root(), &wanted).expect("the fixture is ours to make");
    }

    /// A new version of the pack, with another text of the template.
    fn release(&self, text: &str) {
        self.write("sellonce.toml", &CONFIG.replace("1.0.0", "1.1.0"));
        self.write("rules/pack.toml", &PACK.replace("1.0.0", "1.1.0"));
        self.write("rules/ACM001-one/templates/ts-pg/hold.ts", text);
        self.commit();
    }

    fn states(&self) -> Vec<FileState> {
        let status = template::status(self.root()).expect("the fixture is ours to make");
        status.instances.iter().flat_map(|instance| &instance.files).map(|file| file.state).collect()
    }
}

#[test]
fn a_template_speaks_the_projects_words() {
    let repository = Repository::new();
    repository.adopt(&[("table", "stock_levels"), ("available", "unitsLeft")]);
    let text = repository.read("src/hold.ts");
    for part in ["tx: StockLevels", "tx.stock_levels.hold(stock_levels_unitsLeft, unitsLeftUnits)"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(repository.states(), [FileState::Clean]);
    let status = template::status(repository.root()).unwrap();
    assert_eq!(status.to_string(), "clean              src/hold.ts (ACM001 ts-pg 1.0.0)");
    assert_eq!(status.exit().code(), 0);
    let lock = repository.read("sellonce-rules.lock");
    repository.write("sellonce-rules.lock", &lock.replace('\n', "\r\n"));
    assert_eq!(repository.states(), [FileState::Clean], "git gave the lock other line ends");
}

#[test]
fn names_are_swapped_and_never_chained() {
    let repository = Repository::new();
    repository.adopt(&[("table", "available"), ("available", "inventory")]);
    assert!(
        repository.read("src/hold.ts").contains("tx.available.hold(available_inventory, inventoryUnits)")
    );
}

#[test]
fn a_wish_that_cannot_be_met_is_refused_and_nothing_is_written() {
    let repository = Repository::new();
    let before = repository.read("sellonce.toml");
    let refused = |change: &dyn Fn(&mut Wanted), expect: &str| {
        let mut wanted = Wanted { rule: "ACM001".to_owned(), into: "src".to_owned(), ..Wanted::default() };
        change(&mut wanted);
        let error = template::add(repository.root(), &wanted).unwrap_err();
        assert_eq!(error.exit().code(), 2);
        assert!(error.to_string().contains(expect), "{error}");
    };
    let rename = |meaning: &str, name: &str| BTreeMap::from([(meaning.to_owned(), name.to_owned())]);
    refused(&|wanted| wanted.rule = "XYZ001".to_owned(), "there is no rule `XYZ001`");
    refused(&|wanted| wanted.stack = Some("cobol".to_owned()), "no template for `cobol`; it has: ts-pg");
    refused(&|wanted| wanted.renames = rename("colour", "red"), "renames available, table, not `colour`");
    refused(&|wanted| wanted.renames = rename("table", "a b"), "`a b` is no name");
    refused(&|wanted| wanted.into = "../elsewhere".to_owned(), "leads out of the repository");
    repository.write("src/hold.ts", "mine\n");
    refused(&|_| {}, "src/hold.ts is there already; nothing was written");
    assert_eq!(repository.read("src/hold.ts"), "mine\n");
    assert_eq!(repository.read("sellonce.toml"), before);
    assert!(!repository.root().join("sellonce-rules.lock").exists());
}

#[test]
fn a_new_version_is_merged_into_what_people_made_of_the_old() {
    let repository = Repository::new();
    repository.adopt(&[("table", "stock")]);
    let edited = repository.read("src/hold.ts").replace("// One.", "// Ours.");
    repository.write("src/hold.ts", &edited.replace('\n', "\r\n"));
    assert_eq!(repository.states(), [FileState::Modified]);
    repository.release(&HOLD.replace("// The end.", "// The end of inventory."));
    assert_eq!(repository.states(), [FileState::OutdatedAndModified]);
    let status = template::status(repository.root()).unwrap();
    assert!(status.to_string().contains("(ACM001 ts-pg 1.0.0, there is 1.1.0)"), "{status}");
    assert_eq!(status.exit().code(), 1);
    let differences = template::differences(repository.root()).unwrap().to_string();
    for part in ["-// One.\n+// Ours.", "-// The end.\n+// The end of stock."] {
        assert!(differences.contains(part), "{differences}");
    }
    let updated = template::update(repository.root()).unwrap();
    assert_eq!((updated.to_string().as_str(), updated.exit().code()), ("update   src/hold.ts", 0));
    let expect = edited.replace("// The end.", "// The end of stock.").replace('\n', "\r\n");
    assert_eq!(repository.read("src/hold.ts"), expect);
    assert_eq!(repository.states(), [FileState::Modified]);
    repository.commit();
    assert_eq!(template::update(repository.root()).unwrap().to_string(), "nothing to do");
}

#[test]
fn a_conflict_stands_in_the_file_and_is_told() {
    let repository = Repository::new();
    repository.adopt(&[]);
    repository.write("src/hold.ts", &HOLD.replace("a = 1", "a = 2"));
    repository.release(&HOLD.replace("a = 1", "a = 3"));
    let updated = template::update(repository.root()).unwrap();
    assert_eq!(updated.exit().code(), 1);
    assert!(updated.to_string().starts_with("CONFLICT src/hold.ts"), "{updated}");
    let text = repository.read("src/hold.ts");
    assert!(text.contains("<<<<<<<") && text.contains("a = 2") && text.contains("a = 3"), "{text}");
    assert!(text.contains("// The end."), "what did not conflict is whole: {text}");
}

#[test]
fn an_update_wants_a_clean_tree_so_that_git_can_take_it_back() {
    let repository = Repository::new();
    repository.adopt(&[]);
    repository.release(&HOLD.replace("a = 1", "a = 3"));
    repository.write("sellonce.toml", &format!("{}\n# changed\n", repository.read("sellonce.toml")));
    let error = template::update(repository.root()).unwrap_err();
    assert_eq!(error.exit().code(), 2);
    assert!(
        error.to_string().contains("commit or stash them first")
            && error.to_string().contains("sellonce.toml"),
        "{error}"
    );
    assert_eq!(repository.read("src/hold.ts"), HOLD);
    let bare = tempfile::tempdir().unwrap();
    assert_eq!(template::update(bare.path()).unwrap_err().exit().code(), 2, "no repository, no way back");
}

#[test]
fn files_come_and_go_with_the_versions() {
    let repository = Repository::new();
    repository.adopt(&[]);
    repository.write(
        "rules/ACM001-one/templates/ts-pg/template.toml",
        &TEMPLATE.replace("[\"hold.ts\"]", "[\"hold.ts\", \"release.ts\"]"),
    );
    repository.write("rules/ACM001-one/templates/ts-pg/release.ts", "export const inventory = 1;\n");
    repository.write("src/release.ts", "somebody else's\n");
    repository.release(HOLD);
    assert_eq!(repository.states(), [FileState::Clean, FileState::New]);
    let updated = template::update(repository.root()).unwrap();
    assert_eq!(updated.exit().code(), 1);
    assert!(updated.to_string().starts_with("FOREIGN  src/release.ts"), "{updated}");
    assert_eq!(repository.read("src/release.ts"), "somebody else's\n");
    repository.git(&["rm", "-q", "--cached", "src/release.ts"]);
    std::fs::remove_file(repository.root().join("src/release.ts")).unwrap();
    repository.commit();
    assert_eq!(template::update(repository.root()).unwrap().to_string(), "create   src/release.ts");
    std::fs::remove_file(repository.root().join("src/hold.ts")).unwrap();
    repository.commit();
    assert_eq!(repository.states(), [FileState::Missing, FileState::Clean]);
    assert_eq!(
        template::update(repository.root()).unwrap().to_string(),
        "nothing to do",
        "people may do without a file"
    );
    std::fs::remove_file(repository.root().join("src/release.ts")).unwrap();
    repository.commit();
    let forgotten = template::update(repository.root()).unwrap().to_string();
    assert!(
        forgotten.starts_with("forget   src/hold.ts: it was deleted\nforget   src/release.ts"),
        "{forgotten}"
    );
    assert_eq!(repository.states(), []);
}

#[test]
fn a_sync_keeps_the_templates_in_mind_and_a_removal_leaves_the_code() {
    let repository = Repository::new();
    repository.adopt(&[]);
    sync::sync(repository.root(), Mode::Write, None).unwrap();
    assert_eq!(repository.states(), [FileState::Clean]);
    let removed = sync::remove(repository.root(), Mode::Write).unwrap();
    assert!(removed.to_string().contains("keep     src/hold.ts (made from a template"), "{removed}");
    assert_eq!(repository.read("src/hold.ts"), HOLD);
    assert!(!repository.root().join("sellonce-rules.lock").exists());
    assert_eq!(repository.states(), []);
}
