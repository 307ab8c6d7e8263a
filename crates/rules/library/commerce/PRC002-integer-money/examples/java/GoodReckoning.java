// What is right: decimals and longs; setters and constructors say no more than their field.
class Product {
    private BigDecimal price; // fine: PRC002
    private double weight; // fine: PRC002

    void read(ResultSet rows) throws SQLException {
        price = rows.getBigDecimal("price"); // fine: PRC002
        weight = rows.getDouble("weight"); // fine: PRC002
    }

    BigDecimal total(Order order) {
        return price.multiply(BigDecimal.valueOf(order.getQuantity())); // fine: PRC002
    }

    long totalCents(Order order) {
        return order.getPriceCents() * order.getQuantity(); // fine: PRC002
    }

    void show(Order order) {
        System.out.println("Total: " + order.getTotal().doubleValue() * 1.19); // fine: PRC002
        if (order.getTotal().doubleValue() > 100) { // fine: PRC002
            mark(order);
        }
    }
}
