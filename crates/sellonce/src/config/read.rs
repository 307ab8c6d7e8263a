//! Reading values: where each one comes from, and what is wrong with it.
//!
//! Decides how a key is found and typed, and gathers problems instead of stopping at the first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A configuration file.
    File(String),
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) | Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Something that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where it is.
    pub(crate) at: String,
    /// What is wrong and what would be right.
    pub(crate) reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.reason)
    }
}

/// A value before it is typed. Files have types; variables and flags have text.
#[derive(Clone, Debug)]
enum Raw {
    Typed(toml::Value),
    Text(String),
}

/// The sections that there are.
const SECTIONS: [&str; 3] = ["server", "shop", "payments"];
/// The sections that belong to the rules, and are not read here.
const OF_THE_RULES: [&str; 2] = ["rules", "check"];

/// All values, by `section.key`.
#[derive(Debug, Default)]
pub(crate) struct Values {
    values: BTreeMap<String, (Raw, Source)>,
    asked_for: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Values {
    /// Adds a file's values.
    pub(crate) fn add_file(&mut self, path: &Path, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return self.problem(path.display(), error.to_string().trim_end()),
        };
        for (section, value) in table {
            let at = format!("{}: [{section}]", path.display());
            match value {
                toml::Value::Table(_) if OF_THE_RULES.contains(&section.as_str()) => {}
                toml::Value::Table(keys) if SECTIONS.contains(&section.as_str()) => {
                    for (key, value) in keys {
                        let source = Source::File(format!("{}: {section}.{key}", path.display()));
                        self.values.insert(format!("{section}.{key}"), (Raw::Typed(value), source));
                    }
                }
                toml::Value::Table(_)
                | toml::Value::String(_)
                | toml::Value::Integer(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_)
                | toml::Value::Array(_) => {
                    self.problem(at, format!("there is no such section; sections: {}", SECTIONS.join(", ")));
                }
            }
        }
    }

    /// Adds the variables that begin with `SELLONCE_` and have a section.
    pub(crate) fn add_environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        for (name, text) in variables {
            let path = name.strip_prefix("SELLONCE_").and_then(|path| path.split_once("__"));
            let Some((section, key)) = path else { continue };
            let (section, key) = (section.to_lowercase(), key.to_lowercase());
            if OF_THE_RULES.contains(&section.as_str()) {
                continue;
            }
            self.values.insert(format!("{section}.{key}"), (Raw::Text(text), Source::Variable(name)));
        }
    }

    /// Adds a flag's value.
    pub(crate) fn add_flag(&mut self, key: &str, flag: &str, text: &str) {
        self.values.insert(key.to_owned(), (Raw::Text(text.to_owned()), Source::Flag(flag.to_owned())));
    }

    /// Whether a key was set by anybody.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Notes a problem.
    pub(crate) fn problem(&mut self, at: impl fmt::Display, reason: impl fmt::Display) {
        self.problems.push(Problem { at: at.to_string(), reason: reason.to_string() });
    }

    /// Notes that a key's value is wrong, naming where the value comes from.
    pub(crate) fn wrong(&mut self, key: &str, reason: &str) {
        let at = self.values.get(key).map_or_else(|| key.to_owned(), |(_, source)| source.to_string());
        self.problem(at, reason);
    }

    /// All problems, after every key was asked for: a key that nobody asked for is one, too.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        let unknown = self.values.iter().filter(|(key, _)| !self.asked_for.contains(*key));
        let unknown: Vec<_> = unknown.map(|(key, (_, source))| (key.clone(), source.to_string())).collect();
        for (key, at) in unknown {
            let section = key.split('.').next().unwrap_or_default();
            let known = self.asked_for.iter().filter_map(|known| known.strip_prefix(&format!("{section}.")));
            let known: Vec<&str> = known.collect();
            let reason = match known.is_empty() {
                true => format!("there is no section `{section}`; sections: {}", SECTIONS.join(", ")),
                false => format!("there is no such key; keys of `{section}`: {}", known.join(", ")),
            };
            self.problem(at, reason);
        }
        self.problems
    }

    fn raw(&mut self, key: &str) -> Option<Raw> {
        self.asked_for.insert(key.to_owned());
        self.values.get(key).map(|(raw, _)| raw.clone())
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &str, default: &str) -> String {
        match self.raw(key) {
            None => default.to_owned(),
            Some(Raw::Text(text) | Raw::Typed(toml::Value::String(text))) => text,
            Some(Raw::Typed(_)) => {
                self.wrong(key, "must be a text in quotes");
                default.to_owned()
            }
        }
    }

    /// A whole number within a range.
    pub(crate) fn number<T>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + fmt::Display + Copy,
    {
        let number = match self.raw(key) {
            None => return default,
            Some(Raw::Text(text)) => text.parse::<i64>().ok(),
            Some(Raw::Typed(value)) => value.as_integer(),
        };
        let number =
            number.and_then(|number| T::try_from(number).ok()).filter(|number| range.contains(number));
        number.unwrap_or_else(|| {
            let reason = format!("must be a whole number from {} to {}", range.start(), range.end());
            self.wrong(key, &reason);
            default
        })
    }

    /// Yes or no.
    pub(crate) fn truth(&mut self, key: &str, default: bool) -> bool {
        let truth = match self.raw(key) {
            None => return default,
            Some(Raw::Text(text)) => text.parse().ok(),
            Some(Raw::Typed(value)) => value.as_bool(),
        };
        truth.unwrap_or_else(|| {
            self.wrong(key, "must be true or false");
            default
        })
    }

    /// A list of texts; as a variable or flag, separated by commas.
    pub(crate) fn texts(&mut self, key: &str, default: &[&str]) -> Vec<String> {
        let default = || default.iter().map(ToString::to_string).collect();
        let list = match self.raw(key) {
            None => return default(),
            Some(Raw::Text(text) | Raw::Typed(toml::Value::String(text))) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(parts.map(ToOwned::to_owned).collect())
            }
            Some(Raw::Typed(value)) => value.as_array().and_then(|values| {
                values.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect::<Option<Vec<_>>>()
            }),
        };
        list.unwrap_or_else(|| {
            self.wrong(key, "must be a list of texts");
            default()
        })
    }

    /// An address to listen on.
    pub(crate) fn address(&mut self, key: &str, default: &str) -> SocketAddr {
        let text = self.text(key, default);
        self.parse_address(key, &text, default)
    }

    /// Addresses to listen on; never none.
    pub(crate) fn addresses(&mut self, key: &str, default: &[&str]) -> Vec<SocketAddr> {
        let texts = self.texts(key, default);
        if texts.is_empty() {
            self.wrong(key, "must name an address, as 127.0.0.1:8080");
        }
        let fallback = default.first().copied().unwrap_or("127.0.0.1:8080");
        texts.iter().map(|text| self.parse_address(key, text, fallback)).collect()
    }

    fn parse_address(&mut self, key: &str, text: &str, default: &str) -> SocketAddr {
        let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        let parsed = numeric.as_deref().unwrap_or(text).parse();
        parsed.unwrap_or_else(|_| {
            self.wrong(key, &format!("`{text}` is not an address and port, as 127.0.0.1:8080"));
            default.parse().expect("a default address is an address")
        })
    }

    /// A list of tables; as a variable, a TOML array.
    pub(crate) fn tables(&mut self, key: &str) -> Vec<toml::Table> {
        let value = match self.raw(key) {
            None => return Vec::new(),
            Some(Raw::Typed(value)) => Some(value),
            Some(Raw::Text(text)) => format!("value = {text}")
                .parse::<toml::Table>()
                .ok()
                .and_then(|mut table| table.remove("value")),
        };
        let tables = value.as_ref().and_then(toml::Value::as_array).and_then(|values| {
            values.iter().map(|value| value.as_table().cloned()).collect::<Option<Vec<_>>>()
        });
        tables.unwrap_or_else(|| {
            self.wrong(key, &format!("must be a list of tables, each written as `[[{key}]]`"));
            Vec::new()
        })
    }
}
