//! The source format is strict, the pack in the binary keeps it, and a project's own packs are read from folders and archives alike.

use std::path::Path;

use sellonce_rules::config::Config;
use sellonce_rules::library::{self, Library};
use sellonce_rules::pack::Pack;
use sellonce_rules::rule::{Rule, SECTIONS};

fn commerce() -> Pack {
    library::embedded("commerce").expect("the pack in the binary is well formed")
}

#[test]
fn the_commerce_pack_has_its_twelve_rules_in_full() {
    let pack = commerce();
    let ids: Vec<&str> = pack.rules.iter().map(|rule| rule.id.as_str()).collect();
    let expected = [
        "INV001", "INV002", "CHK001", "CHK002", "PAY001", "PAY002", "PRC001", "PRC002", "ORD001", "EVT001",
        "LIM001", "LOD001",
    ];
    assert_eq!(ids, expected);
    for rule in &pack.rules {
        for section in SECTIONS {
            let text = rule.section(section).unwrap_or_default();
            assert!(text.len() > 80, "{} says too little under {section}", rule.id);
        }
        assert!(rule.references.len() >= 2, "{} names too few sources", rule.id);
        assert!(rule.references.iter().any(|line| line.contains('#')), "{} names no public issue", rule.id);
        assert!(pack.skill_of(&rule.id).is_some());
    }
}

#[test]
fn the_always_loaded_text_stays_small() {
    let pack = commerce();
    let characters: usize = pack.rules.iter().map(|rule| rule.imperative.len()).sum();
    assert!(characters <= 2_400, "{characters} characters are loaded in every conversation");
}

#[test]
fn a_rule_survives_being_written_and_read() {
    for rule in commerce().rules {
        let again =
            Rule::parse(Path::new("RULE.md"), &rule.to_markdown()).expect("what we write we can read");
        assert_eq!(again, rule);
    }
}

const GOOD: &str = "---\nid: ACM001\nversion: 1.0.0\ntitle: One\nimperative: Do it.\nseverity: error\nscope: [\"src/**/*.{ts,tsx}\"]\nactivation: paths\nrelated: []\nreferences: []\n---\n\n## Do\n\nThis.\n";

#[track_caller]
fn check(change: (&str, &str), expect: &str) {
    assert!(GOOD.contains(change.0), "the case changes nothing");
    let error =
        Rule::parse(Path::new("RULE.md"), &GOOD.replace(change.0, change.1)).expect_err("must be refused");
    assert_eq!(error.exit().code(), 2);
    let text = error.to_string();
    assert!(text.starts_with(expect), "{text}");
}

#[test]
fn a_wrong_rule_is_refused_with_its_line() {
    Rule::parse(Path::new("RULE.md"), GOOD).expect("the good one is good");
    check(("title: One", "titel: One"), "RULE.md:4: unknown key `titel`");
    check(("title: One", "title: One\ntitle: Two"), "RULE.md:5: the key `title` stands here twice");
    check(("title: One\n", ""), "RULE.md:1: the key `title` is missing");
    check(("id: ACM001", "id: acm1"), "RULE.md:2: `acm1` is no rule id");
    check(("version: 1.0.0", "version: 1.0"), "RULE.md:3: `1.0` is no version");
    check(("Do it.", ""), "RULE.md:5: the imperative is one line of 1 to 200");
    check(("severity: error", "severity: fatal"), "RULE.md:6: `fatal` is none of");
    check(("{ts,tsx}", "{ts,tsx"), "RULE.md:7: `src/**/*.{ts,tsx`: a `{` without its `}`");
    check(("[\"src/**/*.{ts,tsx}\"]", "src/**"), "RULE.md:7: `scope` is a list");
    check(("[\"src/**/*.{ts,tsx}\"]", "[]"), "RULE.md:8: `paths` needs at least one glob");
    check(("activation: paths", "activation: sometimes"), "RULE.md:8: `sometimes` is none of");
    check(("related: []", "related: [ACM001]"), "RULE.md:9: `ACM001` is not the id of another rule");
    check(("## Do", "## How"), "RULE.md:13: unknown section `How`");
    check(("## Do\n\nThis.", "## Exceptions\n\nNo.\n\n## Do\n\nThis."), "RULE.md:17: `Do` stands after");
    check(("## Do\n", ""), "RULE.md:12: a rule needs at least");
    check(("references: []\n---", "references: []"), "RULE.md:1: the front matter has no closing");
}

#[test]
fn own_packs_come_from_a_folder_and_from_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let manifest = "name = \"acme\"\nversion = \"1.2.0\"\ntitle = \"Acme\"\napplies = \"Always.\"\nlicense = \"MIT\"\nminimum_tool_version = \"0.1.0\"\nrules = [\"ACM001-one\"]\n";
    write("acme/pack.toml", manifest);
    write("acme/ACM001-one/RULE.md", GOOD);
    write("acme/ACM001-one/examples/ts/bad_one.ts", "not delivered");
    write("acme/.git/HEAD", "not delivered");
    let status = std::process::Command::new("tar")
        .args(["-czf", "acme.tar.gz", "acme"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    let load = |pin: &str| {
        let text = format!(
            "[rules]\n[[rules.packs]]\nname = \"commerce\"\nversion = \"1.0.0\"\n[[rules.packs]]\n{pin}\n"
        );
        let config = Config::parse(Path::new("sellonce.toml"), &text).unwrap().unwrap();
        Library::load(folder.path(), &config)
    };
    let from_folder = load("name = \"acme\"\nversion = \"1.2.0\"\npath = \"acme\"").unwrap();
    let from_archive = load("name = \"acme\"\nversion = \"1.2.0\"\narchive = \"acme.tar.gz\"").unwrap();
    assert_eq!(from_folder.packs[1].sha256, from_archive.packs[1].sha256);
    assert_eq!(from_folder.rules().count(), 13);
    assert_eq!(from_folder.packs[1].skills[0].name, "acme-rules");

    let refused = |pin: &str, expect: &str| {
        let error = load(pin).expect_err("must be refused");
        assert_eq!(error.exit().code(), 2);
        assert!(error.to_string().contains(expect), "{error}");
    };
    refused(
        "name = \"acme\"\nversion = \"1.3.0\"\npath = \"acme\"",
        "pinned to 1.3.0, but what is there is 1.2.0",
    );
    refused("name = \"other\"\nversion = \"1.2.0\"\npath = \"acme\"", "calls itself `acme`");
    refused("name = \"acme\"\nversion = \"1.2.0\"", "the binary has no pack `acme`");
    refused("name = \"acme\"\nversion = \"1.2.0\"\npath = \"nowhere\"", "no such folder");
    write("acme/pack.toml", &manifest.replace("0.1.0", "9.0.0"));
    refused("name = \"acme\"\nversion = \"1.2.0\"\npath = \"acme\"", "needs sellonce 9.0.0 or newer");
    write("acme/pack.toml", &format!("{manifest}colour = \"red\"\n"));
    refused(
        "name = \"acme\"\nversion = \"1.2.0\"\npath = \"acme\"",
        "acme/pack.toml:8: unknown field `colour`",
    );
    write("acme/pack.toml", manifest);
    write("acme/ACM002-two/RULE.md", GOOD);
    refused("name = \"acme\"\nversion = \"1.2.0\"\npath = \"acme\"", "pack.toml does not list this rule");
}

#[test]
fn the_first_rule_has_a_template_for_every_stack() {
    let pack = commerce();
    for (stack, _, _) in sellonce_rules::init::STACKS {
        let template =
            pack.templates.iter().find(|template| template.rule == "INV001" && template.stack == stack);
        let template = template.unwrap_or_else(|| panic!("INV001 has no template for {stack}"));
        assert!(template.files.iter().all(|(_, text)| text.contains("available")), "{stack}");
        assert_eq!(template.renames["table"], "inventory", "{stack}");
    }
}

#[test]
fn a_damaged_rule_is_refused_or_read_but_never_a_crash() {
    for (index, letter) in GOOD.char_indices() {
        for damage in ["", "\n", ":", "[", "{", "\"", "---", "\t", "\u{feff}"] {
            let text = format!("{}{damage}{}", &GOOD[..index], &GOOD[index + letter.len_utf8()..]);
            if let Ok(rule) = Rule::parse(Path::new("RULE.md"), &text) {
                let again = Rule::parse(Path::new("RULE.md"), &rule.to_markdown());
                assert_eq!(again.expect("what was read can be written and read"), rule, "{text}");
            }
            let _ = Rule::parse(Path::new("RULE.md"), &text[..text.floor_char_boundary(index)]);
        }
    }
}

#[test]
fn the_rules_can_be_listed_and_explained_without_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let (library, config) = Library::of(folder.path()).unwrap();
    assert!(
        library
            .listing(&config)
            .starts_with("INV001     error    Stock changes are one conditional statement\n")
    );
    let text = library.explanation("inv001").unwrap();
    assert!(
        text.contains("## Don't") && text.contains("Related: INV002") && text.contains("cubecart/v6#4224"),
        "{text}"
    );
    assert!(
        text.contains("- An error: an amount is read, lowered") && text.contains("go-pgx, java-jdbc"),
        "{text}"
    );
    assert!(library.explanation("CHK002").unwrap().contains("No: it is read, not measured"));
    assert_eq!(library.explanation("INV999").unwrap_err().exit().code(), 2);
}
