// What is right: integers, one rounding at the border, values that are compared, shown, or no money at all.
export async function placeOrder(cart: Cart, customer: Customer) {
  const subtotalMinor = cart.items.reduce((sum, item) => sum + item.priceMinor * item.quantity, 0); // fine: PRC002
  const totalMinor = subtotalMinor - Math.round((subtotalMinor * customer.basisPoints) / 10_000); // fine: PRC002
  await orders.insert({ customerId: customer.id, totalMinor });
}

export async function payOnce(order: Order) {
  await stripe.paymentIntents.create({ amount: Math.round(order.total * 100) }, { idempotencyKey: order.id }); // fine: PRC002
}

export function validate(req: Request) {
  if (parseFloat(req.body.price) <= 0) throw new Error('price'); // fine: PRC002
  if (isNaN(parseFloat(req.body.amount))) throw new Error('amount'); // fine: PRC002
}

export function search(req: Request) {
  return products.find({ minPrice: parseFloat(req.query.minPrice), maxPrice: parseFloat(req.query.maxPrice) }); // fine: PRC002
}

export function row(order: Order) {
  const percent = ((order.price - order.salePrice) / order.price) * 100; // fine: PRC002
  return `${percent}% off, ${(order.price * 1.19).toFixed(2)}`; // fine: PRC002
}

export function sum(order: Order) {
  return order.lines.reduce((sum, line) => sum + line.price * line.quantity, 0); // fine: PRC002
}

@Entity()
export class Tour {
  @Column({ type: 'float', default: 5 }) rating: number; // fine: PRC002
  @Column('decimal', { precision: 12, scale: 2 }) price: string; // fine: PRC002
}

export async function pay(items: Item[], order: Order) {
  const near = items.filter((item) => parseFloat(item.price) < 100 && item.price * 1.2 > 5); // fine: PRC002
  const amountMinor = near.reduce((sum, item) => sum + Math.round(Number(item.price) * 100) * item.quantity, 0); // fine: PRC002
  await gateway.pay({ amountMinor, fee: Number((order.fee * 100).toFixed(0)) }); // fine: PRC002
}

export function catalogue(products: Product[]) {
  return products.map((product) => ({ name: product.name, price: parseFloat(product.price) })); // fine: PRC002
}

export async function noted(order: Order) {
  await gateway.pay({ amountMinor: order.amountMinor, metadata: { price: parseFloat(order.price) } }); // fine: PRC002
}
