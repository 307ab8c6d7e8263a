//! A binary that can have a defect starts only when it is told which; and each defect has its proof.

use std::fs;
use std::path::Path;

use sellonce_checkout::sabotage::Sabotage;

use crate::harness::Shop;

#[test]
fn without_the_name_of_a_defect_nothing_starts() {
    for name in ["", "no-such-defect", "None"] {
        let mut shop = Shop::new();
        shop.set("SELLONCE_SABOTAGE", name);
        for arguments in [&["serve"][..], &["audit"], &["config", "print"]] {
            let output = shop.run(arguments);
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            let listed = |defect: &&Sabotage| said.lines().any(|line| line.trim() == defect.as_str());
            assert_eq!(Sabotage::ALL.iter().filter(listed).count(), 16, "{said}");
        }
        assert!(!shop.path("sellonce.db").exists());
    }
}

#[test]
fn each_defect_has_its_proof() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sabotage");
    let files = fs::read_dir(Path::new(folder)).expect("these tests have a folder");
    let files = files.map(|file| file.expect("a file").path());
    // Surge looks for all of them; each has a story of its own besides.
    let stories = files.filter(|file| !file.ends_with("surge.rs"));
    let texts = stories.map(|file| fs::read_to_string(file).expect("text"));
    let texts: String = texts.collect();
    for defect in Sabotage::ALL {
        let planted = [',', '.'].map(|next| format!("Sabotage::{defect:?}{next}"));
        assert!(planted.iter().any(|line| texts.contains(line)), "{defect:?} is never caught");
    }
}
