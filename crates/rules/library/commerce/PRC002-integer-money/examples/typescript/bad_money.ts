// What goes wrong: money as a binary fraction in the database.
export const Product = sequelize.define('Product', {
  price: { type: DataTypes.FLOAT }, // expect: PRC002
  salePrice: DataTypes.DOUBLE, // expect: PRC002
  unitPrice: { type: DataTypes.REAL, allowNull: false }, // expect: PRC002
});

export const products = pgTable('products', {
  price: real('price'), // expect: PRC002
  listPrice: doublePrecision('list_price'), // expect: PRC002
});

export async function up(knex: Knex) {
  await knex.schema.createTable('invoices', (table) => {
    table.float('total_amount'); // expect: PRC002
    table.double('shipping_fee'); // expect: PRC002
    table.float('subtotal'); // expect: PRC002
  });
}
