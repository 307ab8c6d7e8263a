//! Hostile input: cut, mangled, deep, huge and binary files end in an answer, never in a crash or a hang.

use sellonce_rules::check::{Language, Options, Vocabulary, check_text, run};
use std::path::{Path, PathBuf};

/// The examples of every rule in every language.
fn example_files() -> Vec<PathBuf> {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/commerce");
    let inside =
        |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    inside(library).flat_map(|rule| inside(rule.join("examples"))).flat_map(inside).collect()
}

/// A name that is defined by itself once made the reader recurse without end.
#[test]
fn a_name_defined_by_itself_ends() {
    let text = "pub async fn buy(db: &Db) { let product = product::Entity::find_by_id(id).one(db).await?.unwrap();\n\
        let mut active: product::ActiveModel = product.clone().into();\n\
        active.quantity = Set(product.quantity - 1); active.update(db).await?; }\n";
    let outcome = check_text(Path::new("shop.rs"), text, &Vocabulary::default());
    assert_eq!(outcome.findings.len(), 1, "{:?}", outcome.findings);
}

#[test]
fn every_language_survives_files_cut_and_mangled_anywhere() {
    let mut seed = 0x5e11_0ce5_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below.max(1)).expect("fits")).expect("fits")
    };
    for file in example_files() {
        let text = std::fs::read_to_string(&file).expect("text");
        let characters: Vec<char> = text.chars().collect();
        for _ in 0..8 {
            let mut mangled: Vec<char> = characters[..random(characters.len())].to_vec();
            for _ in 0..random(20) {
                let at = random(mangled.len());
                if at < mangled.len() {
                    mangled[at] = ['{', '(', '"', '\'', '\n', '?', '<', '\u{1F600}', '\0', '`'][random(10)];
                }
            }
            let mangled: String = mangled.into_iter().collect();
            check_text(&file, &mangled, &Vocabulary::default());
        }
    }
}

#[test]
fn deep_nesting_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = format!("product.stock = {}1{};", "(".repeat(20_000 / 4), ")".repeat(20_000 / 4));
    let calls = format!("product.stock = a{};", "\n.b()".repeat(3_000));
    std::fs::write(folder.path().join("deep.js"), deep).expect("written");
    std::fs::write(folder.path().join("calls.js"), calls).expect("written");
    let outcome = run(&Options { root: folder.path().to_path_buf(), ..Options::default() });
    assert_eq!(outcome.files, 2);
}

#[test]
fn binary_huge_and_linked_files_are_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("binary.js"), b"stock\0\x01\x02").expect("written");
    std::fs::write(folder.path().join("huge.js"), "stock;\n".repeat(400_000)).expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).expect("linked");
    let outcome = run(&Options { root: folder.path().to_path_buf(), ..Options::default() });
    assert_eq!((outcome.files, outcome.findings.len()), (0, 0));
}

#[test]
fn every_language_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> =
        Language::ALL.iter().map(|language| language.name()).collect();
    assert_eq!(names.len(), Language::ALL.len());
}
