// What goes wrong: amounts are read, parsed, summed and stored as doubles.
class OrderService {
    void read(ResultSet rows, Order order) throws SQLException {
        order.setTotal(rows.getDouble("total")); // expect: PRC002
        order.setWeight(rows.getDouble("weight"));
    }

    void parse(Product product, JTextField priceField) {
        product.setPrice(Double.parseDouble(priceField.getText())); // expect: PRC002
    }

    void store(PreparedStatement statement, Item item) throws SQLException {
        statement.setDouble(1, item.getUnitPrice()); // expect: PRC002
        statement.setDouble(2, item.getWeight());
    }

    void sum(Cart cart) {
        cart.setTotalPrice(cart.getItems().stream().mapToDouble(Item::getPrice).sum()); // expect: PRC002
        for (Item item : cart.getItems()) {
            item.setLineTotal(item.getPrice() * item.getQuantity()); // expect: PRC002
        }
    }

    double calculateDiscountAmount(Order order) { // expect: PRC002
        return table.find(order);
    }

    void pay(Order order) {
        double total = 0; // expect: PRC002
        for (Line line : order.getLines()) {
            total += line.sum();
        }
        gateway.charge((long) (total * 100)); // expect: PRC002
    }
}
