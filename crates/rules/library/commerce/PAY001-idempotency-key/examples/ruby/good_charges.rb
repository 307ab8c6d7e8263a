# What is right: the key is stored with the attempt and sent with every try.
def intent(order, attempt)
  Stripe::PaymentIntent.create({ amount: order.total, currency: "eur" }, { idempotency_key: attempt.key }) # fine: PAY001
end

def refund(order)
  Stripe::Refund.create({ payment_intent: order.payment_id }, { idempotency_key: "refund-#{order.id}" }) # fine: PAY001
end

def customer(user)
  Stripe::Customer.create(email: user.email) # fine: PAY001
end
