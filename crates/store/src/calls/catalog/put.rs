//! Putting a product: its details, its variants, and the stock that the source names.
//!
//! Decides what an import writes when the product is new, changed or the same. Everything is refused or planned before
//! the first row is written.

use std::collections::BTreeSet;

use sellonce_checkout::book::{Book, Cause};
use sellonce_checkout::catalog::{Handle, ImportedVariant, Product, Sku, Variant};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::ProductId;
use sellonce_checkout::inventory::{Counters, Kind, Place, Policy, Stock};
use sellonce_checkout::store::catalog::{PutOutcome, PutProduct, PutRefusal};

use crate::load;
use crate::rows::catalog::{listing_name, search_words};
use crate::rows::stock::policy_name;
use crate::sql::{Dialect, Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

/// Puts a product; the same again writes nothing.
pub(super) fn put(
    tables: &mut dyn Tables,
    call: &PutProduct,
) -> Result<Result<PutOutcome, PutRefusal>, Trouble> {
    if let Some(refusal) = refused(tables, call)? {
        return Ok(Err(refusal));
    }
    tables.write_book()?;
    let fresh = read_stock(tables, call)?;
    let now = tables.now();
    let moved = tables.book().all_or_nothing(|book| move_stock(book, call, &fresh, now));
    let stock_moved = match moved {
        Ok(moved) => moved,
        Err(refusal) => {
            // The rows that were made up for new SKUs are not in the database.
            tables.write_book()?;
            return Ok(Err(refusal));
        }
    };
    for variant in call.product.variants.iter().map(|imported| &imported.variant) {
        if fresh.contains(&variant.sku) {
            let place = Place { sku: variant.sku.clone(), location: call.location.clone() };
            tables.insert_stock(&place, variant.policy)?;
        } else {
            set_policy(tables.sql()?, variant)?;
        }
    }
    tables.write_book()?;
    let skus_created = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
    let outcome = PutOutcome { skus_created, stock_moved, ..PutOutcome::default() };
    write_product(tables, call, outcome).map(Ok)
}

/// Why a product cannot be put at all.
fn refused(tables: &mut dyn Tables, call: &PutProduct) -> Result<Option<PutRefusal>, Trouble> {
    let handle = &call.product.details.handle;
    let currency = tables.shop().currency;
    let mut seen = BTreeSet::new();
    for ImportedVariant { variant, .. } in &call.product.variants {
        let currencies = [Some(variant.price), variant.compare_at];
        if currencies.into_iter().flatten().any(|price| price.currency() != currency) {
            return Ok(Some(PutRefusal::WrongCurrency));
        }
        let row = "SELECT p.handle FROM variants v JOIN products p ON p.id = v.product_id \
                   WHERE v.sku = ?1 AND v.removed = 0";
        let sku = &variant.sku;
        let owner = tables
            .sql()?
            .one(row, values![sku.as_str()], |columns| columns.value(|text| Handle::parse(text).ok()))?;
        let other = owner.filter(|owner| owner != handle);
        let twice = (!seen.insert(sku)).then(|| handle.clone());
        if let Some(owner) = other.or(twice) {
            return Ok(Some(PutRefusal::SkuTaken { sku: sku.clone(), owner }));
        }
    }
    Ok(None)
}

/// Puts the stock of the call's SKUs into the book, an empty row for each that is new; returns the new ones.
fn read_stock(tables: &mut dyn Tables, call: &PutProduct) -> Result<BTreeSet<Sku>, Trouble> {
    let mut fresh = BTreeSet::new();
    for ImportedVariant { variant, .. } in &call.product.variants {
        let mut rows = load::stock_rows(tables.sql()?, &variant.sku)?;
        if rows.is_empty() {
            fresh.insert(variant.sku.clone());
            let empty = Stock { counters: Counters::default(), version: 0, policy: variant.policy };
            rows.push((call.location.clone(), empty));
        }
        tables.book().put_stock(variant.sku.clone(), rows);
    }
    Ok(fresh)
}

/// A quantity is taken as received when its SKU is new; later, and only if asked for, as what a count has found.
fn move_stock(
    book: &mut Book,
    call: &PutProduct,
    fresh: &BTreeSet<Sku>,
    now: Timestamp,
) -> Result<u32, PutRefusal> {
    let mut moved = 0_u32;
    for ImportedVariant { variant, quantity } in &call.product.variants {
        let Some(quantity) = *quantity else { continue };
        let is_new = fresh.contains(&variant.sku);
        let place = Place { sku: variant.sku.clone(), location: call.location.clone() };
        let on_hand = book.stock(&place).map_or(0, |stock| stock.counters.on_hand());
        let (kind, units) = match is_new {
            true => (Kind::Receive, quantity),
            false => (Kind::Adjust, quantity.saturating_sub(on_hand)),
        };
        if units == 0 || !(is_new || call.set_stock) {
            continue;
        }
        let refusal = |_| PutRefusal::StockNotAvailable(variant.sku.clone());
        book.change(&place, kind, units, Cause::Merchant(call.cause), "import", now).map_err(refusal)?;
        moved = moved.saturating_add(1);
    }
    Ok(moved)
}

/// Sets the policy of a known SKU at all its locations; what it once was allowed to owe stays allowed.
fn set_policy(sql: &dyn Statements, variant: &Variant) -> Result<(), Trouble> {
    let update = match variant.policy {
        Policy::Deny => "UPDATE inventory SET policy = 'deny' WHERE sku = ?1 AND policy <> 'deny'",
        Policy::Continue => {
            "UPDATE inventory SET policy = 'continue', ever_continued = 1 WHERE sku = ?1 AND policy <> 'continue'"
        }
    };
    sql.execute(update, values![variant.sku.as_str()])?;
    Ok(())
}

/// Writes details and variants, if they are new or differ.
fn write_product(
    tables: &mut dyn Tables,
    call: &PutProduct,
    outcome: PutOutcome,
) -> Result<PutOutcome, Trouble> {
    let details = &call.product.details;
    let variants: Vec<&Variant> = call.product.variants.iter().map(|imported| &imported.variant).collect();
    let (sql, now, currency) = (tables.sql()?, tables.now(), tables.shop().currency);
    let row = "SELECT id FROM products WHERE handle = ?1";
    let known = sql.one(row, values![details.handle.as_str()], |columns| columns.uuid().map(ProductId))?;
    let Some(id) = known else {
        let insert = "INSERT INTO products (id, handle, title, body_html, vendor, product_type, listing, created_at, \
                      updated_at) VALUES (?1, ?2, '', '', '', '', 'hidden', ?3, ?3)";
        sql.execute(insert, values![call.id.0.as_bytes(), details.handle.as_str(), now.millis()])?;
        write_details(sql, call.id, call, now)?;
        return Ok(PutOutcome { created: true, ..outcome });
    };
    let found = load::product(sql, currency, id)?;
    let Product { details: before, variants: variants_before, .. } =
        found.ok_or_else(|| Trouble::call(format!("{id} is gone")))?;
    let changed = before != *details || !variants_before.iter().eq(variants);
    if changed {
        write_details(sql, id, call, now)?;
    }
    Ok(PutOutcome { changed, ..outcome })
}

fn write_details(
    sql: &dyn Statements,
    id: ProductId,
    call: &PutProduct,
    now: Timestamp,
) -> Result<(), Trouble> {
    let details = &call.product.details;
    let [option1, option2, option3] = three(&details.options)?;
    let update = "UPDATE products SET title = ?2, body_html = ?3, vendor = ?4, product_type = ?5, listing = ?6, \
                  option1 = ?7, option2 = ?8, option3 = ?9, updated_at = ?10 WHERE id = ?1";
    let key = id.0.as_bytes();
    sql.execute_one(
        "a product",
        update,
        values![
            key,
            &details.title,
            &details.body_html,
            &details.vendor,
            &details.product_type,
            listing_name(details.listing),
            option1,
            option2,
            option3,
            now.millis(),
        ],
    )?;
    sql.execute("DELETE FROM product_tags WHERE product_id = ?1", values![key])?;
    for (tag, position) in details.tags.iter().zip(1_i64..) {
        let insert = "INSERT INTO product_tags (product_id, position, tag) VALUES (?1, ?2, ?3)";
        sql.execute(insert, values![key, position, tag])?;
    }
    sql.execute("DELETE FROM product_images WHERE product_id = ?1", values![key])?;
    for (image, position) in details.images.iter().zip(1_i64..) {
        let insert = "INSERT INTO product_images (product_id, position, src, alt) VALUES (?1, ?2, ?3, ?4)";
        sql.execute(insert, values![key, position, &image.src, &image.alt])?;
    }
    // A variant that is no longer named keeps its row: stock and orders go on naming its SKU.
    sql.execute("UPDATE variants SET removed = 1 WHERE product_id = ?1", values![key])?;
    for (imported, position) in call.product.variants.iter().zip(1_i64..) {
        write_variant(sql, id, &imported.variant, position)?;
    }
    write_words(sql, id, call)
}

fn write_variant(
    sql: &dyn Statements,
    id: ProductId,
    variant: &Variant,
    position: i64,
) -> Result<(), Trouble> {
    let [option1, option2, option3] = three(&variant.option_values)?;
    let upsert = "INSERT INTO variants (sku, product_id, position, title, option1, option2, option3, price, \
                  compare_at, image_src, grams, barcode, policy, removed) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0) \
                  ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id, position = excluded.position, \
                  title = excluded.title, option1 = excluded.option1, option2 = excluded.option2, \
                  option3 = excluded.option3, price = excluded.price, compare_at = excluded.compare_at, \
                  image_src = excluded.image_src, grams = excluded.grams, barcode = excluded.barcode, \
                  policy = excluded.policy, removed = 0";
    sql.execute(
        upsert,
        values![
            variant.sku.as_str(),
            id.0.as_bytes(),
            position,
            &variant.title,
            option1,
            option2,
            option3,
            variant.price.minor(),
            variant.compare_at.map(|price| price.minor()),
            variant.image_src.as_ref(),
            variant.grams,
            &variant.barcode,
            policy_name(variant.policy),
        ],
    )?;
    Ok(())
}

/// The words that a product is found by: its title, vendor, type and tags, and its SKUs.
fn write_words(sql: &dyn Statements, id: ProductId, call: &PutProduct) -> Result<(), Trouble> {
    let details = &call.product.details;
    let texts = [details.title.as_str(), &details.vendor, &details.product_type];
    let tags = details.tags.iter().map(String::as_str);
    let skus = call.product.variants.iter().map(|imported| imported.variant.sku.as_str());
    let texts = texts.into_iter().chain(tags).chain(skus);
    let (write, words) = match sql.dialect() {
        Dialect::Sqlite => (
            "INSERT OR REPLACE INTO product_search (rowid, words) \
             VALUES ((SELECT number FROM products WHERE id = ?1), ?2)",
            texts.collect::<Vec<_>>().join("\n"),
        ),
        Dialect::Postgres => (
            "UPDATE products SET words = CAST(CAST(?2 AS text) AS tsvector) WHERE id = ?1",
            texts.flat_map(search_words).map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        ),
    };
    sql.execute(write, values![id.0.as_bytes(), &words])?;
    Ok(())
}

/// The option columns, of which there are three.
fn three(options: &[String]) -> Result<[Option<&String>; 3], Trouble> {
    if options.len() > 3 {
        return Err(Trouble::call(format!("{} options are more than three", options.len())));
    }
    Ok([options.first(), options.get(1), options.get(2)])
}
