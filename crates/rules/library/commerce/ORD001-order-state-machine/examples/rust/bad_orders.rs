// What goes wrong: the status is written by whoever wants to.
pub async fn pay(pool: &PgPool, id: i64) -> Result<(), Error> {
    sqlx::query("UPDATE orders SET status = 'paid' WHERE id = $1").bind(id).execute(pool).await?; // expect: ORD001
    Ok(())
}

pub async fn ship(client: &Client, id: i64) -> Result<(), Error> {
    client.execute("UPDATE orders SET status = $2 WHERE id = $1", &[&id, &"shipped"]).await?; // expect: ORD001
    Ok(())
}

pub async fn close(db: &DatabaseConnection, order: order::Model) -> Result<(), Error> {
    let mut order: order::ActiveModel = order.into();
    order.status = Set("closed".to_owned()); // expect: ORD001
    order.update(db).await?;
    Ok(())
}
