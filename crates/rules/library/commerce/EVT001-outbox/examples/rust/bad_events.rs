// What goes wrong: an event about an order that was rolled back.
pub async fn place(pool: &PgPool, mailer: &Mailer, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order.id).execute(&mut *tx).await?;
    mailer.send(message(order)).await?; // expect: EVT001 CHK001
    tx.commit().await?;
    Ok(())
}

pub async fn publish(pool: &PgPool, producer: &FutureProducer, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order.id).execute(&mut *tx).await?;
    producer.send(record(order), TIMEOUT).await?; // expect: EVT001
    tx.commit().await?;
    Ok(())
}

pub async fn after(pool: &PgPool, mailer: &Mailer, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order.id).execute(&mut *tx).await?;
    tx.commit().await?;
    mailer.send_email(order).await?; // expect: EVT001
    Ok(())
}
