//! Tidy: the habits of STYLE.md and the walls of ARCHITECTURE.md that a machine can hold.
//!
//! Decides that every check runs on the whole work tree, as a test of its own. Each check is a pure function in a file
//! of its own, which also shows that it catches what it is for and lets a clean example pass.

mod bans;
mod edges;
mod headers;
mod promises;
mod rooms;
mod sizes;
mod source;
mod tree;

/// Fails with all findings at once, so that one run is enough to mend them.
#[track_caller]
fn refuse(findings: &[String]) {
    assert!(findings.is_empty(), "{} to mend:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn every_crate_leans_only_on_the_crates_below_it() {
    let (crates, edges) = edges::of_workspace(&tree::root());
    refuse(&edges::check(&crates, &edges));
}

#[test]
fn every_word_stays_in_its_room() {
    refuse(&rooms::check(&tree::files(&tree::root())));
}

#[test]
fn every_file_begins_with_what_it_decides() {
    refuse(&headers::check(&tree::files(&tree::root())));
}

#[test]
fn no_file_or_function_outgrows_its_limit() {
    let ratchet = include_str!("ratchet.txt");
    refuse(&sizes::check(&tree::files(&tree::root()), ratchet));
}

#[test]
fn nothing_banned_is_written_anywhere() {
    refuse(&bans::check(&tree::files(&tree::root())));
}

#[test]
fn every_promise_is_told_guarded_and_tested() {
    refuse(&promises::missing(&tree::files(&tree::root())));
}
