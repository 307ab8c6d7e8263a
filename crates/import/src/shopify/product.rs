//! One product out of all of its rows.
//!
//! Decides what of a product's rows is the product: its details, its options, its pictures, and whether enough is left
//! to sell. A detail is what the first row says that fills its column. Leaves each variant's own columns to `variant`.

use std::collections::{HashMap, HashSet};

use sellonce_checkout::catalog::{Details, Handle, Image, ImportedProduct, Listing};
use sellonce_checkout::limits;

use crate::shopify::Context;
use crate::shopify::columns::Column;
use crate::shopify::report::Report;
use crate::shopify::rows::Row;
use crate::shopify::values::{boolean, cut, one_line, quoted};
use crate::shopify::variant::{self, Naming, ReadVariant};
use crate::{Product, html};

/// How Shopify names the option of a product that has none.
const NO_OPTION_NAME: &str = "Title";

/// A product of the file.
#[derive(Debug)]
pub(super) struct ReadProduct {
    pub(super) product: Product,
    /// How many of its variants Shopify did not count the stock of, if any.
    pub(super) untracked: u64,
}

/// Makes the product of its rows. What is left out of it, or why there is none, is reported.
pub(super) fn read(
    handle: Handle,
    rows: &[Row],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<ReadProduct> {
    let line = rows.first()?.line;
    let columns = context.columns;
    let naming = naming(rows, context);
    let variants = variants(rows, &naming, context, report);
    let title = detail(rows, &columns.title, limits::TITLE_CHARS_MAX, report);
    if title.is_empty() {
        report.problem(line, format!("no row of the product has a `{}`; it is left out", columns.title.name));
        return None;
    }
    if variants.is_empty() {
        report.problem(line, "no row of the product is a good variant; it is left out");
        return None;
    }
    warn_of_other_titles(rows, &title, context, report);
    warn_of_idle_rows(rows, context, report);
    let details = Details {
        handle,
        title,
        body_html: body(rows, context, report),
        vendor: detail(rows, &columns.vendor, limits::TEXT_CHARS_MAX, report),
        product_type: detail(rows, &columns.product_type, limits::TEXT_CHARS_MAX, report),
        tags: tags(rows, context, report),
        listing: listing(rows, context, report),
        options: naming.options(),
        images: images(rows, context, report),
    };
    let untracked = variants.iter().map(|(_, variant)| u64::from(!variant.tracked)).sum();
    let (variant_lines, variants) = variants.into_iter().map(|(line, read)| (line, read.variant)).unzip();
    let product = ImportedProduct { details, variants };
    Some(ReadProduct { product: Product { line, variant_lines, product }, untracked })
}

/// What the first row that fills the column says, and its line.
fn first<'rows>(rows: &'rows [Row], column: &Column) -> Option<(&'rows str, u64)> {
    rows.iter().map(|row| (row.get(column), row.line)).find(|(text, _)| !text.is_empty())
}

fn detail(rows: &[Row], column: &Column, chars_max: usize, report: &mut Report) -> String {
    first(rows, column).map_or(String::new(), |(text, line)| report.text(line, column, text, chars_max))
}

/// Tells of other titles under the same handle: two products may have become one.
fn warn_of_other_titles(rows: &[Row], title: &str, context: &Context<'_>, report: &mut Report) {
    for row in rows {
        let other = one_line(row.get(&context.columns.title));
        let (other, _) = cut(&other, limits::TITLE_CHARS_MAX);
        if !other.is_empty() && other != title {
            let reason =
                format!("{} is passed over: the title of this handle is {}", quoted(other), quoted(title));
            report.warning(row.line, reason);
        }
    }
}

/// Tells of rows that have nothing but their handle and columns which mean nothing alone.
fn warn_of_idle_rows(rows: &[Row], context: &Context<'_>, report: &mut Report) {
    let columns = context.columns;
    for row in rows.iter().filter(|row| !variant::is_in(row, columns)) {
        if row.get(&columns.image_src).is_empty() && row.get(&columns.title).is_empty() {
            report.warning(row.line, "the row has neither a variant nor a picture; it is passed over");
        }
    }
}

fn naming(rows: &[Row], context: &Context<'_>) -> Naming {
    let columns = context.columns;
    let names =
        columns.option_names.each_ref().map(|column| first(rows, column).map(|(name, _)| one_line(name)));
    let may_be_none = match &names {
        [name, None, None] => name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(NO_OPTION_NAME)),
        _ => false,
    };
    let mut variants = rows.iter().filter(|row| variant::is_in(row, columns));
    if may_be_none && variants.all(|row| variant::has_no_options(row, columns)) {
        Naming::None
    } else {
        Naming::Options(names.map(|name| name.map(|name| cut(&name, limits::TITLE_CHARS_MAX).0.to_owned())))
    }
}

/// The good variants with their lines: no two of the same option values, and no more than a product may have.
fn variants(
    rows: &[Row],
    naming: &Naming,
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<(u64, ReadVariant)> {
    let mut lines: HashMap<Vec<String>, u64> = HashMap::new();
    let mut variants = Vec::new();
    for row in rows.iter().filter(|row| variant::is_in(row, context.columns)) {
        if variants.len() == limits::VARIANTS_MAX {
            let most = limits::VARIANTS_MAX;
            report.problem(row.line, format!("a product has at most {most} variants; the rest is left out"));
            break;
        }
        let Some(read) = variant::read(row, naming, context, report) else { continue };
        let earlier = *lines.entry(read.variant.variant.option_values.clone()).or_insert(row.line);
        if earlier == row.line {
            variants.push((row.line, read));
        } else {
            report.problem(row.line, format!("the variant of line {earlier} has the same option values"));
        }
    }
    variants
}

fn body(rows: &[Row], context: &Context<'_>, report: &mut Report) -> String {
    let column = &context.columns.body;
    let Some((text, line)) = first(rows, column) else { return String::new() };
    html::clean(text).unwrap_or_else(|| {
        report.warning(line, format!("`{}` is too long for a description; it is left out", column.name));
        String::new()
    })
}

fn tags(rows: &[Row], context: &Context<'_>, report: &mut Report) -> Vec<String> {
    let column = &context.columns.tags;
    let Some((text, line)) = first(rows, column) else { return Vec::new() };
    let mut seen = HashSet::new();
    text.split(',')
        .map(|tag| report.text(line, column, tag, limits::TEXT_CHARS_MAX))
        .filter(|tag| !tag.is_empty() && seen.insert(tag.clone()))
        .collect()
}

/// On sale is what is active, published and no gift card; what cannot be understood is not put on sale.
fn listing(rows: &[Row], context: &Context<'_>, report: &mut Report) -> Listing {
    let columns = context.columns;
    let active = first(rows, &columns.status).is_none_or(|(status, line)| {
        let known = match status.to_ascii_lowercase().as_str() {
            "active" => Some(true),
            "draft" | "archived" => Some(false),
            _ => None,
        };
        if known.is_none() {
            let reason =
                format!("{} is not active, draft or archived; the product is hidden", quoted(status));
            report.warning(line, format!("`{}`: {reason}", columns.status.name));
        }
        known.unwrap_or(false)
    });
    let published = first(rows, &columns.published).is_none_or(|(published, line)| {
        let known = boolean(published);
        if known.is_none() {
            let reason = format!("{} is not true or false; the product is hidden", quoted(published));
            report.warning(line, format!("`{}`: {reason}", columns.published.name));
        }
        known.unwrap_or(false)
    });
    let gift_card = first(rows, &columns.gift_card).filter(|(text, _)| boolean(text) == Some(true));
    if let Some((_, line)) = gift_card {
        report.warning(line, "gift cards are not sold here; the product is hidden");
    }
    if active && published && gift_card.is_none() { Listing::Published } else { Listing::Hidden }
}

/// The pictures of all rows by position; those without one follow in the order of their rows.
fn images(rows: &[Row], context: &Context<'_>, report: &mut Report) -> Vec<Image> {
    let columns = context.columns;
    let mut seen = HashSet::new();
    let mut images = Vec::new();
    for row in rows {
        let Some(src) = report.picture(row, &columns.image_src) else { continue };
        if seen.insert(src.clone()) {
            let alt = row.get(&columns.image_alt);
            let alt = report.text(row.line, &columns.image_alt, alt, limits::TEXT_CHARS_MAX);
            let position: u64 = row.get(&columns.image_position).parse().unwrap_or(u64::MAX);
            images.push((position, row.line, Image { src, alt }));
        }
    }
    // The sort is stable: equal positions keep the order of their rows.
    images.sort_by_key(|(position, _, _)| *position);
    if let Some((_, line, _)) = images.get(limits::IMAGES_MAX) {
        let most = limits::IMAGES_MAX;
        report.warning(
            *line,
            format!("a product has at most {most} pictures; this one and later ones are left out"),
        );
    }
    images.into_iter().take(limits::IMAGES_MAX).map(|(_, _, image)| image).collect()
}
