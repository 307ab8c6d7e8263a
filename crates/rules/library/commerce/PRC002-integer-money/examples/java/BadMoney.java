// What goes wrong: money as a binary fraction.
class BadMoney {
    private double price; // expect: PRC002
    private Float unitPrice; // expect: PRC002
    private Double orderTotal; // expect: PRC002
}
