//! Idempotency: which keys are taken, what each is unique within, and what a known one is answered with.

use sellonce_checkout::email::Email;
use sellonce_checkout::id::{ApiKeyId, CartId, CheckoutId};
use sellonce_checkout::idempotency::{BodyHash, Decision, Key, Progress, Scope, decide};
use sellonce_checkout::limits::Times;
use sellonce_checkout::saga::State;

use crate::{at, uuid};

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    let check = |text: &str, taken: bool| {
        assert_eq!(Key::parse(text).is_some(), taken, "{} characters: {text:?}", text.len());
        if let Some(key) = Key::parse(text) {
            assert_eq!(key.as_str(), text);
        }
    };
    check("", false);
    check("k", true);
    check(&"k".repeat(255), true);
    check(&"k".repeat(256), false);
    check(&"k".repeat(100_000), false);
    check("8e03978e-40d5-43e8-bc93-6894a57f9324", true);
    check("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", true);
    check(" ", false);
    check(" key", false);
    check("key ", false);
    check("two words", false);
    check("tab\tkey", false);
    check("line\nkey", false);
    check("null\0key", false);
    check("\u{7f}", false);
    check("schlüssel", false);
    check("ключ", false);
    check("🔑", false);
    check(&"é".repeat(127), false);
}

#[test]
fn keys_of_different_letters_or_case_are_different_keys() {
    assert_ne!(Key::parse("key"), Key::parse("Key"));
    assert_eq!(Key::parse("key"), Key::parse("key"));
}

#[test]
fn a_key_is_unique_within_its_own_thing_only() {
    let email = |text: &str| Email::parse(text).expect("an address");
    let scopes = [
        Scope::checkout(CheckoutId(uuid(1))),
        Scope::checkout(CheckoutId(uuid(2))),
        Scope::cart(CartId(uuid(1))),
        Scope::buyer(&email("ada@example.com")),
        Scope::buyer(&email("bob@example.com")),
        Scope::admin(ApiKeyId(uuid(1)), "/v1/orders"),
        Scope::admin(ApiKeyId(uuid(1)), "/v1/inventory"),
        Scope::admin(ApiKeyId(uuid(2)), "/v1/orders"),
    ];
    for (index, scope) in scopes.iter().enumerate() {
        assert!(scopes.iter().skip(index + 1).all(|other| other != scope), "{index}");
    }
    assert_eq!(Scope::buyer(&email("Ada@Example.com")), scopes[3], "the same buyer");
    assert_eq!(Scope::admin(ApiKeyId(uuid(1)), "/v1/orders"), scopes[5]);
    // Two buyers who draw the same key are no more one buyer than two checkouts are.
    assert!(!scopes[3].0.windows(3).any(|letters| letters == b"ada"), "a scope holds no address");
}

#[test]
fn a_known_key_is_answered_by_its_body_its_saga_and_its_age() {
    let times = Times { complete_wait_ms: 10, outcome_keep_ms: 1_000, ..Times::default() };
    let (body, other) = (BodyHash::of(b"body"), BodyHash::of(b"another body"));
    let check = |state: State, ended_at: Option<i64>, now: i64, expect: Decision| {
        let ended_at = ended_at.map(at);
        let progress = Progress { state, created_at: at(100), ended_at };
        let found = decide(body, body, progress, at(now), &times);
        assert_eq!(found, expect, "{state:?}, ended {ended_at:?}, at {now}");
        let reused = decide(body, other, progress, at(now), &times);
        assert_eq!(reused, Decision::Reused, "{state:?}, ended {ended_at:?}, at {now}");
    };
    for state in State::ALL {
        if state.is_end() {
            check(state, Some(105), 105, Decision::Replay);
            check(state, Some(105), 105 + 1_000, Decision::Replay);
            check(state, Some(105), 105 + 1_001, Decision::Effect);
            check(state, Some(105), 104, Decision::Replay);
        } else if state == State::AwaitingBuyer {
            // Its first request was answered: the buyer was told where to act.
            check(state, None, 100, Decision::Present);
            check(state, None, 200, Decision::Present);
        } else {
            check(state, None, 100, Decision::InProgress);
            check(state, None, 109, Decision::InProgress);
            check(state, None, 110, Decision::Present);
            check(state, None, 99_999, Decision::Present);
        }
    }
}

#[test]
fn bodies_are_the_same_if_their_bytes_are() {
    assert_eq!(BodyHash::of(b"{\"a\":1}"), BodyHash::of(b"{\"a\":1}"));
    assert_ne!(BodyHash::of(b"{\"a\":1}"), BodyHash::of(b"{\"a\": 1}"));
    assert_ne!(BodyHash::of(b""), BodyHash::of(b"{}"));
}
