//! The values of single cells.
//!
//! Decides how a text, a truth, a weight and an address are written. Leaves which column holds what, and what follows
//! from a wrong value, to those who read the rows.

use url::Url;

/// The longest part of a value that a message repeats, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// The text with single spaces for white space, and without control characters.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text's first characters, and whether these are not all.
pub(super) fn cut(text: &str, chars_max: usize) -> (&str, bool) {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => (text.get(..end).unwrap_or_default().trim_end(), true),
        None => (text, false),
    }
}

/// The value as a message repeats it.
pub(super) fn quoted(value: &str) -> String {
    let value = one_line(value);
    let (start, is_cut) = cut(&value, QUOTED_CHARS_MAX);
    if is_cut { format!("`{start}...`") } else { format!("`{value}`") }
}

/// `true` or `false` as spreadsheets write them.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A weight in grams, rounded half up.
pub(super) fn grams(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    whole.parse::<u32>().ok()?.checked_add(u32::from(fraction.as_bytes() >= b"5"))
}

/// An address from which a browser loads a picture, in the form in which it asks for it.
pub(super) fn address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}
