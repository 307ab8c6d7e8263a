// What goes wrong: amounts are parsed, cast and reckoned as doubles.
public class OrderForm
{
    private void Save(SqlCommand command, Product product)
    {
        product.Cost = Convert.ToDouble(costBox.Text); // expect: PRC002
        command.Parameters.AddWithValue("@Price", double.Parse(priceBox.Text)); // expect: PRC002
    }

    private void AddLine(DataGrid grid, Item item)
    {
        double unitPrice = item.Load(); // expect: PRC002
        int count = item.Count;

        grid.Add(unitPrice * count); // expect: PRC002
    }

    private void Charge(Order order)
    {
        var total = (double)order.Total; // expect: PRC002
        gateway.Charge((long)(total * 100)); // expect: PRC002
    }
}
