// What goes wrong: rows stay locked while another server answers.
pub async fn tell(pool: &PgPool, http: &reqwest::Client, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order.id).execute(&mut *tx).await?;
    http.post("https://stock.example/reserve").json(order).send().await?; // expect: CHK001
    tx.commit().await?;
    Ok(())
}

pub async fn rates(pool: &PgPool, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    let rate = reqwest::get("https://rates.example/eur").await?.text().await?; // expect: CHK001
    sqlx::query("UPDATE orders SET rate = $1").bind(rate).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn ask(pool: &PgPool, http_client: &Client, order: &Order) -> Result<(), Error> {
    let tx = pool.begin().await?;
    http_client.get("https://tax.example").send().await?; // expect: CHK001
    tx.commit().await?;
    Ok(())
}
