// What is right: the step names the status it comes from, or the present one is looked at.
public class GoodOrders
{
    public async Task Pay(int id)
    {
        var rows = await _connection.ExecuteAsync("UPDATE Orders SET Status = 'paid' WHERE Id = @id AND Status = 'pending'", new { id }); // fine: ORD001
        if (rows != 1) throw new InvalidOperationException();
    }

    public async Task Ship(int id)
    {
        var order = await _context.Orders.FindAsync(id);
        if (order.Status != OrderStatus.Paid) throw new InvalidOperationException();
        order.Status = OrderStatus.Shipped; // fine: ORD001
        await _context.SaveChangesAsync();
    }

    public async Task Create()
    {
        var order = new Order();
        order.Status = OrderStatus.Pending; // fine: ORD001
        _context.Add(order);
        await _context.SaveChangesAsync();
    }

    public async Task Send(Guid id)
    {
        var order = await _context.Orders.FindAsync(id);
        Require(order.Status == Status.Packed, "not packed");
        order.Status = Status.Sent; // fine: ORD001
        await _context.SaveChangesAsync();
    }
}

class Steps
{
    public void Pay(int id)
    {
        var order = orderRepository.FindById(id);
        ValidationForStep(order, OrderStatus.Paid);
        order.Status = OrderStatus.Paid; // fine: ORD001
        orderRepository.SaveChanges();
    }
}

class Shelf
{
    public async Task Buy(Order order)
    {
        order.Status = OrderStatus.Open; // fine: ORD001
        _context.Orders.Add(order);
        await _context.SaveChangesAsync();
    }
}

class Basket
{
    public void Close(BasketForm form)
    {
        form.Order.OrderStatus = Steps.Waiting; // fine: ORD001
        _unitOfWork.Orders.Add(form.Order);
        _unitOfWork.Save();
    }
}
