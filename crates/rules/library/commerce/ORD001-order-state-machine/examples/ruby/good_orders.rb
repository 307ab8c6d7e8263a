# What is right: the step names the status it comes from, or the order is asked.
class OrdersController < ApplicationController
  def pay
    changed = Order.where(id: params[:id], status: "pending").update_all(status: "paid") # fine: ORD001
    raise NotPending unless changed == 1
  end

  def ship
    order = Order.find(params[:id])
    return head :conflict unless order.status == "paid"
    order.update!(status: "shipped") # fine: ORD001
  end

  def approve
    review = Review.find(params[:id])
    review.update!(status: "approved") # fine: ORD001
  end

  def pack
    order = Order.find(params[:id])
    return redirect_to(order, alert: "not paid") unless order.paid?
    order.update(status: "packed", packed_at: Time.current) # fine: ORD001
  end
end

class KitchenController < ApplicationController
  def accept
    return head :conflict if @order.accepted?
    @order.update(status: "accepted") # fine: ORD001
  end
end

class Order < ApplicationRecord
  def cancel!
    return unless pending?

    update!(status: :cancelled) # fine: ORD001
  end
end

class Packing
  def start(item)
    item.order.update!(status: "packing") if item.order.status == "new" # fine: ORD001
  end
end

class PlacingController < ApplicationController
  def create
    @order = current_user.orders.new(order_params)
    @order.note = params[:note]
    @order.status = "placed" # fine: ORD001
    @order.save!
  end

  def cook
    @dish_line = DishLine.find(params[:id])
    @order = @dish_line.order
    if @dish_line.cooking_status == "begun"
      @order.update(status: "cooking") # fine: ORD001
    end
  end
end

class ParcelStatus < OrderStatus
  def forward
    @order.status = "on_its_way" # fine: ORD001
    OrderRepository.new.save(@order)
  end
end

class Seats
  def give_back(seat)
    seat.update!(status: :free)
    unless seat.order.seats.where.not(status: :free).exists?
      seat.order.update!(status: :cancelled) # fine: ORD001
    end
  end
end

class PaymentNote < ApplicationRecord
  def after_arrival
    if status == "done"
      order.update_attribute(:status, "paid") # fine: ORD001
    end
  end
end

class PaymentEventsController < ApplicationController
  def failed(event)
    order = Order.find_by(payment_reference: event.reference)
    payment = order.payment
    payment.update!(status: :failed) # fine: ORD001
    order.shipment.update!(status: 'held') # fine: ORD001
  end
end
