//! What is told about the rows of one product.
//!
//! Decides how a finding is put together, and what is told of texts and addresses in any column. Leaves what else is a
//! problem and what only a warning to those who read the rows.

use crate::shopify::columns::Column;
use crate::shopify::rows::Row;
use crate::shopify::values::{address, cut, one_line, quoted};
use crate::{Finding, Found};

/// Collects what is found about a product's rows.
#[derive(Debug)]
pub(super) struct Report {
    handle: String,
    found: Vec<Found>,
}

impl Report {
    pub(super) fn new(handle: &str) -> Self {
        Self { handle: handle.to_owned(), found: Vec::new() }
    }

    /// What was told, in order.
    pub(super) fn into_found(self) -> Vec<Found> {
        self.found
    }

    /// Something of this line is left out.
    pub(super) fn problem(&mut self, line: u64, reason: impl Into<String>) {
        let finding = self.finding(line, reason.into());
        self.found.push(Found::Problem(finding));
    }

    /// Something of this line is taken otherwise than it stands there.
    pub(super) fn warning(&mut self, line: u64, reason: impl Into<String>) {
        let finding = self.finding(line, reason.into());
        self.found.push(Found::Warning(finding));
    }

    /// What was read, or a problem of this line.
    pub(super) fn good<T>(&mut self, line: u64, result: Result<T, String>) -> Option<T> {
        result.map_err(|reason| self.problem(line, reason)).ok()
    }

    /// A text on one line; what is too long is cut with a warning.
    pub(super) fn text(&mut self, line: u64, column: &Column, text: &str, chars_max: usize) -> String {
        let text = one_line(text);
        let (start, is_cut) = cut(&text, chars_max);
        if is_cut {
            self.warning(line, format!("`{}` is cut after {chars_max} characters", column.name));
        }
        start.to_owned()
    }

    /// The picture's address in the column; one that no browser could load is left out with a warning.
    pub(super) fn picture(&mut self, row: &Row, column: &Column) -> Option<String> {
        let text = row.get(column);
        let address = address(text);
        if address.is_none() && !text.is_empty() {
            let reason = format!(
                "`{}` is {}, not an https address; the picture is left out",
                column.name,
                quoted(text)
            );
            self.warning(row.line, reason);
        }
        address
    }

    fn finding(&self, line: u64, reason: String) -> Finding {
        Finding { line, handle: self.handle.clone(), reason }
    }
}
