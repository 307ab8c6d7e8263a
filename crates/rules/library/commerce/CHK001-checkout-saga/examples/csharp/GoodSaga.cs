// What is right: short transactions, calls between them.
public class GoodSaga
{
    public async Task Tell(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _context.Add(order); // fine: CHK001
        await transaction.CommitAsync();
        await _httpClient.PostAsJsonAsync("https://stock.example/reserve", order); // fine: CHK001
    }

    public async Task Rates(Order order)
    {
        var rate = await _httpClient.GetStringAsync("https://rates.example/eur"); // fine: CHK001
        using var transaction = await _context.Database.BeginTransactionAsync();
        order.Rate = rate;
        await transaction.CommitAsync();
    }

    public async Task Gateway(Order order)
    {
        var paid = await _paymentGateway.ChargeAsync(order.BuyerId, order.Total); // fine: CHK001
        try
        {
            await _orders.SaveAsync(order);
        }
        catch (Exception)
        {
            await _paymentGateway.RefundAsync(paid.Id);
            throw;
        }
    }
}
