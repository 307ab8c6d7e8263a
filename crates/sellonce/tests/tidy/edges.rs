//! Which crate may lean on which: the arrows of ARCHITECTURE.md as a table.
//!
//! Decides the allowed edges between crates of ours, in the product and in tests apart. What may enter from outside is
//! decided in deny.toml, and where it may be used in `rooms`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A crate and what it may lean on.
struct Room {
    name: &'static str,
    /// In the product: normal and build dependencies.
    below: &'static [&'static str],
    /// In its tests, besides those.
    in_tests: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { name: "checkout", below: &[], in_tests: &[] },
    // How a database is reached, whosever it is.
    Room { name: "postgres", below: &[], in_tests: &[] },
    // For tests alone: no crate of the product leans on it.
    Room { name: "cluster", below: &[], in_tests: &[] },
    Room { name: "store", below: &["checkout", "postgres"], in_tests: &["payments", "cluster"] },
    Room { name: "payments", below: &["checkout"], in_tests: &[] },
    Room { name: "delivery", below: &["checkout"], in_tests: &[] },
    Room { name: "import", below: &["checkout"], in_tests: &[] },
    Room { name: "server", below: &["checkout"], in_tests: &["store", "payments", "delivery", "cluster"] },
    // The doubter and the teacher meet the shop as strangers do: no edge to it, not even in a test.
    Room { name: "surge", below: &["postgres"], in_tests: &[] },
    Room { name: "rules", below: &[], in_tests: &[] },
    Room {
        name: "sellonce",
        below: &["checkout", "store", "payments", "delivery", "import", "server", "surge", "rules"],
        in_tests: &["cluster"],
    },
];

/// What an edge is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Product,
    Tests,
}

/// One crate of ours naming another in its manifest.
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: Kind,
}

/// The crates and edges of the workspace, as cargo reads its manifests.
pub(crate) fn of_workspace(root: &Path) -> (Vec<String>, Vec<Edge>) {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .expect("cargo runs, as it runs this test");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    read(&serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON"))
}

fn read(metadata: &Value) -> (Vec<String>, Vec<Edge>) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| short(value["name"].as_str().expect("a package has a name")).to_owned();
    let packages = list(&metadata["packages"]);
    let crates: Vec<String> = packages.iter().map(name).collect();
    let mut edges = Vec::new();
    for package in &packages {
        for dependency in list(&package["dependencies"]) {
            let to = name(&dependency);
            let kind = if dependency["kind"] == "dev" { Kind::Tests } else { Kind::Product };
            if crates.contains(&to) {
                edges.push(Edge { from: name(package), to, kind });
            }
        }
    }
    (crates, edges)
}

/// A package's name as its folder has it.
fn short(package: &str) -> &str {
    package.strip_prefix("sellonce-").unwrap_or(package)
}

/// Every crate without a row in the table, and every edge that the table does not have.
pub(crate) fn check(crates: &[String], edges: &[Edge]) -> Vec<String> {
    let room = |name: &str| ROOMS.iter().find(|room| room.name == name);
    let homeless = crates.iter().filter(|name| room(name).is_none()).map(|name| {
        format!("{name}: a crate without a row in tidy/edges.rs and in ARCHITECTURE.md; what does its border forbid?")
    });
    let refused = edges.iter().filter_map(|edge| {
        let from = room(&edge.from)?;
        let to = edge.to.as_str();
        // A crate may name itself in its tests, to switch a feature on.
        let in_tests = from.in_tests.contains(&to) || edge.to == edge.from;
        let allowed = from.below.contains(&to) || (edge.kind == Kind::Tests && in_tests);
        let place = if edge.kind == Kind::Tests { "in its tests" } else { "in the product" };
        (!allowed).then(|| {
            format!("{} must not lean on {to} {place}: ARCHITECTURE.md has no such arrow", edge.from)
        })
    });
    homeless.chain(refused).collect()
}

fn findings(from: &str, to: &str, kind: Kind) -> Vec<String> {
    check(&[], &[Edge { from: from.to_owned(), to: to.to_owned(), kind }])
}

#[test]
fn an_arrow_that_points_up_or_sideways_is_refused() {
    assert_eq!(findings("checkout", "store", Kind::Product).len(), 1);
    assert_eq!(findings("server", "store", Kind::Product).len(), 1);
    assert_eq!(findings("payments", "store", Kind::Tests).len(), 1);
}

#[test]
fn the_doubter_and_the_teacher_never_lean_on_the_shop() {
    for stranger in ["surge", "rules"] {
        for kind in [Kind::Product, Kind::Tests] {
            assert_eq!(findings(stranger, "checkout", kind).len(), 1);
        }
    }
}

#[test]
fn arrows_that_point_down_are_allowed() {
    assert!(findings("store", "checkout", Kind::Product).is_empty());
    assert!(findings("sellonce", "surge", Kind::Product).is_empty());
    assert!(findings("server", "store", Kind::Tests).is_empty());
    assert!(findings("checkout", "checkout", Kind::Tests).is_empty());
}

#[test]
fn a_new_crate_needs_a_row_in_the_table() {
    assert_eq!(check(&["misplaced".to_owned()], &[]).len(), 1);
    assert!(check(&["checkout".to_owned()], &[]).is_empty());
}

#[test]
fn edges_are_read_from_what_cargo_prints() {
    let (crates, edges) = read(&serde_json::json!({ "packages": [
        { "name": "sellonce-store", "dependencies": [
            { "name": "sellonce-checkout", "kind": null },
            { "name": "sellonce-checkout", "kind": "dev" },
            { "name": "rusqlite", "kind": null },
        ] },
        { "name": "sellonce-checkout", "dependencies": [] },
    ] }));
    assert_eq!(crates, ["store", "checkout"]);
    assert_eq!(edges.len(), 2, "what others publish is no edge of ours");
    assert!(edges[0].kind == Kind::Product && edges[1].kind == Kind::Tests);
}
