# What is right with ActiveRecord.
class OrdersController < ApplicationController
  def create
    changed = Product.where(id: params[:id]).where("stock >= ?", quantity).update_all("stock = stock - 1") # fine: INV001
    raise "sold out" if changed.zero?
  end

  def create_in_condition
    if Product.where("id = ? AND stock > 0", params[:id]).update_all("stock = stock - 1") == 1 # fine: INV001
      head :ok
    else
      head :conflict
    end
  end

  def locked
    product = Product.find(params[:id])
    product.with_lock do
      raise "sold out" if product.stock < quantity
      product.stock -= quantity # fine: INV001
      product.save!
    end
  end

  def locked_by_bang
    Product.transaction do
      product = Product.find(params[:id])
      product.lock!
      product.update!(stock: product.stock - quantity) # fine: INV001
    end
  end

  def locked_on_read
    Product.transaction do
      product = Product.lock.find(params[:id])
      product.update!(stock: product.stock - quantity) # fine: INV001
    end
  end

  def locked_with_true
    Product.transaction do
      product = Product.lock(true).find_by(sku: params[:sku])
      product.decrement!(:stock, quantity) # fine: INV001
    end
  end

  def cancel
    Product.where(id: params[:id]).update_all("stock = stock + 1") # fine: INV001
    Product.increment_counter(:stock, params[:id]) # fine: INV001
    product.increment!(:stock, quantity) # fine: INV001
  end

  def set_stock
    product = Product.find(params[:id])
    product.update(stock: params[:stock]) # fine: INV001
    product.stock = params[:stock].to_i # fine: INV001
    product.save
  end

  def cart
    line_item = @cart.line_items.find_by(product_id: params[:id])
    line_item.quantity += 1 # fine: INV001
    line_item.save
    line_item.update(quantity: line_item.quantity - 1) # fine: INV001
    @cart_item.decrement!(:quantity) # fine: INV001
  end

  def order_line
    order_item = OrderItem.find(params[:id])
    order_item.update(quantity: order_item.quantity - 1) # fine: INV001
  end

  def total
    total_stock = 0
    Product.find_each { |product| total_stock += product.stock } # fine: INV001
    total_stock
  end

  def advisory
    Product.with_advisory_lock("stock") do
      product = Product.find(params[:id])
      product.update!(stock: product.stock - 1) # fine: INV001
    end
  end
end

class Shelf
  def take(quantity)
    @stock -= quantity # fine: INV001
  end
end

class Ticket < ApplicationRecord
  def close
    update!(status: "closed") # fine: INV001
    update_columns(views: views + 1) # fine: INV001
  end
end

class BinsController < ApplicationController
  def take
    bin = Bin.find(params[:id])
    bin.stock -= 1
    bin.save! # fine: INV001
  end
end

class LessOfTheOrder
  def call(event)
    item = find(event.order_id, event.product_id)
    item.product_quantity -= 1 # fine: INV001
    item.save!
  end

  def find(order_id, product_id)
    Order.find(order_id).order_lines.find_by(product_id: product_id)
  end
end

class ShownController
  def down
    good = Good.find(params[:id])
    good.stock -= 1 # fine: INV001
    show(good)
  end

  def show(thing)
    render json: thing
  end
end
