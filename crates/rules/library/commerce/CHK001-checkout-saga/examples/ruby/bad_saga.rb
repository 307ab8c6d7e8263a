# What goes wrong: rows stay locked while another server answers.
def place(order)
  Order.transaction do
    order.save!
    Stripe::PaymentIntent.create({ amount: order.total }, { idempotency_key: order.key }) # expect: CHK001
  end
end

def tell(order)
  ActiveRecord::Base.transaction do
    order.save!
    HTTParty.post("https://stock.example/reserve", body: order.lines) # expect: CHK001
  end
end

def rates(order)
  Order.transaction do
    order.rate = Faraday.get("https://rates.example/eur").body # expect: CHK001
    order.save!
  end
end

def named(order)
  Order.transaction do
    order.intent = Payments.create_stripe_intent(order) # expect: CHK001
    order.save!
  end
end

def mailed(order)
  Order.transaction do
    order.save!
    OrderMailer.placed(order).deliver_now # expect: CHK001 EVT001
  end
end
