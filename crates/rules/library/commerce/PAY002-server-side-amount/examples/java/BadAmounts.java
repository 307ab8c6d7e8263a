// What goes wrong: the buyer says what the buyer pays.
import com.stripe.model.PaymentIntent;

@RestController
class BadAmountsController {
    @PostMapping("/intents")
    PaymentIntent intent(@RequestBody PayRequest request) throws StripeException {
        PaymentIntentCreateParams params = PaymentIntentCreateParams.builder().setAmount(request.getAmount()).setCurrency("eur").build();
        return PaymentIntent.create(params, options()); // expect: PAY002
    }

    @PostMapping("/totals")
    PaymentIntent total(@RequestBody PayRequest request) throws StripeException {
        long amount = request.getTotal() * 100;
        return PaymentIntent.create(PaymentIntentCreateParams.builder().setAmount(amount).build(), options()); // expect: PAY002
    }

    @PostMapping("/maps")
    PaymentIntent map(@RequestBody Map<String, Object> request) throws StripeException {
        return PaymentIntent.create(PaymentIntentCreateParams.builder().setAmount((Long) request.get("amount")).build(), options()); // expect: PAY002
    }

    public PaymentIntent byMap(PaymentInfoRequest paymentInfoRequest) throws StripeException {
        Map<String, Object> params = new HashMap<>();
        params.put("amount", paymentInfoRequest.getAmount());
        params.put("currency", "eur");
        return PaymentIntent.create(params, RequestOptions.builder().setIdempotencyKey(attempt).build()); // expect: PAY002
    }
}
