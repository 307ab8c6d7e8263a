// What goes wrong: money as a binary fraction.
class BadMoney {
    private double price; // expect: PRC002
    private Float unitPrice; // expect: PRC002
    private Double orderTotal; // expect: PRC002

    void read(ResultSet rows, PreparedStatement statement, Item item) throws SQLException {
        item.keep(rows.getDouble("price")); // expect: PRC002
        statement.setDouble(1, item.getPrice()); // expect: PRC002
        item.setTotalPrice(item.parts().stream().mapToDouble(Part::getPrice).sum()); // expect: PRC002
    }
}
