//! What must not be shown of a dry run: whatever looks like a credential.
//!
//! Decides what does, by its name (a header, a key of a JSON body, a fact of the file), by where it comes from (the
//! environment), or by its looks (long and opaque). Somebody pastes a dry run into a message to somebody else, so this
//! hides too much rather than too little; what is left of a hidden text tells one from another.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::dialect::{Answer, Request};

use super::file::{Call, File, StepFile, Text};
use super::template::Facts;

/// Parts of names that credentials have.
const NAMES: [&str; 14] = [
    "authorization",
    "api-key",
    "api_key",
    "apikey",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "session",
    "token",
];
/// So many letters of a secret are one, even if the rest is cut off. Anything shorter is only hidden where it stands
/// alone, and only if it is called a password or a secret.
const TELLING: usize = 8;
/// A run of so many letters and digits is opaque: an address of an order with its secret, a signed token. A UUID has 36.
const OPAQUE: usize = 40;
/// Of a text so long the first letters may be seen.
const LONG: usize = 24;
/// So many.
const SEEN: usize = 6;

/// Credentials, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    texts: BTreeSet<String>,
    /// The facts of the file that hold one, by their names.
    facts: BTreeSet<String>,
    /// What is none, whatever it is called: the words that test payments are asked for with, keys of surge's own.
    open: BTreeSet<String>,
}

impl Secrets {
    /// Those that the file names, or has from the environment.
    pub(super) fn of(file: &File, values: &Facts) -> Self {
        let mut secrets = Self::default();
        secrets.open.extend(file.cards.values().map(|card| card.get_ref().clone()));
        for Call { extract, extract_header, .. } in file.before.iter().chain(&file.sell) {
            secrets.name(extract.iter().chain(extract_header));
        }
        for StepFile { extract, extract_header, .. } in &file.steps {
            secrets.name(extract.iter().chain(extract_header));
        }
        for (name, text) in &file.values {
            let is_secret = text.get_ref().starts_with("env:") || is_credential(name);
            if let Some(value) = values.get(name).filter(|_| is_secret) {
                secrets.add(name, value);
            }
        }
        secrets
    }

    fn name<'a>(&mut self, extracts: impl Iterator<Item = (&'a String, &'a Text)>) {
        for (name, place) in extracts {
            // The last part of a pointer, or the whole name of a header.
            let last = place.get_ref().rsplit('/').next().unwrap_or_default();
            if is_credential(name) || is_credential(last) {
                self.facts.insert(name.clone());
            }
        }
    }

    /// Says that a text is none.
    pub(super) fn may_be_seen(&mut self, text: &str) {
        self.open.insert(text.to_owned());
    }

    /// Learns from what answers have brought.
    pub(super) fn learn_facts<'a>(&mut self, facts: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for (name, value) in facts {
            if self.facts.contains(name) || is_credential(name) {
                self.add(name, value);
            }
        }
    }

    pub(super) fn learn_request(&mut self, request: &Request) {
        for (name, value) in request.headers.iter().filter(|(name, _)| is_credential(name)) {
            // The scheme before it is none: `Bearer`, `Basic`.
            let behind = value.split_once(' ').filter(|_| name.contains("authorization"));
            self.add(name, behind.map_or(value.as_str(), |(_, credential)| credential));
        }
        self.learn_body(&request.body);
    }

    pub(super) fn learn_answer(&mut self, answer: &Answer) {
        for (name, value) in answer.headers.iter().filter(|(name, _)| is_credential(name)) {
            self.add(name, value);
        }
        self.learn_body(&answer.body);
    }

    fn learn_body(&mut self, body: &[u8]) {
        if let Ok(body) = serde_json::from_slice::<Value>(body) {
            self.learn_json("", &body);
        }
    }

    fn learn_json(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) if is_credential(name) => self.add(name, text),
            Value::Array(rows) => rows.iter().for_each(|row| self.learn_json(name, row)),
            Value::Object(keys) => keys.iter().for_each(|(name, value)| self.learn_json(name, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn add(&mut self, name: &str, text: &str) {
        let is_password = ["pass", "secret"].iter().any(|part| name.to_lowercase().contains(part));
        if !self.open.contains(text) && (text.len() >= TELLING || (is_password && !text.is_empty())) {
            self.texts.insert(text.to_owned());
        }
    }

    /// The text without them.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut before = ' ';
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let hidden = self.hidden(before, rest).unwrap_or_default();
            if hidden > 0 {
                shown.push_str(&mark(&rest[..hidden]));
                rest = &rest[hidden..];
                before = 'x';
            } else {
                shown.push(next);
                rest = &rest[next.len_utf8()..];
                before = next;
            }
        }
        shown
    }

    /// How many bytes must not be seen from here on.
    fn hidden(&self, before: char, rest: &str) -> Option<usize> {
        let known = self.texts.iter().map(|secret| {
            let same = rest.bytes().zip(secret.bytes()).take_while(|(one, other)| one == other).count();
            let alone = same == secret.len()
                && !is_inner(before)
                && !rest[same..].chars().next().is_some_and(is_inner);
            if same >= TELLING || alone { same } else { 0 }
        });
        let opaque =
            (!is_inner(before)).then(|| opaque(rest)).filter(|run| !self.open.contains(&rest[..*run]));
        // A text that was cut off within a letter ends before it.
        known.chain(opaque).max().map(|length| (0..=length).rev().find(|end| rest.is_char_boundary(*end)))?
    }
}

/// How long the opaque run at the beginning is; 0 if it is none.
fn opaque(text: &str) -> usize {
    let run = text.find(|letter| !is_inner(letter)).unwrap_or(text.len());
    let word = &text[..run];
    let is_mixed = word.contains(|letter: char| letter.is_ascii_digit())
        && word.contains(|letter: char| letter.is_ascii_alphabetic());
    if run >= OPAQUE && is_mixed { run } else { 0 }
}

/// What stands within a word: ids, tokens, their prefixes and their dots.
fn is_inner(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

fn is_credential(name: &str) -> bool {
    let name = name.to_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// What stands for a hidden text.
fn mark(hidden: &str) -> String {
    let letters = hidden.chars().count();
    let seen: String = if letters >= LONG { hidden.chars().take(SEEN).collect() } else { String::new() };
    format!("<{seen}..., {letters} letters>")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "er3rtf3nnpa2z17bhm03f732266jaqeymkk9m6a5bab6tafxtr0g";

    fn request(headers: &[(&str, &str)], body: &str) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request {
            method: "POST".to_owned(),
            path: "/carts".to_owned(),
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
            key: None,
        }
    }

    #[test]
    fn a_credential_is_hidden_wherever_it_stands() {
        let mut secrets = Secrets::default();
        secrets.may_be_seen("tok_ok");
        secrets.learn_request(&request(
            &[
                ("authorization", "Bearer 0123456789"),
                ("cookie", "sid=abcdefgh"),
                ("x-publishable-api-key", "pk_test_1"),
                ("idempotency-key", "surge-1-dry-run"),
                ("content-type", "application/json"),
            ],
            r#"{"token": "tok_ok", "user": {"password": "admin"}, "session": "open", "sku": "mug-0123456789"}"#,
        ));
        for (text, expect) in [
            ("authorization: Bearer 0123456789", "authorization: Bearer <..., 10 letters>"),
            ("cookie: sid=abcdefgh", "cookie: <..., 12 letters>"),
            ("x-publishable-api-key: pk_test_1", "x-publishable-api-key: <..., 9 letters>"),
            ("idempotency-key: surge-1-dry-run", "idempotency-key: surge-1-dry-run"),
            (r#"{"password": "admin"}"#, r#"{"password": "<..., 5 letters>"}"#),
            // Short ones only where they stand alone, and what is only called like one stays.
            ("POST /admin-api/administrators", "POST /admin-api/administrators"),
            (r#"{"token": "tok_ok", "session": "open"}"#, r#"{"token": "tok_ok", "session": "open"}"#),
            // In the middle of others, and cut off.
            ("/carts/0123456789/buy?x=1", "/carts/<..., 10 letters>/buy?x=1"),
            ("answered: 01234567", "answered: <..., 8 letters>"),
            ("answered: 0123456", "answered: 0123456"),
        ] {
            assert_eq!(secrets.hide(text), expect);
        }
    }

    #[test]
    fn what_an_answer_brings_is_learned_by_its_name() {
        let mut secrets = Secrets::default();
        let answer = Answer {
            status: 200,
            headers: vec![("vendure-auth-token".to_owned(), "deadbeef00".to_owned())],
            body: br#"{"cart": {"id": "cart_1"}, "access_token": ["wxyz987654"]}"#.to_vec(),
        };
        secrets.learn_answer(&answer);
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(
            secrets.hide(&body),
            r#"{"cart": {"id": "cart_1"}, "access_token": ["<..., 10 letters>"]}"#
        );
        assert_eq!(secrets.hide("Bearer deadbeef00"), "Bearer <..., 10 letters>");
    }

    #[test]
    fn what_is_long_and_opaque_is_hidden_whatever_it_is_called() {
        let secrets = Secrets::default();
        let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.Rq8IxqeX7eA6GgYxlcHdPFVRNFFZc5rEI3MQTZZbK3I";
        for (text, expect) in [
            (
                format!("/v1/checkouts/chk_{TOKEN}/complete"),
                "/v1/checkouts/<chk_er..., 56 letters>/complete".to_owned(),
            ),
            (format!("token = {jwt}"), format!("token = <eyJhbG..., {} letters>", jwt.len())),
            ("id = 018f2b5c-9d3e-7c41-a2b0-1f2e3d4c5b6a".to_owned(), String::new()),
            ("ord_06h2tw36fsr0z5ps3fx98vta9c".to_owned(), String::new()),
            ("a-very-long-handle-of-a-product-that-has-no-digits-at-all".to_owned(), String::new()),
            ("Grüße aus Köln, 12345678901234567890".to_owned(), String::new()),
        ] {
            let expect = if expect.is_empty() { text.clone() } else { expect };
            assert_eq!(secrets.hide(&text), expect);
            // What is hidden stays so, and is not hidden again.
            assert_eq!(secrets.hide(&expect), expect);
        }
    }

    #[test]
    fn letters_of_more_than_one_byte_are_not_cut() {
        let mut secrets = Secrets::default();
        secrets.add("password", "pässwörter-ö");
        assert_eq!(secrets.hide("pässwört"), "<..., 8 letters>");
        // The last letters differ, and begin with the same byte.
        assert_eq!(secrets.hide("pässwörter-õ"), "<..., 11 letters>õ");
    }
}
