// What is right: minor units or an exact decimal; weights and rates are no money.
export const Product = sequelize.define('Product', {
  priceCents: { type: DataTypes.INTEGER }, // fine: PRC002
  price: { type: DataTypes.DECIMAL(12, 2) }, // fine: PRC002
  weight: { type: DataTypes.FLOAT }, // fine: PRC002
  taxRate: { type: DataTypes.DOUBLE }, // fine: PRC002
});

export const products = pgTable('products', {
  price: integer('price'), // fine: PRC002
  listPrice: numeric('list_price'), // fine: PRC002
  rating: real('rating'), // fine: PRC002
});

export async function up(knex: Knex) {
  await knex.schema.createTable('invoices', (table) => {
    table.bigInteger('total_amount'); // fine: PRC002
    table.float('discount_percent'); // fine: PRC002
  });
}
