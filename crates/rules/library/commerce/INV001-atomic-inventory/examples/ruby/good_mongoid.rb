# What keeps the rule with Mongoid.
class Line
  include Mongoid::Document

  def take!
    changed = Kind.where(id: kind_id, :stock.gte => quantity).inc(stock: -quantity)
    raise "sold out" if changed.modified_count.zero?
  end

  def give_back
    product.inc(stock: quantity)
  end

  def put_into_cart(cart_line)
    cart_line.inc(quantity: 1)
  end
end
