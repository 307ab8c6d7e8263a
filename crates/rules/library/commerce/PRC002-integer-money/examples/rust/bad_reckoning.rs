// What goes wrong: amounts are parsed, summed and reckoned as f64.
fn place(cart: &Cart, form: &Form) -> Order {
    let unit_price = form.price.parse::<f64>().unwrap_or(0.0); // expect: PRC002
    let mut total = 0.0; // expect: PRC002
    for item in &cart.items {
        total += item.unit_price * item.quantity as f64; // expect: PRC002
    }
    let discount_amount = cart.subtotal() * cart.percent / 100.0; // expect: PRC002
    Order::insert(total - discount_amount, unit_price)
}

fn commission(order: &Order) -> i64 {
    (order.total_price as f64 * 0.05) as i64 // expect: PRC002
}

fn sum(order: &Order) -> Invoice {
    let total: f64 = order.items.iter().map(|item| item.line()).sum(); // expect: PRC002
    Invoice::of(total)
}
