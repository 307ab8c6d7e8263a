// What is right: the key is stored with the attempt and sent with every try.
using Stripe;

public class GoodCharges
{
    public async Task<PaymentIntent> Intent(PaymentIntentCreateOptions options, Attempt attempt)
    {
        var service = new PaymentIntentService();
        return await service.CreateAsync(options, new RequestOptions { IdempotencyKey = attempt.Key }); // fine: PAY001
    }

    public Refund Back(RefundCreateOptions options, RequestOptions request)
    {
        var service = new RefundService();
        return service.Create(options, request); // fine: PAY001
    }

    public Customer Known(CustomerCreateOptions options)
    {
        return new CustomerService().Create(options); // fine: PAY001
    }

    public async Task<PaymentIntent> Injected(long amount, string attempt)
    {
        var request = new RequestOptions { IdempotencyKey = attempt };
        var options = new PaymentIntentCreateOptions { Amount = amount, Currency = "eur" };
        return await _intents.CreateAsync(options, request); // fine: PAY001
    }
}
