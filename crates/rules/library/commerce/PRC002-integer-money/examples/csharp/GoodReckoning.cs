// What is right: decimals, longs, and doubles of what is no money.
public class OrderService
{
    public void Place(Order order, Cart cart)
    {
        decimal total = 0; // fine: PRC002
        foreach (var item in cart.Items)
        {
            total += item.Price * item.Quantity; // fine: PRC002
        }
        order.Total = total * 1.19m; // fine: PRC002
        gateway.Charge((long)(order.Total * 100)); // fine: PRC002
        order.Weight = Convert.ToDouble(weightBox.Text); // fine: PRC002
        order.Quantity = Convert.ToDouble(quantityBox.Text); // fine: PRC002
        Console.WriteLine((double)order.Total); // fine: PRC002
    }
}

public class Line
{
    private decimal price; // fine: PRC002
    public decimal Price { get => price; set => price = value; } // fine: PRC002
}
