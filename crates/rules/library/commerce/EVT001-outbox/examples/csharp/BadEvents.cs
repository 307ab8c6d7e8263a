// What goes wrong: an event about an order that was rolled back.
public class BadEvents
{
    public async Task Place(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _context.Add(order);
        await _emailService.SendEmailAsync(order.Email, "Thank you"); // expect: EVT001 CHK001
        await transaction.CommitAsync();
    }

    public async Task Publish(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _context.Add(order);
        await _bus.PublishAsync(new OrderPlaced(order.Id)); // expect: EVT001
        await transaction.CommitAsync();
    }

    public async Task After(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _context.Add(order);
        await transaction.CommitAsync();
        await _emailService.SendEmailAsync(order.Email, "Thank you"); // expect: EVT001
    }
}
