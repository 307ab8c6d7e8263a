// What goes wrong with sqlx, Diesel and SeaORM.
pub async fn buy(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    let product = sqlx::query_as::<_, Product>("SELECT * FROM products WHERE id = $1").bind(id).fetch_one(pool).await?;
    if product.stock < quantity {
        return Err(Error::SoldOut);
    }
    sqlx::query("UPDATE products SET stock = $1 WHERE id = $2") // expect: INV001
        .bind(product.stock - quantity)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn step(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    sqlx::query!("UPDATE inventory SET quantity = quantity - $1 WHERE product_id = $2", quantity, id) // expect: INV001
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn unchecked(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    sqlx::query("UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1") // expect: INV001
        .bind(quantity)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub fn diesel_buy(conn: &mut PgConnection, product_id: i32, quantity: i32) -> QueryResult<usize> {
    let product = products.find(product_id).first::<Product>(conn)?;
    diesel::update(products.find(product_id)).set(stock.eq(product.stock - quantity)).execute(conn) // expect: INV001
}

pub fn diesel_step(conn: &mut PgConnection, product_id: i32, quantity: i32) -> QueryResult<usize> {
    diesel::update(products.find(product_id)).set(stock.eq(stock - quantity)).execute(conn) // expect: INV001
}

pub async fn sea_buy(db: &DatabaseConnection, id: i32, quantity: i32) -> Result<(), DbErr> {
    let found = product::Entity::find_by_id(id).one(db).await?.unwrap();
    let left = found.stock - quantity;
    let mut active: product::ActiveModel = found.into();
    active.stock = Set(left); // expect: INV001
    active.update(db).await?;
    Ok(())
}

pub fn rusqlite_step(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.execute("UPDATE products SET stock = stock - 1 WHERE id = ?1", params![id])?; // expect: INV001
    Ok(())
}
