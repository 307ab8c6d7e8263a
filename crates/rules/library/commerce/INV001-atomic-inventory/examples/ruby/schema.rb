# Rails keeps the version in the table: `lock_version` makes every save of a row optimistic.
ActiveRecord::Schema[8.0].define(version: 2026_01_01_000000) do
  create_table "bins", force: :cascade do |t|
    t.integer "stock", default: 0, null: false
    t.integer "lock_version", default: 0, null: false
  end
end
