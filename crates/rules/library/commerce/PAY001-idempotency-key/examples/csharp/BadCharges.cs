// What goes wrong: a lost answer and a second try move the money twice.
using Stripe;

public class BadCharges
{
    public async Task<PaymentIntent> Intent(PaymentIntentCreateOptions options)
    {
        var service = new PaymentIntentService();
        return await service.CreateAsync(options); // expect: PAY001
    }

    public Refund Back(RefundCreateOptions options)
    {
        var service = new RefundService();
        return service.Create(options); // expect: PAY001
    }

    public Charge Take(ChargeCreateOptions options)
    {
        return new ChargeService().Create(options); // expect: PAY001
    }
}
