//! `surge lab` on the command line: what it prints and writes, how it ends, and that nothing stays behind.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use sellonce_cluster::Encrypted;
use serde_json::Value;

use super::{folder, run, said};

#[test]
fn the_scene_shows_the_race_and_the_rule() {
    let folder = folder();
    let played = run(&folder, &["surge", "lab", "--scene", "seed", "--json", "scene.json"], &[]);
    let text = said(&played);
    assert!(played.status.success(), "{text}");
    for part in
        ["sold 8 of 5   stock ends at -3", "sold 5 of 5   stock ends at  0", "before any of them writes"]
    {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    let scene: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("scene.json")).unwrap()).unwrap();
    assert_eq!((&scene["endings"][0]["stock_left"], &scene["endings"][2]["sold"]), (&(-3).into(), &5.into()));
}

#[test]
fn a_comparison_is_printed_and_written() {
    let folder = folder();
    let arguments =
        "surge lab --database sqlite:lab.db --clients 1,4 --stock 10 --json lab.json --html lab.html"
            .split(' ');
    let compared = run(&folder, &arguments.collect::<Vec<_>>(), &[]);
    let text = said(&compared);
    assert!(compared.status.success(), "{text}");
    assert!(text.contains("makes the database lab.db and removes it afterwards"), "{text}");
    assert_eq!(text.matches("not run: SQLite has no FOR UPDATE").count(), 1, "{text}");
    assert!(!folder.path().join("lab.db").exists());
    let json: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("lab.json")).unwrap()).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 14, "seven patterns, two numbers of clients");
    let combined = rows.iter().find(|row| row["pattern"] == "combined" && row["clients"] == 4).unwrap();
    assert_eq!(
        (&combined["attempts"], &combined["sold"], &combined["oversold"]),
        (&20.into(), &10.into(), &0.into())
    );
    assert!(fs::read_to_string(folder.path().join("lab.html")).unwrap().contains("<svg"));
}

#[test]
fn what_cannot_be_run_ends_with_2_and_says_why() {
    let folder = folder();
    for (arguments, words) in [
        ("surge lab --database mysql://x", "neither sqlite:PATH nor postgres://"),
        ("surge lab --database postgres://127.0.0.1:1/shop", "Connection refused"),
        ("surge lab --database postgres://db.example.com/shop", "--i-own db.example.com"),
        ("surge lab --clients 0", "0 clients"),
        ("surge lab --patterns hope", "unknown pattern"),
        ("surge lab --scene seed --stock 7", "cannot be used with"),
        ("surge lab --clients 1 --stock 1 --json nowhere/lab.json", "nowhere/lab.json"),
    ] {
        let output = run(&folder, &arguments.split(' ').collect::<Vec<_>>(), &[]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {text}");
        assert!(text.contains(words), "{arguments}: {text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_lab_removes_what_it_made() {
    let folder = folder();
    let arguments = "surge lab --database sqlite:lab.db --clients 8 --stock 1000000";
    let mut command = Command::new(env!("CARGO_BIN_EXE_sellonce"));
    command.args(arguments.split(' ')).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut lab = command.spawn().unwrap();
    let made = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        folder.path().join("lab.db-wal").exists()
    });
    assert!(made, "the lab has begun");
    let told = Command::new("kill").args(["-INT", &lab.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(lab.wait().unwrap().code(), Some(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_the_documentation_shows_can_be_typed() {
    let folder = folder();
    let documentation = include_str!("../../../../docs/surge.md");
    let shown = documentation.lines().filter_map(|line| line.strip_prefix("sellonce surge lab"));
    let commands: Vec<&str> = shown.map(|line| line.split('#').next().unwrap_or("")).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        // With --help nothing is run, and all that stands before it must exist.
        let arguments = format!("surge lab {command} --help");
        let output = run(&folder, &arguments.split_whitespace().collect::<Vec<_>>(), &[]);
        assert!(output.status.success(), "{command}: {}", said(&output));
    }
}

#[test]
fn a_database_that_is_reached_with_tls_is_asked_as_its_address_says() {
    let (folder, server) = (folder(), Encrypted::of("127.0.0.1"));
    let played = |parameters: &str| {
        let url = format!("{}/postgres?{parameters}", server.url());
        let played = run(&folder, &["surge", "lab", "--scene", "seed", "--database", &url], &[]);
        (played.status.code(), said(&played))
    };
    for trusting in ["sslmode=require", &format!("sslmode=verify-full&sslrootcert={}", server.root())] {
        let (code, text) = played(trusting);
        assert_eq!(code, Some(0), "{trusting}: {text}");
        assert!(text.contains("sold 5 of 5"), "{text}");
    }
    let (code, text) = played("sslmode=verify-full");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("certificate"), "a certificate that nobody vouches for: {text}");
}
