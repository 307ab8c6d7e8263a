//! What a check tells: formats, exit codes, suppressions and baselines.

use sellonce_rules::check::{FailOn, Format, Options, Outcome, run, run_with};
use std::collections::BTreeSet;
use std::path::Path;

const RACE: &str = "exports.buy = async (id, n) => {\n  const product = await Product.findById(id);\n  product.stock -= n;\n  await product.save();\n};\n";

fn check(text: &str, change: impl FnOnce(&mut Options)) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.js"), text).expect("written");
    let mut options = Options { root: folder.path().to_path_buf(), ..Options::default() };
    change(&mut options);
    run(&options)
}

fn written(outcome: &Outcome, format: Format) -> String {
    let mut out = Vec::new();
    format.write(outcome, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_race_is_shown_with_its_read_and_its_write() {
    let text = written(&check(RACE, |_| {}), Format::Text);
    assert!(text.contains("shop.js:3:3: error [INV001]"), "{text}");
    assert!(text.contains("2 |   const product = await Product.findById(id);   <- read here"), "{text}");
    assert!(text.contains("1 finding in 1 file (5 lines, 1 relevant site)"), "{text}");
}

#[test]
fn every_format_names_the_place_and_the_rule() {
    let outcome = check(RACE, |_| {});
    for format in ["text", "json", "sarif", "github", "junit"] {
        let text = written(&outcome, Format::of_name(format).expect("a format"));
        assert!(text.contains("INV001") && text.contains("shop.js"), "{format}: {text}");
    }
    assert_eq!(Format::of_name("xml"), None);
}

#[test]
fn sarif_carries_related_locations_and_a_fingerprint() {
    let text = written(&check(RACE, |_| {}), Format::Sarif);
    let log: serde_json::Value = serde_json::from_str(&text).expect("json");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 2);
    assert_eq!(result["partialFingerprints"]["sellonce/v1"].as_str().map(str::len), Some(32));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["precision"], "high");
}

/// The schema is the one that OASIS publishes, without its descriptions and with one pattern mended that is no valid
/// regular expression (`language`).
#[test]
fn sarif_is_valid_against_its_published_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("sarif-2.1.0.json")).expect("json");
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    let two = format!("{RACE}{}", RACE.replace("-=", "+="));
    for text in [two.as_str(), "", RACE, "const = stock {{{ ((( '"] {
        let log: serde_json::Value =
            serde_json::from_str(&written(&check(text, |_| {}), Format::Sarif)).expect("json");
        let faults: Vec<String> = validator.iter_errors(&log).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{}] })));
}

#[test]
fn progress_reaches_the_number_of_files() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..50 {
        std::fs::write(folder.path().join(format!("shop{number}.js")), RACE).expect("written");
    }
    let most = AtomicUsize::new(0);
    let options = Options { root: folder.path().to_path_buf(), ..Options::default() };
    let outcome = run_with(&options, &|done, all| {
        assert_eq!(all, 50);
        most.fetch_max(done, Ordering::Relaxed);
    });
    assert_eq!((outcome.files, most.into_inner()), (50, 50));
}

#[test]
fn our_own_repository_keeps_its_own_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the repository");
    let outcome = run(&Options { root: root.clone(), ..Options::default() });
    // The bad examples of the pack are there to be found.
    let own = outcome.findings.iter().filter(|finding| !finding.path.starts_with("crates/rules/library"));
    let own: Vec<String> =
        own.map(|f| format!("{}:{} {} {}", f.path.display(), f.at.line, f.rule, f.message)).collect();
    assert!(outcome.files > 100, "only {} files were looked at", outcome.files);
    assert!(own.is_empty(), "{}", own.join("\n"));
}

#[test]
fn exit_codes_tell_findings_from_silence() {
    let race = check(RACE, |_| {});
    assert_eq!(race.exit_code(FailOn::Error), 1);
    assert_eq!(race.exit_code(FailOn::Never), 0);
    assert_eq!(check("const a = 1;\n", |_| {}).exit_code(FailOn::Warning), 0);
    let restock = check(&RACE.replace("-=", "+="), |_| {});
    assert_eq!((restock.exit_code(FailOn::Error), restock.exit_code(FailOn::Warning)), (0, 1));
}

#[test]
fn a_suppression_needs_a_reason_and_ends_on_its_day() {
    let marked = |comment: &str| RACE.replace("  product.stock", &format!("  // {comment}\n  product.stock"));
    let day = |options: &mut Options| options.today = "2026-11-22".to_owned();
    for (comment, rules, suppressed) in [
        ("sellonce-ignore INV001: one worker only (until 2027-03-01)", vec![], 1),
        ("sellonce-ignore INV001: one worker only", vec![], 1),
        ("sellonce-ignore INV001", vec!["SUP001", "INV001"], 0),
        ("sellonce-ignore INV001: one worker (until 2026-01-01)", vec!["SUP001", "INV001"], 0),
        ("sellonce-ignore LIM001: not this rule", vec!["INV001"], 0),
    ] {
        let outcome = check(&marked(comment), day);
        let found: Vec<&str> = outcome.findings.iter().map(|finding| finding.rule).collect();
        assert_eq!((found, outcome.suppressed.len()), (rules, suppressed), "{comment}");
    }
}

#[test]
fn a_known_finding_stays_known_when_lines_move() {
    let first = check(RACE, |_| {});
    let known: BTreeSet<String> = first.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    let moved = check(&format!("// a new line\n\n{RACE}"), |options| options.known = known.clone());
    assert_eq!((moved.findings.len(), moved.known), (0, 1));
}

#[test]
fn only_changed_files_are_reported() {
    let outcome = check(RACE, |options| options.only = Some(BTreeSet::new()));
    assert!(outcome.findings.is_empty());
    let named = BTreeSet::from([Path::new("shop.js").to_path_buf()]);
    assert_eq!(check(RACE, |options| options.only = Some(named)).findings.len(), 1);
}

#[test]
fn tests_and_migrations_of_a_shop_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["tests/shop.js", "migrations/shop.js", "shop.test.js", "node_modules/x/shop.js"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, RACE).expect("written");
    }
    let outcome = run(&Options { root: folder.path().to_path_buf(), ..Options::default() });
    assert!(outcome.findings.is_empty(), "{:?}", outcome.findings);
}

#[test]
fn files_that_a_machine_wrote_are_left_out_and_jpa_is_none() {
    let found = |head: &str| check(&format!("{head}\n{RACE}"), |_| ()).findings.len();
    for head in
        ["// @generated by a tool", "// Code generated by a tool. DO NOT EDIT.", "// <auto-generated/>"]
    {
        assert_eq!(found(head), 0, "{head}");
    }
    assert_eq!(found("// @GeneratedValue is an annotation"), 1);
}
