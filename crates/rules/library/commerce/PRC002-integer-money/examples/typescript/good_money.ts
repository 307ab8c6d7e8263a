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

@Entity()
export class Hall {
  @Column({ type: 'float' }) rating: number; // fine: PRC002
  @Column({ type: 'int' }) pricePerNight: number; // fine: PRC002
}

export function cents(req: Request) {
  const price = Math.round(parseFloat(req.body.price) * 100); // fine: PRC002
  const label = parseFloat(req.body.price).toFixed(2); // fine: PRC002
  return { price, label };
}

export function listed(rows: Row[]) {
  return rows.map((row) => ({ title: row.title, price: parseFloat(row.price) })); // fine: PRC002
}

export function sumOfCents(cart: Cart) {
  const total = cart.lines.reduce((sum, line) => sum + line.price * line.count, 0); // fine: PRC002
  return total;
}
