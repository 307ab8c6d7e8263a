# What is right: what is to be told is a row of the same transaction.
def place(order)
  Order.transaction do
    order.save!
    Outbox.create!(kind: "order.placed", order: order) # fine: EVT001
  end
end

def forgotten(user)
  UserMailer.reset(user).deliver_later # fine: EVT001
end

def cache(order)
  Order.transaction do
    order.save!
    ClearCacheJob.perform_later # fine: EVT001
  end
end

class Invoice < ApplicationRecord
  after_commit :tell_buyer

  def tell_buyer
    InvoiceMailer.issued(self).deliver_later # fine: EVT001
  end
end
