//! The README's first sale, run as it is written.

use std::path::Path;
use std::process::Command;

use crate::harness::{BINARY, Shop};

/// The `sh` blocks below a heading of the README.
fn blocks(readme: &str, heading: &str) -> Vec<String> {
    let section = readme.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("the README has a section `{heading}`"));
    let mut parts = section.split("```sh\n").skip(1);
    let mut blocks = Vec::new();
    while let Some(block) = parts.next().and_then(|part| part.split("```").next()) {
        blocks.push(block.to_owned());
    }
    blocks
}

#[test]
fn the_first_sale_of_the_readme_works_as_written() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README can be read");
    let mut shop = Shop::new();
    shop.start_with(&["--demo"]);
    let script = blocks(&readme, "A first sale").join("\n");
    assert!(script.contains("/complete"), "the section has the sale: {script}");
    // The server runs elsewhere than in the README, and the binary is built already.
    let script = script
        .replace("localhost:8080", &shop.address().to_string())
        .replace("cargo run --release -- ", &format!("{BINARY} "));
    let sale = Command::new("sh").args(["-euc", &script]).current_dir(shop.folder()).output();
    let sale = sale.expect("sh can be run");
    let said = String::from_utf8_lossy(&sale.stdout).into_owned();
    assert!(sale.status.success(), "{said}{}", String::from_utf8_lossy(&sale.stderr));
    assert!(said.contains("\"status\":\"paid\""), "{said}");
    assert!(said.contains("every invariant that was judged holds"), "{said}");
    assert_eq!(shop.mails().len(), 1);
}
