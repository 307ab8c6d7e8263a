//! Hold every line of a cart, or none.

use std::collections::BTreeMap;

use sqlx::{PgConnection, Postgres, Transaction};

/// Why nothing was held.
#[derive(Debug)]
pub enum Refusal {
    /// There is not enough of this SKU.
    SoldOut(String),
    /// The database failed.
    Database(sqlx::Error),
}

/// Holds (sku, location, quantity) lines; drop the transaction when it refuses.
pub async fn reserve(
    transaction: &mut Transaction<'_, Postgres>,
    lines: &[(String, String, i64)],
) -> Result<(), Refusal> {
    // Equal SKUs are one line, and every buyer touches rows in the same order: no deadlocks.
    let mut summed: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (sku, location, quantity) in lines {
        assert!(*quantity > 0, "quantities are checked where they come in");
        *summed.entry((sku, location)).or_default() += quantity;
    }
    let connection: &mut PgConnection = transaction;
    for ((sku, location), quantity) in summed {
        let result = sqlx::query(
            "UPDATE inventory SET available = available - $1, reserved = reserved + $1 \
             WHERE sku = $2 AND location = $3 AND available >= $1",
        )
        .bind(quantity)
        .bind(sku)
        .bind(location)
        .execute(&mut *connection)
        .await
        .map_err(Refusal::Database)?;
        if result.rows_affected() != 1 {
            return Err(Refusal::SoldOut(sku.to_owned()));
        }
    }
    Ok(())
}
