//! Lists in pages: how much of them, and from where.
//!
//! Decides that a cursor is opaque: clients take it from one page and give it to the next.

use data_encoding::BASE64URL_NOPAD;
use sellonce_checkout::limits;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::fault::Faults;
use crate::problem::Problem;

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// How many rows at most; 20 if it is not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    after: Option<String>,
}

impl Part {
    /// Reads the part; `key` reads what [`cursor`] has written.
    pub(crate) fn parse<K>(&self, key: impl Fn(&str) -> Option<K>) -> Result<(Option<K>, u32), Problem> {
        parse(self.limit, self.after.as_deref(), key)
    }
}

/// Reads the limit and the cursor of a list.
pub(crate) fn parse<K>(
    limit: Option<u32>,
    after: Option<&str>,
    key: impl Fn(&str) -> Option<K>,
) -> Result<(Option<K>, u32), Problem> {
    let mut faults = Faults::default();
    let limit = limit.unwrap_or(limits::PAGE_DEFAULT);
    if !(1..=limits::PAGE_MAX).contains(&limit) {
        faults.add("?limit", format!("must be between 1 and {}", limits::PAGE_MAX));
    }
    let read = |after: &str| {
        let bytes = BASE64URL_NOPAD.decode(after.as_bytes()).ok()?;
        key(&String::from_utf8(bytes).ok()?)
    };
    let after = after.map(|after| read(after).ok_or("must be a `next_cursor` of this list"));
    let after = faults.keep_some("?after", after);
    faults.none()?;
    Ok((after, limit))
}

/// The cursor behind a row with this key.
pub(crate) fn cursor(key: &str) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes())
}
