# What goes wrong with Mongoid.
class Line
  include Mongoid::Document

  # The condition is on the search; what was found is changed whatever became of it.
  def take!
    Kind.where(id: kind_id, :stock.gte => quantity).first.inc stock: -quantity # expect: INV001
  end

  def sell(lines)
    lines.each do |line|
      product = line.product
      raise "sold out" if product.quantity < line.quantity
      product.inc(quantity: -line.quantity) # expect: INV001
    end
  end
end
