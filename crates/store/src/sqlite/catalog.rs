//! The catalog on SQLite: lists, products and prices. Putting a product stands in `put`.

mod put;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::catalog::{Handle, Product, Sku};
use sellonce_checkout::id::{CheckoutId, ProductId, Uuid};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::session::Status;
use sellonce_checkout::store::catalog::{
    Catalog, PriceSet, ProductQuery, ProductView, PutOutcome, PutProduct, PutRefusal,
};
use sellonce_checkout::store::{Answer, Failure, Page, Shop};

use crate::rows::Columns;
use crate::rows::catalog::{self, product_columns, search_words, variant_columns};
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::sqlite::{SqliteStore, checkouts, inventory};
use crate::trouble::Trouble;

#[async_trait]
impl Catalog for SqliteStore {
    async fn put_product(&self, call: PutProduct) -> Answer<PutOutcome, PutRefusal> {
        self.write(move |flush| put::put(flush, &call)).await
    }

    async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, Failure> {
        self.read(move |connection, shop| {
            let ids = listed(connection, &query)?;
            let views = ids.into_iter().map(|id| {
                let product = load(connection, shop.currency, id)?;
                view(connection, shop, product.ok_or_else(|| Trouble::call(format!("{id} is gone")))?)
            });
            Ok(Page::of(views.collect::<Result<_, Trouble>>()?, query.limit))
        })
        .await
    }

    async fn product(&self, handle: &Handle) -> Result<Option<ProductView>, Failure> {
        let handle = handle.clone();
        self.read(move |connection, shop| {
            let sql = "SELECT id FROM products WHERE handle = ?1 AND listing = 'published'";
            let id = one(connection, sql, [handle.as_str()], |columns| columns.uuid().map(ProductId))?;
            let product = id.map(|id| load(connection, shop.currency, id)).transpose()?.flatten();
            product.map(|product| view(connection, shop, product)).transpose()
        })
        .await
    }

    async fn set_price(
        &self,
        sku: &Sku,
        price: Money,
        revoke_locks: bool,
    ) -> Result<Option<PriceSet>, Failure> {
        let sku = sku.clone();
        self.write(move |flush| set_price(flush, &sku, price, revoke_locks)).await
    }
}

/// A product with the variants that it still has.
fn load(connection: &Connection, currency: Currency, id: ProductId) -> Result<Option<Product>, Trouble> {
    let sql = concat!("SELECT ", product_columns!(), " FROM products WHERE id = ?1");
    let Some(mut product) = one(connection, sql, [id.0.as_bytes()], catalog::product)? else {
        return Ok(None);
    };
    let sql = "SELECT tag FROM product_tags WHERE product_id = ?1 ORDER BY position";
    product.details.tags = many(connection, sql, [id.0.as_bytes()], |columns| columns.string())?;
    let sql = "SELECT src, alt FROM product_images WHERE product_id = ?1 ORDER BY position";
    product.details.images = many(connection, sql, [id.0.as_bytes()], catalog::image)?;
    let sql = concat!(
        "SELECT ",
        variant_columns!(),
        " FROM variants WHERE product_id = ?1 AND removed = 0 ORDER BY position"
    );
    product.variants =
        many(connection, sql, [id.0.as_bytes()], |columns| catalog::variant(columns, currency))?;
    Ok(Some(product))
}

fn view(connection: &Connection, shop: &Shop, product: Product) -> Result<ProductView, Trouble> {
    let available = product.variants.iter().map(|variant| {
        let left = inventory::available(connection, shop, &variant.sku)?;
        Ok((variant.sku.clone(), left))
    });
    let available = available.collect::<Result<_, Trouble>>()?;
    Ok(ProductView { product, available })
}

/// The published products of a page and one more, in the order of their ids.
fn listed(connection: &Connection, query: &ProductQuery) -> Result<Vec<ProductId>, Trouble> {
    let after = query.after.map_or(Uuid::nil(), |id| id.0);
    let limit = i64::from(query.limit) + 1;
    let id = |columns: &mut dyn Columns| columns.uuid().map(ProductId);
    // A word in quotes is a text to the index and no operator of its language; a star behind it takes it as a beginning.
    let words: Vec<String> = search_words(query.search.as_deref().unwrap_or_default())
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if words.is_empty() {
        let sql = "SELECT id FROM products WHERE listing = 'published' AND id > ?1 ORDER BY id LIMIT ?2";
        return many(connection, sql, params![after.as_bytes(), limit], id);
    }
    let sql = "SELECT id FROM products WHERE listing = 'published' AND id > ?1 \
               AND number IN (SELECT rowid FROM product_search WHERE product_search MATCH ?3) ORDER BY id LIMIT ?2";
    many(connection, sql, params![after.as_bytes(), limit, words.join(" ")], id)
}

fn set_price(
    flush: &mut Flush,
    sku: &Sku,
    price: Money,
    revoke_locks: bool,
) -> Result<Option<PriceSet>, Trouble> {
    let currency = flush.currency();
    if price.currency() != currency {
        return Err(Trouble::call(format!(
            "a price in {} for a shop that sells in {currency}",
            price.currency()
        )));
    }
    let sql = "SELECT price FROM variants WHERE sku = ?1 AND removed = 0";
    let was = one(flush.connection(), sql, [sku.as_str()], |columns| columns.money(currency))?;
    let Some(was) = was else { return Ok(None) };
    flush.write_book()?;
    let sql = "UPDATE variants SET price = ?2 WHERE sku = ?1 AND price = ?3";
    flush.execute_one("a variant", sql, params![sku.as_str(), price.minor(), was.minor()])?;
    let locks_revoked = if revoke_locks { revoke(flush, sku)? } else { 0 };
    Ok(Some(PriceSet { was, now: price, locks_revoked }))
}

/// Expires the open checkouts that sell a SKU; those under way keep their locks.
fn revoke(flush: &Flush, sku: &Sku) -> Result<u64, Trouble> {
    let sql = "SELECT c.id FROM checkouts c WHERE c.status = 'open' AND c.expires_at > ?2 AND EXISTS ( \
               SELECT 1 FROM checkout_lines l \
               WHERE l.checkout_id = c.id AND l.sku = ?1 AND l.unit_price IS NOT NULL)";
    let params = params![sku.as_str(), flush.now.millis()];
    let open = many(flush.connection(), sql, params, |columns| columns.uuid().map(CheckoutId))?;
    let mut revoked = 0;
    for id in open {
        let mut checkout = checkouts::load_named(flush.connection(), flush.currency(), id)?;
        checkouts::shift(flush, &mut checkout, Status::Expired, 0)?;
        revoked += 1;
    }
    Ok(revoked)
}
