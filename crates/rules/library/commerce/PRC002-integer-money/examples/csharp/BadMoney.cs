// What goes wrong: money as a binary fraction.
public class BadMoney
{
    public double Price { get; set; } // expect: PRC002
    public float UnitPrice { get; set; } // expect: PRC002
    private double orderTotal; // expect: PRC002
}
