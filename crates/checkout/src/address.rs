//! Postal addresses: where goods go, and which country decides tax and shipping.

use std::fmt;

use crate::catalog::Malformed;
use crate::limits;

/// A country: two letters of ISO 3166, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads two letters of either case.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match text.trim().to_ascii_uppercase().as_bytes() {
            [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([*first, *second])),
            _ => Err(Malformed {
                what: "country",
                problem: "must be a two-letter code such as US or DE".to_owned(),
            }),
        }
    }

    /// The code, as `US`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two ASCII letters are UTF-8")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A postal address. Its texts have been checked: not empty, no control characters, not endless.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Who receives it.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// A second line, if there is one.
    pub line2: Option<String>,
    /// The city.
    pub city: String,
    /// The region, state or province, if the country has them.
    pub region: Option<String>,
    /// The postal code.
    pub postal_code: String,
    /// The country.
    pub country: Country,
    /// A telephone number for the carrier.
    pub phone: Option<String>,
}

/// Masked: logs shall not collect addresses.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, ..)", self.country)
    }
}

/// Checks one text that a person typed: trimmed, not empty, no control characters, at most
/// [`limits::TEXT_CHARS_MAX`] characters.
pub fn typed_text(what: &'static str, text: &str) -> Result<String, Malformed> {
    let text = text.trim();
    let problem = if text.is_empty() {
        "must not be empty".to_owned()
    } else if text.chars().count() > limits::TEXT_CHARS_MAX {
        format!("must have at most {} characters", limits::TEXT_CHARS_MAX)
    } else if text.chars().any(char::is_control) {
        "must not contain line breaks or other control characters".to_owned()
    } else {
        return Ok(text.to_owned());
    };
    Err(Malformed { what, problem })
}
