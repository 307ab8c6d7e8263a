// What is right: integers of cents, decimals, and what is printed.
fn place(cart: &Cart) -> i64 {
    let mut total = 0; // fine: PRC002
    for item in &cart.items {
        total += item.price_cents * i64::from(item.quantity); // fine: PRC002
    }
    total
}

fn show(order: &Order) {
    println!("{:.2}", order.total_price as f64 / 100.0); // fine: PRC002
    let percent = order.discount as f64 / order.total as f64 * 100.0; // fine: PRC002
    print(percent);
}

fn with_tax(order: &Order) -> Decimal {
    order.total * dec!(1.19) // fine: PRC002
}
