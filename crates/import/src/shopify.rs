//! Shopify's product export: a CSV file with several rows for a product.
//!
//! Decides how a file becomes products: one after the other, each as soon as its last row is read, so that a file of a
//! million rows needs little memory. The file is read twice. The first reading finds what is broken as a whole, counts
//! the rows, and notes every SKU and the last row of every product; so rows of a product may also stand apart, and
//! nothing is taken from a file that is cut off. Leaves what a row means to `product` and `variant`.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Seek};

use sellonce_checkout::catalog::Handle;

use crate::shopify::columns::Columns;
use crate::shopify::product::ReadProduct;
use crate::shopify::report::Report;
use crate::shopify::rows::{Row, Rows};
use crate::shopify::sku::Skus;
use crate::shopify::values::{cut, one_line};
use crate::{Catalog, FileProblem, Finding, Found, Options, Untracked};

mod columns;
mod product;
mod report;
mod rows;
mod sku;
mod values;
mod variant;

/// How much of a handle that is none is told.
const BAD_HANDLE_CHARS_MAX: usize = 40;

/// Reads a whole file at once.
pub fn read(source: impl Read + Seek, options: Options) -> Result<Catalog, FileProblem> {
    let mut import = Import::open(source, options)?;
    let mut catalog = Catalog { rows: import.rows_total(), ..Catalog::default() };
    for found in &mut import {
        match found? {
            Found::Product(product) => catalog.products.push(*product),
            Found::Problem(finding) => catalog.problems.push(finding),
            Found::Warning(finding) => catalog.warnings.push(finding),
        }
    }
    catalog.problems.sort_by_key(|finding| finding.line);
    catalog.warnings.sort_by_key(|finding| finding.line);
    Ok(catalog)
}

/// A file that is being read: an iterator over what is found in it, product by product.
#[derive(Debug)]
pub struct Import<R> {
    rows: Rows<R>,
    columns: Columns,
    options: Options,
    survey: Survey,
    /// The products of which rows were read, but not yet the last one.
    begun: HashMap<String, Vec<Row>>,
    found: VecDeque<Found>,
    rows_read: u64,
    untracked: u64,
    /// The line and the handle of the first product with an untracked variant.
    untracked_first: Option<(u64, String)>,
    ended: bool,
}

/// What the whole file says of each row.
#[derive(Debug, Default)]
struct Survey {
    rows: u64,
    /// The line of each handle's last row.
    last_lines: HashMap<String, u64>,
    skus: Skus,
}

/// What every row of a file is read with.
#[derive(Clone, Copy, Debug)]
struct Context<'import> {
    columns: &'import Columns,
    skus: &'import Skus,
    options: Options,
}

impl<R: Read + Seek> Import<R> {
    /// Surveys the file, and refuses one that is broken as a whole.
    pub fn open(mut source: R, options: Options) -> Result<Self, FileProblem> {
        source.rewind()?;
        let mut rows = Rows::new(&mut source);
        let columns = Columns::find(&rows.next()?.ok_or(FileProblem::Empty)?)?;
        let survey = Survey::of(&mut rows, &columns)?;
        source.rewind()?;
        let mut rows = Rows::new(source);
        rows.next()?;
        Ok(Self {
            rows,
            columns,
            options,
            survey,
            begun: HashMap::new(),
            found: VecDeque::new(),
            rows_read: 0,
            untracked: 0,
            untracked_first: None,
            ended: false,
        })
    }
}

impl<R: Read> Import<R> {
    /// The rows of the file, without its header and empty rows.
    pub fn rows_total(&self) -> u64 {
        self.survey.rows
    }

    /// How many of them were read.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Reads the next row, or what remains to be told at the end.
    fn step(&mut self) -> Result<(), FileProblem> {
        let Some(row) = self.rows.next()? else {
            return self.end();
        };
        self.rows_read = self.rows_read.saturating_add(1);
        let line = row.line;
        match handle_of(&row, &self.columns) {
            Ok(handle) => {
                let is_last = self.survey.last_lines.get(handle.as_str()) == Some(&line);
                self.begun.entry(handle.as_str().to_owned()).or_default().push(row);
                if is_last && let Some(rows) = self.begun.remove(handle.as_str()) {
                    self.finish(handle, &rows);
                }
            }
            Err(reason) => {
                let handle = one_line(row.get(&self.columns.handle));
                let handle = cut(&handle, BAD_HANDLE_CHARS_MAX).0.to_owned();
                self.found.push_back(Found::Problem(Finding { line, handle, reason }));
            }
        }
        Ok(())
    }

    fn finish(&mut self, handle: Handle, rows: &[Row]) {
        let mut report = Report::new(handle.as_str());
        let context = Context { columns: &self.columns, skus: &self.survey.skus, options: self.options };
        let read = product::read(handle, rows, &context, &mut report);
        self.found.extend(report.into_found());
        if let Some(ReadProduct { product, untracked }) = read {
            self.untracked = self.untracked.saturating_add(untracked);
            if untracked > 0 && self.untracked_first.is_none() {
                self.untracked_first = Some((product.line, product.product.details.handle.to_string()));
            }
            self.found.push_back(Found::Product(Box::new(product)));
        }
    }

    fn end(&mut self) -> Result<(), FileProblem> {
        self.ended = true;
        if self.rows_read != self.survey.rows || !self.begun.is_empty() {
            return Err(FileProblem::Changed);
        }
        if let Some((line, handle)) = self.untracked_first.take() {
            let count = self.untracked;
            let column = &self.columns.tracker.name;
            let what = match self.options.untracked {
                Untracked::Quantity => {
                    "the file's quantity was taken as their stock (`--untracked continue` sells them without end)"
                }
                Untracked::Continue => "they are sold without end",
            };
            let reason = format!(
                "Shopify does not count the stock of {count} of the variants (empty `{column}`): {what}"
            );
            self.found.push_back(Found::Warning(Finding { line, handle, reason }));
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Import<R> {
    type Item = Result<Found, FileProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Some(Ok(found));
            }
            if self.ended {
                return None;
            }
            if let Err(problem) = self.step() {
                self.ended = true;
                return Some(Err(problem));
            }
        }
    }
}

impl Survey {
    fn of<R: Read>(rows: &mut Rows<R>, columns: &Columns) -> Result<Self, FileProblem> {
        let mut survey = Self::default();
        while let Some(row) = rows.next()? {
            survey.rows = survey.rows.saturating_add(1);
            let Ok(handle) = handle_of(&row, columns) else { continue };
            survey.last_lines.insert(handle.as_str().to_owned(), row.line);
            if variant::is_in(&row, columns) {
                match row.get(&columns.sku) {
                    "" => survey.skus.note_missing(variant::identity(&row, columns)),
                    sku => survey.skus.note_written(sku, row.line),
                }
            }
        }
        Ok(survey)
    }
}

/// The handle of the row's product. A row with too few or too many fields has its values in the wrong columns.
fn handle_of(row: &Row, columns: &Columns) -> Result<Handle, String> {
    let (count, width) = (columns.count, row.width());
    if width != count {
        return Err(format!(
            "the row has {width} columns, the first line {count}; is a quote or a comma wrong?"
        ));
    }
    Handle::parse(row.get(&columns.handle)).map_err(|error| format!("`{}`: the {error}", columns.handle.name))
}
