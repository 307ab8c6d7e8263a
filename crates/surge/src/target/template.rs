//! Texts with `{{names}}` in them.
//!
//! Decides what a name may look like and how a value is written into a path, a JSON body or anything else.

use std::collections::BTreeMap;

/// Where a text is put: what has to be escaped depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Json,
    Plain,
}

/// What names stand for.
pub(super) type Facts = BTreeMap<String, String>;

/// A text in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Reads a text; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, behind) = after.split_once("}}").ok_or("`{{` without `}}`")?;
            let name = name.trim();
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(format!("`{{{{{name}}}}}` is no name: letters, digits and `_`"));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Name(name.to_owned()));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names().any(|each| each == name)
    }

    /// The text with what the names stand for; `Err` is a name that stands for nothing.
    pub(super) fn fill(
        &self,
        place: Place,
        value: impl Fn(&str) -> Option<String>,
    ) -> Result<String, String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                // The lines of a cart are a text of the file, filled already.
                Part::Name(name) if name == "lines" => filled.push_str(&value(name).ok_or(name)?),
                Part::Name(name) => filled.push_str(&escaped(place, &value(name).ok_or(name)?)),
            }
        }
        Ok(filled)
    }
}

fn escaped(place: Place, value: &str) -> String {
    match place {
        Place::Plain => value.to_owned(),
        Place::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        Place::Path => {
            let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@:".contains(&byte);
            let letter = |byte: u8| {
                if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            };
            value.bytes().map(letter).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, place: Place) -> Result<String, String> {
        let template = Template::parse(text)?;
        template.fill(place, |name| match name {
            "cart" => Some("a b/\"c\"".to_owned()),
            "lines" => Some("{\"x\": 1}".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn names_are_filled_in_as_their_place_needs_it() {
        assert_eq!(fill("/carts/{{cart}}/buy", Place::Path).as_deref(), Ok("/carts/a%20b%2F%22c%22/buy"));
        assert_eq!(
            fill("{\"id\": \"{{ cart }}\"}", Place::Json).as_deref(),
            Ok("{\"id\": \"a b/\\\"c\\\"\"}")
        );
        assert_eq!(fill("[{{lines}}]", Place::Json).as_deref(), Ok("[{\"x\": 1}]"));
        assert_eq!(fill("x{{cart}}", Place::Plain).as_deref(), Ok("xa b/\"c\""));
    }

    #[test]
    fn what_cannot_be_filled_in_says_why() {
        assert_eq!(fill("{{crat}}", Place::Path), Err("crat".to_owned()));
        assert!(fill("{{cart", Place::Path).is_err_and(|why| why.contains("without")));
        assert!(fill("{{a b}}", Place::Path).is_err_and(|why| why.contains("no name")));
    }
}
