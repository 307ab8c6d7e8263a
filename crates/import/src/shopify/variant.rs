//! One variant out of its row.
//!
//! Decides what each column of a variant may hold, and which row is a variant at all. Everything that is wrong with a
//! row is told at once. Leaves what the variants of a product share to `product`.

use sellonce_checkout::catalog::{ImportedVariant, Sku, Variant};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits;
use sellonce_checkout::money::Money;

use crate::Untracked;
use crate::shopify::Context;
use crate::shopify::columns::{Column, Columns};
use crate::shopify::report::Report;
use crate::shopify::rows::Row;
use crate::shopify::sku::Identity;
use crate::shopify::values::{boolean, cut, grams, one_line, quoted};

/// The option values of a variant without options, as Shopify writes them.
const NO_OPTION_VALUES: [&str; 3] = ["Default Title", "", ""];

/// By what the variants of a product differ.
#[derive(Debug)]
pub(super) enum Naming {
    /// By nothing: the product has one variant.
    None,
    /// By options; each name belongs to the column of its number.
    Options([Option<String>; 3]),
}

impl Naming {
    /// The names of the options.
    pub(super) fn options(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Options(names) => names.iter().flatten().cloned().collect(),
        }
    }
}

/// A variant of the file.
#[derive(Debug)]
pub(super) struct ReadVariant {
    pub(super) variant: ImportedVariant,
    /// Whether Shopify counted its stock.
    pub(super) tracked: bool,
}

/// Whether the row is a variant; others only bring a picture.
pub(super) fn is_in(row: &Row, columns: &Columns) -> bool {
    let Columns { option_values, sku, quantity, price, compare_at, barcode, variant_image, .. } = columns;
    let others = [sku, quantity, price, compare_at, barcode, variant_image];
    option_values.iter().chain(others).any(|column| !row.get(column).is_empty())
}

/// Whether the row's variant is that of a product without options.
pub(super) fn has_no_options(row: &Row, columns: &Columns) -> bool {
    identity(row, columns).option_values == [""; 3]
}

/// What names the row's variant if it has no SKU.
pub(super) fn identity<'row>(row: &'row Row, columns: &Columns) -> Identity<'row> {
    let values = columns.option_values.each_ref().map(|column| row.get(column));
    let option_values = if values == NO_OPTION_VALUES { [""; 3] } else { values };
    Identity { handle: row.get(&columns.handle), option_values }
}

/// Reads the row's variant; if anything in it is wrong, all of that is reported and there is none.
pub(super) fn read(
    row: &Row,
    naming: &Naming,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<ReadVariant> {
    let (line, columns) = (row.line, context.columns);
    let tracked = columns.tracker.index.is_none() || !row.get(&columns.tracker).is_empty();
    let endless = !tracked && context.options.untracked == Untracked::Continue;

    let sku = sku(row, context);
    let sku = report.good(line, sku);
    let option_values = report.good(line, option_values(row, naming, columns));
    let price = report.good(line, price(row, context));
    let compare_at = report.good(line, compare_at(row, context));
    let policy = if endless { Ok(Policy::Continue) } else { policy(row, &columns.policy) };
    let policy = report.good(line, policy);
    let quantity = if endless { Ok(None) } else { quantity(row, &columns.quantity, report) };
    let quantity = report.good(line, quantity);

    let (sku, option_values, price, policy) = (sku?, option_values?, price?, policy?);
    let variant = Variant {
        sku,
        title: cut(&option_values.join(" / "), limits::TITLE_CHARS_MAX).0.to_owned(),
        option_values,
        price,
        compare_at: compare_at?.filter(|higher| higher.minor() > price.minor()),
        image_src: report.picture(row, &columns.variant_image),
        grams: weight(row, &columns.grams, report),
        barcode: report.text(line, &columns.barcode, row.get(&columns.barcode), limits::TEXT_CHARS_MAX),
        policy,
    };
    Some(ReadVariant { variant: ImportedVariant { variant, quantity: quantity? }, tracked })
}

fn sku(row: &Row, context: &Context<'_>) -> Result<Sku, String> {
    let column = &context.columns.sku;
    let written = row.get(column);
    if written.is_empty() {
        return Sku::parse(&context.skus.make(identity(row, context.columns)))
            .map_err(|error| error.to_string());
    }
    match context.skus.first_line(written) {
        Some(line) if line != row.line => Err(format!(
            "`{}`: {} stands in line {line} already; a SKU names one variant",
            column.name,
            quoted(written)
        )),
        Some(_) | None => Sku::parse(written).map_err(|error| format!("`{}`: {error}", column.name)),
    }
}

fn option_values(row: &Row, naming: &Naming, columns: &Columns) -> Result<Vec<String>, String> {
    let Naming::Options(names) = naming else { return Ok(Vec::new()) };
    let mut values = Vec::new();
    for ((name, name_column), column) in names.iter().zip(&columns.option_names).zip(&columns.option_values) {
        let value = one_line(row.get(column));
        let (_, too_long) = cut(&value, limits::TITLE_CHARS_MAX);
        match name {
            Some(name) if value.is_empty() => {
                return Err(format!("`{}` is empty; write the variant's {}", column.name, quoted(name)));
            }
            Some(_) if too_long => {
                return Err(format!(
                    "`{}` is longer than {} characters",
                    column.name,
                    limits::TITLE_CHARS_MAX
                ));
            }
            Some(_) => values.push(value),
            None if value.is_empty() => {}
            None => {
                let value = quoted(&value);
                return Err(format!(
                    "`{}` is {value}, but no row of the product has a `{}`",
                    column.name, name_column.name
                ));
            }
        }
    }
    Ok(values)
}

fn price(row: &Row, context: &Context<'_>) -> Result<Money, String> {
    let column = &context.columns.price;
    amount(row, column, context)?.ok_or_else(|| {
        let zero = Money::zero(context.options.currency).to_string();
        let zero = zero.split(' ').next().unwrap_or_default();
        format!("`{}` is empty; write an amount, such as {zero} for what is free", column.name)
    })
}

fn compare_at(row: &Row, context: &Context<'_>) -> Result<Option<Money>, String> {
    amount(row, &context.columns.compare_at, context)
}

fn amount(row: &Row, column: &Column, context: &Context<'_>) -> Result<Option<Money>, String> {
    let text = row.get(column);
    let read = |text| Money::parse_decimal(text, context.options.currency);
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).map_err(|error| format!("`{}`: {error}", column.name))
}

/// The older exports name the policy, the newer ones ask whether it is `continue`.
fn policy(row: &Row, column: &Column) -> Result<Policy, String> {
    let text = row.get(column).to_ascii_lowercase();
    match (text.as_str(), boolean(&text)) {
        ("" | "deny", _) | (_, Some(false)) => Ok(Policy::Deny),
        ("continue", _) | (_, Some(true)) => Ok(Policy::Continue),
        _ => Err(format!("`{}` is {}; write deny or continue", column.name, quoted(&text))),
    }
}

fn quantity(row: &Row, column: &Column, report: &mut Report) -> Result<Option<i64>, String> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let most = limits::MOVEMENT_QUANTITY_MAX;
    match text.parse::<i64>() {
        Ok(owed @ ..0) => {
            report.warning(
                row.line,
                format!("`{}` is {owed}: more is sold than is there; 0 is taken", column.name),
            );
            Ok(Some(0))
        }
        Ok(quantity) if quantity <= most => Ok(Some(quantity)),
        Ok(_) => Err(format!("`{}` is {}; at most {most} can be taken", column.name, quoted(text))),
        Err(_) => Err(format!("`{}` is {}; write a whole number of units", column.name, quoted(text))),
    }
}

/// A wrong weight keeps nobody from buying, so it is only left out.
fn weight(row: &Row, column: &Column, report: &mut Report) -> u32 {
    let text = row.get(column);
    if text.is_empty() {
        return 0;
    }
    grams(text).unwrap_or_else(|| {
        report.warning(
            row.line,
            format!("`{}` is {}, not a weight; it is left out", column.name, quoted(text)),
        );
        0
    })
}
