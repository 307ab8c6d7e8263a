// What is right: minor units or an exact decimal; weights and rates are no money.
class GoodMoney {
    private long priceCents; // fine: PRC002
    private BigDecimal price; // fine: PRC002
    private double weight; // fine: PRC002
}
