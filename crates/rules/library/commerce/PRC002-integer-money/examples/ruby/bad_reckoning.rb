# What goes wrong: amounts are parsed and cast as binary fractions.
class OrdersController < ApplicationController
  def create
    amount = params[:amount].to_f * 100 # expect: PRC002
    Order.create!(price: params[:price].to_f, amount_minor: amount) # expect: PRC002
  end

  def total
    total_price = 0.0 # expect: PRC002
    order.items.each { |item| total_price += item.price.to_f } # expect: PRC002
    total_price
  end
end

class AddPrices < ActiveRecord::Migration[7.1]
  def change
    add_column :products, :price, :float # expect: PRC002
  end
end
