// What goes wrong: money as a binary fraction.
pub struct BadMoney {
    pub price: f64, // expect: PRC002
    pub unit_price: f32, // expect: PRC002
    pub order_total: f64, // expect: PRC002
}
