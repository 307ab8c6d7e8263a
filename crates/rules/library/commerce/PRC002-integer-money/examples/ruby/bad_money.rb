# What goes wrong: money as a binary fraction.
ActiveRecord::Schema.define do
  create_table :products do |t|
    t.float :price # expect: PRC002
    t.float :sale_price # expect: PRC002
    t.float :total_amount # expect: PRC002
  end
end
