// What is right: minor units or an exact decimal; weights and rates are no money.
class GoodMoney {
    private long priceCents; // fine: PRC002
    private BigDecimal price; // fine: PRC002
    private double weight; // fine: PRC002

    void read(ResultSet rows) throws SQLException {
        keep(rows.getDouble("weight")); // fine: PRC002
        keep(rows.getBigDecimal("price")); // fine: PRC002
    }
}
