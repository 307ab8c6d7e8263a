//! What assistants are answered, without a wire; tests/strangers.py asks the same over one.
#![cfg(feature = "mcp")]

use sellonce_rules::mcp::answer::{Answers, TOOLS};
use serde_json::{Map, Value, json};

fn ask(root: &std::path::Path, tool: &str, arguments: &Value) -> Result<String, String> {
    let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
    Answers::load(root).expect("the folder can be read").call(tool, &arguments)
}

#[test]
fn the_tools_take_little_room_in_a_conversation() {
    let text: usize = TOOLS
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.schema().to_string().len())
        .sum();
    // No tokenizer makes more than a token of three characters of such text.
    assert!(text / 3 < 1_500, "{text} characters");
}

#[test]
fn rules_are_told_for_the_paths_they_hold_for() {
    let folder = tempfile::tempdir().unwrap();
    let everywhere = ask(folder.path(), "rules_for_paths", &json!({ "paths": ["a.ts"] })).unwrap();
    assert_eq!(everywhere.lines().count(), 12);
    let config = "[rules]\n[[rules.packs]]\nname = \"commerce\"\nversion = \"1.0.0\"\n[[rules.packages]]\npath = \"services/checkout\"\nrules = [\"commerce/*\"]\n";
    std::fs::write(folder.path().join("sellonce.toml"), config).unwrap();
    let inside =
        ask(folder.path(), "rules_for_paths", &json!({ "paths": ["services/checkout/src/a.ts"] })).unwrap();
    assert_eq!(inside.lines().count(), 12);
    let outside =
        ask(folder.path(), "rules_for_paths", &json!({ "paths": ["services/checkout-page/a.ts"] })).unwrap();
    assert_eq!(outside, "No rule holds for these paths.");
}

#[test]
fn templates_are_found_and_missing_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let stacks = ask(folder.path(), "get_template", &json!({ "id": "inv001" })).unwrap();
    assert!(stacks.contains("ts-prisma") && stacks.contains("go-pgx"), "{stacks}");
    let template = ask(folder.path(), "get_template", &json!({ "id": "INV001", "stack": "ts-pg" })).unwrap();
    assert!(template.contains("rowCount !== 1"), "{template}");
    let missing =
        ask(folder.path(), "get_template", &json!({ "id": "INV001", "stack": "cobol" })).unwrap_err();
    assert!(missing.contains("it has: go-pgx"), "{missing}");
}

#[test]
fn wrong_arguments_are_answered_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    for (tool, arguments, expect) in [
        ("get_rule", json!({}), "`id` must be a text"),
        ("get_rule", json!({ "id": 7 }), "`id` must be a text"),
        ("get_rule", json!({ "id": "XYZ001" }), "INV001, INV002"),
        ("get_rule", json!({ "colour": "red" }), "knows no argument `colour`, only id"),
        ("rules_for_paths", json!({ "paths": "a.ts" }), "must be a list of texts"),
        ("rules_for_paths", json!({ "paths": [1] }), "must be a list of texts"),
        ("check_code", json!({ "path": "a.cobol", "text": "" }), "no language"),
        ("check_code", json!({ "path": "a.ts", "text": "x".repeat(1 << 21) }), "at most 1048576"),
        ("erase", json!({}), "there is no tool `erase`"),
    ] {
        let error = ask(folder.path(), tool, &arguments).expect_err(tool);
        assert!(error.contains(expect), "{tool}: {error}");
    }
}
