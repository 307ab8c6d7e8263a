//! Statements that both databases understand, and the values that go into them.
//!
//! Decides the common ground: placeholders are `?1`, `?2`, ...; values are numbers, texts and bytes. A column that a
//! database keeps in a type of its own (an instant, a UUID) takes and gives them all the same. Leaves running a
//! statement to each database's folder.

use crate::rows::Columns;
use crate::trouble::Trouble;

/// A value of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    Null,
    /// A number; an instant in milliseconds since 1970.
    Integer(i64),
    /// A text.
    Text(&'a str),
    /// Bytes; a UUID by its sixteen.
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

/// What looks at a row; it ends the statement early by breaking off.
pub(crate) type Look<'a> = dyn FnMut(&mut dyn Columns) -> Result<Next, Trouble> + 'a;

/// Whether more rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The next row, please.
    More,
    /// That was enough.
    Enough,
}

/// A connection within a transaction, one statement at a time.
///
/// Statements are prepared once per connection, so their texts are fixed.
pub(crate) trait Statements {
    /// Shows the rows of an answer one by one. What looks at a row must not use the connection.
    fn query(&self, sql: &'static str, values: &[Value<'_>], look: &mut Look<'_>) -> Result<(), Trouble>;
    /// Runs a writing statement; says how many rows it changed.
    fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Trouble>;
    /// Whose SQL it is, for the few statements that cannot be the same.
    fn dialect(&self) -> Dialect;
}

/// A database's own SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite, whose one writer has nobody beside it.
    Sqlite,
    /// PostgreSQL, where other processes write at the same moment.
    Postgres,
}

impl dyn Statements + '_ {
    /// The first row of an answer, if it has one.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnOnce(&mut dyn Columns) -> Result<T, Trouble>,
    ) -> Result<Option<T>, Trouble> {
        let (mut found, mut read) = (None, Some(read));
        self.query(sql, values, &mut |columns| {
            if let Some(read) = read.take() {
                found = Some(read(columns)?);
            }
            Ok(Next::Enough)
        })?;
        Ok(found)
    }

    /// All rows of an answer.
    pub(crate) fn many<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        mut read: impl FnMut(&mut dyn Columns) -> Result<T, Trouble>,
    ) -> Result<Vec<T>, Trouble> {
        let mut found = Vec::new();
        self.query(sql, values, &mut |columns| {
            found.push(read(columns)?);
            Ok(Next::More)
        })?;
        Ok(found)
    }

    /// Whether an answer has a row.
    pub(crate) fn any(&self, sql: &'static str, values: &[Value<'_>]) -> Result<bool, Trouble> {
        Ok(self.one(sql, values, |_| Ok(()))?.is_some())
    }

    /// Runs a writing statement that must change one row: the one that was read before.
    pub(crate) fn execute_one(
        &self,
        what: &str,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<(), Trouble> {
        match self.execute(sql, values)? {
            1 => Ok(()),
            count => Err(Trouble::call(format!("{what}: {count} rows were changed instead of one"))),
        }
    }
}
