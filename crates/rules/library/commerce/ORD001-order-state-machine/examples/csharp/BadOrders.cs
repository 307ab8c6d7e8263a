// What goes wrong: the status is written by whoever wants to.
public class BadOrders
{
    public async Task Pay(int id)
    {
        var order = await _context.Orders.FindAsync(id);
        order.Status = OrderStatus.Paid; // expect: ORD001
        await _context.SaveChangesAsync();
    }

    public async Task Ship(int id)
    {
        var order = await _orderRepository.GetByIdAsync(id);
        order.OrderStatus = "shipped"; // expect: ORD001
        await _orderRepository.UpdateAsync(order);
    }

    public async Task Close(int id)
    {
        await _connection.ExecuteAsync("UPDATE Orders SET Status = @status WHERE Id = @id", new { id, status = "closed" }); // expect: ORD001
    }
}
