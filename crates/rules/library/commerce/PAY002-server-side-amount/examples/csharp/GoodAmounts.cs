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
