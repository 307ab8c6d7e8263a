# What is right: decimals and cents; what is answered or shown may be a float.
class OrdersController < ApplicationController
  def create
    amount = (params[:amount].to_d * 100).round # fine: PRC002
    Order.create!(price: params[:price].to_d, amount_minor: amount) # fine: PRC002
  end

  def show
    render json: { id: order.id, price: order.price.to_f } # fine: PRC002
  end

  def label
    "#{order.price.to_f} EUR" # fine: PRC002
  end

  def total
    order.items.sum { |item| item.price * item.quantity } # fine: PRC002
  end
end
