// Still more of what goes wrong in Rust.
pub async fn through_repository(repo: &ProductRepository, id: i64, quantity: i32) -> Result<(), Error> {
    let mut product = repo.find(id).await?;
    product.stock -= quantity; // expect: INV001
    repo.update(&product).await?;
    Ok(())
}

pub fn checked_before(conn: &Connection, id: i64, quantity: i64) -> Result<(), Error> {
    let stock: i64 = conn.query_row("SELECT stock FROM products WHERE id = ?1", params![id], |row| row.get(0))?;
    if stock < quantity {
        return Err(Error::SoldOut);
    }
    conn.execute("UPDATE products SET stock = stock - ?1 WHERE id = ?2", params![quantity, id])?; // expect: INV001
    Ok(())
}

pub async fn bound(pool: &PgPool, id: i64, quantity: i32) -> Result<(), Error> {
    let product = sqlx::query_as::<_, Product>("SELECT * FROM products WHERE id = $1").bind(id).fetch_one(pool).await?;
    let left = product.stock - quantity;
    sqlx::query("UPDATE products SET stock = $1 WHERE id = $2").bind(left).bind(id).execute(pool).await?; // expect: INV001
    Ok(())
}

pub fn table_column(conn: &mut PgConnection, id: i32, quantity: i32) -> QueryResult<usize> {
    diesel::update(products::table.find(id)).set(products::stock.eq(products::stock - quantity)).execute(conn) // expect: INV001
}

pub async fn active(db: &DatabaseConnection, id: i32, quantity: i32) -> Result<(), DbErr> {
    let product = product::Entity::find_by_id(id).one(db).await?.unwrap();
    let mut active: product::ActiveModel = product.clone().into();
    active.stock = Set(product.stock - quantity); // expect: INV001
    active.update(db).await?;
    Ok(())
}

pub async fn inventory(client: &Client, sku: &str, quantity: i32) -> Result<(), Error> {
    client.execute("UPDATE inventory SET quantity = quantity - $1 WHERE sku = $2", &[&quantity, &sku]).await?; // expect: INV001
    Ok(())
}

pub async fn document(products: &Collection<Product>, id: &str, quantity: i32) -> Result<(), Error> {
    products.update_one(doc! { "_id": id }, doc! { "$inc": { "stock": -quantity } }).await?; // expect: INV001
    Ok(())
}

pub async fn named(repo: &Products, id: i64, quantity: i32) -> Result<(), Error> {
    let stock = repo.get_stock(id).await?;
    repo.update_stock(id, stock - quantity).await?; // expect: INV001
    Ok(())
}

pub async fn tuple(pool: &SqlitePool, id: i64, delta: i64) -> Result<(), sqlx::Error> {
    let current: (i64,) =
        sqlx::query_as("SELECT COALESCE(stock, 0) FROM products WHERE id = ?").bind(id).fetch_one(pool).await?;
    let left = current.0 - delta;
    sqlx::query("UPDATE products SET stock = ? WHERE id = ?").bind(left).bind(id).execute(pool).await?; // expect: INV001
    Ok(())
}

impl Tray {
    pub fn withdraw(&mut self, quantity: i32) {
        self.quantity_on_hand -= quantity; // expect: INV001
    }
}

pub async fn load_and_save(trays: &Trays, id: Uuid, quantity: i32) -> Result<(), Error> {
    let mut tray = trays.find_by_id(id).await?;
    tray.withdraw(quantity);
    trays.save(&tray).await
}
