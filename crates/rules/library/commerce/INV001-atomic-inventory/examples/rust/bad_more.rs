// More of what goes wrong in Rust.
pub async fn read_then_write(pool: &SqlitePool, id: i64, quantity: i64) -> Result<(), Error> {
    let stock: i64 = sqlx::query_scalar("SELECT stock FROM products WHERE id = ?").bind(id).fetch_one(pool).await?;
    if stock < quantity {
        return Err(Error::SoldOut);
    }
    let left = stock - quantity;
    sqlx::query("UPDATE products SET stock = ? WHERE id = ?").bind(left).bind(id).execute(pool).await?; // expect: INV001
    Ok(())
}

pub async fn step_each(tx: &mut Transaction<'_, Postgres>, lines: &[Line]) -> Result<(), Error> {
    for line in lines {
        sqlx::query("UPDATE product_variants SET stock_quantity = stock_quantity - $1 WHERE id = $2") // expect: INV001
            .bind(line.quantity)
            .bind(line.variant_id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub async fn tokio_postgres_step(client: &Client, id: i64, quantity: i32) -> Result<(), Error> {
    client.execute("UPDATE inventory SET available = available - $1 WHERE sku_id = $2", &[&quantity, &id]).await?; // expect: INV001
    Ok(())
}

pub fn diesel_more(conn: &mut PgConnection, wanted: i32, quantity: i32) -> QueryResult<usize> {
    let variant = variants.find(wanted).first::<Variant>(conn)?;
    let left = variant.inventory_quantity - quantity;
    diesel::update(variants.find(wanted)).set(inventory_quantity.eq(left)).execute(conn) // expect: INV001
}

pub async fn clamp(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    sqlx::query("UPDATE products SET stock = GREATEST(stock - $1, 0) WHERE id = $2").bind(quantity).bind(id).execute(pool).await?; // expect: INV001
    Ok(())
}

async fn sell_item(pool: &SqlitePool, id: i64, wanted: i64) -> Result<(), Error> {
    let row = sqlx::query("SELECT quantity FROM items WHERE id = ?").bind(id).fetch_one(pool).await?;
    let quantity: i64 = row.get("quantity");
    if quantity < wanted {
        return Err(Error::SoldOut);
    }
    sqlx::query("UPDATE items SET quantity = ? WHERE id = ?").bind(quantity - wanted).bind(id).execute(pool).await?; // expect: INV001
    Ok(())
}

impl Records {
    async fn record(&self, id: i32, kind: &str, wanted: i32) -> Result<(), Error> {
        let inventory = inventory::Entity::find_by_id(id).one(&self.db).await?.ok_or(Error::Missing)?;
        let current_stock = inventory.stock_level;
        let mut changed: inventory::ActiveModel = inventory.into();
        let left = match kind {
            "sale" => {
                if wanted < 0 {
                    return Err(Error::Negative);
                }
                current_stock.saturating_sub(wanted)
            }
            _ => return Err(Error::Kind),
        };
        changed.stock_level = Set(left); // expect: INV001
        changed.update(&self.db).await?;
        Ok(())
    }
}
