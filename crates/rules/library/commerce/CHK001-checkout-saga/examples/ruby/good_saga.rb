# What is right: short transactions, calls between them.
def place(order)
  Order.transaction do
    order.save! # fine: CHK001
  end
  Stripe::PaymentIntent.create({ amount: order.total }, { idempotency_key: order.key }) # fine: CHK001
end

def rates(order)
  rate = Faraday.get("https://rates.example/eur").body # fine: CHK001
  Order.transaction do
    order.update!(rate: rate)
  end
end

def later(order)
  Order.transaction do
    Outbox.create!(kind: "charge", order: order) # fine: CHK001
  end
end

def keeps(order, id)
  Order.transaction do
    order.update_stripe_charge_id(id) # fine: CHK001
    ClearCacheJob.perform_later # fine: CHK001
  end
end
