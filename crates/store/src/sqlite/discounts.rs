//! Discounts and purchase limits on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::money::Currency;
use sellonce_checkout::purchase_limit::{PurchaseLimit, Uses};
use sellonce_checkout::store::discounts::{DiscountView, Discounts};
use sellonce_checkout::store::{Failure, Page};

use crate::rows::stock::{self, discount_columns};
use crate::sqlite::SqliteStore;
use crate::sqlite::flush::Flush;
use crate::sqlite::statements::{many, one};
use crate::trouble::Trouble;

#[async_trait]
impl Discounts for SqliteStore {
    async fn create_discount(&self, discount: Discount) -> Result<bool, Failure> {
        self.write(move |flush| create(flush, &discount)).await
    }

    async fn discounts(
        &self,
        after: Option<&DiscountCode>,
        limit: u32,
    ) -> Result<Page<DiscountView>, Failure> {
        let after = after.map_or_else(String::new, |code| code.as_str().to_owned());
        self.read(move |connection, shop| {
            let sql = concat!(
                "SELECT ",
                discount_columns!(),
                " FROM discounts WHERE code > ?1 ORDER BY code LIMIT ?2"
            );
            let rows = many(connection, sql, params![after, i64::from(limit) + 1], |columns| {
                let (discount, uses) = stock::discount(columns, shop.currency)?;
                Ok(DiscountView { discount, uses })
            })?;
            Ok(Page::of(rows, limit))
        })
        .await
    }

    async fn set_purchase_limit(&self, limit: PurchaseLimit) -> Result<bool, Failure> {
        self.write(move |flush| set_purchase_limit(flush, &limit)).await
    }

    async fn purchase_limits(&self, after: Option<&Sku>, limit: u32) -> Result<Page<PurchaseLimit>, Failure> {
        let after = after.map_or_else(String::new, |sku| sku.as_str().to_owned());
        self.read(move |connection, _| {
            let sql = "SELECT sku, quantity_max FROM purchase_limits WHERE sku > ?1 ORDER BY sku LIMIT ?2";
            let rows = many(connection, sql, params![after, i64::from(limit) + 1], |columns| {
                Ok(PurchaseLimit { sku: stock::sku(columns)?, quantity_max: columns.integer()? })
            })?;
            Ok(Page::of(rows, limit))
        })
        .await
    }
}

/// A discount with its counter as it is in the database.
pub(super) fn load(
    connection: &Connection,
    currency: Currency,
    code: &DiscountCode,
) -> Result<Option<(Discount, Uses)>, Trouble> {
    let sql = concat!("SELECT ", discount_columns!(), " FROM discounts WHERE code = ?1");
    one(connection, sql, [code.as_str()], |columns| stock::discount(columns, currency))
}

fn create(flush: &mut Flush, discount: &Discount) -> Result<bool, Trouble> {
    let sql = "INSERT INTO discounts (code, percentage, fixed, subtotal_min, starts_at, ends_at, uses_max, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (code) DO NOTHING";
    let (percentage, fixed) = match discount.reduction {
        Reduction::Percentage(rate) => (Some(rate.value()), None),
        Reduction::Fixed(amount) => (None, Some(amount.minor())),
    };
    let inserted = flush.execute(
        sql,
        params![
            discount.code.as_str(),
            percentage,
            fixed,
            discount.subtotal_min.map(|amount| amount.minor()),
            discount.starts_at.map(|at| at.millis()),
            discount.ends_at.map(|at| at.millis()),
            discount.uses_max,
            flush.now.millis(),
        ],
    )?;
    Ok(inserted == 1)
}

fn set_purchase_limit(flush: &mut Flush, limit: &PurchaseLimit) -> Result<bool, Trouble> {
    let sql = "SELECT 1 FROM inventory WHERE sku = ?1 LIMIT 1";
    if one(flush.connection(), sql, [limit.sku.as_str()], |_| Ok(()))?.is_none() {
        return Ok(false);
    }
    // Counters that were read carry the limit of before.
    flush.write_book()?;
    let sql = "INSERT INTO purchase_limits (sku, quantity_max) VALUES (?1, ?2) \
               ON CONFLICT (sku) DO UPDATE SET quantity_max = excluded.quantity_max";
    flush.execute(sql, params![limit.sku.as_str(), limit.quantity_max])?;
    Ok(true)
}
