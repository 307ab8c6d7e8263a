//! What every target's tree looks like, byte for byte: `tests/golden/TARGET/`, one fixture for all.
//! After reading the difference, `SELLONCE_BLESS=1 cargo test -p sellonce-rules` accepts it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sellonce_rules::sync::target;

use crate::repository::{Repository, walk};

const MANIFEST: &str = "name = \"acme\"\nversion = \"2.0.0\"\ntitle = \"Acme rules\"\napplies = \"They hold everywhere.\"\nlicense = \"MIT\"\nminimum_tool_version = \"0.1.0\"\nrules = [\"ACM001-handlers\", \"ACM002-rare\"]\n";
const SCOPED: &str = "---\nid: ACM001\nversion: 1.0.0\ntitle: Handlers validate\nimperative: \"Validate every input at the door: a \\\"parsed\\\" type inside.\"\nseverity: warning\nscope:\n  - \"src/**/*.{ts,tsx}\"\n  - \"app/**/*.rb\"\nactivation: paths\nrelated: [ACM002]\nreferences: []\n---\n\n## Do\n\nParse.\n";
const RARE: &str = "---\nid: ACM002\nversion: 1.0.0\ntitle: Migrations go forward\nimperative: Write migrations that the previous release survives.\nseverity: note\nscope: []\nactivation: on-demand\nrelated: []\nreferences: [\"https://example.org/migrations\"]\n---\n\n## Why\n\nDeploys overlap.\n\n## Do\n\nAdd, fill, then drop.\n";

fn emitted(target: &str) -> BTreeMap<String, String> {
    let repository = Repository::new(&[
        ("rules/pack.toml", MANIFEST),
        ("rules/ACM001-handlers/RULE.md", SCOPED),
        ("rules/ACM002-rare/RULE.md", RARE),
        ("services/checkout/keep.ts", ""),
    ]);
    let more = "stacks = [\"sql\"]\npackages = [{ path = \"services/checkout\", rules = [\"INV*\", \"LIM001\"] }]\n[[rules.packs]]\nname = \"acme\"\nversion = \"2.0.0\"\npath = \"rules\"\n";
    repository.configure(&[target], more);
    let before = repository.tree();
    let outcome = repository.sync();
    assert_eq!(outcome.exit().code(), 0, "{outcome}");
    assert_eq!(outcome.matrix.cells.len(), 14, "{outcome}");
    let mut tree: BTreeMap<String, String> = repository
        .tree()
        .into_iter()
        .filter(|(name, _)| {
            !before.contains_key(name) && !name.ends_with('/') && name != "sellonce-rules.lock"
        })
        .map(|(name, bytes)| (name, String::from_utf8(bytes).expect("we write text")))
        .collect();
    tree.insert("matrix.txt".to_owned(), format!("{}\n", outcome.matrix));
    tree
}

fn golden(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(target)
}

#[test]
fn every_target_has_its_golden_tree() {
    for target in target::all() {
        let folder = golden(&target.id);
        let emitted = emitted(&target.id);
        if std::env::var_os("SELLONCE_BLESS").is_some() {
            let _ = std::fs::remove_dir_all(&folder);
            for (name, text) in &emitted {
                let path = folder.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
        }
        let mut bytes = BTreeMap::new();
        walk(&folder, &folder, &mut bytes);
        let expected: BTreeMap<String, String> = bytes
            .into_iter()
            .filter(|(name, _)| !name.ends_with('/'))
            .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
            .collect();
        let names = |tree: &BTreeMap<String, String>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&emitted), names(&expected), "{}", target.id);
        for (name, text) in &emitted {
            assert_eq!(text, &expected[name], "{}: {name}", target.id);
        }
    }
}

#[test]
fn targets_say_where_they_were_looked_up_and_when() {
    for target in target::all() {
        assert!(target.source.starts_with("https://"), "{}", target.id);
        assert_eq!(target.verified_on.len(), 10, "{}", target.id);
        assert!(!target.detect.is_empty(), "{}", target.id);
        for front_matter in [&target.index.front_matter, &target.scoped.front_matter] {
            assert!(front_matter.is_empty() || front_matter.starts_with("---\n"), "{}", target.id);
        }
    }
}
