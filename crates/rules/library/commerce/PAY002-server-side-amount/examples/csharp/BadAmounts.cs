// What goes wrong: the buyer says what the buyer pays.
using Stripe;

public class BadAmountsController : ControllerBase
{
    [HttpPost]
    public async Task<PaymentIntent> Intent(PayRequest request)
    {
        var options = new PaymentIntentCreateOptions { Amount = request.Amount, Currency = "eur" };
        return await new PaymentIntentService().CreateAsync(options, Key()); // expect: PAY002
    }

    [HttpPost]
    public async Task<PaymentIntent> Total(PayRequest request)
    {
        var amount = (long)(request.Total * 100);
        return await new PaymentIntentService().CreateAsync(new PaymentIntentCreateOptions { Amount = amount }, Key()); // expect: PAY002
    }

    [HttpPost]
    public Charge Take(PayRequest request)
    {
        return new ChargeService().Create(new ChargeCreateOptions { Amount = request.Price * 100 }, Key()); // expect: PAY002
    }
}

class Desk
{
    public async Task Settle(PayRequest request)
    {
        var outcome = await _paymentGateway.ChargeAsync(new GatewayRequest { Amount = request.Amount, Token = request.Token }); // expect: PAY002
        _log.Note(outcome);
    }
}
