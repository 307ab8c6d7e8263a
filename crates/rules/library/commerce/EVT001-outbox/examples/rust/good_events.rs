// What is right: what is to be told is a row of the same transaction.
pub async fn place(pool: &PgPool, order: &Order) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO outbox (kind, subject) VALUES ('order.placed', $1)").bind(order.id).execute(&mut *tx).await?; // fine: EVT001
    tx.commit().await?;
    Ok(())
}

pub async fn forgotten(mailer: &Mailer, user: &User) -> Result<(), Error> {
    mailer.send_email(user).await?; // fine: EVT001
    Ok(())
}

pub async fn channel(pool: &PgPool, sender: &Sender<Order>, order: Order) -> Result<(), Error> {
    let tx = pool.begin().await?;
    sender.send(order).await?; // fine: EVT001
    tx.commit().await?;
    Ok(())
}
