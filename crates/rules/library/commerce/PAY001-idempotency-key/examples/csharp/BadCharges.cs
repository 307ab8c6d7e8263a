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

    public async Task<PaymentIntent> Named(long amount, CancellationToken cancellationToken)
    {
        var service = new Stripe.PaymentIntentService();
        var options = new Stripe.PaymentIntentCreateOptions { Amount = amount, Currency = "eur" };
        return await service.CreateAsync(options, cancellationToken: cancellationToken); // expect: PAY001
    }

    public async Task<PaymentIntent> Injected(long amount)
    {
        var request = new RequestOptions { ApiKey = _settings.Secret };
        var options = new PaymentIntentCreateOptions { Amount = amount, Currency = "eur" };
        return await _intents.CreateAsync(options, request); // expect: PAY001
    }
}
