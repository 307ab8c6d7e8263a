// More of what is right in Rust.
pub async fn counted(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    let done = sqlx::query!("UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1", quantity, id).execute(pool).await?; // fine: INV001
    if done.rows_affected() != 1 {
        return Err(Error::SoldOut);
    }
    Ok(())
}

pub async fn returned(pool: &PgPool, id: i64, quantity: i32) -> Result<i32, Error> {
    let row = sqlx::query("UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1 RETURNING stock").bind(quantity).bind(id).fetch_optional(pool).await?; // fine: INV001
    row.map(|row| row.get(0)).ok_or(Error::SoldOut)
}

pub fn counted_rows(conn: &Connection, id: i64, quantity: i64) -> Result<(), Error> {
    let changed = conn.execute("UPDATE products SET stock = stock - ?1 WHERE id = ?2 AND stock >= ?1", params![quantity, id])?; // fine: INV001
    if changed == 0 {
        return Err(Error::SoldOut);
    }
    Ok(())
}

pub async fn document(products: &Collection<Product>, id: &str, quantity: i32) -> Result<(), Error> {
    let result = products.update_one(doc! { "_id": id, "stock": { "$gte": quantity } }, doc! { "$inc": { "stock": -quantity } }).await?; // fine: INV001
    if result.modified_count == 0 {
        return Err(Error::SoldOut);
    }
    Ok(())
}

impl Shelf {
    pub fn take(&mut self, sku: &str, quantity: u32) -> bool {
        let Some(item) = self.items.get_mut(sku) else { return false };
        if item.stock < quantity {
            return false;
        }
        item.stock -= quantity; // fine: INV001
        true
    }
}

pub async fn set_by_hand(pool: &PgPool, id: i64, request: StockRequest) -> Result<(), Error> {
    sqlx::query("UPDATE products SET stock = $1 WHERE id = $2").bind(request.stock).bind(id).execute(pool).await?; // fine: INV001
    Ok(())
}

pub async fn cart_line(pool: &PgPool, id: i64) -> Result<(), Error> {
    sqlx::query("UPDATE cart_items SET quantity = quantity - 1 WHERE id = $1").bind(id).execute(pool).await?; // fine: INV001
    Ok(())
}

pub async fn give_back(client: &Client, sku: &str, quantity: i32) -> Result<(), Error> {
    client.execute("UPDATE inventory SET quantity = quantity + $1 WHERE sku = $2", &[&quantity, &sku]).await?; // fine: INV001
    Ok(())
}

pub async fn locked(tx: &mut Transaction<'_, Postgres>, id: i64, quantity: i32) -> Result<(), Error> {
    let stock: i32 = sqlx::query_scalar("SELECT stock FROM products WHERE id = $1 FOR UPDATE").bind(id).fetch_one(&mut **tx).await?;
    if stock < quantity {
        return Err(Error::SoldOut);
    }
    sqlx::query("UPDATE products SET stock = stock - $1 WHERE id = $2").bind(quantity).bind(id).execute(&mut **tx).await?; // fine: INV001
    Ok(())
}

pub async fn versioned(pool: &PgPool, product: &Product, quantity: i32) -> Result<(), Error> {
    let done = sqlx::query("UPDATE products SET stock = $1, version = version + 1 WHERE id = $2 AND version = $3") // fine: INV001
        .bind(product.stock - quantity)
        .bind(product.id)
        .bind(product.version)
        .execute(pool)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

pub fn simulate(products: &mut [Product], orders: &[Order]) {
    for (product, order) in products.iter_mut().zip(orders) {
        product.stock -= order.quantity; // fine: INV001
    }
}

pub async fn fresh(db: &DatabaseConnection, request: NewProduct) -> Result<(), DbErr> {
    let product = product::ActiveModel { stock: Set(request.stock), ..Default::default() }; // fine: INV001
    product.insert(db).await?;
    Ok(())
}

pub async fn threshold(pool: &PgPool, id: i64) -> Result<(), Error> {
    sqlx::query("UPDATE products SET low_stock_threshold = low_stock_threshold - 1 WHERE id = $1").bind(id).execute(pool).await?; // fine: INV001
    Ok(())
}
