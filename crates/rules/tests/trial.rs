//! A pack's own tests: what its examples mark is found, and its templates keep the rules.

use std::path::{Path, PathBuf};

use sellonce_rules::trial;

const PACK: &str = "name = \"acme\"\nversion = \"1.2.0\"\ntitle = \"Acme\"\napplies = \"Always.\"\nlicense = \"MIT\"\nminimum_tool_version = \"0.1.0\"\nrules = [\"ACM001-one\"]\n";
const RULE: &str = "---\nid: ACM001\nversion: 1.0.0\ntitle: One\nimperative: Do it.\nseverity: error\nscope: []\nactivation: always\nrelated: []\nreferences: []\n---\n\n## Do\n\nThis.\n";
const RACE: &str = "exports.buy = async (id, n) => {\n  const product = await Product.findById(id);\n  product.stock -= n; // expect: INV001\n  await product.save();\n};\n";

fn pack(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the fixture is ours to make");
    for (path, text) in [("pack.toml", PACK), ("ACM001-one/RULE.md", RULE)].iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("the fixture is ours to make"))
            .expect("the fixture is ours to make");
        std::fs::write(path, text).expect("the fixture is ours to make");
    }
    folder
}

#[track_caller]
fn failures(files: &[(&str, &str)], expect: &[&str]) {
    let folder = pack(files);
    let trial =
        trial::test(folder.path(), &[folder.path().to_path_buf()]).expect("the fixture is ours to make");
    let failures = &trial.packs[0].failures;
    assert_eq!(failures.len(), expect.len(), "{trial}");
    for (failure, expect) in failures.iter().zip(expect) {
        assert!(failure.contains(expect), "{failure}");
    }
    assert_eq!(trial.exit().code(), u8::from(!expect.is_empty()));
}

#[test]
fn a_marked_line_must_be_found_and_no_other() {
    let bad = "ACM001-one/examples/javascript/bad_shop.js";
    failures(&[(bad, RACE)], &[]);
    failures(
        &[(bad, &RACE.replace(" // expect: INV001", ""))],
        &["bad example without a line", "is found and not expected"],
    );
    failures(&[(bad, &RACE.replace("-= n", "= n"))], &["bad_shop.js:3: INV001 is expected and not found"]);
    failures(
        &[(bad, &RACE.replace("INV001", "ACM001"))],
        &["ACM001 is expected and not found", "INV001 is found and not"],
    );
    failures(
        &[("ACM001-one/examples/javascript/good_shop.js", RACE)],
        &["only an example called bad... has marks"],
    );
}

#[test]
fn a_template_that_breaks_a_rule_fails() {
    let manifest = "rule = \"ACM001\"\nstack = \"js\"\nrequires = \"Mongoose\"\nfiles = [\"buy.js\"]\nlicense = \"MIT-0\"\n";
    let template = ("ACM001-one/templates/js/template.toml", manifest);
    failures(
        &[template, ("ACM001-one/templates/js/buy.js", RACE)],
        &["ACM001/templates/js/buy.js:3 breaks INV001"],
    );
    failures(&[template, ("ACM001-one/templates/js/buy.js", "exports.a = 1;\n")], &[]);
}

#[test]
fn the_examples_of_the_commerce_pack_are_found_and_its_templates_keep_the_rules() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/commerce");
    let trial = trial::test(&folder, std::slice::from_ref(&folder)).unwrap();
    assert!(trial.packs[0].failures.is_empty(), "{trial}");
    assert!(trial.packs[0].expected.is_some_and(|marks| marks > 100), "{trial}");
}

#[test]
fn packs_are_found_through_the_configuration() {
    let folder = pack(&[]);
    let pins = "[rules]\n[[rules.packs]]\nname = \"commerce\"\nversion = \"1.0.0\"\n[[rules.packs]]\nname = \"acme\"\nversion = \"1.2.0\"\npath = \".\"\n";
    std::fs::write(folder.path().join("sellonce.toml"), pins).unwrap();
    let trial = trial::test(folder.path(), &[]).unwrap().to_string();
    assert!(
        trial.contains("commerce 1.0.0: 12 rules, 13 templates, its examples are tried where it is made"),
        "{trial}"
    );
    assert!(trial.contains("fine     acme 1.2.0: 1 rules, 0 templates, 0 lines"), "{trial}");
    assert_eq!(trial::test(folder.path(), &[folder.path().join("nowhere")]).unwrap_err().exit().code(), 2);
}
