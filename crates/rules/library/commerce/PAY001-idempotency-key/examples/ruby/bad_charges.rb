# What goes wrong: a lost answer and a second try move the money twice.
def intent(order)
  Stripe::PaymentIntent.create(amount: order.total, currency: "eur") # expect: PAY001
end

def refund(order)
  Stripe::Refund.create(payment_intent: order.payment_id) # expect: PAY001
end

def charge(order, source)
  Stripe::Charge.create({ amount: order.total, currency: "eur", source: source }) # expect: PAY001
end
