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
    OrderMailer.confirmation(order).deliver_now # expect: EVT001 CHK001
  end
end

def job(order)
  Order.transaction do
    order.save!
    SendReceiptJob.perform_later(order.id) # expect: EVT001
  end
end

class Order < ApplicationRecord
  after_create :tell_buyer

  private

  def tell_buyer
    OrderMailer.placed(self).deliver_later # expect: EVT001
  end
end

def locked(order)
  order.with_lock do
    order.update!(paid_at: Time.current)
    OrderMailer.paid(order).deliver_now # expect: EVT001 CHK001
  end
end
