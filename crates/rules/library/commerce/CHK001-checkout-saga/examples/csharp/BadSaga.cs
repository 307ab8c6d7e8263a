// What goes wrong: rows stay locked while another server answers.
public class BadSaga
{
    public async Task Tell(Order order)
    {
        using var transaction = await _context.Database.BeginTransactionAsync();
        _context.Add(order);
        await _httpClient.PostAsJsonAsync("https://stock.example/reserve", order); // expect: CHK001
        await transaction.CommitAsync();
    }

    public async Task Rates(Order order)
    {
        using (var scope = new TransactionScope())
        {
            order.Rate = await _httpClient.GetStringAsync("https://rates.example/eur"); // expect: CHK001
            await _context.SaveChangesAsync();
            scope.Complete();
        }
    }

    public async Task Send(Order order)
    {
        await using var transaction = await _context.Database.BeginTransactionAsync();
        await _context.SaveChangesAsync();
        await _httpClient.SendAsync(Request(order)); // expect: CHK001
        await transaction.CommitAsync();
    }

    public async Task Gateway(Order order)
    {
        var paid = await _paymentGateway.ChargeAsync(order.BuyerId, order.Total); // expect: CHK001
        order.PaymentId = paid.Id;
        await _orders.SaveAsync(order);
    }
}

class Counter
{
    public async Task Take(Order order, CancellationToken cancellationToken)
    {
        await _paymentGateway.ChargeAsync(order.Total, cancellationToken); // expect: CHK001
        await _orders.SaveAsync(order, cancellationToken);
    }
}
