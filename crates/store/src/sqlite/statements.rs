//! Statements on SQLite: prepared once per connection, their rows read from left to right.
//!
//! Decides what an error of SQLite means for the calls of a flush. Leaves the texts to the files that run them.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Row, ToSql, params_from_iter};
use sellonce_checkout::store::Failure;

use crate::rows::Columns;
use crate::sql::{Dialect, Look, Next, Statements, Value};
use crate::trouble::Trouble;

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Statements for Connection {
    fn query(&self, sql: &'static str, values: &[Value<'_>], look: &mut Look<'_>) -> Result<(), Trouble> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if look(&mut RowColumns { row, at: 0 })? == Next::Enough {
                break;
            }
        }
        Ok(())
    }

    fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Trouble> {
        let changed = self.prepare_cached(sql)?.execute(params_from_iter(values))?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}

/// The columns of a row of SQLite.
struct RowColumns<'row, 'statement> {
    row: &'row Row<'statement>,
    at: usize,
}

impl RowColumns<'_, '_> {
    fn next(&mut self) -> Result<ValueRef<'_>, Trouble> {
        let value = self.row.get_ref(self.at)?;
        self.at += 1;
        Ok(value)
    }
}

impl Columns for RowColumns<'_, '_> {
    fn next_integer(&mut self) -> Result<Option<i64>, Trouble> {
        self.next()?.as_i64_or_null().map_err(of_another_type)
    }

    fn next_text(&mut self) -> Result<Option<&str>, Trouble> {
        self.next()?.as_str_or_null().map_err(of_another_type)
    }

    fn next_bytes(&mut self) -> Result<Option<&[u8]>, Trouble> {
        self.next()?.as_blob_or_null().map_err(of_another_type)
    }
}

fn of_another_type(error: rusqlite::types::FromSqlError) -> Trouble {
    Trouble::call(error.to_string())
}

impl From<rusqlite::Error> for Trouble {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of codes is SQLite's and grows with it")]
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error_code() else { return Self::call(error.to_string()) };
        let unavailable = |why: &str| Self::World(Failure::Unavailable(format!("{why}: {error}")));
        match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                unavailable("another process holds the database")
            }
            ErrorCode::DiskFull => unavailable("the disk is full"),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                unavailable("the database cannot be written")
            }
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory => {
                unavailable("the database cannot be reached")
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::World(Failure::Broken(format!("the database file is damaged: {error}")))
            }
            _ => Self::call(error.to_string()),
        }
    }
}
