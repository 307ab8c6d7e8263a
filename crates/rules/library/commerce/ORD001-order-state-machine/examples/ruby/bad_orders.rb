# What goes wrong: the status is written by whoever wants to.
class OrdersController < ApplicationController
  def pay
    @order = Order.find(params[:id])
    @order.update!(status: :paid) # expect: ORD001
  end

  def ship
    order = Order.find(params[:id])
    order.status = "shipped" # expect: ORD001
    order.save!
  end

  def close
    Order.where(id: params[:id]).update_all(status: "closed") # expect: ORD001
  end

  def bring_back
    order = Order.find(params[:id])
    order.update(status: "returned", returned_on: Date.today) # expect: ORD001
  end

  def call_off
    order = @current_user.orders.find_by(id: params[:id])
    order.update(status: "cancelled") # expect: ORD001
  end
end

class Order < ApplicationRecord
  def archive!
    update!(status: :archived) # expect: ORD001
  end
end

class ReturnsController < ApplicationController
  def success
    @order = current_user.orders.find(params[:id])
    @order.update!(status: :paid) if @order.respond_to?(:status) # expect: ORD001
  end
end

class NotesController < ApplicationController
  def update
    @order = Order.find(params[:id])
    @order.note = params[:note]
    @order.status = params[:status] # expect: ORD001
    @order.save!
  end
end
