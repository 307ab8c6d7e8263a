//! Rows on their way in one statement: a column of all of them is one array.
//!
//! Decides how rows of values become arrays, and that all statements of a batch are on their way together. Leaves the
//! texts to `load` and `write`.

use futures_util::future::join_all;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::postgres::batch::load::Question;
use crate::postgres::link::Link;
use crate::sql::Value;
use crate::trouble::Trouble;

/// A statement with the rows that it takes, column by column.
pub(super) struct Bulk<'a> {
    sql: &'static str,
    columns: Vec<Vec<Value<'a>>>,
    /// How many rows it must change or find.
    expected: Option<usize>,
    /// Whether it writes.
    writes: bool,
}

impl<'a> Bulk<'a> {
    /// A statement that must change as many rows as it takes.
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql, columns: Vec::new(), expected: Some(0), writes: true }
    }

    /// A statement that may change any number of rows.
    pub(super) fn unchecked(sql: &'static str) -> Self {
        Self { expected: None, ..Self::new(sql) }
    }

    /// A statement that writes nothing, and must find as many rows as it takes.
    pub(super) fn question(sql: &'static str) -> Self {
        Self { writes: false, ..Self::new(sql) }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &[Value<'a>]) {
        self.push_for(row, 1);
    }

    /// Adds a row that stands for so many in the database.
    pub(super) fn push_for(&mut self, row: &[Value<'a>], count: usize) {
        if self.columns.is_empty() {
            self.columns = vec![Vec::new(); row.len()];
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(*value);
        }
        self.expected = self.expected.map(|expected| expected + count);
    }
}

/// Runs statements in their order, all on their way at once, and checks that each changed all of its rows: those that
/// are no longer as they were read are not changed.
pub(super) fn execute(link: &Link, bulks: &[Bulk<'_>]) -> Result<(), Trouble> {
    let bulks: Vec<&Bulk<'_>> = bulks.iter().filter(|bulk| !bulk.columns.is_empty()).collect();
    let mut statements = Vec::with_capacity(bulks.len());
    for bulk in &bulks {
        statements.push(link.prepared(bulk.sql)?);
    }
    let params: Vec<_> = bulks.iter().map(|bulk| as_params(&bulk.columns)).collect();
    let running =
        statements.iter().zip(&params).map(|(statement, params)| link.client().execute(statement, params));
    // After the first that fails all others do, for its sake: its words are the ones that count.
    let counts = link.wait(async { join_all(running).await.into_iter().collect::<Result<Vec<u64>, _>>() })?;
    for (bulk, count) in bulks.iter().zip(counts) {
        if bulk.writes {
            link.note_changed(count);
        }
        if bulk.expected.is_some_and(|expected| usize::try_from(count) != Ok(expected)) {
            return Err(Trouble::Raced);
        }
    }
    Ok(())
}

/// Runs questions, all on their way at once.
pub(super) fn query(link: &Link, questions: &[Question<'_>]) -> Result<Vec<Vec<Row>>, Trouble> {
    let mut statements = Vec::with_capacity(questions.len());
    for question in questions {
        statements.push(link.prepared(question.sql)?);
    }
    let params: Vec<_> = questions.iter().map(|question| as_params(&question.columns)).collect();
    let running =
        statements.iter().zip(&params).map(|(statement, params)| link.client().query(statement, params));
    link.wait(async { join_all(running).await.into_iter().collect() })
}

/// Columns of values as the driver takes them.
fn as_params<'a>(columns: &'a [Vec<Value<'_>>]) -> Vec<&'a (dyn ToSql + Sync)> {
    columns.iter().map(|column| -> &(dyn ToSql + Sync) { column }).collect()
}
