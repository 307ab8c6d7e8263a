//! The catalog: lists, products and prices. Putting a product stands in `put`.

mod put;

use async_trait::async_trait;
use sellonce_checkout::catalog::{Handle, Product, Sku};
use sellonce_checkout::id::{CheckoutId, ProductId, Uuid};
use sellonce_checkout::money::Money;
use sellonce_checkout::session::Status;
use sellonce_checkout::store::catalog::{
    Catalog, PriceSet, ProductQuery, ProductView, PutOutcome, PutProduct, PutRefusal,
};
use sellonce_checkout::store::{Answer, Failure, Page, Shop};

use crate::calls::{Database, DatabaseStore, checkouts, inventory};
use crate::load;
use crate::rows::Columns;
use crate::rows::catalog::search_words;
use crate::sql::{Dialect, Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Catalog for DatabaseStore<D> {
    async fn put_product(&self, call: PutProduct) -> Answer<PutOutcome, PutRefusal> {
        self.write(move |tables| put::put(tables, &call)).await
    }

    async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, Failure> {
        self.read(move |sql, shop| {
            let ids = listed(sql, &query)?;
            let views = ids.into_iter().map(|id| {
                let product = load::product(sql, shop.currency, id)?;
                view(sql, shop, product.ok_or_else(|| Trouble::call(format!("{id} is gone")))?)
            });
            Ok(Page::of(views.collect::<Result<_, Trouble>>()?, query.limit))
        })
        .await
    }

    async fn product(&self, handle: &Handle) -> Result<Option<ProductView>, Failure> {
        let handle = handle.clone();
        self.read(move |sql, shop| {
            let row = "SELECT id FROM products WHERE handle = ?1 AND listing = 'published'";
            let id = sql.one(row, values![handle.as_str()], |columns| columns.uuid().map(ProductId))?;
            let product = id.map(|id| load::product(sql, shop.currency, id)).transpose()?.flatten();
            product.map(|product| view(sql, shop, product)).transpose()
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
        self.write(move |tables| set_price(tables, &sku, price, revoke_locks)).await
    }
}

fn view(sql: &dyn Statements, shop: &Shop, product: Product) -> Result<ProductView, Trouble> {
    let available = product.variants.iter().map(|variant| {
        let left = inventory::available(sql, shop, &variant.sku)?;
        Ok((variant.sku.clone(), left))
    });
    let available = available.collect::<Result<_, Trouble>>()?;
    Ok(ProductView { product, available })
}

/// The published products of a page and one more, in the order of their ids.
fn listed(sql: &dyn Statements, query: &ProductQuery) -> Result<Vec<ProductId>, Trouble> {
    let after = query.after.map_or(Uuid::nil(), |id| id.0);
    let limit = i64::from(query.limit) + 1;
    let id = |columns: &mut dyn Columns| columns.uuid().map(ProductId);
    let mut words = search_words(query.search.as_deref().unwrap_or_default()).peekable();
    if words.peek().is_none() {
        let page = "SELECT id FROM products WHERE listing = 'published' AND id > ?1 ORDER BY id LIMIT ?2";
        return sql.many(page, values![after.as_bytes(), limit], id);
    }
    // A word in quotes is a text to the index and no operator of its language; the mark behind it takes it as a beginning.
    let (page, wanted) = match sql.dialect() {
        Dialect::Sqlite => (
            "SELECT id FROM products WHERE listing = 'published' AND id > ?1 \
             AND number IN (SELECT rowid FROM product_search WHERE product_search MATCH ?3) ORDER BY id LIMIT ?2",
            words.map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" "),
        ),
        Dialect::Postgres => (
            "SELECT id FROM products WHERE listing = 'published' AND id > ?1 \
             AND words @@ CAST(CAST(?3 AS text) AS tsquery) ORDER BY id LIMIT ?2",
            words.map(|word| format!("'{word}':*")).collect::<Vec<_>>().join(" & "),
        ),
    };
    sql.many(page, values![after.as_bytes(), limit, &wanted], id)
}

fn set_price(
    tables: &mut dyn Tables,
    sku: &Sku,
    price: Money,
    revoke_locks: bool,
) -> Result<Option<PriceSet>, Trouble> {
    let currency = tables.shop().currency;
    if price.currency() != currency {
        return Err(Trouble::call(format!(
            "a price in {} for a shop that sells in {currency}",
            price.currency()
        )));
    }
    let row = "SELECT price FROM variants WHERE sku = ?1 AND removed = 0";
    let was = tables.sql()?.one(row, values![sku.as_str()], |columns| columns.money(currency))?;
    let Some(was) = was else { return Ok(None) };
    tables.write_book()?;
    let update = "UPDATE variants SET price = ?2 WHERE sku = ?1 AND price = ?3";
    let row = values![sku.as_str(), price.minor(), was.minor()];
    tables.sql()?.execute_one("a variant", update, row)?;
    let locks_revoked = if revoke_locks { revoke(tables, sku)? } else { 0 };
    Ok(Some(PriceSet { was, now: price, locks_revoked }))
}

/// Expires the open checkouts that sell a SKU; those under way keep their locks.
fn revoke(tables: &mut dyn Tables, sku: &Sku) -> Result<u64, Trouble> {
    let open = "SELECT c.id FROM checkouts c WHERE c.status = 'open' AND c.expires_at > ?2 AND EXISTS ( \
                SELECT 1 FROM checkout_lines l \
                WHERE l.checkout_id = c.id AND l.sku = ?1 AND l.unit_price IS NOT NULL)";
    let row = values![sku.as_str(), tables.now().millis()];
    let open = tables.sql()?.many(open, row, |columns| columns.uuid().map(CheckoutId))?;
    let mut revoked = 0;
    for id in open {
        let mut checkout = tables.named_checkout(id)?;
        checkouts::shift(tables, &mut checkout, Status::Expired, 0)?;
        revoked += 1;
    }
    Ok(revoked)
}
