//! What goes wrong with coupons.

async fn redeem(pool: &PgPool, code: &str) -> Result<(), Error> {
    let coupon = sqlx::query_as!(Coupon, "SELECT * FROM coupons WHERE code = $1", code).fetch_one(pool).await?;
    if coupon.used_count >= coupon.max_uses {
        return Err(Error::UsedUp);
    }
    let used = coupon.used_count + 1;
    sqlx::query!("UPDATE coupons SET used_count = $1 WHERE code = $2", used, code).execute(pool).await?; // expect: LIM001
    Ok(())
}

async fn pay_with_card(pool: &PgPool, number: &str, cents: i64) -> Result<(), Error> {
    sqlx::query("UPDATE gift_cards SET balance = balance - $1 WHERE number = $2") // expect: LIM001
        .bind(cents)
        .bind(number)
        .execute(pool)
        .await?;
    Ok(())
}
