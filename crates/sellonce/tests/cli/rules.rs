//! The rules on the command line, in a TypeScript monorepo with files written by hand: what is done, what is told, and
//! every exit code.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{run, said};

const AGENTS: &str = "# Shop\n\nUse pnpm, never npm.\n\n## Tests\n\nRun `pnpm test` before a push.";
const CLAUDE: &str = "@AGENTS.md\n\n# Claude\n\nAsk before you delete a file.\n";
const RACE: &str = "export async function buy(sku: string, quantity: number) {\n  const stock = await prisma.stock.findUnique({ where: { sku } });\n  if (!stock || stock.unitsLeft < quantity) throw new Error(\"sold out\");\n  await prisma.stock.update({ where: { sku }, data: { unitsLeft: stock.unitsLeft - quantity } });\n}\n";

pub(crate) fn monorepo() -> TempDir {
    let folder = crate::folder();
    for (path, text) in [
        ("AGENTS.md", AGENTS),
        ("CLAUDE.md", CLAUDE),
        ("CODEOWNERS", "/services/ @shop/checkout\n"),
        ("package.json", "{ \"workspaces\": [\"services/*\", \"apps/*\"] }"),
        ("services/checkout/package.json", "{ \"dependencies\": { \"@prisma/client\": \"6\" } }"),
        ("services/checkout/schema.prisma", "model Stock {\n  sku String @id\n  unitsLeft Int\n}\n"),
        ("services/checkout/src/buy.ts", RACE),
        ("apps/web/package.json", "{}"),
    ] {
        write(&folder, path, text);
    }
    git(&folder, &["init", "-q"]);
    commit(&folder);
    folder
}

pub(crate) fn write(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
    std::fs::write(path, text).expect("a file can be written");
}

pub(crate) fn read(folder: &TempDir, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn git(folder: &TempDir, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").arg("-C").arg(folder.path()).args(identity).args(arguments).status();
    assert!(status.expect("git can be started").success());
}

pub(crate) fn commit(folder: &TempDir) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "state"]);
}

/// Every file with its bytes, what git keeps for itself apart.
fn tree(folder: &TempDir) -> BTreeMap<String, Vec<u8>> {
    let mut tree = BTreeMap::new();
    let mut folders = vec![folder.path().to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path.strip_prefix(folder.path()).expect("below it").to_string_lossy().into_owned();
            if path.is_dir() && name != ".git" {
                folders.push(path);
            } else if path.is_file() {
                tree.insert(name, std::fs::read(&path).expect("a file can be read"));
            }
        }
    }
    tree
}

/// `rules` with these arguments must end with this code; what it said.
#[track_caller]
pub(crate) fn rules(folder: &TempDir, arguments: &[&str], code: i32) -> String {
    let output = run(folder, &[&["rules"], arguments].concat(), &[]);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
    said(&output)
}

#[test]
fn a_team_adopts_the_rules_lives_with_them_and_takes_them_out() {
    let folder = monorepo();
    let before = tree(&folder);
    let begun = rules(&folder, &["init"], 0);
    assert!(begun.contains("found stack ts-prisma (services/checkout/package.json)"), "{begun}");
    assert!(read(&folder, "sellonce.toml").contains("stock_columns = [\"unitsLeft\"]"));
    let shown = rules(&folder, &["sync", "--dry-run"], 0);
    assert!(shown.contains("+++ b/AGENTS.md") && read(&folder, "AGENTS.md") == AGENTS, "{shown}");
    rules(&folder, &["sync", "--check"], 1);

    let synced = rules(&folder, &["sync"], 0);
    assert!(synced.contains("LOD001  always     always") && !synced.contains("LOST"), "{synced}");
    assert!(read(&folder, "AGENTS.md").starts_with(AGENTS) && read(&folder, "CLAUDE.md") == CLAUDE);
    let after = tree(&folder);
    assert!(rules(&folder, &["sync"], 0).ends_with("0 files changed\n"));
    assert_eq!(tree(&folder), after);
    rules(&folder, &["sync", "--check"], 0);
    rules(&folder, &["doctor"], 0);

    let edited = read(&folder, "AGENTS.md").replace("**INV001**", "**INV001** (not on Fridays)");
    write(&folder, "AGENTS.md", &edited);
    assert!(rules(&folder, &["sync", "--check"], 1).contains("EDITED   AGENTS.md"));
    rules(&folder, &["sync"], 1);
    assert_eq!(read(&folder, "AGENTS.md"), edited);
    rules(&folder, &["remove"], 1);
    assert_eq!(read(&folder, "AGENTS.md"), edited, "what a person changed stays");
    write(&folder, "AGENTS.md", &edited.replace(" (not on Fridays)", ""));
    assert!(rules(&folder, &["remove", "--dry-run"], 0).contains("AGENTS.md"));
    rules(&folder, &["remove"], 0);
    assert_eq!(tree(&folder), before);
}

#[test]
fn a_rule_that_cannot_arrive_ends_with_2_and_writes_nothing() {
    let folder = monorepo();
    write(&folder, "AGENTS.md", &"All hands know this.\n".repeat(1_600));
    rules(&folder, &["init"], 0);
    let before = tree(&folder);
    let lost = rules(&folder, &["sync"], 2);
    assert!(lost.contains("LOST INV001 at agents-md") && lost.contains("nothing was written"), "{lost}");
    assert_eq!(tree(&folder), before);
}

#[test]
fn unknown_names_end_with_2_and_say_what_is_known() {
    let folder = monorepo();
    rules(&folder, &["init", "--assistants", "notepad"], 2);
    rules(&folder, &["init", "--stacks", "cobol"], 2);
    rules(&folder, &["init", "--names", "colour=red"], 2);
    assert!(!folder.path().join("sellonce.toml").exists());
    rules(&folder, &["sync"], 2);
    rules(&folder, &["remove"], 2);
    rules(
        &folder,
        &["init", "--assistants", "agents-md,kiro", "--stacks", "ts-pg", "--names", "limit_columns=redeemed"],
        0,
    );
    rules(&folder, &["init"], 2);
    for (arguments, expect) in [
        (&["sync", "--targets", "notepad"][..], "known are agents-md, antigravity"),
        (&["sync", "--targets", "cursor"], "`cursor` is not among the configured"),
        (&["explain", "XYZ001"], "there is no rule `XYZ001`"),
        (&["template", "add", "INV001", "--stack", "cobol"], "it has: go-pgx"),
        (&["template", "add", "CHK001"], "CHK001 has no template"),
        (&["template", "add", "INV001", "--rename", "colour=red"], "renames available, reserved, table"),
        (&["check", "nowhere"], "nowhere: no such file or folder"),
        (&["check", "--since", "nowhere"], "git could not list the changed files"),
        (&["check", "--baseline", "nowhere.json"], "no such baseline"),
        (&["check", "--format", "xml"], "possible values: text, json, sarif, github, junit"),
        (&["report", "--by", "person"], "possible values: rule, team, package"),
        (&["import", "--from", "notepad"], "unknown format `notepad`"),
        (&["export", "--to", "notepad"], "unknown format `notepad`"),
        (&["test", "nowhere"], "nowhere: no such folder"),
        (&["--root", "nowhere", "list"], "nowhere: no such folder"),
        (&["lint"], "unrecognized subcommand"),
    ] {
        let told = rules(&folder, arguments, 2);
        assert!(told.contains(expect), "{arguments:?}: {told}");
    }
    let elsewhere = run(&folder, &["--config", "other.toml", "rules", "list"], &[]);
    assert_eq!(elsewhere.status.code(), Some(2), "{}", said(&elsewhere));
}

#[test]
fn what_the_machine_refuses_ends_with_3() {
    let folder = monorepo();
    write(&folder, "GEMINI.md/keep.txt", "a folder of that name");
    rules(&folder, &["init", "--assistants", "gemini-cli"], 0);
    rules(&folder, &["sync"], 3);
    write(
        &folder,
        "services/checkout/src/buy.ts",
        "stock ]]] ((( %%% available ??? ))) {{{ [[[ === inventory @@@ ~~~ ;;; stock\n",
    );
    let unread = rules(&folder, &["check"], 3);
    assert!(unread.contains("1 of 1 files could not be read as their language"), "{unread}");
}

#[test]
fn a_check_finds_the_race_and_a_baseline_knows_it() {
    let folder = monorepo();
    rules(&folder, &["init"], 0);
    let found = rules(&folder, &["check"], 1);
    assert!(
        found.contains("services/checkout/src/buy.ts:4:") && found.contains(": error [INV001]"),
        "{found}"
    );
    for format in ["json", "sarif", "github", "junit"] {
        assert!(rules(&folder, &["check", "--format", format], 1).contains("INV001"), "{format}");
    }
    rules(&folder, &["check", "--fail-on", "never"], 0);
    rules(&folder, &["check", "apps"], 0);
    commit(&folder);
    rules(&folder, &["check", "--changed"], 0);
    write(&folder, "services/checkout/src/buy.ts", &format!("{RACE}\n"));
    rules(&folder, &["check", "--changed"], 1);
    rules(&folder, &["check", "--staged"], 0);
    rules(&folder, &["check", "--since", "HEAD"], 1);
    let json = run(&folder, &["rules", "check", "--format", "json"], &[]).stdout;
    std::fs::write(folder.path().join("known.json"), json).expect("a file can be written");
    rules(&folder, &["check", "--baseline", "known.json"], 0);
    let below = Command::new(env!("CARGO_BIN_EXE_sellonce"))
        .args(["rules", "check", "src/buy.ts"])
        .current_dir(folder.path().join("services/checkout"))
        .output()
        .expect("the binary can be started");
    assert!(said(&below).contains("services/checkout/src/buy.ts:4"), "{}", said(&below));
}

#[test]
fn a_template_is_taken_over_and_followed() {
    let folder = monorepo();
    rules(&folder, &["init"], 0);
    assert!(rules(&folder, &["template", "list"], 0).contains("INV001   * ts-prisma"));
    assert!(rules(&folder, &["template", "status"], 0).contains("no template was adopted"));
    let add = [
        "template",
        "add",
        "INV001",
        "--into",
        "services/checkout/src",
        "--rename",
        "table=stock",
        "--rename",
        "available=unitsLeft",
    ];
    assert!(rules(&folder, &add, 0).contains("create   services/checkout/src/reserve.ts"));
    let text = read(&folder, "services/checkout/src/reserve.ts");
    assert!(
        text.contains("tx.stock.updateMany") && text.contains("unitsLeft: { gte: line.quantity }"),
        "{text}"
    );
    rules(&folder, &add, 2);
    assert!(rules(&folder, &["template", "status"], 0).starts_with("clean "));
    rules(&folder, &["template", "diff"], 0);
    commit(&folder);
    write(&folder, "services/checkout/src/reserve.ts", &text.replace("sold out", "gone"));
    assert!(rules(&folder, &["template", "diff"], 1).contains("+    super(`gone: ${sku}`);"));
    rules(&folder, &["template", "update"], 2);
    commit(&folder);
    assert_eq!(rules(&folder, &["template", "update"], 0), "nothing to do\n");
    assert!(rules(&folder, &["report"], 0).contains("modified           services/checkout/src/reserve.ts"));
}

#[test]
fn the_rules_are_listed_explained_and_reported() {
    let folder = monorepo();
    assert_eq!(rules(&folder, &["list"], 0).lines().count(), 12);
    let explained = rules(&folder, &["explain", "chk002"], 0);
    assert!(
        explained.contains("## Exceptions") && explained.contains("No: it is read, not measured"),
        "{explained}"
    );
    rules(&folder, &["init", "--yes"], 0);
    let report = rules(&folder, &["report"], 0);
    for line in [
        "Adherence: 0% (0 of 1)",
        "  @shop/checkout           0% (0 of 1)",
        "  CHK002                   no detector",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    assert!(!rules(&folder, &["report", "--by", "team"], 0).contains("Packages"));
    commit(&folder);
    let page = rules(&folder, &["report", "--format", "html", "--history", "2"], 0);
    assert!(
        page.starts_with("<!doctype html>") && page.contains("aria-label=\"adherence by commit\""),
        "{page}"
    );
    let json: Value =
        serde_json::from_str(&rules(&folder, &["report", "--format", "json", "--history", "9"], 0))
            .expect("JSON");
    assert_eq!(
        (json["all"]["relevant"].as_u64(), json["history"].as_array().map(Vec::len)),
        (Some(1), Some(2))
    );
    assert!(rules(&folder, &["report", "--format", "md"], 0).contains("| @shop/checkout | 0% (0 of 1) |"));
}

/// An archive may be padded behind its last file; who stops reading there makes git fail, if it is slow enough.
#[test]
fn a_history_reads_what_git_says_to_its_end() {
    let folder = monorepo();
    let beside = crate::folder();
    let padding = "#!/bin/sh\nPATH=${PATH#*:}\ngit \"$@\" || exit\ncase \"$*\" in *archive*) head -c 1000000 /dev/zero ;; esac\n";
    write(&beside, "git", padding);
    std::fs::set_permissions(beside.path().join("git"), std::fs::Permissions::from_mode(0o755))
        .expect("a file of ours");
    let path = format!("{}:{}", beside.path().display(), std::env::var("PATH").unwrap_or_default());
    let output = run(&folder, &["rules", "report", "--history", "1"], &[("PATH", &path)]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn rules_come_from_elsewhere_are_tried_and_leave_again() {
    let folder = monorepo();
    let came = rules(&folder, &["import", "--from", "agents-md", "--prefix", "ACM", "--name", "acme"], 0);
    assert!(came.contains("ACM002 Tests (AGENTS.md)") && came.contains("path = \"rules\""), "{came}");
    rules(&folder, &["init"], 0);
    let pin = came.split("\n\n").last().expect("it ends with what to add").trim();
    write(&folder, "sellonce.toml", &format!("{}\n{pin}\n", read(&folder, "sellonce.toml")));
    assert!(rules(&folder, &["list"], 0).contains("ACM001     note     Shop"));
    assert!(rules(&folder, &["test", "rules"], 0).contains("fine     acme 0.1.0: 2 rules"));
    write(&folder, "rules/ACM001-shop/examples/javascript/bad_shop.js", "let a = 1; // expect: INV001\n");
    assert!(
        rules(&folder, &["test", "rules"], 1).contains("bad_shop.js:1: INV001 is expected and not found")
    );
    let left = rules(&folder, &["export", "--to", "rulesync", "--into", "out"], 0);
    assert!(left.contains("out/.rulesync/rules/acm001-shop.md"), "{left}");
    rules(&folder, &["export", "--to", "agents-md"], 2);
    assert_eq!(read(&folder, "AGENTS.md"), AGENTS);
    rules(&folder, &["import", "--from", "ruler"], 2);
    let beside = crate::folder();
    let beside = beside.path().join("pack").to_string_lossy().into_owned();
    let came = rules(&folder, &["import", "--from", "claude", "--into", &beside], 0);
    assert!(came.ends_with(&format!("path = \"{beside}\"\n")), "{came}");
}

/// One line to the server, one line back.
fn ask(server: &mut std::process::Child, answers: &mut impl BufRead, request: &Value) -> Value {
    let stdin = server.stdin.as_mut().expect("it is piped");
    writeln!(stdin, "{request}").expect("the server reads");
    let mut line = String::new();
    answers.read_line(&mut line).expect("the server answers");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn an_assistant_asks_over_mcp_and_is_told_what_was_wrong() {
    let folder = monorepo();
    let mut server = Command::new(env!("CARGO_BIN_EXE_sellonce"))
        .args(["rules", "mcp"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let mut answers = BufReader::new(server.stdout.take().expect("it is piped"));
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
    let greeted = ask(&mut server, &mut answers, &hello);
    assert_eq!(greeted["result"]["serverInfo"]["name"], "sellonce-rules");
    let stdin = server.stdin.as_mut().expect("it is piped");
    writeln!(stdin, "{}", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .expect("it reads");
    let mut call = |id: u32, name: &str, arguments: &Value| {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": name, "arguments": arguments } });
        ask(&mut server, &mut answers, &request)["result"].clone()
    };
    let checked =
        call(2, "check_code", &json!({ "path": "buy.ts", "text": RACE.replace("unitsLeft", "available") }));
    assert!(checked["content"][0]["text"].as_str().is_some_and(|text| text.contains("INV001")), "{checked}");
    assert_eq!(call(3, "get_rule", &json!({ "id": 7 }))["isError"], true);
    // The configuration is read anew: a mistake in it is told, and mending it is enough.
    write(&folder, "sellonce.toml", "[rules]\ncolour = 1\n");
    let broken = call(4, "get_rule", &json!({ "id": "INV001" }));
    assert!(broken["isError"] == true && broken.to_string().contains("sellonce.toml:2"), "{broken}");
    std::fs::remove_file(folder.path().join("sellonce.toml")).expect("a file can be removed");
    assert_eq!(call(5, "get_rule", &json!({ "id": "INV001" }))["isError"], false);
    drop(server.stdin.take());
    assert!(server.wait().expect("it ends").success(), "it ends when the other side does");
    assert_eq!(
        ended_at_once(folder.path()).status.code(),
        Some(2),
        "what is wrong from the start is told at the start"
    );
}

fn ended_at_once(folder: &Path) -> Output {
    std::fs::write(folder.join("sellonce.toml"), "[rules]\ncolour = 1\n").expect("a file can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sellonce"));
    command.args(["rules", "mcp"]).current_dir(folder).stdin(Stdio::null());
    command.output().expect("the binary can be started")
}
