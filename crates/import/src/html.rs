//! Descriptions of other shops made safe to show.
//!
//! Decides which elements, attributes and addresses remain, and how long a description may be. Leaves parsing and the
//! lists of harmless elements to `ammonia`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use sellonce_checkout::limits;

/// The most bytes that are cleaned: the markup of word processors shrinks by more than half.
const RAW_BYTES_MAX: usize = 2 * limits::BODY_BYTES_MAX;
/// The most tags and entities that are cleaned: the time grows with the square of how deep elements are nested.
const RAW_MARKS_MAX: usize = 20_000;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::Custom(Box::new(absolute)))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// The description without scripts, styles, frames, event attributes and addresses that lead nowhere here.
///
/// `None` if it is longer than a description may be.
pub(crate) fn clean(html: &str) -> Option<String> {
    let marks = html.bytes().filter(|byte| matches!(byte, b'<' | b'&')).count();
    if html.len() > RAW_BYTES_MAX || marks > RAW_MARKS_MAX {
        return None;
    }
    let clean = CLEANER.clean(html.trim()).to_string();
    (clean.len() <= limits::BODY_BYTES_MAX).then_some(clean)
}

/// Addresses without a scheme keep their host; a path alone belongs to the other shop and is dropped.
fn absolute(address: &str) -> Option<Cow<'_, str>> {
    address.starts_with("//").then(|| Cow::Owned(format!("https:{address}")))
}
