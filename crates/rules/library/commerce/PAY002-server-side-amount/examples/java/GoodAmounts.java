// What is right: the amount is what the server stored when the checkout began.
import com.stripe.model.PaymentIntent;
import com.stripe.model.Refund;

@RestController
class GoodAmountsController {
    @PostMapping("/intents")
    PaymentIntent intent(@RequestBody PayRequest request) throws StripeException {
        Checkout checkout = checkouts.findById(request.getCheckoutId()).orElseThrow();
        return PaymentIntent.create(PaymentIntentCreateParams.builder().setAmount(checkout.getLockedTotal()).build(), options()); // fine: PAY002
    }

    PaymentIntent order(Order order) throws StripeException {
        return PaymentIntent.create(PaymentIntentCreateParams.builder().setAmount(order.getTotal()).build(), options()); // fine: PAY002
    }

    @PostMapping("/refunds")
    Refund back(@RequestBody PayRequest request) throws StripeException {
        return Refund.create(RefundCreateParams.builder().setAmount(request.getAmount()).build(), options()); // fine: PAY002
    }

    public PaymentIntent byMap(Checkout checkout) throws StripeException {
        Map<String, Object> params = new HashMap<>();
        params.put("amount", checkout.getLockedTotal()); // fine: PAY002
        params.put("currency", "eur");
        return PaymentIntent.create(params, RequestOptions.builder().setIdempotencyKey(attempt).build());
    }
}
