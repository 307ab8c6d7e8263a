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
end
