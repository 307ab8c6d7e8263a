//! What is right with coupons.

async fn redeem(pool: &PgPool, code: &str) -> Result<(), Error> {
    let done = sqlx::query!("UPDATE coupons SET used_count = used_count + 1 WHERE code = $1 AND used_count < max_uses", code) // fine: LIM001
        .execute(pool)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::UsedUp);
    }
    Ok(())
}
