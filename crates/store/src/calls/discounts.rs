//! Discounts and purchase limits.

use async_trait::async_trait;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_checkout::store::discounts::{DiscountView, Discounts};
use sellonce_checkout::store::{Failure, Page};

use crate::calls::{Database, DatabaseStore};
use crate::rows::stock::{self, discount_columns};
use crate::sql::values;
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Discounts for DatabaseStore<D> {
    async fn create_discount(&self, discount: Discount) -> Result<bool, Failure> {
        self.write(move |tables| create(tables, &discount)).await
    }

    async fn discounts(
        &self,
        after: Option<&DiscountCode>,
        limit: u32,
    ) -> Result<Page<DiscountView>, Failure> {
        let after = after.map_or_else(String::new, |code| code.as_str().to_owned());
        self.read(move |sql, shop| {
            let page = concat!(
                "SELECT ",
                discount_columns!(),
                " FROM discounts WHERE code > ?1 ORDER BY code LIMIT ?2"
            );
            let rows = sql.many(page, values![&after, i64::from(limit) + 1], |columns| {
                let (discount, uses) = stock::discount(columns, shop.currency)?;
                Ok(DiscountView { discount, uses })
            })?;
            Ok(Page::of(rows, limit))
        })
        .await
    }

    async fn set_purchase_limit(&self, limit: PurchaseLimit) -> Result<bool, Failure> {
        self.write(move |tables| set_purchase_limit(tables, &limit)).await
    }

    async fn purchase_limits(&self, after: Option<&Sku>, limit: u32) -> Result<Page<PurchaseLimit>, Failure> {
        let after = after.map_or_else(String::new, |sku| sku.as_str().to_owned());
        self.read(move |sql, _| {
            let page = "SELECT sku, quantity_max FROM purchase_limits WHERE sku > ?1 ORDER BY sku LIMIT ?2";
            let rows = sql.many(page, values![&after, i64::from(limit) + 1], |columns| {
                Ok(PurchaseLimit { sku: stock::sku(columns)?, quantity_max: columns.integer()? })
            })?;
            Ok(Page::of(rows, limit))
        })
        .await
    }
}

fn create(tables: &mut dyn Tables, discount: &Discount) -> Result<bool, Trouble> {
    let insert = "INSERT INTO discounts (code, percentage, fixed, subtotal_min, starts_at, ends_at, uses_max, \
                  created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (code) DO NOTHING";
    let (percentage, fixed) = match discount.reduction {
        Reduction::Percentage(rate) => (Some(rate.value()), None),
        Reduction::Fixed(amount) => (None, Some(amount.minor())),
    };
    let inserted = tables.sql()?.execute(
        insert,
        values![
            discount.code.as_str(),
            percentage,
            fixed,
            discount.subtotal_min.map(|amount| amount.minor()),
            discount.starts_at.map(Timestamp::millis),
            discount.ends_at.map(Timestamp::millis),
            discount.uses_max,
            tables.now().millis(),
        ],
    )?;
    Ok(inserted == 1)
}

fn set_purchase_limit(tables: &mut dyn Tables, limit: &PurchaseLimit) -> Result<bool, Trouble> {
    let known = "SELECT 1 FROM inventory WHERE sku = ?1 LIMIT 1";
    if !tables.sql()?.any(known, values![limit.sku.as_str()])? {
        return Ok(false);
    }
    // Counters that were read carry the limit of before.
    tables.write_book()?;
    let upsert = "INSERT INTO purchase_limits (sku, quantity_max) VALUES (?1, ?2) \
                  ON CONFLICT (sku) DO UPDATE SET quantity_max = excluded.quantity_max";
    tables.sql()?.execute(upsert, values![limit.sku.as_str(), limit.quantity_max])?;
    Ok(true)
}
