// What is right: the step names the status it comes from, or the present one is looked at.
pub async fn pay(pool: &PgPool, id: i64) -> Result<(), Error> {
    let done = sqlx::query("UPDATE orders SET status = 'paid' WHERE id = $1 AND status = 'pending'").bind(id).execute(pool).await?; // fine: ORD001
    if done.rows_affected() != 1 {
        return Err(Error::NotPending);
    }
    Ok(())
}

pub async fn transition(pool: &PgPool, id: i64, next: Status) -> Result<(), Error> {
    sqlx::query("UPDATE orders SET status = $2 WHERE id = $1").bind(id).bind(next).execute(pool).await?; // fine: ORD001
    Ok(())
}

pub async fn approve(pool: &PgPool, id: i64) -> Result<(), Error> {
    sqlx::query("UPDATE reviews SET status = 'approved' WHERE id = $1").bind(id).execute(pool).await?; // fine: ORD001
    Ok(())
}
