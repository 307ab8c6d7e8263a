//! Names in tables, JSON and logs: each thing has one, each name is one thing, and what is no name is refused.

use std::collections::BTreeSet;

use sellonce_checkout::audit::{Invariant, Reserved};
use sellonce_checkout::error::Code;
use sellonce_checkout::{inventory, order, payment, saga, session};

fn check<T: Copy + PartialEq + std::fmt::Debug>(
    all: &[T],
    name: fn(T) -> &'static str,
    parse: impl Fn(&str) -> Option<T>,
) {
    let names: BTreeSet<_> = all.iter().map(|thing| name(*thing)).collect();
    assert_eq!(names.len(), all.len(), "{names:?}");
    for thing in all {
        let own = name(*thing);
        assert!(own.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{own}");
        assert_eq!(parse(own), Some(*thing));
        for wrong in [own.to_uppercase(), format!(" {own}"), format!("{own}s")] {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
    }
    assert_eq!(parse(""), None);
}

#[test]
fn every_state_and_kind_can_be_stored_by_its_name_and_read_back() {
    check(&saga::State::ALL, saga::State::as_str, saga::State::parse);
    check(&session::Status::ALL, session::Status::as_str, session::Status::parse);
    check(&order::Status::ALL, order::Status::as_str, order::Status::parse);
    check(&payment::Status::ALL, payment::Status::as_str, payment::Status::parse);
    check(&inventory::Kind::ALL, inventory::Kind::as_str, inventory::Kind::parse);
    let reserved = [Reserved::Open, Reserved::Committed, Reserved::Released];
    check(&reserved, Reserved::as_str, Reserved::parse);
    let by_code = |text: &str| Code::ALL.iter().copied().find(|code| code.as_str() == text);
    check(Code::ALL, Code::as_str, by_code);
}

#[test]
fn every_error_code_says_what_it_means_and_what_to_do() {
    for code in Code::ALL {
        let (title, advice) = (code.title(), code.advice());
        assert!(title.starts_with(char::is_uppercase) && !title.ends_with('.'), "{title}");
        assert!(advice.starts_with([' ', '`']) || advice.starts_with(char::is_uppercase), "{advice}");
        assert!(advice.ends_with('.'), "{advice}");
    }
}

#[test]
fn the_invariants_are_numbered_from_1_to_14_and_each_has_a_title() {
    let ids: Vec<_> = Invariant::ALL.iter().map(|invariant| invariant.id()).collect();
    let expected: Vec<_> = (1..=14).map(|number| format!("I{number}")).collect();
    assert_eq!(ids, expected);
    let titles: BTreeSet<_> = Invariant::ALL.iter().map(|invariant| invariant.title()).collect();
    assert_eq!(titles.len(), 14);
}
