//! The command line without a server: usage, configuration, exit codes.

mod rules;
mod rules_documentation;
mod rules_exits;
mod surge_lab;

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn run(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sellonce"));
    command.args(arguments).current_dir(folder.path()).envs(variables.iter().copied());
    command.stdin(Stdio::null()).output().expect("the binary can be started")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[cfg(not(feature = "sabotage"))]
#[test]
fn a_binary_for_a_shop_has_not_a_byte_of_the_planted_defects() {
    let contains = |text| {
        let grep =
            Command::new("grep").args(["-q", "-a", "-F", text, env!("CARGO_BIN_EXE_sellonce")]).status();
        grep.expect("grep can be run").code()
    };
    assert_eq!(contains("SELLONCE_LOG"), Some(0), "what is in it is found");
    // The variable that names a defect, and the module in the names of functions, with its length before it.
    for text in ["SELLONCE_SABOTAGE", "8sabotage"] {
        assert_eq!(contains(text), Some(1), "{text}");
    }
}

#[test]
fn all_problems_of_a_configuration_are_reported_at_once_and_where_they_are() {
    let folder = folder();
    let file = "[server]\nlisten = \"nowhere\"\nconnections_max = 0\ncolour = \"red\"\n[shop]\ncurrency = \"XXQ\"\n[[shop.tax_rates]]\ncountry = \"DE\"\nrate = 190000\n[shipping]\nx = 1\n";
    std::fs::write(folder.path().join("sellonce.toml"), file).expect("a file can be written");
    let variables = [("SELLONCE_PAYMENTS__PROVIDERS", "gold"), ("SELLONCE_SHOP__LEASE_MS", "soon")];
    let checked = run(&folder, &["config", "check"], &variables);
    assert_eq!(checked.status.code(), Some(2));
    let said = said(&checked);
    for part in [
        "server.listen: `nowhere`",
        "server.connections_max: must be a whole number",
        "server.colour: there is no such key",
        "shop.currency: `XXQ`",
        "shop.tax_rates",
        "[shipping]",
        "SELLONCE_PAYMENTS__PROVIDERS: names `gold`",
        "SELLONCE_SHOP__LEASE_MS: must be a whole number",
    ] {
        assert!(said.contains(part), "`{part}` is missing in:\n{said}");
    }
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let folder = folder();
    let file = "[server]\ndatabase = \"sqlite:file.db\"\npublic_url = \"http://file.example\"\n[shop]\ntitle = \"File\"\n";
    std::fs::write(folder.path().join("sellonce.toml"), file).expect("a file can be written");
    let printed = run(&folder, &["config", "print"], &[("SELLONCE_SHOP__TITLE", "Variable")]);
    let text = said(&printed);
    assert!(text.contains("title = \"Variable\"") && text.contains("sqlite:file.db"), "{text}");
    let made = run(
        &folder,
        &["admin", "key", "create", "laptop", "--database", "sqlite:flag.db"],
        &[("SELLONCE_SERVER__DATABASE", "sqlite:variable.db")],
    );
    assert!(made.status.success(), "{}", said(&made));
    assert!(folder.path().join("flag.db").exists() && !folder.path().join("variable.db").exists());
}

#[test]
fn what_is_printed_can_be_read_back() {
    let folder = folder();
    let printed = run(&folder, &["config", "print"], &[]);
    assert!(printed.status.success(), "{}", said(&printed));
    std::fs::write(folder.path().join("printed.toml"), &printed.stdout).expect("a file can be written");
    let again = run(&folder, &["--config", "printed.toml", "config", "print"], &[]);
    assert_eq!(said(&again), said(&printed));
}

#[test]
fn the_password_of_a_database_is_not_printed() {
    let folder = folder();
    let variables = [("SELLONCE_SERVER__DATABASE", "postgres://shop:sesame@db.example:5432/shop")];
    let printed = run(&folder, &["config", "print"], &variables);
    let text = said(&printed);
    assert!(text.contains("postgres://shop:***@db.example:5432/shop") && !text.contains("sesame"), "{text}");
}

#[test]
fn the_simulated_provider_is_no_default_where_others_can_come_in() {
    let folder = folder();
    let open = [("SELLONCE_SERVER__LISTEN", "0.0.0.0:0")];
    let refused = run(&folder, &["config", "check"], &open);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("payments.providers"), "{}", said(&refused));
    let named = [open[0], ("SELLONCE_PAYMENTS__PROVIDERS", "simulated")];
    let warned = run(&folder, &["config", "check"], &named);
    assert!(warned.status.success() && said(&warned).contains("takes no money"), "{}", said(&warned));
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = folder();
    for arguments in [
        &["sell"][..],
        &[],
        &["audit"],
        &["admin", "key", "list"],
        &["serve", "--database", "mysql:x"],
        &["audit", "--database", "postgres://shop@127.0.0.1:1/nowhere"],
        &["admin", "key", "revoke", "me"],
        &["--config", "absent.toml", "config", "check"],
    ] {
        let refused = run(&folder, arguments, &[]);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", said(&refused));
    }
}

#[test]
fn a_key_is_printed_alone_and_revoked_once() {
    let folder = folder();
    let made = run(&folder, &["admin", "key", "create", "laptop"], &[]);
    let key = String::from_utf8(made.stdout.clone()).expect("a key is text");
    assert!(key.starts_with("sk_") && key.lines().count() == 1, "{}", said(&made));
    let listed = run(&folder, &["admin", "key", "list"], &[]);
    let text = said(&listed);
    assert!(text.contains("laptop") && !text.contains(key.trim()), "{text}");
    let id = text.split_whitespace().next().expect("there is a key").to_owned();
    assert!(run(&folder, &["admin", "key", "revoke", &id], &[]).status.success());
    assert_eq!(run(&folder, &["admin", "key", "revoke", &id], &[]).status.code(), Some(1));
}

#[test]
fn the_openapi_document_is_printed_without_a_database() {
    let folder = folder();
    let printed = run(&folder, &["openapi"], &[]);
    let document: serde_json::Value = serde_json::from_slice(&printed.stdout).expect("the document is JSON");
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    assert!(document["paths"]["/v1/checkouts/{id}/complete"]["post"].is_object());
}
