//! The doctor tells what assistants see; the report counts what the checker found, for teams and never for persons.

use std::path::Path;
use std::process::Command;

use sellonce_rules::check::{Outcome, Site};
use sellonce_rules::doctor;
use sellonce_rules::error::Error;
use sellonce_rules::report::{self, Format, Report, Standing};
use sellonce_rules::sync::{self, Mode};

const CONFIG: &str = "[rules]\nassistants = [\"agents-md\", \"claude-code\"]\ndisable = [{ rule = \"LOD001\", reason = \"tested by another team\" }]\n[[rules.packs]]\nname = \"commerce\"\nversion = \"1.0.0\"\n";

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the fixture is ours to make");
    for (path, text) in [("sellonce.toml", CONFIG)].iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("the fixture is ours to make"))
            .expect("the fixture is ours to make");
        std::fs::write(path, text).expect("the fixture is ours to make");
    }
    folder
}

#[test]
fn the_doctor_names_what_an_assistant_does_not_see() {
    let folder = repository(&[("CLAUDE.md", "@AGENTS.md\n")]);
    let sick = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert_eq!(sick.exit().code(), 1);
    assert!(sick.to_string().contains("problem: `AGENTS.md` is not as the configuration wants it"), "{sick}");
    sync::sync(folder.path(), Mode::Write, None).unwrap();
    let well = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert_eq!(well.exit().code(), 0, "{well}");
    let agents = |name: &str| format!("{name:24} AGENTS.md (11 rules,");
    assert!(well.to_string().contains(&agents("AGENTS.md")), "{well}");
    assert!(well.to_string().contains(&agents("Claude Code")), "CLAUDE.md imports it: {well}");
    assert!(well.to_string().contains("nobody is told LOD001: it is switched off (tested by"), "{well}");
    let later = doctor::examine(folder.path(), "2027-12-01").unwrap();
    assert!(later.to_string().contains("374 days ago"), "{later}");
    std::fs::write(folder.path().join(".gitignore"), ".claude/\n").unwrap();
    let hidden = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert_eq!(hidden.exit().code(), 1);
    let expect = "git ignores `.claude/skills/commerce-money/SKILL.md`";
    assert!(hidden.to_string().contains(expect), "without git: {hidden}");
    git(folder.path(), &["init", "-q"]);
    std::fs::rename(folder.path().join(".gitignore"), folder.path().join(".git/info/exclude")).unwrap();
    let hidden = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert!(hidden.to_string().contains(expect), "it knows other places than one: {hidden}");
}

#[test]
fn the_doctor_reads_what_people_wrote_beside_it() {
    let style =
        "---\ndescription: Style\nglobs: src/**/*.{ts,tsx},lib/*.ts\nalwaysApply: false\n---\nTabs.\n";
    let folder = repository(&[
        (".cursor/rules/style.mdc", style),
        (".cursor/rules/fine.mdc", "---\nglobs: a/*.ts,b/*.ts\n---\nx\n"),
    ]);
    std::fs::write(folder.path().join("sellonce.toml"), CONFIG.replace("claude-code", "cursor")).unwrap();
    sync::sync(folder.path(), Mode::Write, None).unwrap();
    let told = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert_eq!(told.exit().code(), 1);
    let expect = "problem: `.cursor/rules/style.mdc`: Cursor splits `globs` at every comma; write `src/**/*.ts,src/**/*.tsx,lib/*.ts`";
    assert!(told.to_string().contains(expect) && !told.to_string().contains("fine.mdc"), "{told}");
}

#[test]
fn a_file_that_is_longer_than_an_assistant_reads_is_named() {
    let long = "Be brief, and mind the gap.\n".repeat(60);
    let folder = repository(&[(".github/copilot-instructions.md", &long)]);
    std::fs::write(folder.path().join("sellonce.toml"), CONFIG.replace("claude-code", "copilot")).unwrap();
    sync::sync(folder.path(), Mode::Write, None).unwrap();
    let told = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert_eq!(told.exit().code(), 0, "{told}");
    assert!(told.to_string().contains("parts of GitHub Copilot read only the first 4000"), "{told}");
    std::fs::write(folder.path().join(".github/copilot-instructions.md"), long.repeat(20)).unwrap();
    sync::sync(folder.path(), Mode::Write, None).unwrap();
    let told = doctor::examine(folder.path(), "2026-12-01").unwrap().to_string();
    assert!(told.contains("follows files better that have less than 1000"), "{told}");
}

#[test]
fn files_that_are_read_instead_or_lie_nearer_are_named() {
    let folder = repository(&[
        ("AGENTS.md", "Ours.\n"),
        ("AGENTS.override.md", "Mine.\n"),
        (".junie/AGENTS.md", "Read AGENTS.md first.\n"),
        ("WARP.md", "<!-- sellonce:begin -->\n<!-- sellonce:end -->\n"),
        ("apps/web/AGENTS.md", "Web.\n"),
        ("apps/app/AGENTS.md", "Read ../../AGENTS.md first.\n"),
        (".rules", "Old.\n"),
    ]);
    sync::sync(folder.path(), Mode::Write, None).unwrap();
    let told = doctor::examine(folder.path(), "2026-12-01").unwrap();
    assert_eq!(told.exit().code(), 0, "{told}");
    let told = told.to_string();
    for expect in [
        "advice: Codex reads `AGENTS.override.md` instead of `AGENTS.md`, and sees no rule",
        "advice: Zed reads `.rules` instead of `AGENTS.md`",
        "advice: in the folder of `apps/web/AGENTS.md`, assistants that read only the nearest `AGENTS.md` do not see the root's; say `Read ../../AGENTS.md first.` there",
    ] {
        assert!(told.contains(expect), "{expect}: {told}");
    }
    for quiet in ["Junie", "Warp", "apps/app"] {
        assert!(!told.contains(quiet), "{quiet}: {told}");
    }
}

#[test]
fn a_pack_that_changed_under_its_version_is_remarked_on() {
    let pin = "[[rules.packs]]\nname = \"acme\"\nversion = \"1.0.0\"\npath = \"rules\"\n";
    let manifest = "name = \"acme\"\nversion = \"1.0.0\"\ntitle = \"Acme\"\napplies = \"Always.\"\nlicense = \"MIT\"\nminimum_tool_version = \"0.1.0\"\nrules = [\"ACM001-one\"]\n";
    let rule = "---\nid: ACM001\nversion: 1.0.0\ntitle: One\nimperative: Do it.\nseverity: error\nscope: [\"src/*.cob\"]\nactivation: paths\nrelated: []\nreferences: []\n---\n\n## Do\n\nThis.\n";
    let folder = repository(&[("rules/pack.toml", manifest), ("rules/ACM001-one/RULE.md", rule)]);
    std::fs::write(folder.path().join("sellonce.toml"), format!("{CONFIG}{pin}")).unwrap();
    sync::sync(folder.path(), Mode::Write, None).unwrap();
    let well = doctor::examine(folder.path(), "2026-12-01").unwrap().to_string();
    assert!(
        well.contains("ACM001: no file matches `src/*.cob`") && !well.contains("give it a new version"),
        "{well}"
    );
    std::fs::write(folder.path().join("rules/ACM001-one/RULE.md"), rule.replace("This.", "That.")).unwrap();
    let told = doctor::examine(folder.path(), "2026-12-01").unwrap().to_string();
    assert!(told.contains("the pack `acme` is still 1.0.0, but its files differ"), "{told}");
    assert!(!told.contains("skills are advised"), "{told}");
    let long = rule.replace("This.", &"This, too.\n".repeat(500));
    std::fs::write(folder.path().join("rules/ACM001-one/RULE.md"), long).unwrap();
    let told = doctor::examine(folder.path(), "2026-12-01").unwrap().to_string();
    assert!(
        told.contains("lines, and skills are advised to stay below 500; give its pack more skills"),
        "{told}"
    );
}

fn site(rule: &'static str, path: &str, kept: bool) -> Site {
    Site { rule, path: path.into(), line: 1, kept }
}

fn example() -> (tempfile::TempDir, Report) {
    let owners = "* @shop/platform\n/services/checkout/ @shop/checkout @maria\n/apps/ @jo\n";
    let folder = repository(&[
        ("CODEOWNERS", owners),
        ("services/checkout/package.json", "{}"),
        ("services/checkout/src/a.ts", ""),
    ]);
    let sites = vec![
        site("INV001", "services/checkout/src/a.ts", true),
        site("INV001", "services/checkout/src/a.ts", true),
        site("INV001", "lib/b.ts", false),
        site("LIM001", "apps/c.ts", true),
        site("LOD001", "apps/c.ts", false),
    ];
    let report = report::report(folder.path(), &Outcome { sites, ..Outcome::default() })
        .expect("the fixture is ours to make");
    (folder, report)
}

#[test]
fn the_report_counts_teams_and_packages() {
    let (_folder, report) = example();
    let standing = |name: &str, relevant, kept| Standing { name: name.to_owned(), relevant, kept };
    assert_eq!(report.all, standing("all rules", 4, 3));
    assert_eq!(
        report.teams,
        [standing("@shop/checkout", 2, 2), standing("@shop/platform", 1, 0), standing("single owners", 1, 1),]
    );
    assert_eq!(report.packages, [standing(".", 2, 1), standing("services/checkout", 2, 2)]);
    let reason = |rule: &str| {
        report.uncounted.iter().find(|uncounted| uncounted.rule == rule).map(|found| found.reason.as_str())
    };
    assert_eq!(reason("LOD001"), Some("switched off: tested by another team"));
    assert_eq!(reason("CHK002"), Some("no detector: it is read, not measured"));
    assert_eq!(report.rules[0], standing("INV001", 3, 2));
}

#[test]
fn no_relevant_place_is_never_a_hundred_per_cent() {
    assert_eq!(Standing { name: String::new(), relevant: 0, kept: 0 }.per_cent(), None);
    assert_eq!(Standing { name: String::new(), relevant: 1_000, kept: 999 }.per_cent(), Some(99));
    let folder = repository(&[]);
    let report = report::report(folder.path(), &Outcome::default()).unwrap();
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let text = report.render(format);
        assert!(text.contains("no relevant sites") && !text.contains("100% ("), "{text}");
    }
}

#[test]
fn a_report_has_four_looks_and_names_no_person() {
    let (_folder, report) = example();
    let json: serde_json::Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(json["all"]["kept"], 3);
    assert!(report.render(Format::Text).starts_with("Adherence: 75% (3 of 4)"));
    assert!(report.render(Format::Markdown).contains("| @shop/platform | 0% (0 of 1) |"));
    let html = report.render(Format::Html);
    assert!(html.contains("aria-label=\"66%\"><rect class=\"kept\" width=\"158\""), "{html}");
    for format in [Format::Text, Format::Json, Format::Markdown, Format::Html] {
        let text = report.render(format);
        assert!(!text.contains("maria") && !text.contains("@jo"), "{text}");
    }
    assert_eq!("pdf".parse::<Format>().unwrap_err().exit().code(), 2);
}

fn git(root: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let status = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(identity)
        .args(arguments)
        .status()
        .expect("the fixture is ours to make");
    assert!(status.success());
}

#[test]
fn the_history_is_taken_from_the_commits_and_leaves_the_work_tree_alone() {
    let (folder, mut report) = example();
    let root = folder.path();
    git(root, &["init", "-q"]);
    for round in 0..3 {
        std::fs::write(root.join("state.txt"), round.to_string()).unwrap();
        git(root, &["add", "-A"]);
        git(root, &["commit", "-q", "-m", "round"]);
    }
    std::fs::write(root.join("state.txt"), "not committed").unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let check = |tree: &Path| -> Result<Vec<Site>, Error> {
        let round: usize = std::fs::read_to_string(tree.join("state.txt")).unwrap().parse().unwrap();
        Ok((0..2).map(|index| site("INV001", "a.ts", index < round)).collect())
    };
    report.history = report::history(root, scratch.path(), 12, &check).unwrap();
    let kept: Vec<usize> = report.history.iter().map(|point| point.standing.kept).collect();
    assert_eq!(kept, [0, 1, 2]);
    let page = report.render(Format::Html);
    assert!(page.contains("aria-label=\"adherence by commit\""), "{page}");
    assert!(page.contains("</b>all rules</li></ul>"), "one rule alone is all rules: {page}");
    report.history[0].rules.push(Standing { name: "LIM001".to_owned(), relevant: 1, kept: 1 });
    let page = report.render(Format::Html);
    assert!(page.contains("</b>INV001</li>") && page.contains("</b>LIM001</li>"), "{page}");
    assert_eq!(std::fs::read_to_string(root.join("state.txt")).unwrap(), "not committed");
    assert_eq!(report::history(scratch.path(), scratch.path(), 3, &check).unwrap_err().exit().code(), 2);
}
