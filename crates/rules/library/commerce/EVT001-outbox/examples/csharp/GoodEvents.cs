// What is right: what is to be told is a row of the same transaction.
public class GoodEvents
{
    public async Task Place(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _context.Add(order);
        _context.Add(new OutboxMessage("order.placed", order.Id)); // fine: EVT001
        await transaction.CommitAsync();
    }

    public async Task Forgotten(User user)
    {
        await _emailService.SendEmailAsync(user.Email, "New password"); // fine: EVT001
    }

    public async Task Log(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _logger.LogInformation("placed"); // fine: EVT001
        await transaction.CommitAsync();
    }
}
