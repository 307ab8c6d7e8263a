// What is right: the amount is what the server stored when the checkout began.
using Stripe;

public class GoodAmountsController : ControllerBase
{
    [HttpPost]
    public async Task<PaymentIntent> Intent(PayRequest request)
    {
        var checkout = await _context.Checkouts.FindAsync(request.CheckoutId);
        var options = new PaymentIntentCreateOptions { Amount = checkout.LockedTotal, Currency = "eur" }; // fine: PAY002
        return await new PaymentIntentService().CreateAsync(options, Key());
    }

    public async Task<PaymentIntent> Of(Order order)
    {
        return await new PaymentIntentService().CreateAsync(new PaymentIntentCreateOptions { Amount = order.Total }, Key()); // fine: PAY002
    }

    [HttpPost]
    public Refund Back(PayRequest request)
    {
        return new RefundService().Create(new RefundCreateOptions { Amount = request.Amount }, Key()); // fine: PAY002
    }
}

class Desk
{
    public async Task Settle(PayRequest request)
    {
        var order = await _orders.Locked(request.OrderId);
        var outcome = await _paymentGateway.ChargeAsync(new GatewayRequest { Amount = order.TotalCents, Token = request.Token }); // fine: PAY002
        _log.Note(outcome);
    }
}
