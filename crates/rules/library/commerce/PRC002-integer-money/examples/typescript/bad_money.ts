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

@Entity()
export class Room {
  @Column({ type: 'float' }) pricePerNight: number; // expect: PRC002
}

export async function addArticle(req: Request, res: Response) {
  const price = parseFloat(req.body.price); // expect: PRC002
  await Article.create({ title: req.body.title, price });
}

export async function storeArticle(req: Request, res: Response) {
  await db('articles').insert({ preco_venda: parseFloat(req.body.preco) }); // expect: PRC002
}

export async function charge(cart: Cart) {
  const total = cart.lines.reduce((sum, line) => sum + line.price * line.count, 0); // expect: PRC002
  return stripe.paymentIntents.create({ amount: Math.round(total * 100), currency: 'eur' }, { idempotencyKey: cart.key });
}

export function withTax(order: Order) {
  const taxAmount = order.subtotal * 0.19; // expect: PRC002
  order.total = Number((order.subtotal + taxAmount).toFixed(2)); // expect: PRC002
}

export async function addByRun(req: Request, res: Response) {
  const article = {
    title: req.body.title,
    price: parseFloat(req.body.price) || 0, // expect: PRC002
  };
  await articles.add(article);
}

export function split(order: Order, part: number) {
  const amountFirst = +(order.sum * part).toFixed(2); // expect: PRC002
  const totalRest: number = Number((order.sum - amountFirst).toFixed(2)); // expect: PRC002
  return [amountFirst, totalRest];
}
