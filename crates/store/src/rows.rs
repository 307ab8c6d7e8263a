//! Rows and what they stand for: how each thing of the domain is read from the columns of a row.
//!
//! Decides the order of columns (the macros here name them once) and what a value that cannot be means: trouble for
//! the call, never a guess. Leaves fetching rows to each database's folder; both of them read through [`Columns`].

pub(crate) mod catalog;
pub(crate) mod goods;
pub(crate) mod history;
pub(crate) mod orders;
pub(crate) mod refunds;
pub(crate) mod sagas;
pub(crate) mod shopping;
pub(crate) mod stock;

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::Uuid;
use sellonce_checkout::money::{Currency, Money};

use crate::trouble::Trouble;

/// The columns of one row, read from left to right. Each database's driver brings the three kinds of value.
pub(crate) trait Columns {
    /// The next column as a number.
    fn next_integer(&mut self) -> Result<Option<i64>, Trouble>;
    /// The next column as text.
    fn next_text(&mut self) -> Result<Option<&str>, Trouble>;
    /// The next column as bytes.
    fn next_bytes(&mut self) -> Result<Option<&[u8]>, Trouble>;
}

impl dyn Columns + '_ {
    /// A number, if there is one.
    pub(crate) fn maybe_integer(&mut self) -> Result<Option<i64>, Trouble> {
        self.next_integer()
    }

    /// A text, if there is one.
    pub(crate) fn maybe_text(&mut self) -> Result<Option<&str>, Trouble> {
        self.next_text()
    }

    /// So many bytes, if there are any.
    pub(crate) fn maybe_bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Trouble> {
        let Some(bytes) = self.next_bytes()? else { return Ok(None) };
        let exact =
            bytes.try_into().map_err(|_| Trouble::call(format!("{} bytes are not {N}", bytes.len())))?;
        Ok(Some(exact))
    }

    /// A number.
    pub(crate) fn integer(&mut self) -> Result<i64, Trouble> {
        self.maybe_integer()?.ok_or_else(missing)
    }

    /// A number that fits what it counts.
    pub(crate) fn count<T: TryFrom<i64>>(&mut self) -> Result<T, Trouble> {
        let value = self.integer()?;
        T::try_from(value).map_err(|_| Trouble::call(format!("{value} is no count")))
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self) -> Result<bool, Trouble> {
        Ok(self.integer()? != 0)
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Result<&str, Trouble> {
        self.maybe_text()?.ok_or_else(missing)
    }

    /// A text that was checked when it was written.
    pub(crate) fn string(&mut self) -> Result<String, Trouble> {
        self.text().map(str::to_owned)
    }

    /// Such a text, if there is one.
    pub(crate) fn maybe_string(&mut self) -> Result<Option<String>, Trouble> {
        Ok(self.maybe_text()?.map(str::to_owned))
    }

    /// A text that stands for a value of the domain.
    pub(crate) fn value<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Trouble> {
        let text = self.text()?;
        read(text).ok_or_else(|| Trouble::call(format!("`{text}` is not one of its column's values")))
    }

    /// Bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        self.maybe_bytes()?.ok_or_else(missing)
    }

    /// A UUID.
    pub(crate) fn uuid(&mut self) -> Result<Uuid, Trouble> {
        self.bytes().map(Uuid::from_bytes)
    }

    /// A UUID, if there is one.
    pub(crate) fn maybe_uuid(&mut self) -> Result<Option<Uuid>, Trouble> {
        Ok(self.maybe_bytes()?.map(Uuid::from_bytes))
    }

    /// An instant.
    pub(crate) fn time(&mut self) -> Result<Timestamp, Trouble> {
        self.integer().map(Timestamp::from_millis)
    }

    /// An instant, if there is one.
    pub(crate) fn maybe_time(&mut self) -> Result<Option<Timestamp>, Trouble> {
        Ok(self.maybe_integer()?.map(Timestamp::from_millis))
    }

    /// An amount.
    pub(crate) fn money(&mut self, currency: Currency) -> Result<Money, Trouble> {
        amount(self.integer()?, currency)
    }

    /// An amount, if there is one.
    pub(crate) fn maybe_money(&mut self, currency: Currency) -> Result<Option<Money>, Trouble> {
        self.maybe_integer()?.map(|minor| amount(minor, currency)).transpose()
    }
}

fn missing() -> Trouble {
    Trouble::call("a column that is always filled is empty")
}

fn amount(minor: i64, currency: Currency) -> Result<Money, Trouble> {
    Money::new(minor, currency).map_err(|error| Trouble::call(error.to_string()))
}
