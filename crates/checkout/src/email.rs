//! E-mail addresses: what counts as one, and when two are the same buyer.

use std::fmt;
use std::str::FromStr;

use crate::catalog::Malformed;
use crate::limits;

/// An e-mail address that mail can be sent to, as the buyer wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    written: Box<str>,
    normalized: Box<str>,
}

impl Email {
    /// Reads an address; surrounding spaces are dropped.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let written = text.trim();
        let wrong = |problem: &str| Malformed { what: "e-mail address", problem: problem.to_owned() };
        if written.len() > limits::EMAIL_BYTES_MAX {
            return Err(wrong("is longer than 254 bytes"));
        }
        // The library reads RFC 5321 and 5322; quotes and comments in it are legal, and of no use to a shopper.
        let parsed = email_address::EmailAddress::from_str(written).ok();
        let plain = !written.contains(['"', '(', '<', ' ']) && !written.chars().any(char::is_control);
        let dotted = parsed.as_ref().is_some_and(|address| address.domain().contains('.'));
        if !plain || !dotted {
            return Err(wrong("is not one that mail can be sent to; it reads like name@example.com"));
        }
        Ok(Self { written: written.into(), normalized: written.to_lowercase().into() })
    }

    /// As the buyer wrote it: where mail goes.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// In lower case: what purchase limits and idempotency scopes compare.
    pub fn normalized(&self) -> &str {
        &self.normalized
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Masked: logs shall not collect addresses.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}
