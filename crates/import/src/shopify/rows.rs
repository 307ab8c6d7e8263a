//! The rows of a CSV file, each with the line on which it begins.
//!
//! Decides what is one row and which files are broken as a whole. Leaves what the columns mean to `columns`.

use std::io::{self, Read};

use csv::{ByteRecord, StringRecord};

use crate::FileProblem;
use crate::shopify::columns::Column;

/// The longest row, in bytes: far above the longest description. It bounds what an open quote can swallow.
const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is added behind a file: a row that no UTF-8 text contains. If it does not come out as a row of its own, a
/// quote was still open at the end of the file.
const END: &[u8] = b"\n\xFF\n";
const END_FIELD: &[u8] = b"\xFF";

/// A row of the file.
#[derive(Debug)]
pub(super) struct Row {
    /// The line on which it begins, counted from 1.
    pub(super) line: u64,
    fields: StringRecord,
}

impl Row {
    /// What stands in the column, without spaces around it; empty if the file has no such column.
    pub(super) fn get(&self, column: &Column) -> &str {
        column.index.and_then(|index| self.fields.get(index)).unwrap_or("").trim()
    }

    /// The fields from left to right.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter()
    }

    /// How many fields it has.
    pub(super) fn width(&self) -> usize {
        self.fields.len()
    }

    fn is_blank(&self) -> bool {
        self.fields().all(|field| field.trim().is_empty())
    }
}

/// Reads a file row by row; rows without any text are passed over.
#[derive(Debug)]
pub(super) struct Rows<R> {
    reader: csv::Reader<Text<R>>,
    /// The first line that no row has claimed yet.
    line: u64,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(source: R) -> Self {
        let text = Text { source: source.chain(END), after_return: false, row_bytes: 0 };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        Self { reader, line: 1 }
    }

    /// The next row that has any text; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Row>, FileProblem> {
        let mut record = ByteRecord::new();
        while self.read(&mut record)? {
            // A row ends with its line, so it began as many lines before as it has line ends within its quotes.
            let line_ends = record.as_slice().iter().filter(|byte| **byte == b'\n').count();
            let line =
                self.line.saturating_sub(1).saturating_sub(u64::try_from(line_ends).unwrap_or(u64::MAX));
            if record.len() == 1 && record.as_slice() == END_FIELD {
                let more = self.read(&mut record)?;
                return if more { Err(FileProblem::NotUtf8 { line }) } else { Ok(None) };
            }
            let fields = StringRecord::from_byte_record(record).map_err(|error| {
                if error.into_byte_record().as_slice().ends_with(END) {
                    // The end mark's own line end was swallowed too, so the row has one more than it ended.
                    FileProblem::OpenQuote { line: line.saturating_add(1) }
                } else {
                    FileProblem::NotUtf8 { line }
                }
            })?;
            let row = Row { line, fields };
            if !row.is_blank() {
                return Ok(Some(row));
            }
            record = ByteRecord::new();
        }
        Ok(None)
    }

    fn read(&mut self, record: &mut ByteRecord) -> Result<bool, FileProblem> {
        let more = self.reader.read_byte_record(record).map_err(|error| {
            if self.reader.get_ref().row_bytes > ROW_BYTES_MAX {
                FileProblem::RowTooLong { line: self.line, bytes_max: ROW_BYTES_MAX }
            } else {
                FileProblem::Unreadable(error.into())
            }
        })?;
        self.line = self.reader.position().line();
        self.reader.get_mut().row_bytes = 0;
        Ok(more)
    }
}

/// The file's bytes with each kind of line end made `\n`, as the CSV reader counts only those, and the end mark.
#[derive(Debug)]
struct Text<R> {
    source: io::Chain<R, &'static [u8]>,
    after_return: bool,
    /// What was read since the last row ended.
    row_bytes: usize,
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.source.read(buffer)?;
            let kept = self.unify(buffer.get_mut(..count).unwrap_or_default());
            self.row_bytes = self.row_bytes.saturating_add(kept);
            if self.row_bytes > ROW_BYTES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            // Zero would mean the end of the file, so a lone `\n` that followed a `\r` must not be all.
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Text<R> {
    /// Writes the bytes with unified line ends over themselves; says how many there are.
    fn unify(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0_usize;
        for index in 0..bytes.len() {
            let byte = bytes[index];
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if !second_half {
                bytes[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}
