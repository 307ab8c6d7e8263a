# What goes wrong: a mail about an order that was rolled back.
def place(order)
  Order.transaction do
    order.save!
    OrderMailer.confirmation(order).deliver_later # expect: EVT001
  end
end

def now(order)
  ActiveRecord::Base.transaction do
    order.save!
    OrderMailer.confirmation(order).deliver_now # expect: EVT001
  end
end

def job(order)
  Order.transaction do
    order.save!
    SendReceiptJob.perform_later(order.id) # expect: EVT001
  end
end
