// What is right with sqlx, Diesel and SeaORM.
pub async fn buy(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    let result = sqlx::query("UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1") // fine: INV001
        .bind(quantity)
        .bind(id)
        .execute(pool)
        .await?;
    if result.rows_affected() == 0 {
        return Err(Error::SoldOut);
    }
    Ok(())
}

pub async fn locked(tx: &mut Transaction<'_, Postgres>, id: i64, quantity: i32) -> Result<(), Error> {
    let product: Product = sqlx::query_as("SELECT * FROM products WHERE id = $1 FOR UPDATE").bind(id).fetch_one(&mut **tx).await?;
    sqlx::query("UPDATE products SET stock = $1 WHERE id = $2") // fine: INV001
        .bind(product.stock - quantity)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub fn diesel_buy(conn: &mut PgConnection, product_id: i32, quantity: i32) -> Result<(), Error> {
    let changed = diesel::update(products.filter(id.eq(product_id)).filter(stock.ge(quantity)))
        .set(stock.eq(stock - quantity)) // fine: INV001
        .execute(conn)?;
    if changed == 0 {
        return Err(Error::SoldOut);
    }
    Ok(())
}

pub fn diesel_locked(conn: &mut PgConnection, product_id: i32, quantity: i32) -> QueryResult<usize> {
    let product = products.find(product_id).for_update().first::<Product>(conn)?;
    diesel::update(products.find(product_id)).set(stock.eq(product.stock - quantity)).execute(conn) // fine: INV001
}

pub async fn restock(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    sqlx::query("UPDATE products SET stock = stock + $1 WHERE id = $2").bind(quantity).bind(id).execute(pool).await?; // fine: INV001
    Ok(())
}

pub async fn cart(pool: &PgPool, id: i64) -> Result<(), Error> {
    sqlx::query("UPDATE cart_items SET quantity = quantity - 1 WHERE id = $1").bind(id).execute(pool).await?; // fine: INV001
    Ok(())
}

pub struct Shelf {
    stock: u32,
}

impl Shelf {
    pub fn take(&mut self, quantity: u32) {
        self.stock -= quantity; // fine: INV001
    }
}
