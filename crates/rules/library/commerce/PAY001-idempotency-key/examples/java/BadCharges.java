// What goes wrong: a lost answer and a second try move the money twice.
import com.stripe.model.Charge;
import com.stripe.model.PaymentIntent;
import com.stripe.model.Refund;

class BadCharges {
    PaymentIntent intent(PaymentIntentCreateParams params) throws StripeException {
        return PaymentIntent.create(params); // expect: PAY001
    }

    Refund refund(RefundCreateParams params) throws StripeException {
        return Refund.create(params); // expect: PAY001
    }

    Charge charge(Map<String, Object> params) throws StripeException {
        return Charge.create(params); // expect: PAY001
    }
}
