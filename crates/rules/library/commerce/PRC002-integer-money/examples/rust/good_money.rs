// What is right: minor units or an exact decimal; weights and rates are no money.
pub struct GoodMoney {
    pub price_cents: i64, // fine: PRC002
    pub price: Decimal, // fine: PRC002
    pub weight: f64, // fine: PRC002
}
