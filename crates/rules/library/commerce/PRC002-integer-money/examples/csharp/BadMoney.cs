// What goes wrong: money as a binary fraction.
public class BadMoney
{
    public double Price { get; set; } // expect: PRC002
    public float UnitPrice { get; set; } // expect: PRC002
    private double orderTotal; // expect: PRC002
}

// One field, told once; a discount that stands beside its total is a sum.
public class BadLine
{
    private double amount; // expect: PRC002
    private double discount; // expect: PRC002
    private int customer;

    public double Amount { get => amount; set => amount = value; } // fine: PRC002
    public void SetAmount(double amount) => this.amount = amount; // fine: PRC002
}
