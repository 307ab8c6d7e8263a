//! Statements: prepared once per connection, their rows read from left to right.
//!
//! Decides what an error of SQLite means for the calls of a flush. Leaves the texts to the files that run them.

use rusqlite::{Connection, ErrorCode, Params, Row};
use sellonce_checkout::store::Failure;

use crate::rows::Columns;
use crate::trouble::Trouble;

/// The columns of a row of SQLite.
struct RowColumns<'row, 'statement> {
    row: &'row Row<'statement>,
    at: usize,
}

impl RowColumns<'_, '_> {
    fn next(&mut self) -> Result<rusqlite::types::ValueRef<'_>, Trouble> {
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

/// The first row of an answer, if it has one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&mut dyn Columns) -> Result<T, Trouble>,
) -> Result<Option<T>, Trouble> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(&mut RowColumns { row, at: 0 }).map(Some)
}

/// All rows of an answer.
pub(super) fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&mut dyn Columns) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    each(connection, sql, params, |columns| {
        found.push(read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

/// Shows the rows of an answer one by one.
pub(super) fn each(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut show: impl FnMut(&mut dyn Columns) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        show(&mut RowColumns { row, at: 0 })?;
    }
    Ok(())
}

/// Runs a writing statement; says how many rows it changed.
pub(super) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, Trouble> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

/// Runs a writing statement that must change one row: the one that was read before.
pub(super) fn execute_one(
    connection: &Connection,
    what: &str,
    sql: &str,
    params: impl Params,
) -> Result<(), Trouble> {
    match execute(connection, sql, params)? {
        1 => Ok(()),
        count => Err(Trouble::call(format!("{what}: {count} rows were changed instead of one"))),
    }
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
