//! What a project's check looks at: its names, the rules it switched off, the findings it knows, and where it begins.

use std::path::Path;

use sellonce_rules::check::{FailOn, Format, Outcome, Scope};
use sellonce_rules::error::Error;
use sellonce_rules::init::{self, Answers};
use sellonce_rules::review::{self, Request};
use sellonce_rules::root;

const RACE: &str = "exports.buy = async (id, n) => {\n  const shelf = await Shelf.findById(id);\n  shelf.unitsLeft -= n;\n  await shelf.save();\n};\n";
const PIN: &str = "[[rules.packs]]\nname = \"commerce\"\nversion = \"1.0.0\"\n";

fn project(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the fixture is ours to make");
    std::fs::create_dir(folder.path().join("src")).expect("the fixture is ours to make");
    std::fs::write(folder.path().join("src/buy.js"), RACE).expect("the fixture is ours to make");
    std::fs::write(folder.path().join("sellonce.toml"), config).expect("the fixture is ours to make");
    folder
}

fn found(folder: &Path, request: &Request) -> Result<Outcome, Error> {
    review::review(folder, request, &|_, _| {})
}

#[test]
fn a_projects_own_names_are_known() {
    let silent = project("");
    assert_eq!(found(silent.path(), &Request::default()).unwrap().findings.len(), 0);
    let named = project("[check]\nstock_columns = [\"unitsLeft\"]\n");
    let outcome = found(named.path(), &Request::default()).unwrap();
    assert_eq!((outcome.findings[0].rule, outcome.exit_code(FailOn::Error)), ("INV001", 1));
    let wrong = project("[check]\nstock_colums = []\n");
    let error = found(wrong.path(), &Request::default()).unwrap_err();
    assert!(error.to_string().contains("sellonce.toml:2: unknown field `stock_colums`"), "{error}");
}

#[test]
fn a_rule_that_is_switched_off_is_not_reported() {
    let off = format!(
        "[check]\nstock_columns = [\"unitsLeft\"]\n[rules]\ndisable = [{{ rule = \"INV001\", reason = \"being replaced\" }}]\n{PIN}"
    );
    let outcome = found(project(&off).path(), &Request::default()).unwrap();
    assert_eq!((outcome.findings.len(), outcome.sites.len()), (0, 0));
}

#[test]
fn the_bad_examples_of_a_pack_are_nobodys_fault() {
    let folder = project("[check]\nstock_columns = [\"unitsLeft\"]\n");
    let example = folder.path().join("rules/ACM001-one/examples/javascript");
    std::fs::create_dir_all(&example).unwrap();
    std::fs::rename(folder.path().join("src/buy.js"), example.join("bad_buy.js")).unwrap();
    assert_eq!(
        found(folder.path(), &Request::default()).unwrap().findings.len(),
        1,
        "a folder of that name alone is code"
    );
    std::fs::write(folder.path().join("rules/ACM001-one/RULE.md"), "").unwrap();
    let outcome = found(folder.path(), &Request::default()).unwrap();
    assert_eq!((outcome.findings.len(), outcome.sites.len()), (0, 0));
}

#[test]
fn an_earlier_output_is_a_baseline() {
    let folder = project("[check]\nstock_columns = [\"unitsLeft\"]\n");
    let mut json = Vec::new();
    Format::Json.write(&found(folder.path(), &Request::default()).unwrap(), &mut json).unwrap();
    let baseline = folder.path().join("baseline.json");
    std::fs::write(&baseline, json).unwrap();
    let known = Request { baseline: Some(baseline.clone()), ..Request::default() };
    let outcome = found(folder.path(), &known).unwrap();
    assert_eq!((outcome.findings.len(), outcome.known), (0, 1));
    std::fs::write(&baseline, "{\n}").unwrap();
    let error = found(folder.path(), &known).unwrap_err();
    assert!(
        error.to_string().contains("a baseline is what `sellonce rules check --format json` printed"),
        "{error}"
    );
}

#[test]
fn what_is_not_there_is_wrong_usage() {
    let folder = project("");
    for request in [
        Request { paths: vec![folder.path().join("nowhere")], ..Request::default() },
        Request { baseline: Some(folder.path().join("nowhere.json")), ..Request::default() },
        Request { scope: Some(Scope::Since("nowhere".to_owned())), ..Request::default() },
    ] {
        assert_eq!(found(folder.path(), &request).unwrap_err().exit().code(), 2, "{request:?}");
    }
}

#[test]
fn a_project_begins_where_its_rules_are_or_at_the_repositorys_top() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let deep = top.join("services/checkout/src");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::create_dir(top.join(".git")).unwrap();
    assert_eq!(root::find(&deep), top);
    std::fs::write(top.join("services/sellonce.toml"), "[server]\n").unwrap();
    assert_eq!(root::find(&deep), top, "a shop's configuration is none of the rules'");
    std::fs::write(top.join("services/sellonce.toml"), format!("[rules]\n{PIN}")).unwrap();
    assert_eq!(root::find(&deep), top.join("services"));
    assert_eq!(root::find(Path::new("/")), Path::new("/"));
}

#[test]
fn a_name_that_the_checker_does_not_know_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let names = |key: &str| Answers {
        names: [(key.to_owned(), vec!["units_left".to_owned()])].into(),
        ..Answers::default()
    };
    let error = init::init(folder.path(), &names("stok")).unwrap_err();
    assert_eq!(error.exit().code(), 2);
    assert!(error.to_string().contains("unknown field `stok`, expected one of `stock_columns`"), "{error}");
    assert!(!folder.path().join("sellonce.toml").exists());
    let done = init::init(folder.path(), &names("limit_columns")).unwrap();
    assert!(done.section.ends_with("[check]\nlimit_columns = [\"units_left\"]\n"), "{}", done.section);
}
