# What goes wrong with ActiveRecord.
class OrdersController < ApplicationController
  def create
    @product = Product.find(params[:product_id])
    if @product.stock >= quantity
      @product.stock -= quantity # expect: INV001
      @product.save
    end
  end

  def pay
    @order.order_items.each do |item|
      item.product.decrement!(:stock_quantity, item.quantity) # expect: INV001
    end
  end

  def ship
    product = Product.find(params[:id])
    product.update(stock: product.stock - 1) # expect: INV001
    product.update!(stock: product.stock - params[:quantity].to_i) # expect: INV001
    product.update_attribute(:stock, product.stock - 1) # expect: INV001
    product.update_column(:quantity, product.quantity - 1) # expect: INV001
    product.update_columns(stock: product.stock - 1) # expect: INV001
  end

  def step
    Product.where(id: params[:id]).update_all("stock = stock - 1") # expect: INV001
    Product.update_counters(params[:id], stock: -1) # expect: INV001
    Product.decrement_counter(:stock, params[:id]) # expect: INV001
  end

  def ignore_the_count
    Product.where(id: params[:id]).where("stock >= ?", quantity).update_all(["stock = stock - ?", quantity]) # expect: INV001
    Product.where("id = ? AND stock > 0", params[:id]).update_all("stock = stock - 1") # expect: INV001
    head :ok
  end

  def remember
    variant = Variant.find_by(sku: params[:sku])
    left = variant.inventory_quantity - quantity
    raise "sold out" if left.negative?
    variant.update!(inventory_quantity: left) # expect: INV001
  end

  def in_memory_step
    book = Book.find(params[:id])
    book.decrement(:stock, 1) # expect: INV001
    book.save!
  end

  def execute
    ActiveRecord::Base.connection.execute("UPDATE products SET stock = stock - 1 WHERE id = #{id}") # expect: INV001
  end
end

class StockItem < ApplicationRecord
  def take(quantity)
    raise "sold out" if count_on_hand < quantity
    self.count_on_hand -= quantity # expect: INV001
    save!
  end

  def take_with_update(quantity)
    update!(count_on_hand: count_on_hand - quantity) # expect: INV001
  end

  def take_one
    decrement!(:count_on_hand) # expect: INV001
  end

  def give(quantity)
    self.count_on_hand += quantity # expect: INV001
    save!
  end
end

class OrderDetail < ApplicationRecord
  belongs_to :product
  after_create :take_stock

  def take_stock
    product.decrement!(:stock, quantity) # expect: INV001
  end

  def take_stock_again
    product.update(stock: product.stock - quantity) # expect: INV001
  end

  def sell_line(line_items)
    line_items.each do |item|
      item.product.update(quantity: item.product.quantity - item.quantity, sold: 1) # expect: INV001
    end
  end
end

class Voucherless < ApplicationRecord
  def hold(quantity)
    decrement(:stock_quantity, quantity) # expect: INV001
    save!
  end
end

class LinesController < ApplicationController
  def create
    lines.each do |line|
      line.product.decrement(:stock, line.quantity) # expect: INV001
      line.product.save!
    end
  end
end

class Checkouts
  def close
    lines = current_user.cart_items
    lines.each do |line|
      item = line.item
      item.update_columns(stock: item.stock - line.amount) # expect: INV001
    end
  end
end

class SellMany
  def call(lines)
    changed = []
    lines.each do |line|
      product = Product.find(line.product_id)
      product.stock -= line.quantity # expect: INV001
      changed << product
    end
    Product.import changed, on_duplicate_key_update: [:stock]
  end
end

class GlassesController
  def take_frame
    frame = Frame.find_by(id: params[:frame_id]).decrement(:stock) # expect: INV001
    frame.save
  end

  def down
    good = Good.find(params[:id])
    good.stock -= 1 # expect: INV001
    keep(good)
  end

  def keep(thing)
    render json: thing if thing.save
  end
end
