# What is right: minor units or an exact decimal; weights and rates are no money.
ActiveRecord::Schema.define do
  create_table :products do |t|
    t.integer :price_cents # fine: PRC002
    t.decimal :price, precision: 12, scale: 2 # fine: PRC002
    t.float :weight # fine: PRC002
  end
end

def cents(params)
  price = (params[:price].to_f * 100).round # fine: PRC002
  Product.create(price: price)
end
