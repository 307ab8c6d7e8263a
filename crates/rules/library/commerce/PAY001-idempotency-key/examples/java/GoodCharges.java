// What is right: the key is stored with the attempt and sent with every try.
import com.stripe.model.Customer;
import com.stripe.model.PaymentIntent;
import com.stripe.model.Refund;

class GoodCharges {
    PaymentIntent intent(PaymentIntentCreateParams params, Attempt attempt) throws StripeException {
        RequestOptions options = RequestOptions.builder().setIdempotencyKey(attempt.key()).build();
        return PaymentIntent.create(params, options); // fine: PAY001
    }

    Refund refund(RefundCreateParams params, RequestOptions options) throws StripeException {
        return Refund.create(params, options); // fine: PAY001
    }

    Customer customer(CustomerCreateParams params) throws StripeException {
        return Customer.create(params); // fine: PAY001
    }
}
