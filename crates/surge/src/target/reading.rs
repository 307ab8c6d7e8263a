//! Answers, as a target file says how to read them.
//!
//! Decides what a pointer finds, what an answer means, and how an amount is read without a float in between.

use serde_json::Value;

use crate::dialect::Answer;
use crate::history::Money;

use super::file::{Amounts, Text, When};

/// An answer with its body as JSON; null if it is none.
pub(super) struct Reading<'a> {
    pub(super) answer: &'a Answer,
    pub(super) body: Value,
}

impl<'a> Reading<'a> {
    pub(super) fn of(answer: &'a Answer) -> Self {
        Self { answer, body: serde_json::from_slice(&answer.body).unwrap_or_default() }
    }

    pub(super) fn is(&self, when: &When) -> bool {
        let has_status = when.status.is_empty() || when.status.contains(&self.answer.status);
        let found = match &when.at {
            Some(pointer) => self.body.pointer(pointer.get_ref()).and_then(text),
            None => Some(String::from_utf8_lossy(&self.answer.body).into_owned()),
        };
        let Some(found) = found else { return false };
        let is = when.is.is_empty() || when.is.contains(&found);
        let contains = when.contains.is_empty() || when.contains.iter().any(|part| found.contains(part));
        has_status && is && contains
    }

    pub(super) fn is_any(&self, list: &[When]) -> bool {
        list.iter().any(|when| self.is(when))
    }
}

/// What is at a pointer, as text; `None` for null, objects and lists that are empty.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(list) => (!list.is_empty()).then(|| value.to_string()),
        Value::Object(_) => Some(value.to_string()),
    }
}

/// The text at a pointer, if one is named and something is there.
pub(super) fn text_at(value: &Value, pointer: Option<&Text>) -> Option<String> {
    text(value.pointer(pointer?.get_ref())?)
}

/// The whole number at a pointer.
pub(super) fn number_at(value: &Value, pointer: Option<&Text>) -> Option<i64> {
    text_at(value, pointer)?.parse().ok()
}

/// How a shop's amounts are read.
#[derive(Clone, Debug)]
pub(super) struct MoneyReader {
    pub(super) currency: String,
    pub(super) amounts: Amounts,
}

impl MoneyReader {
    pub(super) fn at(&self, value: &Value, pointer: Option<&Text>) -> Option<Money> {
        let amount = self.minor(&text_at(value, pointer)?)?;
        Some(Money { amount, currency: self.currency.clone() })
    }

    /// How the shop would write an amount.
    pub(super) fn written(&self, minor: i64) -> String {
        let digits = self.digits();
        match self.amounts {
            Amounts::Minor => minor.to_string(),
            Amounts::Major if digits == 0 => minor.to_string(),
            Amounts::Major => {
                let unit = 10_i64.pow(digits);
                let width = usize::try_from(digits).unwrap_or_default();
                format!("{}.{:0width$}", minor / unit, (minor % unit).abs())
            }
        }
    }

    /// Minor units, to the last digit; `None` if there are more digits than the currency has.
    fn minor(&self, text: &str) -> Option<i64> {
        let digits = if self.amounts == Amounts::Major { self.digits() } else { 0 };
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let part = part.trim_end_matches('0');
        let width = usize::try_from(digits).ok()?;
        if part.len() > width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        format!("{whole}{part:0<width$}").parse().ok()
    }

    fn digits(&self) -> u32 {
        let currency = iso_currency::Currency::from_code(&self.currency);
        u32::from(currency.and_then(iso_currency::Currency::exponent).unwrap_or(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_last_digit() {
        let reader = |currency: &str, amounts| MoneyReader { currency: currency.to_owned(), amounts };
        for (currency, amounts, text, minor) in [
            ("USD", Amounts::Minor, "4999", Some(4_999)),
            ("USD", Amounts::Minor, "49.99", None),
            ("USD", Amounts::Major, "49.99", Some(4_999)),
            ("USD", Amounts::Major, "49.9", Some(4_990)),
            ("USD", Amounts::Major, "50", Some(5_000)),
            ("USD", Amounts::Major, "49.990", Some(4_999)),
            ("USD", Amounts::Major, "49.999", None),
            ("JPY", Amounts::Major, "4999", Some(4_999)),
            ("KWD", Amounts::Major, "4.999", Some(4_999)),
            ("USD", Amounts::Major, "1e3", None),
        ] {
            assert_eq!(reader(currency, amounts).minor(text), minor, "{currency} {text}");
        }
        assert_eq!(reader("USD", Amounts::Major).written(4_905), "49.05");
        assert_eq!(reader("JPY", Amounts::Major).written(4_905), "4905");
        assert_eq!(reader("USD", Amounts::Minor).written(4_905), "4905");
    }
}
