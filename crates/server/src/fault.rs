//! Faults: which fields of a request are wrong, each by its place and with what would be right.
//!
//! Decides how a field is named to the client. Leaves what is right to the types of checkout.

use std::fmt::Display;

use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};

/// One field of the request that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Which: a JSON pointer into the body as `/lines/0/quantity`, or `?limit` for a parameter of the address.
    pointer: String,
    /// `missing_field`, `unknown_field`, `invalid_type` or `invalid_value`.
    code: &'static str,
    /// What is wrong and what would be right.
    message: String,
}

/// The faults of one request, collected so that the client is told of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a value that cannot be.
    pub(crate) fn add(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { pointer: pointer.into(), code: "invalid_value", message: message.into() });
    }

    /// Notes a field that must be there.
    pub(crate) fn missing(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { pointer: pointer.into(), code: "missing_field", message: message.into() });
    }

    /// Takes a value that was read, or notes why it was not.
    pub(crate) fn keep<T>(&mut self, pointer: String, read: Result<T, impl Display>) -> Option<T> {
        read.map_err(|error| self.add(pointer, error.to_string())).ok()
    }

    /// Takes an optional value that was read, or notes why it was not.
    pub(crate) fn keep_some<T, E: Display>(
        &mut self,
        pointer: &str,
        read: Option<Result<T, E>>,
    ) -> Option<T> {
        read.and_then(|read| self.keep(pointer.to_owned(), read))
    }

    /// Goes on only without a fault.
    pub(crate) fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_problem()) }
    }

    /// The value that was read without a fault.
    pub(crate) fn end<T>(self, read: Option<T>) -> Result<T, Problem> {
        read.filter(|_| self.0.is_empty()).ok_or_else(|| self.into_problem())
    }

    /// The problem that these faults are.
    pub(crate) fn into_problem(self) -> Problem {
        let detail = match self.0.as_slice() {
            [Fault { pointer, message, .. }] => format!("{pointer}: {message}"),
            faults => format!("{} fields of the request are wrong.", faults.len()),
        };
        Problem::new(Code::ValidationFailed, detail).with(|facts| facts.errors = self.0)
    }

    /// The fault that serde has found at a path of a document, or of a query if `sign` is `?`.
    ///
    /// Its messages name the types of the program; the client is told the words of JSON.
    pub(crate) fn of_serde(path: &serde_path_to_error::Path, message: &str, sign: char) -> Self {
        let mut pointer = pointer(path, sign);
        // Of a field that is missing, or there twice, the path may end at its object.
        let name = message.split_once("field `").and_then(|(_, rest)| rest.split('`').next());
        if let Some(name) = name.filter(|name| !pointer.ends_with(&format!("{sign}{name}"))) {
            pointer = format!("{pointer}{sign}{name}");
        }
        let code = if message.starts_with("missing field") {
            "missing_field"
        } else if message.starts_with("unknown field") || message.starts_with("duplicate field") {
            "unknown_field"
        } else if message.starts_with("invalid type") {
            "invalid_type"
        } else {
            "invalid_value"
        };
        let message = message.split(" at line ").next().unwrap_or(message);
        let message =
            RUST_WORDS.iter().fold(message.to_owned(), |text, (word, plain)| text.replace(word, plain));
        Self(vec![Fault { pointer, code, message }])
    }
}

/// Words of the program in serde's messages, and what they mean to a client.
const RUST_WORDS: &[(&str, &str)] = &[
    ("expected i64", "expected a whole number"),
    ("expected u32", "expected a whole number, not below zero"),
    ("expected struct ", "expected an object: "),
    ("expected a sequence", "expected an array"),
    ("invalid type: sequence", "invalid type: array"),
    ("invalid type: map", "invalid type: object"),
    ("expected a boolean", "expected true or false"),
];

fn pointer(path: &serde_path_to_error::Path, sign: char) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            // RFC 6901: the two characters that a pointer gives a meaning to.
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push(sign);
        pointer.push_str(&part);
    }
    pointer
}
