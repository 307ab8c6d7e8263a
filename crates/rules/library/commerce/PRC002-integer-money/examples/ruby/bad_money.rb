# What goes wrong: money as a binary fraction.
ActiveRecord::Schema.define do
  create_table :products do |t|
    t.float :price # expect: PRC002
    t.float :sale_price # expect: PRC002
    t.float :total_amount # expect: PRC002
  end
end

def take(params)
  price = params[:price].to_f # expect: PRC002
  Product.create(price: price)
end
