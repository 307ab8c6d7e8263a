// What is right: minor units or an exact decimal; weights and rates are no money.
public class GoodMoney
{
    public long PriceCents { get; set; } // fine: PRC002
    public decimal Price { get; set; } // fine: PRC002
    public double Weight { get; set; } // fine: PRC002
}
