// What is right: short transactions, calls between them.
pub async fn tell(pool: &PgPool, http: &reqwest::Client, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order.id).execute(&mut *tx).await?; // fine: CHK001
    tx.commit().await?;
    http.post("https://stock.example/reserve").json(order).send().await?; // fine: CHK001
    Ok(())
}

pub async fn rates(pool: &PgPool) -> Result<(), Error> {
    let rate = reqwest::get("https://rates.example/eur").await?.text().await?; // fine: CHK001
    let mut tx = pool.begin().await?;
    sqlx::query("UPDATE orders SET rate = $1").bind(rate).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}
